"""What a guarantee stands on: the bounds of each number and where they come from, to be checked and corrected."""

from __future__ import annotations

import dataclasses

import pandas as pd
import streamlit as st

from dashboard import session, tables, widgets
from dashboard.controls import told
from ppml_core.accounting.budget import delta_limit
from ppml_core.charts.words import count, power
from ppml_core.data.schema import Column
from ppml_core.errors import BadInput

KEY = "bounds_edit"
BY_HAND = "entered on the page Private training"


def part() -> None:
    """A table of bounds that can be edited, with their sources, and the public size behind δ."""
    schema = tables.dataset().schema
    numeric = {name: schema[name] for name in _names() if schema[name].kind == "numeric"}
    if refused := st.session_state.get("bounds_refused"):
        widgets.refusal(refused)
    if numeric:
        lines = [
            (name, *(column.bounds or (None, None)), column.unit, column.source or "no source given")
            for name, column in numeric.items()
        ]
        st.data_editor(
            pd.DataFrame(lines, columns=["column", "from", "to", "unit", "source"]), hide_index=True,
            disabled=["column", "unit", "source"], key=f"{KEY}_{tables.mark()}", on_change=_take, width="stretch",
            column_config={
                end: st.column_config.Column(help=told("Public; values beyond it are taken as it.", "sensitivity"))
                for end in ("from", "to")
            },
        )  # fmt: skip
    listed = [name for name in _names() if schema[name].categories]
    inferred = [name for name in _names() if not schema[name].is_public]
    size = schema.expected_rows
    widgets.aside(
        f"Categories of {len(listed)} columns are listed in the schema. "
        + (f"Read off the private rows, so that no guarantee stands: {', '.join(inferred)}. " if inferred else "")
        + (
            f"The public size is {count(size)} people, so δ should be at most {power(delta_limit(size))}: one in ten "
            "that a single person of them is given away whole."
            if size
            else "The schema gives no expected_rows, so that no size is public."
        )
    )


def _names() -> list[str]:
    schema = tables.dataset().schema
    return [*schema.inputs, *([schema.target] if schema.target else [])]


def _take() -> None:
    """Writes the edited bounds into the session's schema; what cannot be used leaves it as it was."""
    schema = tables.dataset().schema
    numeric = [name for name in _names() if schema[name].kind == "numeric"]
    changed: dict[str, Column] = {}
    st.session_state["bounds_refused"] = ""
    for row, cells in st.session_state[f"{KEY}_{tables.mark()}"]["edited_rows"].items():
        name = numeric[int(row)]
        old = schema[name].bounds or (None, None)
        low, high = cells.get("from", old[0]), cells.get("to", old[1])
        if low is None or high is None or not low < high:
            st.session_state["bounds_refused"] = f"the bounds of {name!r} must be two numbers, low before high."
            return
        changed[name] = dataclasses.replace(schema[name], bounds=(float(low), float(high)), source=BY_HAND)
    try:
        session.keep_schema(schema.replace_columns(changed).to_toml())
    except BadInput as fault:
        st.session_state["bounds_refused"] = str(fault)
