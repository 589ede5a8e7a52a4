"""Parties as processes: what they are given, what they refuse, and that none outlives the computation."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from command_line import answer, refusal
from numpy.typing import NDArray
from patience import PATIENCE, until
from process_groups import left_of

from ppml_core.errors import PPMLError
from ppml_core.evidence import wilson
from ppml_core.mpc import coordinator
from ppml_core.mpc.coordinator import (
    Outcome,
    PortTaken,
    Running,
    compute,
    fault_of,
    free_addresses,
    started,
    write_party,
)
from ppml_core.mpc.descent import probabilities, trained_in_clear
from ppml_core.mpc.engines import installed
from ppml_core.mpc.holding import Holding, read_holding
from ppml_core.mpc.party import REFUSED
from ppml_core.mpc.plan import Model, Plan
from ppml_core.workers import end_group

COLUMNS = 4
TRIED = (3, 6, 9)  # three processes, and three more each time that another program took one of the ports


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[Running]]:
    """The processes that a test starts; at its end each is gone, with its group, and so is every folder."""
    known: list[Running] = []

    def noted(folder: Path) -> Running:
        known.append(started(folder))
        return known[-1]

    monkeypatch.setattr(coordinator, "started", noted)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield known
    for process in known:
        assert process.returncode is not None
        assert left_of(process.pid) == []
    assert list(tmp_path.glob("ppml-shares-*")) == []


def holdings(rows: int = 8, seed: int = 1) -> tuple[Holding, Holding, Holding]:
    rng = np.random.default_rng(seed)
    one, two, three = (
        Holding(rng.random((rows, COLUMNS)), rng.integers(0, 2, rows).astype(float), rng.random((3, COLUMNS)))
        for _ in range(3)
    )
    return one, two, three


def plan_of(rows: int = 8, steps: int = 3, model: Model = "logistic_regression", opens_model: bool = False) -> Plan:
    columns = (COLUMNS, COLUMNS, COLUMNS)
    return Plan.of(
        model, "horizontal", (rows, rows, rows), (3, 3, 3), columns, longest=4.0, steps=steps, batch=12, hidden=3,
        opens_model=opens_model,
    )  # fmt: skip


class Foreign(Holding):
    """A file that says another party's number."""

    def packed(self, party: int) -> bytes:
        return super().packed((party + 1) % 3)


def test_a_small_training_agrees_with_the_clear_run_and_leaves_nothing_behind(processes: list[Running]) -> None:
    held, plan = holdings(), plan_of()
    outcome: Outcome = compute(plan, held, "mpyc")
    X, y = np.vstack([each.X for each in held]), np.concatenate([each.y for each in held if each.y is not None])
    clear = trained_in_clear(plan, X, y)
    for mine, found in zip(held, outcome.predictions, strict=True):
        assert found == pytest.approx(probabilities(plan, mine.T, clear), abs=0.005)
    assert outcome.weights == ()
    assert outcome.bytes_sent > 0
    assert len(processes) in TRIED
    assert len({os.getpgid(0), *(process.pid for process in processes)}) == 1 + len(processes)


@pytest.mark.parametrize(
    "engine", [pytest.param(name, marks=() if name == "mpyc" else pytest.mark.slow) for name in installed()]
)
def test_a_network_trained_on_shares_has_the_weights_of_the_clear_run(processes: list[Running], engine: str) -> None:
    held, plan = holdings(), plan_of(steps=6, model="network", opens_model=True)
    outcome: Outcome = compute(plan, held, engine)
    X, y = np.vstack([each.X for each in held]), np.concatenate([each.y for each in held if each.y is not None])
    clear = trained_in_clear(plan, X, y)
    for found, expected in zip(outcome.weights, clear, strict=True):
        assert found == pytest.approx(expected, abs=0.001)
    for mine, answers in zip(held, outcome.predictions, strict=True):
        assert answers == pytest.approx(probabilities(plan, mine.T, clear), abs=0.001)


def test_a_party_refuses_what_is_not_its_own_and_the_others_are_ended(processes: list[Running]) -> None:
    one, two, three = holdings()
    with pytest.raises(PPMLError, match=r"party 1 refuses party_1\.npz: it is the file of party 2"):
        compute(plan_of(), (one, Foreign(two.X, two.y, two.T), three), "mpyc")
    assert processes[-2].returncode == REFUSED


def test_a_party_refuses_a_file_that_was_exchanged(tmp_path: Path) -> None:
    manifest = write_party(tmp_path / "party_0", 0, holdings()[0].packed(0), plan_of(), "mpyc", ["127.0.0.1:1"] * 3)
    (manifest.parent / "party_0.npz").write_bytes(holdings(seed=2)[0].packed(0))
    process = started(manifest.parent)
    try:
        assert process.wait(PATIENCE) == REFUSED
    finally:
        end_group(process)
    assert "not the file that its manifest names" in (manifest.parent / "result.json").read_text()


def test_a_file_holds_the_rows_of_its_party_and_no_others(tmp_path: Path) -> None:
    held = holdings()
    manifest = write_party(tmp_path / "party_2", 2, held[2].packed(2), plan_of(), "mpyc", ["127.0.0.1:1"] * 3)
    assert manifest.parent.stat().st_mode & 0o077 == 0
    assert sorted(path.name for path in manifest.parent.iterdir()) == ["manifest.json", "party_2.npz"]
    sha256 = json.loads(manifest.read_text())["sha256"]
    read = read_holding(manifest.parent / "party_2.npz", 2, sha256)
    for mine, theirs in ((read.X, held[2].X), (read.y, held[2].y), (read.T, held[2].T)):
        assert _same(mine, theirs)


def _same(mine: NDArray[np.float64] | None, theirs: NDArray[np.float64] | None) -> bool:
    return mine is not None and theirs is not None and np.array_equal(mine, theirs)


def test_a_party_cannot_open_a_neighbours_file(tmp_path: Path) -> None:
    for name in ("party_0", "party_1"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "rows").write_text("ours")
    script = (
        "import sys; from pathlib import Path; from ppml_core.mpc.party import stay_within\n"
        "own, other = map(Path, sys.argv[1:]); stay_within(own); print((own / 'rows').read_text())\n"
        "try: print((own / '..' / other.name / 'rows').read_text())\n"
        "except PermissionError: print('refused')"
    )
    arguments = [sys.executable, "-c", script, str(tmp_path / "party_0"), str(tmp_path / "party_1")]
    said = subprocess.run(arguments, capture_output=True, text=True, check=True, timeout=PATIENCE).stdout
    assert said.split() == ["ours", "refused"]


@pytest.mark.slow
def test_whoever_stops_it_stops_all_three(processes: list[Running]) -> None:
    begun = time.monotonic()

    def stop() -> None:
        if time.monotonic() - begun > 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compute(plan_of(steps=5000), holdings(), "mpyc", stop)
    assert len(processes) in TRIED


@pytest.mark.slow
@pytest.mark.parametrize("engine", installed())
def test_a_party_listens_on_loopback_only(engine: str, tmp_path: Path) -> None:
    addresses = free_addresses(3)
    folder = write_party(tmp_path / "party_2", 2, holdings()[2].packed(2), plan_of(), engine, addresses).parent
    process = started(folder)
    try:
        until(lambda: _listening(process.pid))
        assert _listening(process.pid) == {"0100007F"}
    finally:
        end_group(process)


@pytest.mark.slow
@pytest.mark.parametrize("engine", installed())
def test_a_port_that_was_taken_meanwhile_is_known_as_such(engine: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        addresses = [*free_addresses(2), f"127.0.0.1:{other.getsockname()[1]}"]
        folder = write_party(tmp_path / "party_2", 2, holdings()[2].packed(2), plan_of(), engine, addresses).parent
        process = started(folder)
        try:
            assert process.wait(PATIENCE) != 0
        finally:
            end_group(process)
    assert isinstance(fault_of(2, folder), PortTaken)


def test_a_party_that_broke_off_says_no_value_of_its_table(tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text("Traceback …\nValueError: could not convert string to float: 'Jane Doe'\n")
    assert "Jane" not in str(fault_of(1, tmp_path))
    assert "party 1" in str(fault_of(1, tmp_path))


def _listening(process: int) -> set[str]:
    """Addresses, in the kernel's hexadecimal, on which a process listens."""
    inodes = set()
    for entry in Path(f"/proc/{process}/fd").glob("*"):
        with suppress(OSError):
            inodes.add(os.readlink(entry).removeprefix("socket:[").removesuffix("]"))
    found = set()
    for family in ("tcp", "tcp6"):
        table = Path(f"/proc/{process}/net/{family}")
        for line in table.read_text().splitlines()[1:] if table.exists() else ():
            cells = line.split()
            if cells[3] == "0A" and cells[9] in inodes:
                found.add(cells[1].partition(":")[0])
    return found


@pytest.mark.slow
def test_a_coordinator_that_is_killed_leaves_neither_processes_nor_files(tmp_path: Path) -> None:
    script = (
        "import sys, tempfile; sys.path[:0] = sys.argv[2:]; tempfile.tempdir = sys.argv[1]\n"
        "import test_parties as t; t.compute(t.plan_of(steps=5000), t.holdings(), 'mpyc')"
    )
    here = Path(__file__)
    whole = subprocess.Popen([sys.executable, "-c", script, str(tmp_path), str(here.parent), str(here.parents[2])])
    try:
        until(lambda: len(_groups_below(tmp_path)) == 3)
    finally:
        whole.send_signal(signal.SIGKILL)
        whole.wait()
    until(lambda: not _groups_below(tmp_path) and not list(tmp_path.iterdir()))


def _groups_below(folder: Path) -> list[int]:
    """Processes that work on a file below the folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            found += [int(entry.name)] if str(folder / "ppml-shares-") in (entry / "cmdline").read_text() else []
        except OSError:
            continue
    return found


@pytest.mark.slow
@pytest.mark.parametrize("engine", installed())
def test_the_command_line_trains_and_says_what_came_out(engine: str, capsys: pytest.CaptureFixture[str]) -> None:
    sizes = ("--rows", 90, "--test-rows", 30, "--steps", 10, "--batch", 45)
    said = answer(capsys, "mpc", "--dataset", "german_credit", "--engine", engine, *sizes)
    assert (said["engine"], said["rows"], said["rows_of_parties"], said["steps"]) == (engine, 90, [30, 30, 30], 10)
    assert said["max_probability_difference"] <= 0.01
    assert said["interval"] == pytest.approx(wilson(said["accuracy"], 30))
    assert said["bytes"] > 0 < said["seconds"]
    assert said["threat_model"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--rows", "2"), "rows must be a whole number of at least 6"),
        (("--engine", "other"), "engine must be one of auto, spu, mpyc"),
        (("--split", "diagonal"), "split must be one of horizontal, vertical"),
        (("--rows", "5000"), "--rows must be from 6 to the 700 training people, not 5000"),
        (("--test-rows", "1"), "--test-rows must be from 3 to the 300 test people, at least one for each party, not 1"),
        (("--test-rows", "301"), "not 301"),
    ],
)
def test_bad_wishes_are_refused_in_one_line(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said in refusal(capsys, "mpc", "--dataset", "german_credit", *arguments)
