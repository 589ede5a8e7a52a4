"""The ledger never overspends: random programs, analysts at once, processes killed in the middle of a query."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ppml_core.errors import Unreachable
from ppml_core.queries.engine import Engine
from ppml_core.queries.ledger import UNITS, Journal, MemoryJournal, Session
from ppml_core.queries.noise import OpenDPNoise
from ppml_core.queries.private import PrivateDesk
from ppml_core.queries.query import Compare, Query
from ppml_core.store import Store, StoredJournal

SPENDER = """
import sys, time
from ppml_core.queries.ledger import Session
from ppml_core.store import Store, StoredJournal

url, analyst, cost, pause = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
journal = StoredJournal(Store(url))
session = journal.open(Session(analyst, "table", 1.0))
print("ready", flush=True)
number = 0
def draw():
    time.sleep(pause)
    return f"{analyst} {number}"
while (entry := journal.charge(session, cost, "query", draw)) is not None:
    print(entry.answer, flush=True)
    number += 1
"""


@pytest.fixture
def journal(database: str) -> Iterator[StoredJournal]:
    store = Store(database)
    yield StoredJournal(store)
    store.close()


def spender(url: str, analyst: str, cost: int, pause: float) -> subprocess.Popen[str]:
    arguments = [sys.executable, "-c", SPENDER, url, analyst, str(cost), str(pause)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)


def check(journal: Journal, session: Session) -> None:
    entries = journal.entries(session)
    assert journal.spent(session) == sum(entry.cost for entry in entries) <= session.budget
    assert [entry.number for entry in entries] == list(range(1, len(entries) + 1))


PROGRAMS = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from([1e-12, 0.05, 0.1, 0.3, 1 / 3, 0.7, 1.0])), max_size=40
)


@settings(max_examples=30)
@given(PROGRAMS, st.sampled_from([0.0, 1e-6]))
def test_any_program_is_charged_exactly_and_within_the_budget(program: list[tuple[int, float]], delta: float) -> None:
    follow(MemoryJournal(), program, delta)


@settings(max_examples=5, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(PROGRAMS)
def test_any_program_is_charged_exactly_in_the_store(
    tmp_path_factory: pytest.TempPathFactory, program: list[tuple[int, float]]
) -> None:
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('ledger') / 'results.sqlite'}")
    follow(StoredJournal(store), program, 0.0)
    store.close()


def follow(journal: Journal, program: list[tuple[int, float]], delta: float) -> None:
    sessions = [journal.open(Session(name, "table", 1.0, delta)) for name in ("ada", "bob", "cleo")]
    left = [session.budget for session in sessions]
    for who, epsilon in program:
        cost = sessions[who].cost(epsilon)
        entry = journal.charge(sessions[who], cost, "query", lambda: "answer")
        assert (entry is None) == (cost > left[who])
        left[who] -= cost if entry else 0
    for session, rest in zip(sessions, left, strict=True):
        check(journal, session)
        assert journal.spent(session) == session.budget - rest


def test_analysts_at_once_do_not_overspend(database: str) -> None:
    """Eight threads, each with a store of its own, spend one analyst's budget and half of them another's as well."""

    def spend(number: int) -> int:
        store = Store(database)
        journal = StoredJournal(store)
        answered = 0
        for name in ("ada", "bob")[: 1 + number % 2]:
            session = journal.open(Session(name, "table", 1.0))
            for _ in range(8):
                answered += journal.charge(session, UNITS // 20, "query", lambda: "answer") is not None
        store.close()
        return answered

    with ThreadPoolExecutor(8) as pool:
        answered = sum(pool.map(spend, range(8)))
    store = Store(database)
    journal = StoredJournal(store)
    for session in journal.sessions("table"):
        check(journal, session)
        assert journal.spent(session) == UNITS
    assert answered == 40
    store.close()


@pytest.mark.parametrize(
    "moment", [0.06, *(pytest.param(at, marks=pytest.mark.slow) for at in (0.0, 0.013, 0.03, 0.11))]
)
def test_killed_in_the_middle_an_answer_is_charged_or_was_never_given(tmp_path: Path, moment: float) -> None:
    """Whatever left a process stands in the journal, charged; and nothing stands there half."""
    url = f"sqlite:///{tmp_path / 'results.sqlite'}"
    store = Store(url)
    journal = StoredJournal(store)
    session = journal.open(Session("ada", "table", 1.0))
    with spender(url, session.analyst, UNITS // 1_000_000, 0.01) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(moment)
        process.send_signal(signal.SIGKILL)
        handed_out = process.stdout.read().splitlines()
    check(journal, session)
    charged = [entry.answer for entry in journal.entries(session)]
    assert set(handed_out) <= set(charged)
    assert len(charged) <= len(handed_out) + 1
    assert journal.charge(session, UNITS // 1_000_000, "query", lambda: "the next") is not None
    check(journal, session)
    store.close()


@pytest.mark.slow
def test_processes_at_once_share_one_budget(database: str) -> None:
    processes = [spender(database, "ada", UNITS // 30, 0.0) for _ in range(3)]
    answers = []
    for process in processes:
        with process:
            answers += [line for line in process.communicate()[0].splitlines() if line != "ready"]
    store = Store(database)
    journal = StoredJournal(store)
    (session,) = journal.sessions("table")
    check(journal, session)
    assert len(answers) == len(journal.entries(session)) == 30
    store.close()


def test_an_answer_that_cannot_be_drawn_costs_nothing(journal: StoredJournal) -> None:
    session = journal.open(Session("ada", "table", 1.0))

    def fail() -> str:
        raise RuntimeError("no entropy")

    for one in (journal, MemoryJournal()):
        one.open(session)
        with pytest.raises(RuntimeError):
            one.charge(session, 5, "query", fail)
        assert (one.spent(session), one.entries(session)) == (0, [])


def test_a_budget_survives_a_restart(database: str, tmp_path: Path) -> None:
    from ppml_core.data.reading import read_dataset

    engine = Engine(read_dataset("clinic"))
    query = Query("count", None, Compare("sex", "=", "male"))
    answers = []
    for _ in range(2):
        store = Store(database)
        session = Session("ada", engine.data.fingerprint, 1.0)
        desk = PrivateDesk(engine, StoredJournal(store), OpenDPNoise(), session)
        answers.append(desk.ask(query, 0.5).value)
        store.close()
    store = Store(database)
    desk = PrivateDesk(engine, StoredJournal(store), OpenDPNoise(), session)
    assert (desk.spent, desk.left) == (1.0, 0.0)
    with pytest.raises(Unreachable, match="exhausted"):
        desk.ask(query, 0.1)
    assert [json.loads(entry.answer)[0][0] for entry in desk.history()] == answers
    assert desk.history()[0].text == "SELECT count(*) FROM people WHERE \"sex\" = 'male'"
    store.close()
    engine.close()
