"""Age in whole years instead of the birth date, the oldest together."""

from __future__ import annotations

import dataclasses
import datetime
import re
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from ppml_core.anonymize.base import Anonymizer
from ppml_core.anonymize.rules import MAPPING_COLUMNS, ByRule, asked_for
from ppml_core.data.dataset import Dataset
from ppml_core.data.dates import parse_dates
from ppml_core.data.schema import Schema
from ppml_core.errors import BadInput
from ppml_core.settings import setting

BIRTH = re.compile(r"birth|born|\bdob\b|geburt|geboren|naissance|nacimiento|nascita|nascimento", re.IGNORECASE)
OLDEST = 130


@dataclass(frozen=True)
class AgeFromBirthDate(Anonymizer):
    """The table with ages in whole years at a day that is set, in place of birth dates; the oldest are one group.

    Ages above `highest` are published as `highest` + 1: 90 stands for 90 and older, as the HIPAA privacy rule asks (45
    CFR 164.514(b)(2)(i)(C)). Who is born on 29 February is a year older on 1 March of other years. The bounds of the
    new column are the settings, and public. The column is called age, or age_of_ and the old name where that is taken
    or there are several.

    It protects the day and month of birth, which with sex and ZIP code single out most people (Sweeney 2000). It does
    not protect the age: age, sex and place still do that to many. Record linkage compares columns of one name and so
    does not try the age; the risk by look-alikes does count it.
    """

    title: ClassVar[str] = "Age from birth date"
    protocol: ClassVar[str] = "raw test people, with ages as in the release"
    fixed_in_advance: ClassVar[bool] = True

    columns: tuple[str, ...] = setting((), help="birth dates; none: date columns whose name speaks of birth")
    reference: str = setting("2025-01-01", help="the day at which people have that age, as 2025-01-01")
    highest: int = setting(89, 1, OLDEST - 1, slider=(60, 110), help="older people are one group", unit="years")

    def fit(self, data: Dataset, rng: np.random.Generator) -> ByRule:
        try:
            day = datetime.date.fromisoformat(self.reference.strip())
        except ValueError:
            raise BadInput(f"reference must be a day such as 2025-01-01, not {self.reference!r}.") from None
        dates = [name for name, column in data.schema.columns.items() if column.kind == "date"]
        names = asked_for(data, self.columns, [name for name in dates if _speaks_of_birth(name)], "make an age of")
        wrong = [name for name in names if name not in dates]
        if wrong:
            raise BadInput(f"column {wrong[0]!r} is {data.schema[wrong[0]].kind}, not a date: give it the kind date.")
        plain = len(names) == 1 and "age" not in data.schema.columns
        called = {name: "age" if plain else f"age_of_{name}" for name in names}
        taken = [new for new in called.values() if new in data.schema.columns]
        if taken:
            raise BadInput(f"the table has a column {taken[0]!r} already: rename it, or drop it first.")
        return Ages(data, called, day, self.highest)


class Ages(ByRule):
    """The recoding from birth dates to ages; `called` maps the old name of a column to the new one."""

    def __init__(self, data: Dataset, called: dict[str, str], day: datetime.date, highest: int) -> None:
        self.called, self.day, self.highest = called, day, highest
        self._births = {name: data.table[name] for name in called}
        super().__init__(data, self._aged, self._meant, list(called))
        ages = {name: self.release.table[new] for name, new in called.items()}
        self.statistics = {
            "columns": list(called),
            "reference": day.isoformat(),
            "oldest_group": {name: int((values > highest).sum()) for name, values in ages.items()},
        }

    def mapping(self) -> dict[str, pd.DataFrame]:
        return {name: self._pairs(name, births) for name, births in self._births.items()}

    def _pairs(self, name: str, births: pd.Series) -> pd.DataFrame:
        values = births.dropna().drop_duplicates()
        values = values[values.astype("object") != ""]
        columns = (values.reset_index(drop=True), self._ages(values, name).reset_index(drop=True))
        return pd.DataFrame(dict(zip(MAPPING_COLUMNS, columns, strict=True)))

    def _aged(self, data: Dataset) -> pd.DataFrame:
        table = data.table.copy(deep=False)
        for name in self.called:
            table[name] = self._ages(data.table[name], name)
        return table.rename(columns=self.called)

    def _ages(self, births: pd.Series, name: str) -> pd.Series:
        ages = ages_at(parse_dates(births, name), self.day)
        if (ages < 0).any():
            late = births[(ages < 0).to_numpy()].iloc[0]
            raise BadInput(f"column {name!r} holds {str(late)!r}, after the day {self.day}: set a later reference.")
        coded = ages.clip(upper=self.highest + 1)
        return coded.astype("int64") if coded.notna().all() else coded

    def _meant(self, schema: Schema) -> Schema:
        columns = {
            self.called.get(name, name): dataclasses.replace(
                column, kind="numeric", bounds=(0, self.highest + 1), unit=f"years on {self.day}", categories=None,
                bins=None, hierarchy_file=None, widths=None, levels=None, source="settings of age_from_birth_date",
                description=f"Age; {self.highest + 1} stands for {self.highest + 1} and older.",
            ) if name in self.called else column
            for name, column in schema.columns.items()
        }  # fmt: skip
        return dataclasses.replace(schema, columns=columns)


def ages_at(births: pd.Series, day: datetime.date) -> pd.Series:
    """Whole years lived on that day, NaN for an absent date, below 0 for a later one.

    >>> ages_at(pd.to_datetime(pd.Series(["2000-02-29", "2000-03-01"])), datetime.date(2018, 2, 28)).tolist()
    [17, 17]
    """
    later = (births.dt.month > day.month) | ((births.dt.month == day.month) & (births.dt.day > day.day))
    ages: pd.Series = day.year - births.dt.year - later.astype("int64")
    return ages


def _speaks_of_birth(name: str) -> bool:
    return bool(BIRTH.search(name.replace("_", " ")))
