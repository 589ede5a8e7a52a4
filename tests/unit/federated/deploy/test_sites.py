"""Real sites: keys, a server and nodes as their operators start them, and what is said when something is amiss."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import answer, refusal
from patience import PATIENCE, until
from process_groups import left_of

from ppml_core.data.bundled import load
from ppml_core.data.split import split
from ppml_core.federated.deploy.processes import LOOPBACK, free_port
from ppml_core.learn.model_file import read_model

PPML = [sys.executable, "-c", "import sys; from ppml_core.cli import main; sys.exit(main(sys.argv[1:]))"]
SITES = 2


@pytest.fixture
def site(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A folder with the schema, keys of a server and of its nodes, and each node's people as a CSV file."""
    train, test = split(load("adult"), 1)
    bare = {name: dataclasses.replace(one, hierarchy_file=None) for name, one in train.schema.columns.items()}
    schema = dataclasses.replace(train.schema, columns=bare, expected_rows=600, delimiter=None)
    (tmp_path / "schema.toml").write_text(schema.to_toml(), encoding="utf-8")
    answer(capsys, "federate", "keys", "--server", LOOPBACK, "--out", tmp_path / "keys")
    for number in range(SITES):
        answer(capsys, "federate", "keys", "--node", f"ward{number}", "--out", tmp_path / "keys")
        part = train.take(np.arange(300 * number, 300 * (number + 1)))
        part.table.to_csv(tmp_path / f"ward{number}.csv", index=False)
    test.take(np.arange(500)).table.to_csv(tmp_path / "test.csv", index=False)
    return tmp_path


def server(site: Path, port: int, *more: object) -> list[str]:
    keys = ",".join(str(site / f"keys/ward{number}.key.pub") for number in range(SITES))
    files = ["--schema", site / "schema.toml", "--keys", site / "keys", "--nodes", keys]
    fixed = ["--listen", f"{LOOPBACK}:{port}", *files]
    return ["federate", "server", *map(str, fixed), *map(str, more)]


def node(site: Path, port: int, number: int, *more: object, **changed: object) -> list[str]:
    given = {
        "data": site / f"ward{number}.csv", "schema": site / "schema.toml", "server": f"{LOOPBACK}:{port}",
        "authority": site / "keys/ca.pem", "key": site / f"keys/ward{number}.key",
    } | changed  # fmt: skip
    flags = [part for name, value in given.items() for part in (f"--{name}", str(value))]
    return ["federate", "node", *flags, *map(str, more)]


def test_what_is_missing_or_wrong_is_told_in_a_sentence(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    port, nowhere = free_port(), site / "nothing"
    assert "there is no data" in refusal(capsys, *node(site, port, 0, data=nowhere))
    assert "there is no authority" in refusal(capsys, *node(site, port, 0, authority=nowhere))
    assert "is no private key" in refusal(capsys, *node(site, port, 0, key=site / "keys/ca.pem"))
    assert "HOST:PORT" in refusal(capsys, *node(site, port, 0, server="somewhere"))
    assert "no server answers" in refusal(capsys, *node(site, port, 0, "--wait", 1))
    assert "cannot be read: No such file" in refusal(capsys, *server(site, port, "--schema", nowhere))
    assert "is no public key" in refusal(capsys, *server(site, port, "--nodes", ",".join([str(site / "test.csv")] * 3)))
    assert "3 clients at least" in refusal(capsys, *server(site, port, "--secagg", "--nodes", "a.pub,b.pub"))
    assert "--patience takes seconds" in refusal(capsys, *server(site, port, "--patience", 0))
    assert "not overwritten" in refusal(capsys, "federate", "keys", "--node", "ward0", "--out", site / "keys")
    assert "letters, digits" in refusal(capsys, "federate", "keys", "--node", "../x", "--out", site / "keys")
    assert "at most 20" in refusal(capsys, "federate", "--dataset", "adult", "--clients", "50", "--deploy")


def test_a_port_in_use_is_told_in_a_sentence(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        assert "choose another port" in refusal(capsys, *server(site, taken.getsockname()[1]))


@pytest.mark.slow
def test_sites_train_a_model_and_their_processes_end_by_themselves(site: Path) -> None:
    port = free_port()
    more = ["--rounds", "2", "--wait", "300", "--test", site / "test.csv", "--out", site / "model.skops", "--json"]
    commands = [server(site, port, *more)] + [node(site, port, number, "--json") for number in range(SITES)]
    running = [
        subprocess.Popen([*PPML, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for command in commands
    ]
    try:
        said = [one.communicate(timeout=2 * PATIENCE) for one in running]
    finally:
        for one in running:
            one.terminate()
            one.communicate(timeout=PATIENCE)
    assert [one.returncode for one in running] == [0] * len(running), [err[-300:] for _, err in said]
    led, *answered = [json.loads(out) for out, _ in said]
    assert [row["answered"] for row in led["rounds"]] == [SITES, SITES]
    assert led["rounds"][-1]["accuracy"] > 0.7
    assert led["bytes"] > 0
    assert led["seconds"] > 0
    assert answered == [{"people": 300, "rounds_answered": 2}] * SITES
    saved = read_model((site / "model.skops").read_bytes()).model
    people = split(load("adult"), 1)[1].take(np.arange(50))
    assert saved.predict_proba(people).shape == (50, 2)


@pytest.mark.slow
def test_a_deployment_that_is_stopped_leaves_no_process_and_no_folder(tmp_path: Path) -> None:
    command = [*PPML, "federate", "--dataset", "clinic", "--clients", "2", "--deploy"]
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=env) as running:
        groups = children(running.pid, 3)
        running.send_signal(signal.SIGTERM)
        said = running.communicate(timeout=PATIENCE)[1]
    assert running.returncode == 130
    assert "stopped" in said
    assert "Traceback" not in said
    assert [left_of(group) for group in groups] == [[], [], []]
    assert list(tmp_path.iterdir()) == []


def children(parent: int, expected: int) -> list[int]:
    """The processes that this one has started, once there are that many."""

    def found() -> list[int]:
        return [int(path.parent.name) for path in Path("/proc").glob("[0-9]*/stat") if parent_of(path) == parent]

    until(lambda: len(found()) == expected)
    return found()


def parent_of(path: Path) -> Any:
    try:
        return int(path.read_text(encoding="utf-8").rpartition(")")[2].split()[1])
    except OSError:
        return None
