"""Compare & report: up to four scenarios side by side, what differs beyond noise, and what is saved under a name."""

from __future__ import annotations

import streamlit as st

from dashboard import comparing, controls, frame, saving, tables, widgets
from ppml_core.charts.point_story import NOTE, paired_sentence, side_by_side
from ppml_core.experiment.scenario import Scenario


def page() -> None:
    offered = comparing.offered()
    left, right = st.columns([1.9, 1], gap="large")
    with right:
        chosen = choice(offered)
    with left:
        compared(offered, chosen)
    with right:
        saving.saved_part()
    with left:
        saving.downloads(chosen)


def choice(offered: dict[str, tuple[str, Scenario]]) -> dict[str, Scenario]:
    """Which ones, the first being what the others are compared with."""
    first = comparing.first_choice(offered)
    st.session_state[comparing.CHOSEN] = [
        name for name in st.session_state.get(comparing.CHOSEN, first) if name in offered
    ] or first
    chosen = st.multiselect(
        "Side by side", list(offered), key=comparing.CHOSEN, format_func=lambda name: offered[name][0],
        max_selections=comparing.MOST, persist_state="session",
        help=controls.told(
            "The first one is what the others are compared with. Points are picked on Trade-off with Compare.",
            "estimate",
        ),
    )  # fmt: skip
    distinct = {offered[name][1].id: name for name in reversed(chosen)}
    return {name: offered[name][1] for name in chosen if distinct[offered[name][1].id] == name}


def compared(offered: dict[str, tuple[str, Scenario]], chosen: dict[str, Scenario]) -> None:
    """The table of numbers, then who is judged differently, person by person."""
    names = " · ".join(offered[name][0] for name in chosen)
    widgets.heading("How do these scenarios differ?", names or "Choose at least one scenario.")
    if not chosen:
        return
    found = comparing.found(chosen)
    if found:
        titles = {name: offered[name][0] for name in found}
        widgets.table(side_by_side(titles, found), caption="Scenarios side by side")
        widgets.aside(
            "Differences are to the first one. Within noise: the 95 % interval of the difference over test people and "
            "noise seeds holds 0. It takes the test people of both for different ones: rather too wide than too narrow."
        )
        widgets.aside(NOTE)
    widgets.run_missing(comparing.question(chosen), "scenarios to compare", "Compute what is missing")
    if len(chosen) > 1 and len(found) == len(chosen):
        one_by_one(offered, chosen)


def one_by_one(offered: dict[str, tuple[str, Scenario]], chosen: dict[str, Scenario]) -> None:
    """Accuracy on the same test people: far sharper than two separate intervals."""
    key, made = comparing.pairing_key(chosen), comparing.paired(chosen)
    job = tables.desk().find(key)
    if not made:
        if job is None or not job.running:
            st.button("Compare person by person", key="pair", on_click=comparing.start_pairing, args=(chosen,))
        widgets.job_line(job)
        return
    for name, scenario in list(chosen.items())[1:]:
        widgets.story(paired_sentence(offered[name][0], made[scenario.id]))


def is_waiting() -> bool:
    return comparing.is_waiting() or saving.is_drawing()


frame.show(page, waiting=is_waiting)
