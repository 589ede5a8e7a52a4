"""A schema file held against its table: every fault at once, one sentence each, where reading stops at the first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ppml_core.data import bundled
from ppml_core.data.dataset import Dataset
from ppml_core.data.reading import read_table
from ppml_core.data.schema import Column, Schema, schema_values
from ppml_core.errors import BadInput, PPMLError

MOST_NAMED = 5


@dataclass(frozen=True)
class SchemaCheck:
    """The sentences, and the columns of the table that the schema leaves out (they are read, and ignored)."""

    faults: tuple[str, ...]
    undescribed: tuple[str, ...]


def schema_faults(table: str | Path, schema: Path) -> SchemaCheck:
    """Every fault of a schema for a table (a path or a bundled name). Raises BadInput where one cannot be read."""
    values = _toml(schema)
    columns, faults = _columns(values)
    faults += _entries(values, columns)
    found = _read(table, Schema({}, delimiter=_delimiter(values)))
    absent = [name for name in values.get("columns", {}) if name not in found.columns]
    faults += [f"the schema describes a column {name!r} that the table does not have." for name in absent]
    for name, column in columns.items():
        if name in found.columns:
            faults += _of_column(table, name, column, values, schema)
    faults += _of_target(values, columns)
    described = values.get("columns", {})
    return SchemaCheck(tuple(faults), tuple(str(name) for name in found.columns if name not in described))


def _toml(path: Path) -> dict[str, Any]:
    values = schema_values(path)
    columns = values.get("columns", {})
    if not isinstance(columns, Mapping) or not all(isinstance(column, Mapping) for column in columns.values()):
        raise BadInput('a schema needs one table [columns."name"] for each column.')
    return values


def _columns(values: Mapping[str, Any]) -> tuple[dict[str, Column], list[str]]:
    """The columns that can be read, and what is wrong with each entry of the others."""
    columns, faults = {}, []
    for name, entries in values.get("columns", {}).items():
        alone = [said for entry, value in entries.items() if (said := _refusal(name, {entry: value}))]
        together = _refusal(name, entries)
        faults += alone or ([together] if together else [])
        if together is None:
            columns[name] = Column.from_values(name, entries)
    return columns, faults


def _refusal(name: str, entries: Mapping[str, Any]) -> str | None:
    """Why these entries are no column; None where they are one."""
    try:
        Column.from_values(name, entries)
    except BadInput as fault:
        return str(fault)
    except TypeError as fault:
        return f"column {name!r}: an entry is of the wrong type: {fault}."
    return None


def _entries(values: Mapping[str, Any], columns: Mapping[str, Column]) -> list[str]:
    """What is wrong with the entries outside the columns, each looked at alone."""
    faults = []
    named: dict[str, Any] = {name: {} for name in values.get("columns", {})}
    for entry in values:
        if entry == "columns":
            continue
        try:
            Schema.from_values({entry: values[entry], "columns": named})
        except BadInput as fault:
            faults.append(str(fault))
    if not named:
        faults.append("the schema describes no column.")
    return faults


def _delimiter(values: Mapping[str, Any]) -> str | None:
    given = values.get("delimiter")
    return given if isinstance(given, str) and len(given) == 1 else None


def _read(table: str | Path, schema: Schema) -> pd.DataFrame:
    if isinstance(table, str) and table in bundled.names():
        return bundled.load(table).table
    path = Path(table)
    if not path.exists():
        raise BadInput(f"there is no file {str(path)!r} and no bundled table of that name.")
    return read_table(path, path.name, schema.delimiter, schema if schema.columns else None)


def _of_column(table: str | Path, name: str, column: Column, values: Mapping[str, Any], schema: Path) -> list[str]:
    """Cells of another kind, values outside bounds or categories, and what the hierarchy lacks."""
    alone = Schema({name: column}, delimiter=_delimiter(values), folder=schema.resolve().parent)
    try:
        cells = _read(table, alone)[[name]]
        data = Dataset(cells, alone)
        texts = sorted({str(text) for text in data.texts(name)} - {""})
    except PPMLError as fault:
        return [str(fault)]
    faults = _outside(name, column, cells[name], texts)
    if column.has_hierarchy:
        try:
            data.check_hierarchies()
        except PPMLError as fault:
            faults.append(str(fault))
    return faults


def _outside(name: str, column: Column, cells: pd.Series, texts: list[str]) -> list[str]:
    faults = []
    if column.kind == "numeric" and column.bounds is not None:
        numbers = np.unique(cells.dropna().to_numpy(dtype=float))
        low, high = column.bounds
        beyond = [f"{number:g}" for number in numbers if not low <= number <= high]
        if beyond:
            faults.append(f"column {name!r} has {_named(beyond)} outside its bounds {low:g} to {high:g}: widen them.")
    if column.categories is not None and column.kind != "numeric":
        beyond = [text for text in texts if text not in set(column.categories)]
        if beyond:
            faults.append(f"column {name!r} has {_named(beyond)} outside its categories: add them, or mend the cells.")
    return faults


def _of_target(values: Mapping[str, Any], columns: Mapping[str, Column]) -> list[str]:
    positive, target = values.get("positive"), values.get("target")
    listed = columns[target].categories if isinstance(target, str) and target in columns else None
    if listed and isinstance(positive, str) and positive not in listed:
        return [f"the schema's positive {positive!r} is not among the categories of its target {target!r}."]
    return []


def _named(values: list[str]) -> str:
    more = f" and {len(values) - MOST_NAMED} more" if len(values) > MOST_NAMED else ""
    return ", ".join(repr(value) for value in values[:MOST_NAMED]) + more
