"""How many people share each combination of values: what risk and generalization need to know of a table.

In: a table, or a file that need not fit in memory. Out: `Counts`; what is computed from it afterwards costs as much as
there are distinct combinations, however many people there are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from ppml_core.data.coded import Coded, coded
from ppml_core.data.packing import Ints, count_groups, number_groups

Codes = npt.NDArray[np.signedinteger[Any]]


@dataclass(frozen=True, eq=False)
class Counts:
    """The distinct combinations of some columns, each with the number of people who have it.

    Per column, `values` holds each value once and `codes` (combinations,) which of them a combination has, -1 for an
    absent one, in the narrowest integers. `people` (combinations,) adds up to the number of rows. The order of
    combinations means nothing.
    """

    values: Mapping[str, pd.Series]
    codes: Mapping[str, Codes]
    people: Ints

    @property
    def names(self) -> list[str]:
        return list(self.values)

    @property
    def rows(self) -> int:
        """People in the table that was counted."""
        return int(self.people.sum())

    def __len__(self) -> int:
        return len(self.people)

    def column(self, name: str) -> pd.Series:
        """The value of each combination."""
        found: pd.Series = self.values[name].reindex(self.codes[name]).reset_index(drop=True)
        return found

    def table(self) -> pd.DataFrame:
        """The combinations as a table, without the numbers of people."""
        return pd.DataFrame({name: self.column(name) for name in self.names})

    def over(self, names: Sequence[str]) -> Counts:
        """The counts over fewer columns."""
        groups, first = self.number(names)
        people = _sums(groups, self.people, len(first))
        return Counts({n: self.values[n] for n in names}, {n: self.codes[n][first] for n in names}, people)

    def number(self, names: Sequence[str]) -> tuple[npt.NDArray[np.int32], Ints]:
        """(the group of each combination over these columns, the first combination of each group)."""
        return number_groups([self.as_coded(name) for name in names], len(self))

    def as_coded(self, name: str) -> Coded:
        return Coded(self.codes[name], 0, len(self.values[name]), lambda: self.values[name])

    def read_as(self, cells: Callable[[str, pd.Series], pd.Series]) -> Counts:
        """With each column's values put through `cells(name, values)`; those that become equal are counted together."""
        values, codes = {}, {}
        for name in self.names:
            values[name], codes[name] = _once(cells(name, self.values[name]), self.codes[name])
        return Counts(values, codes, self.people).over(self.names)


def count_table(table: pd.DataFrame, columns: Sequence[str]) -> Counts:
    """The counts over these columns of a table in memory.

    >>> counts = count_table(pd.DataFrame({"sex": ["F", "M", "F"], "age": [30, 40, 30]}), ["sex", "age"])
    >>> counts.table().assign(people=counts.people).sort_values("people").to_numpy().tolist()
    [['M', 40, 1], ['F', 30, 2]]
    """
    return count_columns({name: coded(table[name]) for name in columns}, len(table))


def count_columns(columns: Mapping[str, Coded], rows: int) -> Counts:
    """The counts over coded columns."""
    groups = count_groups(list(columns.values()), rows)
    found = {name: groups.codes(at) for at, name in enumerate(columns)}
    return _counts(columns, found, groups.sizes.astype(np.int64))


def count_batch(table: pa.RecordBatch | pa.Table, people: str) -> Counts:
    """The counts in a table that was grouped elsewhere and has their numbers in the column `people`."""
    names = [name for name in table.column_names if name != people]
    columns = {name: coded(table.column(name)) for name in names}
    found = {name: np.where(c.codes < c.low, c.size, c.codes.astype(np.int64) - c.low) for name, c in columns.items()}
    return _counts(columns, found, table.column(people).to_numpy().astype(np.int64)).over(names)


def _counts(columns: Mapping[str, Coded], found: Mapping[str, Ints], people: Ints) -> Counts:
    """From codes counted from 0, an absent one the largest, to values that occur."""
    values, codes = {}, {}
    for name, column in columns.items():
        used, places = np.unique(found[name], return_inverse=True)
        named = column.named().reset_index(drop=True).take(used[used < column.size]).reset_index(drop=True)
        present = np.where(used < column.size, np.arange(len(used)), -1)
        values[name], codes[name] = _once(named, present[places].astype(np.int32))
    return Counts(values, codes, people)


def merged(parts: Sequence[Counts]) -> Counts:
    """The counts of a table from those of its parts, which have the same columns."""
    values, codes = {}, {}
    starts = [np.cumsum([0, *(len(part.values[name]) for part in parts)]) for name in parts[0].names]
    for name, start in zip(parts[0].names, starts, strict=True):
        together = _joined([part.values[name] for part in parts])
        shifted = [
            np.where(part.codes[name] < 0, -1, part.codes[name] + begin)
            for part, begin in zip(parts, start, strict=False)
        ]
        values[name], codes[name] = _once(together, np.concatenate(shifted).astype(np.int32))
    return Counts(values, codes, np.concatenate([part.people for part in parts])).over(parts[0].names)


def _joined(columns: Sequence[pd.Series]) -> pd.Series:
    filled = [column for column in columns if len(column)]
    joined: pd.Series = pd.concat(filled or list(columns[:1]), ignore_index=True)
    return joined


def _once(values: pd.Series, codes: Codes) -> tuple[pd.Series, Codes]:
    """Values each once and none absent, with the codes that belong to them."""
    places, present = pd.factorize(values)
    kept = pd.Series(present, dtype=values.dtype).reset_index(drop=True)
    narrow = np.append(places, -1).astype(np.min_scalar_type(-max(1, len(kept))))
    return kept, narrow[codes]


def _sums(groups: npt.NDArray[np.int32], people: Ints, size: int) -> Ints:
    sums = np.zeros(size, dtype=np.int64)
    np.add.at(sums, groups, people)
    return sums
