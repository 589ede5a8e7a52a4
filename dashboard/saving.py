"""Saved scenarios, and what is taken away of a comparison: name, note, rename, delete, files."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from typing import get_args

import streamlit as st

from dashboard import comparing, mapping, reporting, scenarios, tables, widgets
from dashboard.controls import told
from ppml_core.charts.pictures import EXTRA, Format
from ppml_core.charts.scenario_words import in_short
from ppml_core.errors import PPMLError
from ppml_core.experiment.map_view import Map
from ppml_core.experiment.scenario import Scenario, scenario_from_toml
from ppml_core.store.saved import Saved, delete_scenario, note_scenario, rename_scenario

QUESTION, DRAWN = "report_question", "charts_asked"
SAVED, SAVING_REFUSED, REFUSED = "saved_as", "saving_refused", "change_refused"
FILE, FILE_REFUSED = "scenario_file", "file_refused"


def save_part(asked: Callable[[], Scenario]) -> None:
    """Opens from the scenario bar: the scenario that the page asks for under a name, with a note."""
    with st.popover("Save", type="tertiary", key="save"):
        try:
            scenario = asked()
        except PPMLError as why:
            widgets.aside(f"There is no scenario to save: {why}")
            return
        widgets.aside(in_short(scenario))
        if comparing.store() is None:
            widgets.aside(
                "A table of your own stays in this session: take its scenario as a file from Compare & report."
            )
            return
        st.text_input("Name", key="save_name", max_chars=200, help=told("Under which it is found again."))
        st.text_area(
            "Note", key="save_note", height=80, max_chars=5000, help=told("What it was for, in your own words.")
        )
        st.button("Save", key="save_scenario", on_click=_save, args=(scenario.to_toml(),))
        if said := st.session_state.pop(SAVING_REFUSED, ""):
            widgets.refusal(said)
        if name := st.session_state.pop(SAVED, ""):
            widgets.aside(f"Saved as {name}: it is listed on Compare & report.")


def saved_part() -> None:
    """What is saved for this table: open, rename, note, delete; and a scenario that comes as a file."""
    kept = comparing.saved()
    if kept:
        widgets.label("Saved")
        _saved(kept)
    with st.expander("Open a scenario file", key="open_file"):
        about = told("As Compare & report, Together apart and searches hand it out, and as ppml sweep takes it.")
        st.file_uploader("Scenario file (TOML)", ["toml"], key=FILE, max_upload_size=1, help=about)
        st.button("Open", key="file_open", on_click=_open_file, disabled=st.session_state.get(FILE) is None)
        if said := st.session_state.pop(FILE_REFUSED, ""):
            widgets.refusal(said)


def _saved(kept: Sequence[Saved]) -> None:
    by_id = {one.id: one for one in kept}
    chosen = str(
        widgets.choose(
            "Scenario",
            list(by_id),
            "saved_chosen",
            told("One of those that were saved for this table."),
            lambda name: by_id[name].name,
        )
    )
    one = by_id.get(chosen, kept[0])
    widgets.aside(f"{_told(one)}{f' – {one.note}' if one.note else ''}")
    with st.container(horizontal=True):
        st.button("Open", key="saved_open", on_click=scenarios.use, args=(one.content,))
        st.button("Delete", key="saved_delete", on_click=_delete, args=(one.id,))
    with st.expander("Another name or note", key="saved_change"):
        st.text_input("Its name", one.name, key=f"saved_name_{one.id}", help=told("Under which it is found again."))
        st.text_area(
            "Its note",
            one.note,
            key=f"saved_note_{one.id}",
            height=80,
            help=told("What it was for, in your own words."),
        )
        st.button("Change", key="saved_rename", on_click=_change, args=(one.id,))
    if said := st.session_state.pop(REFUSED, ""):
        widgets.refusal(said)


def downloads(chosen: Mapping[str, Scenario]) -> None:
    """The report on the first of the chosen scenarios beside all of the map, its script, and its file."""
    first = next(iter(chosen.values()), None)
    if first is None:
        return
    widgets.label("Take it with you")
    name = f"{tables.dataset().name}-{first.id}"
    known = {key: one for key, one in chosen.items() if len(comparing.rows_of({key: one}))}
    here = mapping.current_map() if first in known.values() else None
    asked = None if here is None else reporting.asked(list(known.values()), here)
    made = None if asked is None else partial(reporting.explored, *asked)
    if made is not None:
        st.text_input(
            "The report's question", key=QUESTION, max_chars=300, persist_state="session",
            placeholder="In your own words; empty for the usual one",
            help=told("What the report answers: it stands on its first page.", "estimate"),
        )  # fmt: skip
    with st.container(horizontal=True, key="take_away"):
        if made is not None:
            question = str(st.session_state.get(QUESTION) or "")
            st.download_button("Report (HTML)", partial(reporting.report, made, question), f"{name}-report.html",
                               "text/html", key="save_report", type="primary", on_click="ignore")  # fmt: skip
            st.download_button("Script (Python)", partial(reporting.script, made), f"{name}.py", "text/x-python",
                               key="save_script", on_click="ignore")  # fmt: skip
        st.download_button("Scenario file (TOML)", first.to_toml(), f"{name}.toml", "application/toml",
                           key="save_toml", on_click="ignore")  # fmt: skip
    widgets.aside(
        "The report is about the first scenario and has everything on the map beside it. It holds aggregates, works "
        "offline and prints to PDF; the script computes the first scenario again, and on request all others."
        if first in known.values()
        else "A report needs results: compute the first scenario."
    )
    if asked is not None and here is not None:
        pictures(asked, here, name)


def pictures(asked: reporting.Asked, here: Map, name: str) -> None:
    """The report's charts as pictures in one file, drawn beside the page; what it takes, where that is missing."""
    if not reporting.can_draw():
        widgets.aside(EXTRA[:1].upper() + EXTRA[1:])
        return
    desk = tables.desk()
    with st.container(horizontal=True, vertical_alignment="bottom", key="take_charts"):
        offered: tuple[Format, ...] = get_args(Format)
        chosen = widgets.segments("Charts as", offered, "charts_format", told("A picture of each, for slides."))
        format = next(one for one in offered if one == chosen)
        key = reporting.charts_key(asked, here, format)
        st.session_state[DRAWN] = key
        if desk.has(key):
            st.download_button("Charts (ZIP)", desk.once(key, bytes), f"{name}-charts.zip", "application/zip",
                               key="save_charts", on_click="ignore")  # fmt: skip
        else:
            st.button("Draw the charts", key="draw_charts", on_click=_draw, args=(key, asked, format))
    if not desk.has(key):
        widgets.job_line(desk.find(key))


def _draw(key: Hashable, asked: reporting.Asked, format: Format) -> None:
    made = partial(reporting.explored, *asked)
    tables.desk().work_out(key, "the report's charts", partial(reporting.charts, made, format))


def is_drawing() -> bool:
    job = tables.desk().find(st.session_state.get(DRAWN))
    return job is not None and job.running


def _save(toml: str) -> None:
    name = str(st.session_state["save_name"])
    said = comparing.save(toml, name, str(st.session_state["save_note"]))
    if said:
        st.session_state[SAVING_REFUSED] = said
    else:
        st.session_state[SAVED] = name
        st.session_state["save_name"] = st.session_state["save_note"] = ""


def _open_file() -> None:
    try:
        text = st.session_state[FILE].getvalue().decode()
        scenarios.take(scenario_from_toml(text))
    except UnicodeDecodeError:
        st.session_state[FILE_REFUSED] = "the file is no text, and a scenario is a text in TOML."
    except PPMLError as refusal:
        st.session_state[FILE_REFUSED] = str(refusal)


def _change(saved_id: str) -> None:
    store = comparing.store()
    try:
        assert store is not None
        rename_scenario(store, saved_id, str(st.session_state[f"saved_name_{saved_id}"]))
        note_scenario(store, saved_id, str(st.session_state[f"saved_note_{saved_id}"]))
    except PPMLError as refusal:
        st.session_state[REFUSED] = str(refusal)


def _delete(saved_id: str) -> None:
    store = comparing.store()
    assert store is not None
    delete_scenario(store, saved_id)


def _told(one: Saved) -> str:
    try:
        return in_short(scenario_from_toml(one.content))
    except PPMLError:
        return "It names a method that is not known any more"
