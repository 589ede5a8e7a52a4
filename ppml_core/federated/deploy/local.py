"""A whole federation on this machine: one server and a node for each part of the people, as real processes.

In: a learner, a plan, the people, a seed. Out: round after round, the same weights as the engine in one process gives.
Each node is given its own part's file and the schema. Loopback only; keys and certificates are made for the occasion;
everything is in a temporary folder that goes with the processes.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import io
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Schema
from ppml_core.errors import BadInput, NotApplicable
from ppml_core.federated.deploy.certificates import need_flower, write_authority, write_node_key
from ppml_core.federated.deploy.limits import refuse
from ppml_core.federated.deploy.processes import Party, free_port, parties
from ppml_core.federated.deploy.shapes import shaped, unpacked
from ppml_core.federated.engine import Round, dealt
from ppml_core.federated.model import Model
from ppml_core.federated.plan import Plan
from ppml_core.learn.base import Learner
from ppml_core.workers import LOOPBACK

START_SECONDS = 180.0
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, eq=False)
class Lap(Round):
    """A round among processes: what it took, and what is to be said of it."""

    seconds: float = 0.0
    notes: tuple[str, ...] = ()


def order_of(
    learner: Learner, plan: Plan, seed: int | None, patience: float = PATIENCE_SECONDS, wait: float = START_SECONDS
) -> dict[str, Any]:
    """What a server is told to do. Without a seed, as among sites, each draws from its own system's entropy.

    Nodes of sites end when it is done; those of one machine wait for another training.
    """
    return {
        "plan": Plan.values(plan), "learner": {"method": learner.name(), "settings": learner.values()},
        "shared_seed": seed is not None, "seed": seed, "patience": patience, "wait": wait, "last": seed is None,
    }  # fmt: skip


def laps(server: Party, nodes: list[Party], order: dict[str, Any], model: Model) -> Iterator[Lap]:
    """Round after round as the server tells of them. Raises what it says went wrong."""
    server.tell(order)
    like, met = model.initial(0), False
    while True:
        word = server.word(1.0)
        if word is None:
            for node in () if met else nodes:
                while not node.running and node.word(1.0):
                    pass
        elif "done" in word:
            return
        elif "met" in word:
            met = True
        elif "round" in word:
            yield Lap(
                word["round"], shaped(unpacked(word["answer"]), like), tuple(word["asked"]), tuple(word["answered"]),
                word["bytes"], word["tries"], word["seconds"], tuple(word["notes"]),
            )  # fmt: skip


@dataclass(eq=False)
class Deployment:
    """A server and its nodes, running. `opened` are the files in which the nodes wrote down what they opened."""

    server: Party
    nodes: list[Party]
    folder: Path
    server_address: str
    opened: list[Path] = field(default_factory=list)

    def rounds(
        self, learner: Learner, plan: Plan, model: Model, seed: int, patience: float = PATIENCE_SECONDS
    ) -> Iterator[Lap]:
        """Round after round of a training; nodes that do not answer within `patience` seconds are left out."""
        refuse(plan)
        return laps(self.server, self.nodes, order_of(learner, plan, seed, patience), model)


@contextlib.contextmanager
def deployment(plan: Plan, data: Dataset, model: Model, seed: int) -> Iterator[Deployment]:
    """Starts everything, and leaves no process and no file. Raises BadInput for a plan that does not fit."""
    need_flower()
    refuse(plan)
    if data.published:
        raise NotApplicable("a table recoded cell by cell cannot be dealt out to processes: give the raw one.")
    parts = dealt(plan, data, seed)
    with tempfile.TemporaryDirectory(prefix="ppml-federation-") as made, parties() as started:
        folder = Path(made)
        keys = folder / "keys"
        keys.mkdir()
        own = {name: str(path) for name, path in write_authority(keys, [LOOPBACK, "localhost"]).items()}
        nodes = [write_node_key(keys, f"node{number}") for number in range(plan.clients)]
        schema = folder / "schema.toml"
        schema.write_text(_plain(data.schema, model.ground.rows).to_toml(), encoding="utf-8")
        port = free_port()
        address = f"{LOOPBACK}:{port}"
        served = {
            "host": LOOPBACK,
            "port": port,
            **own,
            "schema": str(schema),
            "nodes": [f"{key}.pub" for key in nodes],
        }
        started.append(Party("server", "ppml_core.federated.deploy.server", served, folder))
        running = Deployment(started[0], [], folder, address)
        common = {
            "server": address, "authority": own["authority"], "schema": str(schema), "wait": START_SECONDS,
        }  # fmt: skip
        for number, (part, key) in enumerate(zip(parts, nodes, strict=True)):
            path, digest = _own_file(part, folder / f"part{number}")
            log = folder / f"opened{number}.log"
            settings = {**common, "key": str(key), "data": str(path), "sha256": digest, "opened": str(log)}
            started.append(Party(f"node{number}", "ppml_core.federated.deploy.node", settings, folder))
            running.nodes.append(started[-1])
            running.opened.append(log)
        running.server.hear("ready", START_SECONDS)
        for party in running.nodes:
            party.hear("people", START_SECONDS)
        yield running


def _plain(schema: Schema, rows: int) -> Schema:
    """The schema without hierarchies, which are files elsewhere; its size is the one that the model stands on."""
    bare = {
        name: dataclasses.replace(column, hierarchy_file=None, widths=None, levels=None)
        for name, column in schema.columns.items()
    }
    return dataclasses.replace(schema, columns=bare, expected_rows=rows, folder=None, delimiter=None)


def _own_file(part: Dataset, folder: Path) -> tuple[Path, str]:
    """A folder with nothing but that part's table in it, and the table's SHA-256."""
    if not len(part):
        raise BadInput("a client without people has no file: choose a partition that gives each some.")
    folder.mkdir()
    buffer = io.BytesIO()
    part.table.to_parquet(buffer, index=False)
    path = folder / "people.parquet"
    path.write_bytes(buffer.getvalue())
    path.chmod(0o600)
    return path, hashlib.sha256(buffer.getvalue()).hexdigest()
