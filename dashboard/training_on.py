"""What the model is trained on, how the budget is split over steps that read the people, and the private table."""

from __future__ import annotations

from collections.abc import Hashable
from functools import partial

import pandas as pd
import streamlit as st

from dashboard import controls, session, sweeps, tables, widgets
from ppml_core.accounting.budget import default_delta
from ppml_core.accounting.shares import SHARE, SharesBudget, split_of
from ppml_core.anonymize.base import Anonymizer
from ppml_core.catalog import method
from ppml_core.charts.words import budget, count, power
from ppml_core.data.export import spreadsheet_csv
from ppml_core.experiment.plans import private_releases
from ppml_core.experiment.private_table import PrivateTable, private_table
from ppml_core.learn.base import Learner
from ppml_core.settings import settings_of

SHOWN_ROWS = 8
NOBODY = "Nobody in it is a real person."
WORDS = {
    session.PEOPLE: "the people themselves",
    session.LOOK_ALIKES: "their look-alikes, as on Anonymize",
}
STEPS = {
    "singles": "single columns", "choice": "choice of pairs", "pairs": "pairs of columns", "score": "scores of runs",
    "model": "the model", "scaler": "scaling", "pca": "main components", "label": "answers", "count": "counts",
}  # fmt: skip


def control() -> None:
    """Where the noise comes in: in training, or before it in the table."""
    offered = [session.PEOPLE, session.LOOK_ALIKES, *private_releases()]
    if not tables.dataset().quasi_identifiers:
        offered.remove(session.LOOK_ALIKES)
        widgets.keep_within("train_on", offered, session.PEOPLE)
    widgets.choose(
        "Train on", offered, "train_on",
        controls.told(
            "The people themselves: the training adds the noise. A private table: it has the noise in it already, and "
            "whatever is trained on it costs nothing more.", "synthetic data",
        ),
        lambda name: WORDS.get(name) or method(Anonymizer, name).gives or method(Anonymizer, name).title,
    )  # fmt: skip
    if session.chain():
        widgets.aside(
            "The release of the page Anonymize was found by reading everybody's row: no guarantee stands behind it."
        )
    if session.release():
        release = method(Anonymizer, session.release())
        widgets.aside(release.about or release.summary())


def split_part(learner: str) -> None:
    """Every step that reads the people, its share to move, what it costs alone and all of them together."""
    name = session.release() or learner
    shares = {key: setting for key, setting in settings_of(_kind(name)).items() if key.endswith(SHARE)}
    if shares and session.settings_for(name).get("pairs", True):
        widgets.heading("Which step gets how much of the budget?", "Shares of one ε, whichever way they are moved.")
        moved, shown = st.columns([1, 1.3], gap="large")
        with moved:
            for key, setting in shares.items():
                title = f"Share for {_step(key.removesuffix(SHARE))}"
                controls.control(setting, f"{session.SETTING}{name}.{key}", title=title)
        with shown:
            widgets.guarded_part(lambda: _steps_table(name))
    if session.release():
        widgets.aside("The model is trained on the private table alone: it adds nothing to ε.")


def _steps_table(name: str) -> None:
    delta = _delta()
    if delta is None and "delta" in settings_of(_kind(name)):
        widgets.aside("Choose δ to see the split in ε: no size of the table is public from which it could follow.")
        return
    split = split_of(_chosen(name), delta or 0.0)
    if split is not None:
        rows = [(_step(step.name), step.share, f"{step.epsilon:.2g}") for step in split.steps]
        widgets.table(
            pd.DataFrame(rows, columns=["step", "of the budget", "ε alone"]), ["of the budget"],
            caption="Steps that read the people",
        )  # fmt: skip
        failing = f", δ = {power(split.delta)}" if split.delta else ""
        widgets.aside(f"Together ε = {split.epsilon:.3g}{failing}, added up by {split.added_by}.")


def table_part() -> None:
    """A first look at the private table, and the file."""
    desk, job = tables.desk(), tables.desk().find(_key())
    title = _gives() or "the private table"
    widgets.heading(f"What do {title} look like?", f"At ε = {budget(float(session.get('epsilon')))}.")
    if not desk.has(_key()):
        st.button(
            "Draw the table", key="draw_table", on_click=_start, disabled=job is not None and job.running
        )  # fmt: skip
        if job is not None and job.error:
            widgets.refusal(job.error)
        elif job is not None:
            widgets.aside("Counting, and drawing …")
        return
    found: PrivateTable = desk.once(_key(), _work())
    table = found.release.table
    st.dataframe(table.head(SHOWN_ROWS), hide_index=True, width="stretch")
    widgets.aside(f"{min(SHOWN_ROWS, len(table))} of {count(len(table))} rows. {_facts(found)}")
    st.download_button(
        "Download the table as CSV", key="save_private_table", mime="text/csv", on_click="ignore",
        data=partial(spreadsheet_csv, table, found.release.schema.delimiter or ","),
        file_name=f"{tables.dataset().name}-{_gives().partition(' ')[0] or 'private'}.csv",
    )  # fmt: skip
    widgets.aside(found.note)
    for note in found.statistics.get("notes", ()):
        widgets.aside(f"Warning: {note}")


def is_running() -> bool:
    job = tables.desk().find(_key()) if session.release() else None
    return job is not None and job.running


def _facts(found: PrivateTable) -> str:
    pairs = found.statistics.get("pairs")
    if pairs:
        told = ", ".join(f"{one} with {other}" for one, other in pairs[:3])
        return f"{NOBODY} {count(len(pairs))} pairs of columns were measured: {told} …"
    kept = found.statistics.get("kept_share")
    if kept:
        lowest, highest = min(kept.values()), max(kept.values())
        return f"Each answer is the true one with a chance of {lowest:.0%} to {highest:.0%}.".replace("%", " %")
    return NOBODY


def _gives() -> str:
    return method(Anonymizer, session.release()).gives


def _step(name: str) -> str:
    return STEPS.get(name, name.replace("_", " "))


def _kind(name: str) -> type[SharesBudget]:
    return method(Anonymizer, name) if session.release() else method(Learner, name)


def _chosen(name: str) -> SharesBudget:
    """The learner or release as it is set now, at the chosen budget."""
    kind = _kind(name)
    known = settings_of(kind)
    whole = {"epsilon": float(session.get("epsilon")), "delta": session.delta(), **session.settings_for(name)}
    return kind.from_values({key: value for key, value in whole.items() if key in known})


def _delta() -> float | None:
    """The chosen δ, or the one that follows from the public size; None where there is neither."""
    size = tables.dataset().schema.expected_rows
    return session.delta() or (default_delta(size) if size else None)


def _start() -> None:
    tables.desk().work_out(_key(), "a private table", _work())


def _work() -> partial[PrivateTable]:
    return partial(private_table, sweeps.current_point(), tables.dataset())


def _key() -> Hashable:
    return ("private table", tables.key(), sweeps.current_point().id)
