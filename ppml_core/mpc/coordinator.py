"""Starts three parties as processes on this machine, waits for them, and reaps them whatever happens.

The coordinator is a simulation of three holders: it cuts a table that it has as a whole, and gives each party a folder
with that party's file and nothing else. Real holders would start `python -m ppml_core.mpc.party` themselves, each on
its own machine, with the same public plan. Traffic stays on the loopback interface.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ppml_core.errors import PPMLError
from ppml_core.mpc.holding import Array, Holding
from ppml_core.mpc.party import OPENED, RESULT
from ppml_core.mpc.plan import PARTIES, Plan
from ppml_core.workers import LOOPBACK, Waiting, end_group, patient, spawn_module

MANIFEST = "manifest.json"
LOG = "log.txt"
WAIT_SECONDS = 0.05
PATIENCE_SECONDS = 1800.0
TRIES = 3
TAKEN = ("address already in use", "brpc server failed start")

Running = subprocess.Popen[bytes]


@dataclass(frozen=True, eq=False)
class Outcome:
    """What came out: probabilities per party that may see them, the model where it was opened, and the costs.

    `bytes_sent` is the sum over parties; `seconds` counts from the first process started to the last one ended, `laps`
    splits the slowest party's share of it.
    """

    predictions: tuple[Array, ...]
    weights: tuple[Array, ...]
    bytes_sent: int
    seconds: float
    laps: dict[str, float]


class PortTaken(PPMLError):
    """Another program took a port between the asking and the listening."""


def compute(
    plan: Plan, holdings: Sequence[Holding], engine: str, waiting: Waiting = patient,
    patience_seconds: float = PATIENCE_SECONDS,
) -> Outcome:  # fmt: skip
    """Runs the plan among three processes. Raises PPMLError with the sentence of the party that gave up."""
    for attempt in range(TRIES):
        try:
            return _attempted(plan, [holding.packed(party) for party, holding in enumerate(holdings)], engine,
                              waiting, patience_seconds)  # fmt: skip
        except PortTaken:
            if attempt == TRIES - 1:
                raise
    raise AssertionError("unreachable")


def _attempted(plan: Plan, files: Sequence[bytes], engine: str, waiting: Waiting, patience_seconds: float) -> Outcome:
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="ppml-shares-") as root:
        folders = [Path(root) / f"party_{party}" for party in range(PARTIES)]
        addresses = free_addresses(PARTIES)
        for party, (folder, content) in enumerate(zip(folders, files, strict=True)):
            write_party(folder, party, content, plan, engine, addresses)
        with ExitStack() as stack:
            running = [stack.enter_context(_Party(folder)) for folder in folders]
            _wait(running, folders, waiting, time.monotonic() + patience_seconds)
        return _gathered(folders, time.perf_counter() - start)


def write_party(folder: Path, party: int, content: bytes, plan: Plan, engine: str, addresses: Sequence[str]) -> Path:
    """A folder that only its owner may read, with the party's file and its manifest; the manifest's path."""
    folder.mkdir(mode=0o700)
    name = f"party_{party}.npz"
    (folder / name).write_bytes(content)
    manifest = folder / MANIFEST
    manifest.write_text(
        json.dumps({
            "party": party, "file": name, "sha256": hashlib.sha256(content).hexdigest(), "engine": engine,
            "addresses": list(addresses), "coordinator": os.getpid(), "plan": plan.values(),
        })
    )  # fmt: skip
    return manifest


def free_addresses(count: int) -> list[str]:
    """Addresses on loopback whose ports the kernel gave; another program could take one before a party listens."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((LOOPBACK, 0))
        return [f"{LOOPBACK}:{each.getsockname()[1]}" for each in sockets]


def started(folder: Path) -> Running:
    """A party's process in a group of its own; what it prints goes to a log in its folder."""
    quiet = {"PYTHONWARNINGS": "ignore", "TF_CPP_MIN_LOG_LEVEL": "3", "JAX_PLATFORMS": "cpu"}
    with (folder / LOG).open("wb") as log:
        return spawn_module(
            "ppml_core.mpc.party", str(folder / MANIFEST), env=quiet, cwd=folder,
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip


class _Party:
    """A party's process, from its start to its certain end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> Running:
        self._process = started(self._folder)
        return self._process

    def __exit__(self, *_: object) -> None:
        end_group(self._process)


def _wait(running: Sequence[Running], folders: Sequence[Path], waiting: Waiting, deadline: float) -> None:
    """Returns when all have ended well; raises as soon as one has not, `waiting()` raises, or the time is over."""
    while True:
        codes = [process.poll() for process in running]
        for party, code in enumerate(codes):
            if code not in (None, 0):
                raise fault_of(party, folders[party])
        if all(code == 0 for code in codes):
            return
        waiting()
        if time.monotonic() > deadline:
            raise PPMLError("the parties did not finish in time: take fewer people or fewer steps.")
        time.sleep(WAIT_SECONDS)


def fault_of(party: int, folder: Path) -> PPMLError:
    """What a party said before it ended, in a sentence."""
    told: dict[str, Any] = json.loads((folder / RESULT).read_text()) if (folder / RESULT).exists() else {}
    if "refused" in told:
        return PPMLError(str(told["refused"]))
    log = (folder / LOG).read_text(errors="replace")
    if any(words in log.lower() for words in TAKEN):
        return PortTaken(f"party {party} found its port taken by another program: run it again.")
    return PPMLError(f"party {party} ended before its time: {told.get('broken', 'it left no word.')}")


def _gathered(folders: Sequence[Path], seconds: float) -> Outcome:
    told = [json.loads((folder / RESULT).read_text()) for folder in folders]
    opened = []
    for folder in folders:
        with np.load(folder / OPENED, allow_pickle=False) as arrays:
            opened.append({name: arrays[name] for name in arrays.files})
    weights = tuple(array for name, array in sorted(opened[0].items()) if name.startswith("weights_"))
    slowest = max(told, key=lambda each: float(each["seconds"]["all"]))["seconds"]
    return Outcome(
        predictions=tuple(each["predictions"] for each in opened),
        weights=weights,
        bytes_sent=sum(int(each["bytes"]) for each in told),
        seconds=seconds,
        laps={name: float(value) for name, value in slowest.items()},
    )
