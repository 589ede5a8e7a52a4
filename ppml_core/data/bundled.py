"""The tables that come with the package: in goes a name, out comes a Dataset with its schema and hierarchies."""

from __future__ import annotations

from pathlib import Path
from typing import TypedDict

import pandas as pd

from ppml_core.data.dataset import Dataset
from ppml_core.data.hierarchy import MISSING_MARKS
from ppml_core.data.schema import Schema, read_schema
from ppml_core.errors import BadInput

TABLES = ("table.parquet", "table.csv")
PACKAGE = Path(__file__).resolve().parents[1]


class Described(TypedDict):
    """One bundled set in a line: what `ppml datasets --json` shows. `rows` and `columns` are counts."""

    name: str
    title: str
    rows: int
    columns: int
    target: str | None
    license: str


def bundled() -> Path:
    """The folder of the bundled sets: inside the package when installed, else beside it in the checkout.

    An editable install never sees the copy that a wheel carries. Raises BadInput where neither is there.
    """
    for folder in (PACKAGE / "_datasets", PACKAGE.parent / "datasets"):
        if (folder / "adult" / "schema.toml").is_file():
            return folder
    raise BadInput("the bundled tables are not installed; install the package again, or name a file.")


def names() -> list[str]:
    """Names of the bundled sets, in alphabetical order.

    >>> "adult" in names()
    True
    """
    return sorted(schema.parent.name for schema in bundled().glob("*/schema.toml"))


def load(name: str) -> Dataset:
    """The bundled set of that name, read afresh. Raises BadInput that lists the names there are."""
    folder = _folder(name)
    schema = read_schema(folder / "schema.toml")
    return Dataset(_read(_table_file(folder), schema), schema, name)


def file_of(name: str) -> Path:
    """Where the table of that name lies, its schema beside it. Raises BadInput that lists the names there are."""
    return _table_file(_folder(name))


def schema_of(name: str) -> Schema:
    """What the columns of that table mean. Raises BadInput that lists the names there are."""
    return read_schema(_folder(name) / "schema.toml")


def describe() -> list[Described]:
    """One line per bundled set, without reading more of a table than its number of rows."""
    return [_describe(name) for name in names()]


def _describe(name: str) -> Described:
    folder = _folder(name)
    schema = read_schema(folder / "schema.toml")
    return Described(
        name=name,
        title=schema.title,
        rows=_rows(_table_file(folder)),
        columns=len(schema.columns),
        target=schema.target,
        license=schema.license,
    )


def _folder(name: str) -> Path:
    known = names()
    if name not in known:
        raise BadInput(f"there is no bundled table {name!r}; there are {', '.join(known)}.")
    return bundled() / name


def _table_file(folder: Path) -> Path:
    for name in TABLES:
        if (folder / name).is_file():
            return folder / name
    raise BadInput(f"the bundled set {folder.name!r} has no {' or '.join(TABLES)}; install the package again.")


def _rows(path: Path) -> int:
    if path.suffix == ".csv":
        return len(pd.read_csv(path, usecols=[0]))
    import pyarrow.parquet  # here, for most callers need not wait for it

    return int(pyarrow.parquet.read_metadata(path).num_rows)


def _read(path: Path, schema: Schema) -> pd.DataFrame:
    """The table, numbers as numbers and all else as text: the category "2" stays "2", the ZIP code "00201" whole."""
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    texts = {name: "str" for name, column in schema.columns.items() if column.kind != "numeric"}
    return pd.read_csv(
        path, sep=schema.delimiter or ",", dtype=texts, keep_default_na=False, na_values=list(MISSING_MARKS)
    )
