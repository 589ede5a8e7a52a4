"""Federated training among real sites: what the operator of the server starts, and what each node's operator starts.

In: addresses, keys, the schema that all share, and at a node its own file. Out: at the server the rounds and the model,
at a node how many rounds it took part in. Seeds are drawn from the system's entropy, by each for itself.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ppml_core.errors import BadInput
from ppml_core.federated.deploy.certificates import check_private_key, check_public_key, need_flower
from ppml_core.federated.deploy.limits import refuse
from ppml_core.federated.deploy.local import START_SECONDS, Lap, laps, order_of
from ppml_core.federated.deploy.processes import Party, check_port, parties
from ppml_core.federated.model import Model
from ppml_core.federated.plan import Plan
from ppml_core.learn.base import Learner
from ppml_core.workers import LOOPBACK

EVERYWHERE = ("0.0.0.0", "::")
BRIDGE_SECONDS = 600  # without a server before a node gives up


def address_of(text: str) -> tuple[str, int]:
    """Host and port. Raises BadInput.

    >>> address_of("0.0.0.0:9092")
    ('0.0.0.0', 9092)
    """
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise BadInput(f"an address is HOST:PORT, like 0.0.0.0:9092, not {text!r}.")
    return host.strip("[]"), int(port)


def check_files(**files: Path) -> None:
    """Raises BadInput for the first that is not there."""
    for name, path in files.items():
        if not path.is_file():
            raise BadInput(f"there is no {name} {str(path)!r}: see ppml federate --help for what goes where.")


def serve(
    learner: Learner, plan: Plan, model: Model, schema: Path, listen: str, keys: dict[str, Path], nodes: list[Path],
    patience: float, wait: float, ready: Callable[[str], None],
) -> Iterator[Lap]:  # fmt: skip
    """Round after round with the nodes that have those public keys, the first of which is client 0."""
    need_flower()
    refuse(plan)
    host, port = address_of(listen)
    check_files(schema=schema, **keys)
    if len(nodes) != plan.clients:
        raise BadInput(f"{plan.clients} clients need as many public keys, and {len(nodes)} are given.")
    for path in nodes:
        check_public_key(path)
    check_port(host, port)
    settings = {
        "host": host, "port": port, "own_name": LOOPBACK if host in EVERYWHERE else host, "schema": _text(schema),
        "nodes": [_text(path) for path in nodes], **{name: _text(path) for name, path in keys.items()},
    }  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="ppml-federation-") as made, parties() as started:
        server = Party("server", "ppml_core.federated.deploy.server", settings, Path(made))
        started.append(server)
        server.hear("ready", START_SECONDS)
        ready(f"listening on {listen}, waiting up to {wait:.0f} s for {plan.clients} nodes")
        yield from laps(server, [], order_of(learner, plan, None, patience, wait), model)


def take_part(
    data: Path, schema: Path, server: str, authority: Path, key: Path, secagg: bool, wait: float,
    tell: Callable[[str], None],
) -> dict[str, Any]:  # fmt: skip
    """Answers the server with what the people in `data` teach, until it has left."""
    need_flower()
    address_of(server)
    check_files(data=data, schema=schema, authority=authority, key=key)
    check_private_key(key)
    settings = {
        "server": server, "authority": _text(authority), "key": _text(key), "data": _text(data),
        "schema": _text(schema), "secagg": secagg, "wait": wait, "bridge": BRIDGE_SECONDS,
    }  # fmt: skip
    people, rounds = 0, 0
    with tempfile.TemporaryDirectory(prefix="ppml-node-") as made, parties() as started:
        node = Party("node", "ppml_core.federated.deploy.node", settings, Path(made))
        started.append(node)
        while True:
            word = node.word(1.0) or {}
            if "people" in word:
                people = int(word["people"])
                tell(f"{people:,} people read; they stay here, only what a round makes of the model is sent")
            if "trained" in word:
                rounds += 1
                tell(f"round {word['trained']} answered")
            if "note" in word:
                tell(str(word["note"]))
            if "left" in word:
                return {"people": people, "rounds_answered": rounds}


def _text(path: Path) -> str:
    return str(path.resolve())
