"""Runs: every sweep, search and training apart of this store, opened on the map, named, run again, handed on."""

from __future__ import annotations

from functools import partial

import streamlit as st

from dashboard import frame, running, widgets
from dashboard.controls import told
from dashboard.jobs import shared_desk
from ppml_core.charts.words import count
from ppml_core.store.runs import LONGEST_NAME, LONGEST_NOTE, STATES, Run

EVERY = "every state"


def page() -> None:
    left, right = st.columns([1.9, 1], gap="large")
    with right:
        widgets.label("Filter")
        text = st.text_input(
            "Name, note or table", key="run_filter", persist_state="session", help=told("Runs that hold these letters.")
        )
        state = st.selectbox(
            "State", [EVERY, *STATES], key="run_state", persist_state="session",
            help=told("How far a run has come; one that was stopped keeps what is finished."),
        )  # fmt: skip
    found = running.listed(text or "", "" if state in (None, EVERY) else str(state))
    with left:
        answer = running.told_of(found)
        widgets.heading("What has been computed so far?", answer)
        if found:
            widgets.table(running.as_table(found), caption="Runs")
            widgets.aside("Internal: measured on private people. Runs on your own table are not kept here.")
        else:
            widgets.aside("No run matches. Work on a bundled table is kept here as soon as it is started.")
    with right:
        if found:
            one_run(found)
        hand_on(found)


def one_run(found: list[Run]) -> None:
    """What can be done with one of them."""
    widgets.label("One run")
    by_id = {run.id: run for run in found}
    chosen = str(
        widgets.choose(
            "Run", list(by_id), "run_chosen", told("One of those that are listed."), lambda name: by_id[name].name
        )
    )
    run = by_id.get(chosen, found[0])
    widgets.aside(f"{count(run.scenarios)} scenarios, id {run.id}.")
    if run.search is None:
        one_sweep(run)
    else:
        widgets.aside(
            f"A search for {', '.join(run.search['needs'])}: each setting that it tried was a look at private people. "
            "To see what it found, ask for the same on Trade-off: nothing is computed twice."
        )
    with st.expander("Name, note, delete", key="run_change"):
        st.text_input("Its name", run.name, key=f"run_name_{run.id}", max_chars=LONGEST_NAME,
                      help=told("Under which it is found again."))  # fmt: skip
        st.text_area("Its note", run.note, key=f"run_note_{run.id}", height=80, max_chars=LONGEST_NOTE,
                     help=told("What it was for, in your own words."))  # fmt: skip
        with st.container(horizontal=True):
            st.button("Change", key="run_rename", on_click=running.change, args=(run,))
            sure = st.checkbox("Delete for good", key=f"run_sure_{run.id}",
                               help=told("Takes the run off this list; there is no way back."))  # fmt: skip
            st.button("Delete", key="run_delete", on_click=running.delete, args=(run,), disabled=not sure)
    if said := st.session_state.pop(running.SAID, ""):
        widgets.refusal(said)


def one_sweep(run: Run) -> None:
    """A sweep or training is opened, computed again, taken away."""
    if st.button("Open on the map", key="run_open", type="primary", on_click=running.open_on_map, args=(run,)):
        st.switch_page("app_pages/trade_off.py")
    with st.container(horizontal=True):
        st.button("Run again", key="run_again", on_click=running.again, args=(run,),
                  help="Computes what is missing, or was computed by older methods.")  # fmt: skip
        st.download_button("Export", partial(running.exported, [run]), f"run-{run.id}.parquet",
                           "application/vnd.apache.parquet", key="run_export", on_click="ignore")  # fmt: skip
    widgets.job_line(shared_desk().find(running.key(run)))


def hand_on(found: list[Run]) -> None:
    """All listed sweeps and trainings as a file, and runs from such a file."""
    widgets.label("Hand on")
    if swept := running.exportable(found):
        st.download_button(
            f"Export all {count(len(swept))} runs (Parquet)", partial(running.exported, swept), "runs.parquet",
            "application/vnd.apache.parquet", key="runs_export", on_click="ignore",
        )  # fmt: skip
    file = st.file_uploader("Import runs (Parquet)", ["parquet"], key="runs_import",
                            help=told("A file that was exported here or with ppml runs export."))  # fmt: skip
    if file is not None and st.button("Import", key="runs_take"):
        widgets.notice(running.imported(file.name, file.getvalue()))


def is_waiting() -> bool:
    return any(job.key[:1] == ("again",) for job in shared_desk().at_hand() if isinstance(job.key, tuple))


frame.show(page, waiting=is_waiting)
