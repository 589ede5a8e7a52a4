"""Dates moved: all dates of one person by the same random number of days."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from ppml_core.anonymize.base import Anonymizer, Recoding
from ppml_core.anonymize.columns import Rows, changed_share
from ppml_core.anonymize.rules import asked_for
from ppml_core.data.dataset import Dataset
from ppml_core.data.dates import ISO, date_format, parse_dates
from ppml_core.data.schema import Column, Schema
from ppml_core.errors import BadInput
from ppml_core.settings import setting

ISO_DAY = len("2025-01-31")
SHORTEST_YEAR = 365


@dataclass(frozen=True)
class ShiftDates(Anonymizer):
    """The table with each person's dates moved by one random number of days, at most `days` either way.

    All dates of a person move together, in all their rows where `person_column` tells who they are, so that the days
    between two dates of one person stay (Hripcsak et al. 2016, Preserving temporal relations in clinical data while
    maintaining privacy). The times of a day stay as well. Dates keep their way of writing, or become 1980-12-31 where
    day and month could be mistaken after the shift.

    It protects the exact day against who knows it. It does not protect what lies further apart than 2 x `days`: the
    order of people's dates, their year, with few days the season; and the intervals of one person, which stay exact,
    may be as unique as the dates were. One day that is known for sure gives away all others. Unseen people stay raw.
    """

    title: ClassVar[str] = "Shift dates"
    protocol: ClassVar[str] = "raw test people"
    uses_randomness: ClassVar[bool] = True

    columns: tuple[str, ...] = setting((), help="dates to move; none: every column of the kind date")
    days: int = setting(182, 1, 36_500, slider=(1, 730), help="farthest a date moves, either way", unit="days")
    person_column: str = setting("", help="the column that tells whose row it is; empty: each row is a person")

    def fit(self, data: Dataset, rng: np.random.Generator) -> Shifted:
        dates = [name for name, column in data.schema.columns.items() if column.kind == "date"]
        names = asked_for(data, self.columns, dates, "shift")
        wrong = [name for name in names if name not in dates]
        if wrong:
            raise BadInput(f"column {wrong[0]!r} is {data.schema[wrong[0]].kind}, not a date: give it the kind date.")
        people = self._people(data)
        moves = rng.integers(-self.days, self.days + 1, int(people.max(initial=-1)) + 1)[people]
        return Shifted(data, {name: shifted(data.table[name], moves, name) for name in names}, self.days, moves)

    def _people(self, data: Dataset) -> Rows:
        """A number for each row's person; a row that tells nobody is a person of its own."""
        if not self.person_column:
            return np.arange(len(data))
        if self.person_column not in data.schema.columns:
            there = ", ".join(data.schema.columns)
            raise BadInput(f"there is no column {self.person_column!r} to tell people by; the table has {there}.")
        codes, people = pd.factorize(pd.Series(data.texts(self.person_column)).replace("", None))
        alone = codes < 0
        return np.where(alone, len(people) + np.cumsum(alone) - 1, codes).astype(np.int64)


class Shifted(Recoding):
    """A release with other dates; unseen people stay raw, under its schema."""

    def __init__(self, data: Dataset, dates: Mapping[str, pd.Series], days: int, moves: Rows) -> None:
        self.kept = np.arange(len(data))
        self.schema = data.schema.replace_columns({name: _wider(data.schema[name], days) for name in dates})
        self.root = data.whole or data
        self.whole = _both(self.root, data, dates, self.schema)
        table = data.table.copy(deep=False)
        for name, values in dates.items():
            table[name] = values
        self.dates = tuple(dates)
        self.release = self._under_schema(dataclasses.replace(data, table=table))
        self.statistics: Mapping[str, Any] = {
            "columns": list(dates),
            "changed_share": changed_share(data.table, dates),
            "mean_days": float(np.abs(moves).mean()) if len(moves) else 0.0,
            **_kept(data, dates),
        }

    def transform(self, data: Dataset) -> Dataset:
        return self._under_schema(data)

    def mapping(self) -> dict[str, pd.DataFrame]:
        return {}

    def _under_schema(self, data: Dataset) -> Dataset:
        whole = self.whole if (data.whole or data) is self.root else data.whole
        published = {name: meaning for name, meaning in data.published.items() if name not in self.dates}
        return dataclasses.replace(data, schema=self.schema, whole=whole, published=published)


def shifted(values: pd.Series, moves: Rows, name: str) -> pd.Series:
    """The dates of a column moved by days, written as they were.

    >>> shifted(pd.Series(["1999-12-31", "2000-02-28"]), np.array([1, 1]), "seen").tolist()
    ['2000-01-01', '2000-02-29']
    """
    dates = parse_dates(values, name)
    moved = dates + pd.Series(pd.to_timedelta(moves, unit="D"), index=dates.index)
    if pd.api.types.is_datetime64_any_dtype(values):
        return moved.astype(values.dtype)
    present = moved.notna().to_numpy()
    style = date_format([str(text).strip() for text in values[present]])
    written = moved[present].dt.strftime("%Y-%m-%d")
    if style == ISO:
        written = written + values[present].astype("str").str.strip().str[ISO_DAY:]
    elif style is not None and date_format(list(moved[present].dt.strftime(style))) == style:
        written = moved[present].dt.strftime(style)
    fresh = values.copy().astype("object")
    fresh[present] = written
    return fresh.astype(values.dtype)


def _wider(column: Column, days: int) -> Column:
    """Bounds in years that hold for the moved dates as well: by the setting, not by the rows."""
    if column.bounds is None:
        return column
    more = math.ceil(days / SHORTEST_YEAR)
    return dataclasses.replace(column, bounds=(column.bounds[0] - more, column.bounds[1] + more))


def _both(whole: Dataset, data: Dataset, dates: Mapping[str, pd.Series], schema: Schema) -> Dataset | None:
    """What hierarchies are built over: the dates of the whole table and the moved ones, all written alike."""
    if not dates or not set(schema.columns) <= set(whole.table.columns):
        return data.whole if not dates else None
    old, new = whole.table[list(schema.columns)].copy(deep=False), data.table.copy(deep=False)
    for name, values in dates.items():
        old[name] = whole.texts(name)
        new[name] = parse_dates(values, name).dt.strftime("%Y-%m-%d").fillna("")
    both = pd.concat([old, new[list(schema.columns)]], ignore_index=True)
    return dataclasses.replace(whole, table=both, schema=schema, whole=None)


def _kept(data: Dataset, dates: Mapping[str, pd.Series]) -> dict[str, Any]:
    """What the shift did not hide: how alike the order of dates is (Spearman), and who stayed in their month."""
    order, months = {}, {}
    for name, values in dates.items():
        before, after = parse_dates(data.table[name], name), parse_dates(values, name)
        ranks = pd.DataFrame({"before": before.rank(), "after": after.rank()})
        correlation = ranks.corr().to_numpy()[0, 1] if before.nunique() > 1 and after.nunique() > 1 else np.nan
        if np.isfinite(correlation):
            order[name] = float(correlation)
        if before.notna().any():
            months[name] = float((before.dt.month == after.dt.month)[before.notna()].mean())
    return {"order_correlation": order, "same_month_share": months}
