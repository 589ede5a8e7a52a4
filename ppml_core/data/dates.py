"""Dates as people write them: the one format that fits a whole column, each cell by itself, and the days they are."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from ppml_core.errors import BadInput

ISO = "ISO8601"
ISO_DAY = len("1980-12-31")
FORMATS = (
    (ISO, r"[12]\d{3}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?"),
    ("%Y/%m/%d", r"[12]\d{3}/\d{1,2}/\d{1,2}"),
    ("%d.%m.%Y", r"\d{1,2}\.\d{1,2}\.[12]\d{3}"),
    ("%d/%m/%Y", r"\d{1,2}/\d{1,2}/[12]\d{3}"),
    ("%m/%d/%Y", r"\d{1,2}/\d{1,2}/[12]\d{3}"),
    ("%d-%m-%Y", r"\d{1,2}-\d{1,2}-[12]\d{3}"),
    ("%m-%d-%Y", r"\d{1,2}-\d{1,2}-[12]\d{3}"),
)


def date_format(texts: Sequence[str]) -> str | None:
    """The first format in which every text is a date; None where there is none. Day before month if both would do.

    >>> date_format(["03/04/1980", "12/31/1975"])
    '%m/%d/%Y'
    """
    if not len(texts):
        return None
    return next((style for style, shape in FORMATS if _fits(texts, style, re.compile(shape))), None)


def parse_dates(values: pd.Series, name: str = "") -> pd.Series:
    """The column as days; an absent value stays absent. Raises BadInput naming a value that is no date."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return values
    texts = values.astype("object").where(values.notna() & (values.astype("object") != ""), None)
    present = [str(text).strip() for text in pd.unique(texts.dropna())]
    style = date_format(present)
    if present and style is None:
        shapes = [re.compile(shape) for _, shape in FORMATS]
        odd = next((text for text in present if not any(shape.fullmatch(text) for shape in shapes)), None)
        fault = (
            f"{odd!r} is no date"
            if odd is not None
            else f"no one order of day and month fits all of it ({present[0]!r})"
        )
        raise BadInput(
            f"column {name!r} has the kind date, but {fault}: write dates as 1980-12-31, or give it the kind text."
        )
    days = (
        pd.to_datetime(pd.Series(present, dtype=object), format=style)
        if present
        else pd.Series([], dtype="datetime64[s]")
    )
    lookup = dict(zip(present, days, strict=True))
    shown = [lookup[str(text).strip()] if text is not None and text == text else pd.NaT for text in texts]
    return pd.Series(
        pd.to_datetime(pd.Series(shown, dtype=days.dtype)).to_numpy(), index=values.index, name=values.name
    )


def days_by_cell(values: pd.Series) -> pd.Series:
    """Each cell's day by the first format that fits that cell, absent where none does: for what is to be private.

    No cell has a say in how another is read, so that one person more moves nobody else's day.

    >>> days_by_cell(pd.Series(["1980-12-31", "1980-12-31 10:30", "31.12.1980", "soon"])).dt.strftime("%j").tolist()
    ['366', '366', '366', nan]
    """
    if pd.api.types.is_datetime64_any_dtype(values):
        return values
    codes, cells = pd.factorize(values)
    texts = pd.Series([str(cell).strip() for cell in cells], dtype=object)
    days = np.full(len(texts) + 1, np.datetime64("NaT"), dtype="datetime64[s]")
    for style, shape in FORMATS:
        fit = np.flatnonzero(np.isnat(days[:-1]) & texts.map(re.compile(shape).fullmatch).notna().to_numpy())
        written = texts.iloc[fit].str[:ISO_DAY] if style == ISO else texts.iloc[fit]
        read = pd.to_datetime(written, format="%Y-%m-%d" if style == ISO else style, errors="coerce")
        days[fit] = read.to_numpy(dtype="datetime64[s]")
    return pd.Series(days[codes], index=values.index, name=values.name)


def _fits(texts: Sequence[str], style: str, shape: re.Pattern[str]) -> bool:
    if not all(shape.fullmatch(text) for text in texts):
        return False
    try:
        return bool(pd.to_datetime(pd.Series(texts, dtype=object), format=style, errors="coerce").notna().all())
    except ValueError:  # time zones that differ from cell to cell
        return False
