"""Rounding: numbers become multiples of a base, the nearest ones or neighbouring ones drawn without bias."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from ppml_core.anonymize.base import Anonymizer
from ppml_core.anonymize.columns import (
    COLUMNS_HELP,
    NUMERIC,
    Code,
    Coded,
    Floats,
    Perturbed,
    chosen,
    correlations,
    is_whole,
    numbers,
    put_back,
)
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput
from ppml_core.settings import setting

SLACK = 1e-9


@dataclass(frozen=True)
class Rounding(Anonymizer):
    """The table with numbers rounded to multiples of a base, inside the bounds of the schema.

    `nearest` rounds halves up. `random` goes up with a probability equal to the rest over the base, so that each
    number keeps its expectation (Nargundkar & Saveland 1972). `controlled` draws the same probabilities by systematic
    sampling, so that the total moves by less than one base as well (Fellegi 1975, Controlled random rounding). Where a
    bound cuts off a multiple, numbers beyond the last one inside all go there. It blurs what someone may look up; it
    does not stop linking by several rounded numbers together. Only the nearest rounding is applied to unseen people.
    """

    title: ClassVar[str] = "Rounding"
    protocol: ClassVar[str] = "raw test people, rounded as the release where rounding is to the nearest"
    uses_randomness: ClassVar[bool] = True
    perturbs: ClassVar[bool] = True

    columns: tuple[str, ...] = setting((), help=COLUMNS_HELP)
    base: float = setting(5.0, 1e-9, None, slider=(1, 100), help="numbers become multiples of this")
    way: str = setting(
        "nearest", choices=("nearest", "random", "controlled"), help="to the nearest multiple, or drawn without bias"
    )

    def fit(self, data: Dataset, rng: np.random.Generator) -> Perturbed:
        names = chosen(data, self.columns, NUMERIC, self.title)
        codes = {name: self._multiples(data, name) for name in names}
        if self.way == "nearest":
            recoding: Perturbed = Coded(data, codes)
        else:
            changed = {name: self._drawn(data, name, codes[name], rng) for name in names}
            recoding = Perturbed(data, changed)
        changed = {name: recoding.release.table[name] for name in names}
        recoding.statistics = {**recoding.statistics, **correlations(data, changed), **_totals(data, changed)}
        return recoding

    def _multiples(self, data: Dataset, name: str) -> Multiples:
        if is_whole(data.table[name]) and not float(self.base).is_integer():
            raise BadInput(f"{name!r} holds whole numbers, and multiples of {self.base:g} are not: give a whole base.")
        bounds = data.schema[name].bounds
        low, high = (-np.inf, np.inf) if bounds is None else (bounds[0] / self.base, bounds[1] / self.base)
        low, high = float(np.ceil(low - SLACK)), float(np.floor(high + SLACK))
        if low > high:
            raise BadInput(f"no multiple of {self.base:g} lies within the bounds of {name!r}: give a smaller base.")
        return Multiples(self.base, low, high)

    def _drawn(self, data: Dataset, name: str, multiples: Multiples, rng: np.random.Generator) -> pd.Series:
        values = numbers(data, name)
        below = np.floor(values / self.base + SLACK)
        rest = np.nan_to_num(np.clip(values / self.base - below, 0.0, 1.0))
        up = (rng.random(len(rest)) < rest).astype(float) if self.way == "random" else systematic(rest, rng)
        return put_back(data.table[name], multiples.numbers(below + up))


@dataclass(frozen=True)
class Multiples(Code):
    """Nearest multiples of the base, from `low` to `high` times it.

    >>> Multiples(0.1, 0, 10)(np.array([0.25, 0.3333, 7.0])).tolist()
    [0.3, 0.3, 1.0]
    """

    base: float
    low: float
    high: float

    def __call__(self, values: Floats) -> Floats:
        return self.numbers(np.floor(values / self.base + 0.5 + SLACK))

    def numbers(self, times: Floats) -> Floats:
        """So many times the base, without digits that come of binary fractions only."""
        exponent = Decimal(repr(float(self.base))).as_tuple().exponent
        return np.round(np.clip(times, self.low, self.high) * self.base, max(0, -int(exponent)))


def systematic(shares: Floats, rng: np.random.Generator) -> Floats:
    """0 or 1 for each, 1 with the probability `shares`; their sum is within 1 of the sum of the shares.

    One random start and everyone in random order (Madow 1949).
    """
    order = rng.permutation(len(shares))
    steps = np.floor(np.cumsum(shares[order]) + rng.random())
    ones = np.empty(len(shares))
    ones[order] = np.diff(steps, prepend=0.0)
    return ones


def _totals(data: Dataset, changed: dict[str, pd.Series]) -> dict[str, Any]:
    after = {name: float(values.sum()) for name, values in changed.items()}
    return {"total_change": {name: total - float(data.table[name].sum()) for name, total in after.items()}}
