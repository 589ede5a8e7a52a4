"""What perturbing methods share: which columns they change, how numbers go back into a column, and their recoding."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ppml_core.anonymize.base import Recoding
from ppml_core.data.dataset import MOST_LEAVES, Dataset
from ppml_core.data.dates import parse_dates
from ppml_core.data.schema import Schema
from ppml_core.errors import BadInput, NotApplicable

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

NUMERIC = ("numeric",)
ORDERED = ("numeric", "ordinal", "date")
LISTED = ("categorical", "ordinal")
ANY = ("numeric", "ordinal", "categorical", "date", "text")

COLUMNS_HELP = "columns to change; none: the quasi-identifiers of a fitting kind, else other columns of that kind"


class Perturbed(Recoding):
    """A release in which some cells differ. Unseen people stay raw, under the schema of the release (EVIDENCE 16).

    `changed` holds the new columns. `blanked` names those among them that have absent cells now, which their schema
    says. Statistics always tell `columns` and `changed_share`, the share of their cells that differ.
    """

    def __init__(
        self,
        data: Dataset,
        changed: Mapping[str, pd.Series],
        statistics: Mapping[str, Any] | None = None,
        blanked: Sequence[str] = (),
    ) -> None:
        self.kept = np.arange(len(data))
        self.schema = _with_missing(data.schema, blanked)
        self.root = data.whole or data
        self.whole = _wider_whole(data, changed, self.schema)
        table = data.table.copy(deep=False)
        for name, values in changed.items():
            table[name] = values
        self.release = dataclasses.replace(data, table=table, schema=self.schema, whole=self.whole)
        self.statistics = {
            "columns": list(changed),
            "changed_share": changed_share(data.table, changed),
            **(statistics or {}),
        }

    def transform(self, data: Dataset) -> Dataset:
        return self._under_schema(data)

    def mapping(self) -> dict[str, pd.DataFrame]:
        return {}

    def _under_schema(self, data: Dataset) -> Dataset:
        whole = self.whole if (data.whole or data) is self.root else data.whole
        return dataclasses.replace(data, schema=self.schema, whole=whole)


class Coded(Perturbed):
    """A release in which every value became another by a fixed rule, `codes`: unseen people are coded alike."""

    def __init__(self, data: Dataset, codes: Mapping[str, Code], statistics: Mapping[str, Any] | None = None) -> None:
        self.codes = codes
        self._values = {name: data.table[name] for name in codes}
        super().__init__(data, self._coded(data), statistics)

    def transform(self, data: Dataset) -> Dataset:
        table = data.table.copy(deep=False)
        for name, values in self._coded(data).items():
            table[name] = values
        return dataclasses.replace(self._under_schema(data), table=table)

    def mapping(self) -> dict[str, pd.DataFrame]:
        """What each number of the table became; an absent value stays absent and is not listed."""
        distinct = {name: np.unique(values.dropna().to_numpy(dtype=float)) for name, values in self._values.items()}
        return {
            name: pd.DataFrame({"value": numbers, "published": self.codes[name](numbers)})
            for name, numbers in distinct.items()
        }

    def _coded(self, data: Dataset) -> dict[str, pd.Series]:
        return {name: put_back(data.table[name], code(numbers(data, name))) for name, code in self.codes.items()}


class Code:
    """A rule that turns numbers into the numbers to publish, NaN into NaN."""

    def __call__(self, values: Floats) -> Floats:
        raise NotImplementedError


class Subset(Recoding):
    """A release of some of the people, unchanged. Unseen people all stay."""

    def __init__(self, data: Dataset, kept: Rows, statistics: Mapping[str, Any] | None = None) -> None:
        self.kept = kept
        self.release = data.take(kept)
        dropped = len(data) - len(kept)
        self.statistics = {
            "dropped": dropped,
            "dropped_share": dropped / len(data) if len(data) else 0.0,
            **(statistics or {}),
        }

    def transform(self, data: Dataset) -> Dataset:
        return data

    def mapping(self) -> dict[str, pd.DataFrame]:
        return {}


def chosen(data: Dataset, wanted: Sequence[str], kinds: Sequence[str], method: str) -> tuple[str, ...]:
    """The columns a method works on: those asked for, else the quasi-identifiers of these kinds, else other columns.

    The target and the split are never chosen unasked. Raises BadInput naming a column that is unknown, named twice or
    of another kind, NotApplicable where nothing fits.
    """
    fitting = [name for name, column in data.schema.columns.items() if column.kind in kinds]
    if wanted:
        _check(data, wanted, fitting, kinds, method)
        return tuple(wanted)
    own = [name for name in data.quasi_identifiers if name in fitting]
    others = [*data.schema.with_role("sensitive"), *data.schema.with_role("feature")]
    reserved = (data.schema.target, data.schema.split)
    found = own or [name for name in others if name in fitting and name not in reserved]
    if not found:
        raise NotApplicable(f"{method} needs a column that is {_either(kinds)}, and {data.name!r} has none to change.")
    _check(data, found, fitting, kinds, method)
    return tuple(found)


def _check(data: Dataset, wanted: Sequence[str], fitting: Sequence[str], kinds: Sequence[str], method: str) -> None:
    for name in wanted:
        if name not in data.schema.columns:
            raise BadInput(f"there is no column {name!r}; the table has {', '.join(data.schema.columns)}.")
        if name not in fitting:
            offered = f"; {', '.join(fitting)} would do" if fitting else ""
            raise BadInput(
                f"{method} needs a column that is {_either(kinds)}, and {name!r} is {data.schema[name].kind}{offered}."
            )
        if data.schema[name].kind == "numeric" and not _is_number(data.table[name]):
            raise BadInput(f"column {name!r} has the kind numeric but holds no numbers: correct its kind or its cells.")
    if len(set(wanted)) != len(wanted):
        raise BadInput(f"a column is named twice in {', '.join(wanted)}.")


def _either(kinds: Sequence[str]) -> str:
    return kinds[0] if len(kinds) == 1 else f"{', '.join(kinds[:-1])} or {kinds[-1]}"


def _is_number(values: pd.Series) -> bool:
    numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    return bool(numeric or values.isna().all())


def numbers(data: Dataset, name: str) -> Floats:
    """A numeric column as floats, NaN where absent."""
    values = data.table[name]
    if not _is_number(values):
        raise BadInput(f"column {name!r} has the kind numeric but holds no numbers: correct its kind or its cells.")
    return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan))


def ordered(data: Dataset, name: str) -> Floats:
    """A column as floats that stand in its order, NaN where absent.

    Categories stand in the order of the schema; values that it does not list stand behind, by their text.
    """
    values, column = data.table[name], data.schema[name]
    if column.kind == "date":
        days = parse_dates(values, name)
        return np.where(days.isna(), np.nan, days.to_numpy().astype("datetime64[s]").astype(np.int64).astype(float))
    if column.categories is None and _is_number(values):
        return numbers(data, name)
    texts = data.texts(name)
    listed = list(column.categories or ())
    places = {text: place for place, text in enumerate(dict.fromkeys([*listed, *sorted(set(texts))]))}
    return np.where(values.isna(), np.nan, np.array([places[text] for text in texts], dtype=float))


def put_back(original: pd.Series, values: Floats, bounds: tuple[float, float] | None = None) -> pd.Series:
    """Numbers as the column keeps them: whole where it is whole, inside the bounds, absent where it was absent.

    >>> put_back(pd.Series([1, 2]), np.array([1.4, 9.7]), bounds=(0, 5)).tolist()
    [1, 5]
    """
    whole, present = is_whole(original), original.notna().to_numpy()
    if bounds is not None:
        values = np.clip(values, *bounds)
    if whole:
        values = np.rint(values)
        if bounds is not None:
            values = np.clip(values, np.ceil(bounds[0]), np.floor(bounds[1]))
    if not pd.api.types.is_integer_dtype(original):
        filled = pd.Series(np.where(present, values, np.nan), index=original.index, name=original.name)
        return filled.astype(original.dtype)
    limits = np.iinfo(getattr(original.dtype, "numpy_dtype", original.dtype))
    highest = float(limits.max)
    if int(highest) > limits.max:
        highest = float(np.nextafter(highest, 0.0))
    safe = np.where(present, np.clip(values, float(limits.min), highest), 0.0)
    filled = pd.Series(safe, index=original.index, name=original.name).astype(original.dtype)
    return filled if present.all() else filled.mask(~present)


def is_whole(values: pd.Series) -> bool:
    """Whether a numeric column holds whole numbers only."""
    if pd.api.types.is_integer_dtype(values):
        return True
    present = values.dropna().to_numpy(dtype=float)
    return bool(np.all(present == np.rint(present)))


def moved(values: pd.Series, source: Rows) -> pd.Series:
    """The column in which each person has the value of the person at `source`."""
    return pd.Series(values.array.take(source), index=values.index, name=values.name, dtype=values.dtype)


def changed_share(table: pd.DataFrame, changed: Mapping[str, pd.Series]) -> float:
    """Share of the cells of these columns that differ from the table's; absent cells equal each other."""
    if not changed or not len(table):
        return 0.0
    return float(np.mean([differs(table[name], values).mean() for name, values in changed.items()]))


def differs(before: pd.Series, after: pd.Series) -> npt.NDArray[np.bool_]:
    """Per person, whether the cell is another one."""
    codes, _ = pd.factorize(pd.concat([before, after], ignore_index=True))
    return np.asarray(codes[: len(before)] != codes[len(before) :])


def correlations(data: Dataset, changed: Mapping[str, pd.Series]) -> dict[str, Any]:
    """How linear relations fared: `correlation` of each number with its original, and the largest change of any pair.

    Pairs are those of a changed numeric column with any numeric one. What is undefined (a constant) is left out.
    """
    names = [name for name, column in data.schema.columns.items() if column.kind in NUMERIC]
    before = pd.DataFrame({name: numbers(data, name) for name in names if _is_number(data.table[name])})
    mine = [name for name in changed if name in before]
    if not mine:
        return {}
    after = before.copy(deep=False)
    for name in mine:
        after[name] = changed[name].to_numpy(dtype=np.float64, na_value=np.nan)
    pairs = {name: pd.DataFrame({0: before[name], 1: after[name]}).corr().to_numpy()[0, 1] for name in mine}
    shift = (before.corr() - after.corr()).loc[mine].abs().to_numpy()
    largest = {"largest_correlation_change": float(np.nanmax(shift))} if np.isfinite(shift).any() else {}
    return {"correlation": {name: float(value) for name, value in pairs.items() if np.isfinite(value)}, **largest}


def _with_missing(schema: Schema, blanked: Sequence[str]) -> Schema:
    if all(schema[name].missing for name in blanked):
        return schema
    return schema.replace_columns({name: dataclasses.replace(schema[name], missing=True) for name in blanked})


def _wider_whole(data: Dataset, changed: Mapping[str, pd.Series], schema: Schema) -> Dataset | None:
    """What hierarchies are built over: the whole table under the new schema, new cells added where numbers are new."""
    whole = data.whole or data
    fresh = [name for name in changed if schema[name].kind in NUMERIC and not _known(whole, name, changed[name])]
    if not fresh and schema is data.schema:
        return data.whole
    if not fresh:
        return dataclasses.replace(whole, table=whole.table[list(schema.columns)], schema=schema)
    added = data.table.copy(deep=False)
    for name in fresh:
        added[name] = changed[name]
    both = pd.concat([whole.table, added], ignore_index=True)
    return dataclasses.replace(whole, table=both[list(schema.columns)], schema=schema, whole=None)


def _known(whole: Dataset, name: str, values: pd.Series) -> bool:
    """Whether a hierarchy over the whole table surely has these numbers as leaves; declared trees are not extended."""
    column = whole.schema[name]
    new, old = (np.unique(cells.dropna().to_numpy(dtype=float)) for cells in (values, whole.table[name]))
    if column.hierarchy_file or column.levels or np.isin(new, old).all():
        return True
    low, high = column.bounds or ((old[0], old[-1]) if len(old) else (0.0, 0.0))
    every = column.widths is not None and is_whole(whole.table[name]) and high - low <= MOST_LEAVES
    return bool(every and np.all(new == np.rint(new)) and new[0] >= low and new[-1] <= high)
