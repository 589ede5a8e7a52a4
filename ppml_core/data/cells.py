"""Cells as they were written become the columns that a schema describes: texts, numbers, days, absent values.

In: a table whose cells are texts, or that a typed file gave. Out: the same table, every column of its kind.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ppml_core.data.dates import ISO, date_format, parse_dates
from ppml_core.data.hierarchy import MISSING_MARKS, hierarchy_from_file, plain
from ppml_core.data.schema import Column, Schema
from ppml_core.errors import BadInput

TEXT = pd.StringDtype(na_value=np.nan)
NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$"
GROUPED_DECIMAL_COMMA = r"^[+-]?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?$"
GROUPED_DECIMAL_POINT = r"^[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?$"
WHOLE = r"^-?\d+$"
CODE = r"^(\+|-?0\d)"
LARGEST_EXACT = 2**53


def as_described(table: pd.DataFrame, schema: Schema, comma: str = "decimal") -> pd.DataFrame:
    """The table with every column of the kind that the schema says: numbers, or texts exactly as written.

    Dates become ISO 8601 text, so that the order of day and month is decided once, over the whole column. Like the
    delimiter and the decimal sign it is taken for the file's form, which is public, not for a person's value. A missing
    mark stays a value where the schema lists it. `comma` says what a comma inside a number is: "decimal" or
    "thousands". Raises BadInput naming column, value and row of a number or date that is none.
    """
    columns = {
        name: _as_kind(table[name], schema.columns.get(name, Column("ignore", "text")), name, schema, comma)
        for name in table.columns
    }
    return pd.DataFrame(columns, index=table.index, columns=table.columns)


def as_found(table: pd.DataFrame, comma: str = "decimal") -> pd.DataFrame:
    """The table of texts with numbers where every present cell of a column is one, and absent values made so.

    Whole numbers with leading zeros or a plus sign (zips, telephone numbers) and those too long to be exact stay text.
    """
    columns = {name: _numbers_or_text(without_marks(table[name]), comma) for name in table.columns}
    return pd.DataFrame(columns, index=table.index, columns=table.columns)


def without_marks(values: pd.Series, kept: Iterable[str] = ()) -> pd.Series:
    """The column with the missing marks made absent, but for those that are values of their own."""
    if not isinstance(values.dtype, pd.StringDtype):
        return values
    cells = _arrow(values)
    marks = pa.array([mark for mark in MISSING_MARKS if mark not in set(kept)], type=pa.large_string())
    absent = pc.is_in(pc.utf8_trim_whitespace(cells), value_set=marks)
    return _series(pc.if_else(absent, pa.scalar(None, type=pa.large_string()), cells), values)


def shown(values: pd.Series) -> pd.Series:
    """The column as text, absent values absent: whole numbers without a point, days in ISO 8601.

    >>> shown(pd.Series([39.0, None])).tolist()
    ['39', nan]
    """
    if isinstance(values.dtype, pd.StringDtype):
        return values.astype(TEXT)
    if pd.api.types.is_datetime64_any_dtype(values):
        has_time = bool((values.dropna() != values.dropna().dt.normalize()).any())
        moments: pd.Series = values.dt.strftime("%Y-%m-%d %H:%M:%S" if has_time else "%Y-%m-%d").astype(TEXT)
        return moments
    if pd.api.types.is_integer_dtype(values) and not values.isna().any():
        codes, integers = pd.factorize(values.to_numpy())
        texts = np.array([str(integer) for integer in integers], dtype=object)
    elif pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        codes, numbers = pd.factorize(values.to_numpy(dtype=float, na_value=np.nan))
        texts = np.array([*(plain(number) for number in numbers), None], dtype=object)
    else:
        codes, objects = pd.factorize(values.astype("object").map(str, na_action="ignore"))
        texts = np.array([*objects, None], dtype=object)
    return pd.Series(texts[codes], index=values.index, name=values.name, dtype=TEXT)


def _as_kind(values: pd.Series, column: Column, name: str, schema: Schema, comma: str) -> pd.Series:
    if column.kind == "numeric":
        return _as_numbers(values, name, comma)
    texts = without_marks(shown(values))
    if column.kind == "date":
        return _as_days(texts, name)
    if texts.isna().any() and column.kind != "text":
        return without_marks(shown(values), _listed_marks(column, name, schema))
    return texts


def _listed_marks(column: Column, name: str, schema: Schema) -> list[str]:
    """Missing marks that the schema lists as values: among its categories, levels, or the lines of its hierarchy."""
    values = set(column.categories or ()) | set(column.levels[0] if column.levels else ())
    if column.hierarchy_file and schema.folder:
        with contextlib.suppress(BadInput):  # who uses the hierarchy says what is wrong with it
            values |= set(hierarchy_from_file(schema.folder / column.hierarchy_file, name).leaves)
    return [mark for mark in MISSING_MARKS if mark and mark in values]


def _as_days(texts: pd.Series, name: str) -> pd.Series:
    present = [text.strip() for text in texts.dropna().unique()]
    if not present or date_format(present) == ISO:
        return texts
    days: pd.Series = parse_dates(texts, name).dt.strftime("%Y-%m-%d").astype(TEXT)
    return days


def _as_numbers(values: pd.Series, name: str, comma: str) -> pd.Series:
    if pd.api.types.is_bool_dtype(values):
        return values.astype(float) if values.isna().any() else values.astype("int64")
    if pd.api.types.is_numeric_dtype(values):
        return values
    texts = without_marks(shown(values))
    cells = pc.utf8_trim_whitespace(_arrow(texts))
    pattern = max((NUMBER, _grouped(comma)), key=lambda shape: _matches(cells, shape))
    fits = pc.fill_null(pc.match_substring_regex(cells, pattern), True).to_numpy(zero_copy_only=False)
    if not fits.all():
        row = int(np.argmin(fits))
        raise BadInput(
            f"column {name!r} is numeric, but row {row + 1} below the header holds {_short(str(texts.iloc[row]))}: "
            f"correct the cell, or give the column the kind categorical."
        )
    plain_cells = pc.ascii_ltrim(_ungrouped(cells, pattern), "+")
    numbers = _cast(plain_cells, exact=False)
    return pd.Series(numbers, index=values.index, name=values.name)


def _numbers_or_text(values: pd.Series, comma: str) -> pd.Series:
    cells = pc.utf8_trim_whitespace(_arrow(values))
    present = len(cells) - cells.null_count
    if not present or _matches(cells, CODE):
        return values
    pattern = next((shape for shape in (NUMBER, _grouped(comma)) if _matches(cells, shape) == present), None)
    if pattern is None:
        return values
    numbers = _cast(_ungrouped(cells, pattern), exact=True)
    return values if numbers is None else pd.Series(numbers, index=values.index, name=values.name)


def _grouped(comma: str) -> str:
    return GROUPED_DECIMAL_COMMA if comma == "decimal" else GROUPED_DECIMAL_POINT


def _ungrouped(cells: pa.Array, pattern: str) -> pa.Array:
    if pattern == GROUPED_DECIMAL_COMMA:
        return pc.replace_substring(pc.replace_substring(cells, ".", ""), ",", ".")
    return pc.replace_substring(cells, ",", "") if pattern == GROUPED_DECIMAL_POINT else cells


def _matches(cells: pa.Array, pattern: str) -> int:
    return int(pc.sum(pc.match_substring_regex(cells, pattern)).as_py() or 0)


def _cast(cells: pa.Array, exact: bool) -> np.ndarray | None:
    """Numbers; None where `exact` is asked for and a whole number has too many digits for a float, or is infinite."""
    whole = _matches(cells, WHOLE) == len(cells) - cells.null_count
    if whole and not cells.null_count:
        try:
            integers: np.ndarray = pc.cast(cells, pa.int64()).to_numpy()
            is_exact = bool(((integers < LARGEST_EXACT) & (integers > -LARGEST_EXACT)).all())
            return integers if is_exact or not exact else None
        except pa.ArrowInvalid:  # too many digits for 64 bits
            if exact:
                return None
    numbers: np.ndarray = pc.cast(cells, pa.float64()).to_numpy(zero_copy_only=False)
    present = numbers[~np.isnan(numbers)]
    too_long = whole and bool((np.abs(present) >= LARGEST_EXACT).any())
    return None if exact and (too_long or not np.isfinite(present).all()) else numbers


def _arrow(values: pd.Series) -> pa.Array:
    cells = pa.array(values, type=pa.large_string(), from_pandas=True)
    return cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells


def _series(cells: pa.Array, like: pd.Series) -> pd.Series:
    texts: pd.Series = pd.Series(cells.to_pandas(), dtype=TEXT)
    texts.index, texts.name = like.index, like.name
    return texts


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "…")
