"""People as a tree of columns: what is counted of the private rows, and people drawn from the noisy counts."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ppml_core.anonymize.synthetic.domain import Coded, Codes
from ppml_core.anonymize.synthetic.marginals import Table, draw, marginal, onto_people
from ppml_core.data.dataset import Dataset
from ppml_core.mechanisms.draws import Draws
from ppml_core.mechanisms.system import Whole

MOST_CELLS = 20_000
EXPECTED_ABSOLUTE = math.sqrt(2 / math.pi)
PARTS = 2**16


@dataclass(eq=False)
class Model:
    """A tree of columns, each depending on the target and on its parent: tables of noisy counts, and people from them.

    `codes` are the private rows; only `measure` reads them, through `draws` alone.
    """

    domain: dict[str, Coded]
    features: tuple[str, ...]
    target: str | None
    codes: dict[str, Codes]
    classes: int

    @classmethod
    def of(cls, domain: dict[str, Coded], target: str | None, data: Dataset) -> Model:
        features = tuple(name for name in domain if name != target)
        codes = {name: coded.codes(data) for name, coded in domain.items()}
        if target is None:
            codes[""] = np.zeros(len(data), dtype=np.int64)
        return cls(domain, features, target, codes, domain[target].size if target else 1)

    def measure(self, shares: dict[str, float], draws: Draws) -> None:
        """Everything that reads the rows, at a cost of rho for each step in `shares`."""
        noise = math.sqrt(max(len(self.features), 1) / (2 * shares["singles"]))
        found = {name: draws.noisy(self._count((name,)), noise) for name in self.features}
        if found:
            totals = np.mean([table.sum(axis=1) for table in found.values()], axis=0)
        else:
            totals = draws.noisy(self._count(()), noise)
        self.target_counts = onto_people(totals, max(float(np.clip(totals, 0, None).sum()), 1.0))
        self.singles = {
            name: np.array([onto_people(row, total) for row, total in zip(table, self.target_counts, strict=True)])
            for name, table in found.items()
        }
        self.edges: list[tuple[str, str]] = []
        self.pairs: dict[tuple[str, str], Table] = {}
        if "pairs" in shares:
            self._choose_and_measure(shares, draws)

    def _choose_and_measure(self, shares: dict[str, float], draws: Draws) -> None:
        rounds = len(self.features) - 1
        epsilon = math.sqrt(8 * shares["choice"] / rounds)
        noise = math.sqrt(rounds / (2 * shares["pairs"]))
        scores = {}
        for pair in itertools.combinations(self.features, 2):
            cells = self.classes * self.domain[pair[0]].size * self.domain[pair[1]].size
            if cells <= MOST_CELLS:
                scores[pair] = self.distance(pair) - round(PARTS * EXPECTED_ABSOLUTE * noise * cells)
        group = {name: name for name in self.features}
        for _ in range(rounds):
            open_ = [pair for pair in scores if group[pair[0]] != group[pair[1]]]
            if not open_:
                return
            chosen = draws.choose(np.array([scores[pair] for pair in open_] + [0]), PARTS, epsilon)
            if chosen == len(open_):
                continue
            pair = open_[chosen]
            counts = draws.noisy(self._count(pair), noise)
            self.pairs[pair] = np.array(
                [onto_people(table, total) for table, total in zip(counts, self.target_counts, strict=True)]
            )
            self.edges.append(pair)
            old, new = group[pair[1]], group[pair[0]]
            group = {name: new if mark == old else mark for name, mark in group.items()}

    def distance(self, pair: tuple[str, str]) -> int:
        """L1 between the pair's counts by the target and what the single columns let one expect, in parts of a person.

        There are PARTS to a person. What is expected was released before and is rounded to whole parts, so that the
        sum is exact, and one person more or less moves it by PARTS at most.
        """
        one, other = (self.singles[name] for name in pair)
        shares = one / np.maximum(one.sum(axis=1, keepdims=True), 1e-9)
        expected = np.rint(PARTS * shares[:, :, None] * other[:, None, :]).astype(np.int64)
        return int(np.abs(PARTS * self._count(pair) - expected).sum())

    def _count(self, names: Sequence[str]) -> Whole:
        """Counts by the target, shape (classes, …)."""
        columns = [self.codes[self.target or ""], *(self.codes[name] for name in names)]
        return marginal(columns, [self.classes, *(self.domain[name].size for name in names)])

    def sample(self, people: int, rng: np.random.Generator) -> dict[str, pd.Series]:
        """Columns of so many people, in the schema's order."""
        label = np.sort(rng.choice(self.classes, people, p=self.target_counts / self.target_counts.sum()))
        rng.shuffle(label)
        made: dict[str, Codes] = {self.target or "": label}
        for name, parent in self._order():
            own = self.singles[name] + 1e-9
            if parent is None:
                made[name] = draw(own, label, rng)
                continue
            table = self.pairs.get((parent, name))
            counts = table if table is not None else np.swapaxes(self.pairs[name, parent], 1, 2)
            prior = own / own.sum(axis=1, keepdims=True)
            shares = counts + prior[:, None, :]
            made[name] = draw(shares.reshape(-1, shares.shape[2]), label * shares.shape[1] + made[parent], rng)
        return {name: coded.values(made[name], rng) for name, coded in self.domain.items()}

    def _order(self) -> list[tuple[str, str | None]]:
        """Every feature after its parent in the forest of chosen pairs."""
        found: list[tuple[str, str | None]] = []
        seen: set[str] = set()
        for root in self.features:
            waiting: list[tuple[str, str | None]] = [] if root in seen else [(root, None)]
            while waiting:
                name, parent = waiting.pop()
                seen.add(name)
                found.append((name, parent))
                near = [other for pair in self.edges if name in pair for other in pair if other not in seen]
                waiting += [(other, name) for other in near]
        return found
