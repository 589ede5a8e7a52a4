"""What stands around every page: navigation, style, the scenario bar, and the net under every fault."""

from __future__ import annotations

import gc
import inspect
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import streamlit as st

from dashboard import saving, scenarios, session, tables, widgets
from dashboard.jobs import GENERIC, note_fault
from dashboard.left_pages import drop_what_left_pages_ask
from ppml_core.errors import PPMLError
from ppml_core.experiment.scenario import Scenario

STATIC = Path(__file__).resolve().parent / "static"

# What is imported by now stays: Streamlit collects garbage after every run, and would look through all of it each time.
gc.freeze()

drop_what_left_pages_ask()

POLL = 0.5
REST, LONGEST = 5.0, 2.0  # a page that waits rests five times as long as its script works, two seconds at most
WORK_SECONDS = 1.0
WORKED: dict[str, float] = {}  # seconds that a page's script worked last, by page


def open_page(sections: Mapping[str, Sequence[tuple[str, str]]], folder: Path) -> None:
    """Shows the page that was asked for; the first one is the front page."""
    st.set_page_config(page_title="PPML Explorer", page_icon=str(STATIC / "icon.png"), layout="wide")
    pages = {
        section: [
            st.Page(folder / file, title=title, default=not (number or place))
            for place, (file, title) in enumerate(entries)
        ]
        for number, (section, entries) in enumerate(sections.items())
    }
    chosen = st.navigation(pages, expanded=True)
    st.html(STATIC / "style.css")
    session.start()
    guarded(tables.warm_up)
    with st.sidebar:
        work_at_hand()
    chosen.run()


def work_at_hand() -> None:
    """What runs or waits, on every page; drawn again every second as long as there is something."""
    at_first = bool(tables.work_at_hand())

    def listed() -> None:
        now = tables.work_at_hand()
        widgets.work_list(now)
        if bool(now) != at_first:
            st.rerun()

    st.fragment(listed, run_every=WORK_SECONDS if at_first else None, key="work")()


def show(
    body: Callable[[], None],
    waiting: Callable[[], bool] | None = None,
    link: Callable[[], Mapping[str, str]] = dict,
    bare: bool = False,
    asked: Callable[[], Scenario] | None = None,
) -> None:
    """Runs a page's body as a fragment under the scenario bar: a slider move redraws it and nothing else.

    The bar is inside, and is drawn last: the chart comes first. While `waiting` says so, the body is drawn again
    after a `pause`, and once more when the wait is over, even if it was over while the body was drawn. `link` gives
    what the page's address carries beside the scenario. A `bare` page has neither bar nor road. `asked` is the scenario
    of a page that has one of its own: the bar tells and saves that one.
    """
    name = Path(inspect.getfile(body)).stem
    session.start()
    scenarios.take_link()
    session.arrive(name)
    at_first = waiting is not None and _ask(waiting)
    if not bare:
        road(name)

    def page() -> None:
        began = time.thread_time()
        session.arrive(name)
        scenarios.go_on(name)
        waited = waiting is not None and _ask(waiting)
        bar = st.container(key="bar")
        notice = session.notice()
        if notice:
            st.caption(notice)
        guarded(body)
        if not bare:
            with bar:
                guarded(lambda: widgets.scenario_bar(partial(saving.save_part, asked or scenarios.current), asked))
        guarded(lambda: session.publish(link()))
        WORKED[name] = time.thread_time() - began
        if waiting is not None and (_ask(waiting) != at_first or waited != at_first):
            st.rerun()
        session.drop_notice(notice)

    st.fragment(page, run_every=pause(name) if at_first else None, key=name)()


def pause(page: str) -> float:
    """Seconds between two drawings while a wait that begins now lasts: what is waited for gets most of the machine."""
    return min(max(POLL, REST * WORKED.get(page, 0.0)), LONGEST)


def road(page: str) -> None:
    """The five steps, where one is among them, and a way to the next; nothing on pages beside the road."""
    if page not in widgets.ROAD_PAGES:
        return
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="road"):
        following = widgets.road(page)
        if following and st.button(f"Next: {following.title}", type="tertiary", key="road_next"):
            st.switch_page(f"app_pages/{following.page}.py")


def style(file: str) -> None:
    """A style sheet for one page, beside the common one."""
    st.html(STATIC / file)


def _ask(waiting: Callable[[], bool]) -> bool:
    """Nobody waits for what is refused."""
    try:
        return waiting()
    except Exception:
        return False


def guarded(body: Callable[[], None]) -> None:
    """Runs it; a refusal is shown as its own sentence, anything else as one sentence without details."""
    try:
        body()
    except PPMLError as refusal:
        widgets.refusal(str(refusal))
    except Exception as fault:
        note_fault(fault)
        widgets.refusal(GENERIC)
