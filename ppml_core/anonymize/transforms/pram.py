"""PRAM: each category stays with a known probability, and else becomes another by a published rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from ppml_core.anonymize.base import Anonymizer
from ppml_core.anonymize.columns import COLUMNS_HELP, LISTED, Floats, Perturbed, Rows, chosen, moved
from ppml_core.data.dataset import Dataset
from ppml_core.settings import setting


@dataclass(frozen=True)
class Pram(Anonymizer):
    """The table with categories drawn anew by a transition matrix (post-randomisation).

    Plain: a cell stays with probability p, else becomes any other value that occurs, all alike. Invariant: it stays
    with probability p, else is drawn from the column's own frequencies t (and may come back to itself); this matrix R
    satisfies tR = t, so counts keep their expectation (Gouweleeuw, Kooiman, Willenborg & de Wolf 1998). Columns are
    drawn apart, so relations between them weaken. What someone finds about a person may be false, with a known
    probability; a rare value that is seen was likely its owner's. Frequencies and the values that occur are read off
    the rows, and this promises nothing in the sense of differential privacy. Absent cells stay absent.
    """

    title: ClassVar[str] = "PRAM (post-randomisation)"
    protocol: ClassVar[str] = "raw test people"
    uses_randomness: ClassVar[bool] = True
    perturbs: ClassVar[bool] = True

    columns: tuple[str, ...] = setting((), help=COLUMNS_HELP)
    p: float = setting(
        0.8, 0.0, 1.0, slider=(0.0, 1.0), help="probability with which a value is kept", unit="probability"
    )
    invariant: bool = setting(True, help="counts of the values keep their expectation")

    def fit(self, data: Dataset, rng: np.random.Generator) -> Randomized:
        names = chosen(data, self.columns, LISTED, self.title)
        changed, transitions = {}, {}
        for name in names:
            codes, values = pd.factorize(data.table[name])
            rule = Transition(self.p, self.invariant, np.bincount(codes[codes >= 0], minlength=len(values)))
            first = pd.Series(np.arange(len(codes))).groupby(codes).first().drop(-1, errors="ignore").to_numpy()
            changed[name] = _replaced(data.table[name], codes, rule.drawn(codes, rng), first)
            transitions[name] = (rule, [str(value) for value in values])
        return Randomized(data, changed, transitions)


@dataclass(frozen=True, eq=False)
class Transition:
    """What becomes of the values of one column; `counts` says how often each occurs."""

    p: float
    invariant: bool
    counts: Rows

    def drawn(self, codes: Rows, rng: np.random.Generator) -> Rows:
        """New codes; -1 stays -1."""
        size = len(self.counts)
        if size < 2:
            return codes
        kept, place = rng.random(len(codes)) < self.p, rng.random(len(codes))
        if self.invariant:
            edges = np.cumsum(self.counts) / self.counts.sum()
            other = np.minimum(np.searchsorted(edges, place, side="right"), size - 1)
        else:
            other = (codes + 1 + (place * (size - 1)).astype(np.int64)) % size
        return np.where(kept | (codes < 0), codes, other)

    def matrix(self) -> Floats:
        """R, shape (values, values): the probability that the row's value becomes the column's.

        >>> Transition(0.8, True, np.array([3, 1])).matrix().tolist()
        [[0.95, 0.05], [0.15, 0.85]]
        """
        size = len(self.counts)
        if size < 2:
            return np.eye(size)
        if self.invariant:
            return np.asarray(np.round(self.p * np.eye(size) + (1 - self.p) * self.counts / self.counts.sum(), 15))
        other = (1 - self.p) / (size - 1)
        return np.full((size, size), other) + (self.p - other) * np.eye(size)


class Randomized(Perturbed):
    """The release, and the transition matrix of each column, which users need for unbiased estimates."""

    def __init__(
        self, data: Dataset, changed: dict[str, pd.Series], transitions: Mapping[str, tuple[Transition, list[str]]]
    ) -> None:
        super().__init__(data, changed)
        self.transitions = transitions

    def transition(self, name: str) -> pd.DataFrame:
        """R of one column, rows the true values, columns the published ones."""
        rule, values = self.transitions[name]
        return pd.DataFrame(rule.matrix(), index=values, columns=values)


def _replaced(values: pd.Series, codes: Rows, drawn: Rows, first: Rows) -> pd.Series:
    """The column with the drawn values; whoever keeps theirs keeps the very cell."""
    own = np.arange(len(codes))
    return moved(values, np.where(drawn == codes, own, first[drawn]) if len(first) else own)
