"""What a guarantee stands on: bounds and categories with where they come from, and the public size of the table."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import session, tables, widgets
from ppml_core.accounting.budget import delta_limit
from ppml_core.charts.words import count, power
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import INFERRED, Column, Schema
from ppml_core.errors import BadInput

KEY, SIZE = "bounds_edit", "expected_rows_edit"
BY_HAND = "entered on the page Private training"
SHOWN = 3


def part() -> None:
    """A table of bounds that can be edited, with their sources, the categories, and the public size behind δ."""
    data = tables.dataset()
    schema = data.schema
    if refused := st.session_state.get("bounds_refused"):
        widgets.refusal(refused)
    if numeric := _numeric(schema):
        st.data_editor(
            _lines(schema, numeric), hide_index=True, disabled=["column", "unit", "without a source"],
            key=f"{KEY}_{tables.mark()}", on_change=_take, width="stretch",
        )  # fmt: skip
        widgets.aside("Bounds are taken when both ends and the public source of both are given.")
    for sentence in suspect(data, numeric):
        widgets.notice(sentence)
    if listed := [name for name in _names(schema) if schema[name].categories]:
        widgets.table(_categories(schema, listed), caption="Categories and where they come from", note="source")
    inferred = [name for name in _names(schema) if not schema[name].is_public]
    if inferred:
        widgets.aside(f"Read off the private rows, so that no guarantee stands: {', '.join(inferred)}.")
    _size(schema, len(data))


def edited(
    schema: Schema, names: Sequence[str], edits: Mapping[Any, Mapping[str, Any]]
) -> tuple[dict[str, Column], str]:
    """(columns with bounds that may be taken, why another may not): both ends need a source written for them."""
    changed: dict[str, Column] = {}
    refused = ""
    for row, cells in edits.items():
        name = names[int(row)]
        column = schema[name]
        old = column.bounds if column.is_public and column.bounds is not None else (None, None)
        low, high = cells.get("from", old[0]), cells.get("to", old[1])
        source = str(cells.get("source") or "").strip()
        if low is None or high is None or not source or source == INFERRED:
            refused = f"the bounds of {name!r} wait for both ends and their public source."
        elif not low < high:
            refused = f"the bounds of {name!r} must be two numbers, low before high."
        else:
            ends = _written(low, high, column)
            changed[name] = dataclasses.replace(column, bounds=ends, source=f"{source} ({BY_HAND})")
    return changed, refused


def suspect(data: Dataset, names: Sequence[str]) -> list[str]:
    """A sentence where bounds that pass for public are the private rows' own smallest or largest value."""
    found = []
    for name in names:
        column = data.schema[name]
        if column.bounds is None or not column.is_public:
            continue
        values = pd.to_numeric(data.table[name], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        if np.isfinite(values).any() and {np.nanmin(values), np.nanmax(values)} & set(column.bounds):
            found.append(name)
    if not found:
        return []
    return [
        f"A bound of {', '.join(found)} is the smallest or largest value in the table, which is suspect: "
        "public is what was known before anybody looked at the rows. This remark is internal."
    ]


def _numeric(schema: Schema) -> list[str]:
    return [name for name in _names(schema) if schema[name].kind == "numeric"]


def _names(schema: Schema) -> list[str]:
    return [*schema.inputs, *([schema.target] if schema.target else [])]


def _lines(schema: Schema, names: Sequence[str]) -> pd.DataFrame:
    """What is public can be edited in place; what was read off the rows is only shown."""
    lines = []
    for name in names:
        column = schema[name]
        read_off = column.bounds is not None and not column.is_public
        low, high = column.bounds if column.bounds is not None and not read_off else (None, None)
        seen = "" if not read_off or column.bounds is None else f"{column.bounds[0]:g} to {column.bounds[1]:g}"
        lines.append((name, low, high, column.unit, "" if read_off else column.source, seen))
    table = pd.DataFrame(lines, columns=["column", "from", "to", "unit", "source", "without a source"])
    table = table.astype({"from": float, "to": float})
    return table if table["without a source"].any() else table.drop(columns="without a source")


def _categories(schema: Schema, names: Sequence[str]) -> pd.DataFrame:
    lines = []
    for name in names:
        values = schema[name].categories or ()
        more = f" and {len(values) - SHOWN} more" if len(values) > SHOWN else ""
        lines.append((name, ", ".join(values[:SHOWN]) + more, schema[name].source or "no source given"))
    return pd.DataFrame(lines, columns=["column", "categories", "source"])


def _written(low: float, high: float, column: Column) -> tuple[float, float]:
    """Whole numbers as such where the column held whole numbers before."""
    whole = float(low).is_integer() and float(high).is_integer() and (column.bounds is None or column.is_whole)
    return (int(low), int(high)) if whole else (float(low), float(high))


def _size(schema: Schema, rows: int) -> None:
    """The public size; for a person's own table it can be given here."""
    size = schema.expected_rows
    if session.is_upload():
        st.number_input(
            "Public size of the table (expected_rows)", 1, None, size, 1, key=f"{SIZE}_{tables.mark()}",
            on_change=_take_size, help="A number that was known without counting these rows; δ follows from it.",
        )  # fmt: skip
        if size == rows:
            widgets.notice("The size is the number of rows itself, which is suspect. This remark is internal.")
    widgets.aside(
        f"The public size is {count(size)} people, so δ should be at most {power(delta_limit(size))}: one in ten "
        "that a single person of them is given away whole."
        if size
        else "The schema gives no expected_rows, so that no size is public."
    )


def _take() -> None:
    """Writes the edited bounds into the session's schema; what cannot be used leaves it as it was."""
    schema = tables.dataset().schema
    edits = st.session_state[f"{KEY}_{tables.mark()}"]["edited_rows"]
    changed, st.session_state["bounds_refused"] = edited(schema, _numeric(schema), edits)
    if not changed:
        return
    try:
        session.keep_schema(schema.replace_columns(changed).to_toml())
    except BadInput as fault:
        st.session_state["bounds_refused"] = str(fault)


def _take_size() -> None:
    size = st.session_state[f"{SIZE}_{tables.mark()}"]
    schema = tables.dataset().schema
    session.keep_schema(dataclasses.replace(schema, expected_rows=int(size) if size else None).to_toml())
