"""Real processes: a Flower server and its nodes give the numbers of the engine, keep to their files, and leave nothing.

One deployment for all: three rounds in the clear, and five masked ones. A node is killed when it has trained in the
third of them, so that it is lost in that one, or in a later one where the kill came late. Each node has so many people
that Flower's own limits of a masked update would cut it.
"""

from __future__ import annotations

import http.client
import ssl
import threading
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from command_line import answer
from patience import PATIENCE
from process_groups import left_of

from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.data.split import split
from ppml_core.errors import BadInput
from ppml_core.federated.client import local_update
from ppml_core.federated.deploy.certificates import write_node_key
from ppml_core.federated.deploy.local import Deployment, Lap, deployment
from ppml_core.federated.deploy.processes import Party, end
from ppml_core.federated.engine import dealt, rounds
from ppml_core.federated.model import Model, Rows, model_of
from ppml_core.federated.plan import Plan
from ppml_core.federated.server import Server
from ppml_core.federated.update import Weights
from ppml_core.learn.logistic_regression import LogisticRegression

pytestmark = pytest.mark.slow
NODES, SEED, KILLED = 4, 5, 2
WHOLE = 2
ROWS_OF_EACH, FLOWERS_MOST_ROWS, FLOWERS_LARGEST = 6_512, 1_000, 8
CLEAR, MASKED = Plan(clients=NODES, rounds=3), Plan(clients=NODES, rounds=5, secagg=True)
LEARNER = LogisticRegression()


@dataclass
class Seen:
    """What was seen of the deployment, to be looked at when it is over."""

    clear: list[Lap] = field(default_factory=list)
    masked: list[Lap] = field(default_factory=list)
    opened: list[list[str]] = field(default_factory=list)
    groups: list[int] = field(default_factory=list)
    parts: list[Path] = field(default_factory=list)
    folder: Path = Path()
    strangers_run: int = 0
    strangers_node: str = ""


@pytest.fixture(scope="module")
def people() -> Dataset:
    return split(load("adult"), 1)[0].take(np.arange(NODES * ROWS_OF_EACH))


@pytest.fixture(scope="module")
def model(people: Dataset) -> Model:
    return model_of(LEARNER, people)


@pytest.fixture(scope="module")
def parts(people: Dataset, model: Model) -> list[Rows]:
    return [model.rows(part) for part in dealt(CLEAR, people, SEED)]


@pytest.fixture(scope="module")
def seen(people: Dataset, model: Model) -> Seen:
    """Runs it all once."""
    found = Seen()
    with deployment(CLEAR, people, model, SEED) as running:
        found.folder, found.groups = running.folder, [one.process.pid for one in (running.server, *running.nodes)]
        found.parts = sorted(running.folder.glob("part*/*"))
        found.clear = list(running.rounds(LEARNER, CLEAR, model, SEED))
        stranger = stranger_at(running)
        found.strangers_run = asked_for_a_run(running)
        killer = threading.Thread(target=kill_in_round, args=(running.nodes[KILLED], WHOLE + 1), daemon=True)
        killer.start()
        found.masked = list(running.rounds(LEARNER, MASKED, model, SEED, patience=30))
        found.strangers_node = refused(stranger)
        found.opened = [log.read_text(encoding="utf-8").splitlines() for log in running.opened]
    return found


def kill_in_round(node: Party, number: int) -> None:
    """Kills the node's group as soon as it has trained in the masked round of that number."""
    for trained in range(CLEAR.rounds + number):
        assert node.hear("trained", PATIENCE)["trained"] == trained % CLEAR.rounds + 1 or trained >= CLEAR.rounds
    node.kill()


def stranger_at(running: Deployment) -> Party:
    """A node with the right authority and file, and a key that the server was never given."""
    folder = running.folder / "stranger"
    folder.mkdir()
    settings = {
        "server": running.server_address, "authority": str(running.folder / "keys/ca.pem"),
        "data": str(running.folder / "part0/people.parquet"),
        "key": str(write_node_key(folder, "stranger")), "schema": str(running.folder / "schema.toml"),
    }  # fmt: skip
    return Party("stranger", "ppml_core.federated.deploy.node", settings, folder)


def refused(party: Party) -> str:
    try:
        party.hear("left", PATIENCE)
    except BadInput as fault:
        return str(fault)
    finally:
        end([party])
    return ""


def asked_for_a_run(running: Deployment) -> int:
    """The status that Flower's Control API answers somebody with who is not the server's process."""
    host, _, port = running.server_address.rpartition(":")
    trust = ssl.create_default_context(cafile=str(running.folder / "keys/ca.pem"))
    asking = http.client.HTTPSConnection(host, int(port), context=trust, timeout=PATIENCE)
    asking.request("POST", "/v1/control/start-run", body=b"")
    status = asking.getresponse().status
    asking.close()
    return status


def furthest(left: Weights, right: Weights) -> float:
    return max(float(np.abs(one - other).max()) for one, other in zip(left, right, strict=True))


def test_rounds_in_the_clear_are_those_of_the_engine(seen: Seen, model: Model, parts: list[Rows]) -> None:
    own = list(rounds(model, CLEAR, parts, SEED))
    assert [lap.answered for lap in seen.clear] == [one.answered for one in own]
    assert max(furthest(lap.answer, one.answer) for lap, one in zip(seen.clear, own, strict=True)) <= 1e-6
    assert all(lap.bytes > one.bytes and lap.seconds > 0 for lap, one in zip(seen.clear, own, strict=True))


def test_flowers_own_limits_would_cut_these_updates(model: Model, parts: list[Rows]) -> None:
    first = local_update(model, MASKED, model.initial(SEED), parts[0], SEED, 0, 1)
    assert first.rows == ROWS_OF_EACH
    assert first.rows / FLOWERS_MOST_ROWS * max(np.abs(one).max() for one in first.change) > FLOWERS_LARGEST


def test_masked_rounds_are_those_of_the_engine(seen: Seen, model: Model, parts: list[Rows]) -> None:
    own = list(rounds(model, MASKED, parts, SEED))[:WHOLE]
    assert [lap.answered for lap in seen.masked[:WHOLE]] == [tuple(range(NODES))] * WHOLE
    assert max(furthest(lap.answer, one.answer) for lap, one in zip(seen.masked, own, strict=False)) <= 1e-4


def test_a_round_in_which_a_node_is_killed_is_the_survivors_and_says_so(
    seen: Seen, model: Model, parts: list[Rows]
) -> None:
    survivors = tuple(client for client in range(NODES) if client != KILLED)
    lost = next(number for number, lap in enumerate(seen.masked) if lap.answered == survivors)
    assert len(seen.masked) == MASKED.rounds
    assert any("client 2 did not answer" in note for note in seen.masked[lost].notes)
    for number, lap in enumerate(seen.masked[lost:], lost + 1):
        assert (lap.answered, lap.asked) == (survivors, tuple(range(NODES)))
        assert any("completed with 3 of 4" in note or "repeated" in note for note in lap.notes)
        server = Server(model, MASKED, SEED)
        server.weights = seen.masked[number - 2].answer
        server.receive(
            [local_update(model, MASKED, server.weights, parts[one], SEED, one, number) for one in survivors]
        )
        assert furthest(lap.answer, server.answer()) <= 1e-4


def test_each_node_opened_its_own_file_only_and_called_nobody_but_this_machine(seen: Seen) -> None:
    tables = {str(path) for path in seen.parts}
    assert len(tables) == NODES
    for number, lines in enumerate(seen.opened):
        opened = {line.partition(" ")[2] for line in lines if line.startswith(("open ", "refused "))}
        assert opened & tables == {str(seen.parts[number])}
        assert not any(line.startswith("refused") for line in lines)
        called = [line for line in lines if line.startswith("connect ")]
        assert called
        assert all("'127.0.0.1'" in line for line in called)


def test_nobody_else_starts_runs_or_joins(seen: Seen) -> None:
    assert seen.strangers_run == 403
    assert "did not let this node in" in seen.strangers_node


def test_the_command_line_deploys_trains_and_says_what_the_engine_says(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("federate", "--dataset", "german_credit", "--clients", 3, "--rounds", 2, "--strategy", "fedprox")
    deployed, own = answer(capsys, *asked, "--deploy"), answer(capsys, *asked)
    assert [one["accuracy"] for one in deployed["rounds"]] == [one["accuracy"] for one in own["rounds"]]
    assert deployed["central"] == own["central"]
    assert deployed["bytes"] > own["bytes"]
    assert deployed["seconds"] > 0


def test_no_process_and_no_file_is_left(seen: Seen) -> None:
    assert not seen.folder.exists()
    assert len(seen.groups) == NODES + 1
    assert [left_of(group) for group in seen.groups] == [[]] * (NODES + 1)
