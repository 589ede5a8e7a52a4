"""What the columns of a table mean: roles, kinds, public bounds, hierarchies. Read from and written to TOML."""

from __future__ import annotations

import dataclasses
import json
import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self, get_args

from ppml_core.data.bins import read_bins
from ppml_core.errors import BadInput

Role = Literal["identifier", "quasi_identifier", "sensitive", "feature", "ignore"]
Kind = Literal["numeric", "ordinal", "categorical", "date", "text"]

INFERRED = "inferred from this table"

TEXT = ("a text", str)
LIST = ("a list", (list, tuple))
COLUMN_TYPES: dict[str, tuple[str, Any]] = {
    "role": TEXT, "kind": TEXT, "unit": TEXT, "description": TEXT, "source": TEXT, "hierarchy_file": TEXT,
    "bins_source": TEXT,
    "bounds": LIST, "categories": LIST, "bins": LIST, "widths": LIST, "levels": LIST,
    "missing": ("true or false", bool),
}  # fmt: skip
SCHEMA_TYPES: dict[str, tuple[str, Any]] = {
    "title": TEXT, "source": TEXT, "license": TEXT, "target": TEXT, "positive": TEXT, "split": TEXT,
    "delimiter": TEXT, "expected_rows": ("a whole number", int),
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """One column's meaning. Bounds, categories and bins are public knowledge, and `source` says where from.

    Bounds written as whole numbers (0 and 90, not 0.0 and 90.0) say that the column holds whole numbers.
    `bins` are edges or tables of a grid (data.bins), `bins_source` how they were chosen.
    A source of `INFERRED` marks values that were read off the private rows: no guarantee stands on them, nor on values
    without a source.
    `missing` says that an absent value is a value of its own: a leaf of the hierarchy, a level of the encoding.
    """

    role: Role = "feature"
    kind: Kind = "categorical"
    bounds: tuple[float, float] | None = None
    categories: tuple[str, ...] | None = None
    bins: tuple[float, ...] | tuple[Mapping[str, Any], ...] | None = None
    bins_source: str = ""
    unit: str = ""
    description: str = ""
    source: str = ""
    hierarchy_file: str | None = None
    widths: tuple[float, ...] | None = None
    levels: tuple[Mapping[str, str], ...] | None = None
    missing: bool = False

    @property
    def is_public(self) -> bool:
        """Whether bounds and categories, if there are any, say where they are publicly known from."""
        told = self.bounds is not None or self.categories is not None
        return self.source != INFERRED and (bool(self.source.strip()) or not told)

    @property
    def is_whole(self) -> bool:
        """Whether the column publicly holds whole numbers, whatever type its cells happen to have."""
        return self.bounds is not None and all(isinstance(bound, int) for bound in self.bounds)

    @property
    def has_hierarchy(self) -> bool:
        return bool(self.hierarchy_file or self.widths or self.levels)

    @classmethod
    def from_values(cls, name: str, values: Mapping[str, Any]) -> Self:
        """A column from one TOML table; raises BadInput that names the column and the entry at fault."""
        known = {entry.name for entry in dataclasses.fields(cls)}
        for entry in values:
            if entry not in known:
                raise BadInput(
                    f"column {name!r}: unknown entry {entry!r}; a column may have {', '.join(sorted(known))}."
                )
        _check_types(f"column {name!r}: ", values, COLUMN_TYPES)
        _one_of(name, "role", values.get("role", "feature"), get_args(Role))
        _one_of(name, "kind", values.get("kind", "categorical"), get_args(Kind))
        ready: dict[str, Any] = {
            entry: tuple(value) if isinstance(value, list) else value for entry, value in values.items()
        }
        if "categories" in ready:
            ready["categories"] = tuple(str(value) for value in ready["categories"])
        column = cls(**ready)
        column._check(name)
        return column

    def values(self) -> dict[str, Any]:
        """The entries that differ from their defaults, as TOML can carry them."""
        entries = ((entry, getattr(self, entry.name)) for entry in dataclasses.fields(self))
        return {
            entry.name: list(value) if isinstance(value, tuple) else value
            for entry, value in entries
            if entry.name in ("role", "kind") or value != entry.default
        }

    def _check(self, name: str) -> None:
        if self.bounds is not None:
            numbers = len(self.bounds) == 2 and all(_is_number(bound) for bound in self.bounds)
            if not numbers or self.bounds[0] >= self.bounds[1]:
                raise BadInput(
                    f"column {name!r}: bounds must be two numbers, low before high, not {list(self.bounds)}."
                )
        if self.bins is not None:
            read_bins(f"column {name!r}: ", self.bins, self.bounds)
        if self.widths is not None and (
            not self.widths
            or not all(_is_number(n) for n in self.widths)
            or list(self.widths) != sorted({*self.widths})
        ):
            raise BadInput(f"column {name!r}: widths must be rising numbers, not {list(self.widths)}.")
        if self.widths is not None and self.widths[0] <= 0:
            raise BadInput(f"column {name!r}: widths must be above 0, not {self.widths[0]}.")
        if self.categories is not None and len(set(self.categories)) != len(self.categories):
            raise BadInput(f"column {name!r}: categories name a value twice.")
        if sum(bool(way) for way in (self.hierarchy_file, self.widths, self.levels)) > 1:
            raise BadInput(f"column {name!r}: give one of hierarchy_file, widths and levels, not several.")


@dataclass(frozen=True)
class Schema:
    """The meaning of a table: its columns in order, its target, and facts that are public about it.

    `positive` is the class of a two-class target that counts as 1. `split` names a column of "train" and "test".
    `expected_rows` is public knowledge of the size, never the private count. `folder` is where relative hierarchy
    files are looked for.
    """

    columns: Mapping[str, Column]
    title: str = ""
    source: str = ""
    license: str = ""
    target: str | None = None
    positive: str | None = None
    split: str | None = None
    delimiter: str | None = None
    expected_rows: int | None = None
    folder: Path | None = field(default=None, compare=False)

    def __getitem__(self, name: str) -> Column:
        return self.columns[name]

    def with_role(self, role: Role) -> list[str]:
        """Names of the columns in that role, in table order."""
        return [name for name, column in self.columns.items() if column.role == role]

    @property
    def quasi_identifiers(self) -> list[str]:
        return self.with_role("quasi_identifier")

    @property
    def inputs(self) -> list[str]:
        """What a learner sees: every column but identifiers, ignored ones, the split and the target."""
        hidden = {self.target, self.split}
        return [
            name
            for name, column in self.columns.items()
            if column.role not in ("identifier", "ignore") and name not in hidden
        ]

    def replace_columns(self, changed: Mapping[str, Column]) -> Schema:
        return dataclasses.replace(self, columns={**self.columns, **changed})

    def with_quasi_identifiers(self, names: Iterable[str]) -> Schema:
        """These columns, in this order, are the quasi-identifiers; those that were before become features."""
        wanted = list(names)
        self._require(wanted)
        changed = {name: self._as(name, "feature") for name in self.quasi_identifiers}
        changed |= {name: self._as(name, "quasi_identifier") for name in wanted}
        rest = {name: column for name, column in {**self.columns, **changed}.items() if name not in wanted}
        return dataclasses.replace(self, columns={**{name: changed[name] for name in wanted}, **rest})

    def with_sensitive(self, names: Iterable[str]) -> Schema:
        """These columns are the sensitive ones; those that were before become features."""
        wanted = list(names)
        self._require(wanted)
        changed = {name: self._as(name, "feature") for name in self.with_role("sensitive")}
        return self.replace_columns(changed | {name: self._as(name, "sensitive") for name in wanted})

    def _as(self, name: str, role: Role) -> Column:
        return dataclasses.replace(self.columns[name], role=role)

    def _require(self, names: list[str]) -> None:
        for name in names:
            if name not in self.columns:
                raise BadInput(f"there is no column {name!r}; the table has {', '.join(self.columns)}.")
        if len(set(names)) != len(names):
            raise BadInput(f"a column is named twice in {', '.join(names)}.")

    @classmethod
    def from_values(cls, values: Mapping[str, Any], folder: Path | None = None) -> Self:
        """A schema from parsed TOML; raises BadInput that names the entry at fault."""
        known = {entry.name for entry in dataclasses.fields(cls)} - {"folder"}
        for entry in values:
            if entry not in known:
                raise BadInput(f"unknown entry {entry!r} in the schema; it may have {', '.join(sorted(known))}.")
        _check_types("", values, SCHEMA_TYPES)
        columns = values.get("columns", {})
        if not isinstance(columns, Mapping) or not all(isinstance(column, Mapping) for column in columns.values()):
            raise BadInput('a schema needs one table [columns."name"] for each column.')
        read = {name: Column.from_values(name, column) for name, column in columns.items()}
        schema = cls(**{**values, "columns": read}, folder=folder)
        schema._check()
        return schema

    def _check(self) -> None:
        for entry in ("target", "split"):
            name = getattr(self, entry)
            if name is not None and name not in self.columns:
                raise BadInput(f"the schema's {entry} {name!r} is not among its columns {', '.join(self.columns)}.")
        if self.expected_rows is not None and (not isinstance(self.expected_rows, int) or self.expected_rows < 1):
            raise BadInput(f"expected_rows must be a whole number of at least 1, not {self.expected_rows!r}.")
        if self.delimiter is not None and len(self.delimiter) != 1:
            raise BadInput(f"delimiter must be one character, not {self.delimiter!r}.")

    def values(self) -> dict[str, Any]:
        """The entries that are set, in the form that `from_values` reads."""
        entries = {entry.name: getattr(self, entry.name) for entry in dataclasses.fields(self)}
        plain = {
            name: value
            for name, value in entries.items()
            if value not in (None, "") and name not in ("columns", "folder")
        }
        return plain | {"columns": {name: column.values() for name, column in self.columns.items()}}

    def to_toml(self) -> str:
        """The schema as a TOML file that `read_schema` gives back unchanged."""
        values = self.values()
        columns = values.pop("columns")
        lines = [f"{entry} = {_toml(value)}" for entry, value in values.items()]
        for name, column in columns.items():
            lines += ["", f"[columns.{_toml(name)}]"]
            lines += [f"{entry} = {_toml(value)}" for entry, value in column.items()]
        return "\n".join(lines) + "\n"


def read_schema(path: Path) -> Schema:
    """The schema in a TOML file; relative hierarchy files are looked for beside it. Raises BadInput."""
    try:
        return Schema.from_values(schema_values(path), folder=path.resolve().parent)
    except TypeError as fault:
        raise BadInput(f"the schema {path} has an entry of the wrong type: {fault}.") from fault


def schema_values(path: Path) -> dict[str, Any]:
    """What a schema's file says, unchecked. Raises BadInput where it cannot be read as TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as fault:
        raise BadInput(f"the schema {path} cannot be read: {fault.strerror}.") from fault
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise BadInput(f"the schema {path} is not a TOML file: {fault}.") from fault


def _check_types(where: str, values: Mapping[str, Any], types: Mapping[str, tuple[str, Any]]) -> None:
    """Raises BadInput for an entry that is not of its type."""
    for entry, (noun, kind) in types.items():
        if entry in values and (
            not isinstance(values[entry], kind) or isinstance(values[entry], bool) is (kind is not bool)
        ):
            raise BadInput(f"{where}{entry} must be {noun}, not {values[entry]!r}.")
    for level in values.get("levels", ()):
        if not isinstance(level, Mapping):
            raise BadInput(f"{where}levels must be a list of tables value = label, not {level!r}.")


def _one_of(name: str, entry: str, value: Any, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise BadInput(f"column {name!r}: {entry} must be one of {', '.join(allowed)}, not {value!r}.")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        pairs = (f"{_toml(str(key))} = {_toml(item)}" for key, item in value.items())
        return "{ " + ", ".join(pairs) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")  # the one control sign that JSON lets pass
