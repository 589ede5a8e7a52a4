"""What the page Runs does: find runs, open one on the map, give it a name and a note, run it again, hand it on."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import session
from dashboard.jobs import Job, note_fault, shared_desk
from ppml_core.charts.words import count
from ppml_core.data.bundled import load, names
from ppml_core.errors import BadInput, PPMLError
from ppml_core.experiment.sweep import sweep
from ppml_core.store import Store
from ppml_core.store.exchange import export_runs, import_runs
from ppml_core.store.recording import recording
from ppml_core.store.runs import Run, delete_run, list_runs, note_run, rename_run, scenarios_of

SAID = "runs_said"


def store() -> Store:
    """Where runs are kept. Raises BadInput where the server could not open it."""
    memory = shared_desk().memory
    if not isinstance(memory, Store):
        raise BadInput("runs are not kept on this server: its database could not be opened.")
    return memory


def listed(wanted: str, state: str) -> list[Run]:
    """The runs whose name, note, table or id holds the text, in that state ("" for all), the newest first."""
    text = wanted.casefold().strip()
    return [
        run
        for run in list_runs(store())
        if (not state or run.state == state)
        and (not text or any(text in part.casefold() for part in (run.name, run.note, run.dataset, run.id)))
    ]


def as_table(found: Sequence[Run]) -> pd.DataFrame:
    """One line per run."""
    rows = [
        (
            run.name, run.dataset, run.created.replace("T", " ").rstrip("Z")[:16], run.state,
            f"{count(run.done)} of {count(run.total)}" + (f", {count(run.failed)} failed" if run.failed else ""),
            run.note,
        )
        for run in found
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["run", "table", "begun (UTC)", "state", "points", "note"])


def told_of(found: Sequence[Run]) -> str:
    """How much has been looked at, as a heading says it."""
    searches = [run for run in found if run.search is not None]
    told = f"{count(len(found))} {'run' if len(found) == 1 else 'runs'} of bundled tables, the newest first"
    if searches:
        tried = sum(run.total for run in searches)
        told += f"; {count(len(searches))} of them {'is a search' if len(searches) == 1 else 'are searches'}"
        told += f" ({count(tried)} points)"
    return f"{told}."


def exportable(found: Sequence[Run]) -> list[Run]:
    """The sweeps and trainings among them: the points of a search lie on two sets of people and stay here."""
    return [run for run in found if run.search is None]


def open_on_map(run: Run) -> None:
    """The run's table becomes the session's, and its points stand on the map of Trade-off."""
    if run.dataset in names() and session.dataset_name() != run.dataset:
        session.choose_dataset(run.dataset)
    session.put("shown_run", run.id)


def change(run: Run) -> None:
    """Gives the run the name and the note that stand in its fields."""
    name, note = (str(st.session_state[f"run_{part}_{run.id}"]) for part in ("name", "note"))
    try:
        rename_run(store(), run, name)
        note_run(store(), run, note)
    except PPMLError as refusal:
        st.session_state[SAID] = str(refusal)


def delete(run: Run) -> None:
    try:
        delete_run(store(), run)
    except PPMLError as refusal:
        st.session_state[SAID] = str(refusal)


def again(run: Run) -> None:
    """Computes what the run has not, or not by the present methods, beside the page."""
    kept = store()

    def work(job: Job) -> None:
        if run.dataset not in names():
            raise BadInput(f"the table {run.dataset!r} is not bundled: run it again with ppml runs rerun.")
        asked, data = scenarios_of(kept, run), load(run.dataset)
        with recording(kept, asked, data, run.swept, run.name, run.note) as anew, np.errstate(all="ignore"):
            sweep(
                asked, data, kept, swept=run.swept, progress=job.report, cancelled=job.is_cancelled,
                on_failure=anew.failed,
            )  # fmt: skip

    shared_desk().start(key(run), f"again: {run.name}", work)


def key(run: Run) -> tuple[str, str]:
    return ("again", run.id)


def exported(chosen: Sequence[Run]) -> bytes:
    """The runs as a Parquet file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "runs.parquet"
        export_runs(store(), chosen, path)
        return path.read_bytes()


def imported(filename: str, content: bytes) -> str:
    """Takes in the runs of such a file; a sentence that says what became of it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / (Path(filename).name or "runs.parquet")
        path.write_bytes(content)
        try:
            ids = import_runs(store(), path)
        except PPMLError as refusal:
            return str(refusal)
        except Exception as fault:
            note_fault(fault)
            return f"{path.name} holds no runs: it was not written by ppml runs export."
    return f"{count(len(ids))} {'run is' if len(ids) == 1 else 'runs are'} here now."
