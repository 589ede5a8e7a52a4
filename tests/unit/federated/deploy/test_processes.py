"""Parties lead groups of their own, and nothing of a group outlives whoever started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from patience import PATIENCE
from process_groups import left_of

from ppml_core.errors import BadInput, Unreachable
from ppml_core.federated.deploy.processes import Party, parties

STUBBORN = """
import signal, subprocess, sys
from ppml_core.federated.deploy.lines import Lines
lines = Lines()
settings = next(lines.heard())
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("a library's chatter")
lines.say(**settings["say"], child=child.pid)
child.wait()
"""
STARTER = """
import os, sys, time
from pathlib import Path
from ppml_core.federated.deploy import processes
from ppml_core.federated.deploy.processes import Party, parties
processes.GENTLE_SECONDS = 0.2
with parties() as started:
    started.append(Party("stubborn", "stubborn", {"say": {}}, Path(sys.argv[1])))
    print(started[0].hear("child", float(sys.argv[2]))["child"], started[0].process.pid, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def stubborn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A party that ignores polite signals and has a child, on the path of new processes."""
    (tmp_path / "stubborn.py").write_text(STUBBORN, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr("ppml_core.federated.deploy.processes.GENTLE_SECONDS", 0.2)
    return tmp_path


def test_a_group_is_ended_with_the_children_in_it_whatever_happens(stubborn: Path) -> None:
    pids = []

    def fails() -> None:
        with parties() as started:
            started.append(Party("stubborn", "stubborn", {"say": {}}, stubborn))
            pids.extend([started[0].hear("child", PATIENCE)["child"], started[0].process.pid])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert os.getpgid(0) != pids[1]
    assert left_of(pids[1]) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_the_starter_ends_the_groups(stubborn: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-c", STARTER, stubborn, str(PATIENCE)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        pids = [int(pid) for pid in starter.stdout.readline().split()]
        starter.send_signal(number)
        starter.wait(PATIENCE)
    assert len(pids) == 2
    assert left_of(pids[1]) == []


def test_what_a_party_refuses_is_raised_in_its_words(stubborn: Path) -> None:
    with parties() as started:
        started.append(Party("refusing", "stubborn", {"say": {"refused": "no such file."}}, stubborn))
        with pytest.raises(BadInput, match=r"no such file\."):
            started[0].hear("child", PATIENCE)
        started[0].kill()
        with pytest.raises(Unreachable, match="refusing has ended unexpectedly: a library's chatter"):
            started[0].hear("child", PATIENCE)
