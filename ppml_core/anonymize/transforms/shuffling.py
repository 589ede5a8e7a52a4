"""Shuffling: the values of a column go to other people, at random or as the rest of the record suggests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from scipy.special import ndtri
from scipy.stats import rankdata

from ppml_core.anonymize.base import Anonymizer
from ppml_core.anonymize.columns import (
    ANY,
    COLUMNS_HELP,
    ORDERED,
    Floats,
    Perturbed,
    Rows,
    chosen,
    correlations,
    moved,
    ordered,
)
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput
from ppml_core.settings import setting

MOST_INDICATORS = 20


@dataclass(frozen=True)
class Shuffling(Anonymizer):
    """The table in which columns hold the values they held, dealt out to people anew.

    `full` deals at random: all relations to other columns go, and relations among the shuffled ones too unless they
    move `together`. `model` is data shuffling (Muralidhar & Sarathy 2006): ordered columns are drawn from a normal
    model of their normal scores given the other columns, and each drawn rank takes the true value of that rank, so
    that monotonic relations stay about as they were. A drawn value says of its person only what the others say.
    Every value that occurs is published: that somebody has it is not hidden. Absent cells stay absent.
    """

    title: ClassVar[str] = "Shuffling"
    protocol: ClassVar[str] = "raw test people"
    uses_randomness: ClassVar[bool] = True
    perturbs: ClassVar[bool] = True

    columns: tuple[str, ...] = setting((), help=COLUMNS_HELP)
    way: str = setting("full", choices=("full", "model"), help="dealt at random, or by a model of the other columns")
    together: bool = setting(False, help="full: the columns move as one, so that they stay consistent among themselves")
    given: tuple[str, ...] = setting(
        (), help="model: columns that the draw depends on; none: all others but identifiers"
    )

    def fit(self, data: Dataset, rng: np.random.Generator) -> Perturbed:
        kinds = ANY if self.way == "full" else ORDERED
        names = chosen(data, self.columns, kinds, self.title)
        if self.way == "model":
            sources = _modelled(data, names, self._given(data, names), rng)
        else:
            sources = self._dealt(data, names, rng)
        changed = {name: moved(data.table[name], source) for name, source in sources.items()}
        return Perturbed(data, changed, correlations(data, changed))

    def _dealt(self, data: Dataset, names: tuple[str, ...], rng: np.random.Generator) -> dict[str, Rows]:
        present = data.table[list(names)].notna()
        if self.together:
            source = _permuted(present.all(axis=1).to_numpy(), rng)
            return dict.fromkeys(names, source)
        return {name: _permuted(present[name].to_numpy(), rng) for name in names}

    def _given(self, data: Dataset, names: tuple[str, ...]) -> tuple[str, ...]:
        if not self.given:
            roles = ("quasi_identifier", "sensitive", "feature")
            others = [name for name, column in data.schema.columns.items() if column.role in roles]
            return tuple(name for name in others if name not in names and name != data.schema.split)
        both = [name for name in self.given if name in names]
        if both:
            raise BadInput(f"{both[0]!r} cannot be shuffled and given at once.")
        return chosen(data, self.given, ANY, self.title)


def _permuted(moves: np.ndarray, rng: np.random.Generator) -> Rows:
    """Where each person's value comes from: those who move trade among themselves."""
    source, rows = np.arange(len(moves)), np.flatnonzero(moves)
    source[rows] = rng.permutation(rows)
    return source


def _modelled(
    data: Dataset, names: tuple[str, ...], given: tuple[str, ...], rng: np.random.Generator
) -> dict[str, Rows]:
    """Ranks drawn from a normal distribution given the other columns' scores (Muralidhar & Sarathy 2006)."""
    values = {name: ordered(data, name) for name in names}
    X = np.column_stack([_scores(column) for column in values.values()])
    S = np.column_stack([np.zeros(len(data)), *(column for name in given for column in _features(data, name))])
    rows = max(1, len(data))
    slopes = np.linalg.pinv(S.T @ S / rows, hermitian=True) @ (S.T @ X / rows)
    residual = (X - S @ slopes).T @ (X - S @ slopes) / rows
    spread, axes = np.linalg.eigh(residual)
    noise = rng.standard_normal(X.shape) @ (axes * np.sqrt(np.clip(spread, 0.0, None))).T
    drawn = S @ slopes + noise
    return {name: _by_rank(column, drawn[:, j], rng) for j, (name, column) in enumerate(values.items())}


def _by_rank(values: Floats, drawn: Floats, rng: np.random.Generator) -> Rows:
    """Who has the i-th largest draw takes the i-th largest value; equal draws in random order."""
    rows = rng.permutation(np.flatnonzero(~np.isnan(values)))
    source = np.arange(len(values))
    source[rows[np.argsort(drawn[rows], kind="stable")]] = rows[np.argsort(values[rows], kind="stable")]
    return source


def _features(data: Dataset, name: str) -> list[Floats]:
    """Normal scores of an ordered column; of another, of an indicator for each of its most frequent values."""
    if data.schema[name].kind in ORDERED:
        return [_scores(ordered(data, name))]
    codes, values = pd.factorize(data.table[name])
    frequent = np.argsort(-np.bincount(codes[codes >= 0], minlength=len(values)), kind="stable")[:MOST_INDICATORS]
    return [_scores(np.where(codes < 0, np.nan, codes == code)) for code in frequent]


def _scores(values: Floats) -> Floats:
    """Normal scores of the ranks, mean 0 and variance 1; 0 for an absent value or a constant column."""
    present = ~np.isnan(values)
    scores = np.zeros(len(values))
    if present.any():
        scores[present] = ndtri((rankdata(values[present]) - 0.5) / present.sum())
        scores[present] -= scores[present].mean()
    spread = scores[present].std() if present.any() else 0.0
    return scores / spread if spread > 1e-9 else np.zeros(len(values))
