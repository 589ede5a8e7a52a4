"""Saved scenarios, and what is taken away of a comparison: name, note, rename, delete, files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import streamlit as st

from dashboard import comparing, reporting, scenarios, tables, widgets
from dashboard.controls import told
from ppml_core.charts.scenario_words import in_short
from ppml_core.errors import PPMLError
from ppml_core.experiment.scenario import Scenario, scenario_from_toml
from ppml_core.store.saved import Saved, delete_scenario, note_scenario, rename_scenario

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
    with st.container(horizontal=True, key="take_away"):
        if first in known.values():
            told = partial(reporting.explored, *reporting.asked(list(known.values())))
            st.download_button("Report (HTML)", partial(reporting.report, told), f"{name}-report.html", "text/html",
                               key="save_report", type="primary", on_click="ignore")  # fmt: skip
            st.download_button("Script (Python)", partial(reporting.script, told), f"{name}.py", "text/x-python",
                               key="save_script", on_click="ignore")  # fmt: skip
        st.download_button("Scenario file (TOML)", first.to_toml(), f"{name}.toml", "application/toml",
                           key="save_toml", on_click="ignore")  # fmt: skip
    widgets.aside(
        "The report is about the first scenario and has everything on the map beside it. It holds aggregates, works "
        "offline and prints to PDF; the script computes the first scenario again, and on request all others."
        if first in known.values()
        else "A report needs results: compute the first scenario."
    )


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
