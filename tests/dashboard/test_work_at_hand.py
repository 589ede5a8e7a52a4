"""One queue for all who use a server, in turns; and one place on every page that shows what is at work."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from patience import PATIENCE, until
from streamlit.testing.v1 import AppTest

from dashboard import frame, jobs, sweeps, tables
from dashboard.waiting import Queue
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput
from ppml_core.experiment.scenario import Scenario
from ppml_core.experiment.sweep import Forgetful
from ppml_core.lessons.base import Found, Lesson, lessons
from ppml_core.store import Store
from ppml_core.store.runs import list_runs, rows_of


def test_people_take_turns_and_no_more_work_at_once_than_may() -> None:
    queue, order, gate = Queue(2), list[str](), threading.Semaphore(0)
    most, now, lock = 0, 0, threading.Lock()

    def work(name: str) -> Callable[[], None]:
        def run() -> None:
            nonlocal most, now
            with lock:
                order.append(name)
                now += 1
                most = max(most, now)
            gate.acquire()
            with lock:
                now -= 1

        return run

    for number in range(5):
        queue.put("ann", work(f"ann {number}"))
    for person in ("bob", "cem"):
        queue.put(person, work(person))
    for done in range(1, 8):
        until(lambda done=done: len(order) >= min(done + 1, 7))  # type: ignore[misc]
        gate.release()
    until(lambda: now == 0)
    assert most == 2
    assert set(order[:2]) == {"ann 0", "ann 1"}
    assert {"bob", "cem"} < set(order[2:5]), "nobody waits until all five of Ann's are done"


def test_work_that_fails_leaves_its_place_to_the_next() -> None:
    desk, queue = jobs.Desk(Forgetful(), private=True), Queue(1)

    def refuse(_: jobs.Job) -> None:
        raise BadInput("no")

    first = desk.start("a", "first", refuse, queue=queue)
    second = desk.start("b", "second", lambda job: job.report(1, 1), queue=queue)
    until(lambda: not second.running)
    assert (first.error, second.finished) == ("no", True)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[jobs.Desk, threading.Event]]:
    """A desk with one job under way, held until the event, and one that waits behind it."""
    desk, go_on, queue = jobs.Desk(Forgetful(), private=True), threading.Event(), Queue(1)

    def work(job: jobs.Job) -> None:
        job.report(1, 4)
        job.report(2, 4)
        go_on.wait(2 * PATIENCE)

    desk.start("one", "cost of <b>a guarantee</b>", work, queue=queue)
    until(lambda: desk.at_hand()[0].done == 2)
    desk.start("two", "cost of look-alikes", work, queue=queue)
    monkeypatch.setattr(tables, "own_desk", lambda: desk)
    monkeypatch.setattr(tables, "shared_desk", lambda: jobs.Desk(Forgetful(), private=False))
    yield desk, go_on
    go_on.set()


def frame_alone() -> None:
    from dashboard import frame

    frame.work_at_hand()


def said(at: AppTest) -> str:
    return "\n".join(element.proto.body for element in at.get("html"))


def test_what_is_at_work_is_listed_with_progress_time_and_cancel(held: tuple[jobs.Desk, threading.Event]) -> None:
    desk, go_on = held
    at = AppTest.from_function(frame_alone, default_timeout=PATIENCE).run()
    assert not at.exception
    assert "2 of 4 models, about " in said(at)
    assert "waiting for its turn" in said(at)
    assert "<b>a guarantee</b>" not in said(at).replace("<b>Cost", "")
    assert "&lt;b&gt;a guarantee" in said(at)
    assert [button.label for button in at.button] == ["Stop", "Stop"]
    at.button[1].click().run()
    assert [job.title for job in desk.at_hand()] == ["cost of <b>a guarantee</b>"]
    assert "look-alikes" not in said(at), "what waited is over at once"
    at.button[0].click().run()
    go_on.set()
    until(lambda: not desk.at_hand())
    assert "At work" not in said(at.run())
    assert not at.button


def test_nobody_stops_what_somebody_else_waits_for(monkeypatch: pytest.MonkeyPatch) -> None:
    desk, go_on, here = jobs.Desk(Forgetful(), private=False), threading.Event(), {"ann", "bob", "cem"}
    monkeypatch.setattr(jobs, "is_here", here.__contains__)

    def act_as(person: str) -> None:
        monkeypatch.setattr(jobs, "_person", lambda: person)

    def held_back(_: jobs.Job) -> None:
        go_on.wait(2 * PATIENCE)

    act_as("ann")
    job = desk.start("one", "a sweep", held_back, queue=Queue(1))
    assert job.may_be_stopped()
    act_as("bob")
    job.stop()
    assert not job.cancelled, "Bob only sees it in the list"
    assert desk.start("one", "a sweep", lambda _: None) is job
    assert not job.may_be_stopped(), "Ann waits for it as well"
    here.remove("ann")
    assert job.may_be_stopped()
    act_as("ann, the page loaded again")
    assert not job.may_be_stopped()
    here.remove("bob")
    job.join()
    assert job.may_be_stopped(), "her page shows it, and nobody else is there"
    act_as("cem")
    assert not job.may_be_stopped()
    act_as("ann, the page loaded again")
    job.stop()
    assert job.cancelled
    go_on.set()


def test_what_nobody_asked_for_is_stopped_by_nobody_who_does_not_look_at_it(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = jobs.Desk(Forgetful(), private=False)
    waiting = Queue(0)
    monkeypatch.setattr(jobs, "BACKGROUND", waiting)
    job = desk.start("first", "the first sweep", lambda _: None, background=True)
    assert not job.may_be_stopped()
    job.join()
    job.stop()
    assert job.cancelled


def test_every_page_carries_the_list() -> None:
    """It stands in the frame, and no page draws one of its own."""
    import dashboard

    root = Path(dashboard.__file__).parent
    assert "work_at_hand()" in (root / "frame.py").read_text(encoding="utf-8")
    for page in (root / "app_pages").glob("*.py"):
        assert "work_list" not in page.read_text(encoding="utf-8"), page.name


@pytest.mark.parametrize("private", [False, True])
def test_a_sweep_of_a_bundled_table_is_a_run_and_one_of_an_own_table_leaves_no_trace(private: bool) -> None:
    store, data = Store(), load("german_credit")
    desk = jobs.Desk(Forgetful() if private else store, private=private)
    plan = (Scenario.of("german_credit", "dp_gd", repeats=1),)
    question = sweeps.Question("curve", data.fingerprint, (("", plan),), ("learner.epsilon",))
    sweeps.start(question, desk, data, "cost of a guarantee")
    job: Any = desk.find(question.key)
    until(lambda: not job.running)
    assert job.error == ""
    found = list_runs(store)
    if private:
        assert (found, len(store)) == ([], 0)
    else:
        (run,) = found
        assert (run.name, run.state, run.swept) == ("cost of a guarantee, german_credit", "finished", question.swept)
        assert len(rows_of(store, run)) == len(job.rows[""])
    store.close()


def test_a_page_that_waits_leaves_the_machine_to_what_it_waits_for(
    open_page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    cls, gate, pauses = lessons()["noise"], threading.Event(), dict[str, Any]()
    run, fragment = cls.run, st.fragment

    def held_up(lesson: Lesson, data: Dataset, seed: int) -> Found:
        until(gate.is_set)
        return run(lesson, data, seed)

    def noted(body: Any, *, run_every: float | None, key: str) -> Any:
        pauses[key] = run_every
        return fragment(body, run_every=run_every, key=key)

    monkeypatch.setattr(cls, "run", held_up)
    monkeypatch.setattr(st, "fragment", noted)
    monkeypatch.setattr(frame, "WORKED", {})
    try:
        asked = {"lesson": "noise", "seed": "4712"}
        open_page("lessons", **asked)
        assert frame.WORKED["lessons"] > 0
        for worked, pause in ((0.01, frame.POLL), (0.3, 1.5), (9.0, frame.LONGEST)):
            frame.WORKED["lessons"] = worked
            open_page("lessons", **asked)
            assert pauses["lessons"] == pytest.approx(pause)
    finally:
        gate.set()
    open_page("glossary")
    assert pauses["glossary"] is None
