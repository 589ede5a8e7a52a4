"""Differentially private synthetic data: noisy marginals with the target, and a privately chosen tree of pairs."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, cast

import numpy as np
import pandas as pd

from ppml_core.accounting.budget import default_delta, delta_fault
from ppml_core.accounting.budget_settings import delta_setting, epsilon_setting, neighbours_setting
from ppml_core.accounting.calibration import split_budget
from ppml_core.accounting.concentrated import rho_of
from ppml_core.accounting.gaussian import mu_of
from ppml_core.anonymize.base import Anonymizer
from ppml_core.anonymize.synthetic.domain import Coded, Codes, domain_of, doubt_of
from ppml_core.anonymize.synthetic.marginals import Table, draw, marginal, noisy, onto_people
from ppml_core.anonymize.synthetic.release import Synthetic, released
from ppml_core.data.dataset import Dataset
from ppml_core.evidence import Guarantee, Neighbours
from ppml_core.settings import setting

MOST_CELLS = 20_000
EXPECTED_ABSOLUTE = math.sqrt(2 / math.pi)


@dataclass(frozen=True)
class DPSynthetic(Anonymizer):
    """People made up from noisy counts: every column with the target, and pairs of columns where it pays.

    Three steps read the rows: Gaussian noise on the counts of each column by the target; the exponential mechanism,
    which chooses a tree of pairs whose counts (by the target) differ most from what is known; Gaussian noise on those.
    A pair's score is an L1 distance, which one person more or less moves by 1 (replacing one: by 2). All of it adds up
    as concentrated DP: 1/(2 z²) for a count, epsilon²/8 for a choice. With `pairs` off it is a naive Bayes model,
    nothing is chosen, and Gaussian DP is exact. McKenna, Miklau, Sheldon 2021 (MST); McKenna, Mullins, Sheldon, Miklau
    2022 (AIM); Cesar, Rogers 2021 (bounded range). Noise is reproducible: for experiments, not for a release.
    """

    title: ClassVar[str] = "DP synthetic data"
    version: ClassVar[int] = 2
    protocol: ClassVar[str] = "raw test people"
    uses_randomness: ClassVar[bool] = True
    synthesizes: ClassVar[bool] = True
    gives: ClassVar[str] = "made-up people"
    added_by: ClassVar[str] = "zcdp"
    last_step: ClassVar[str] = "pairs"

    epsilon: float = epsilon_setting("privacy budget ε of the synthetic table")
    delta: float | None = delta_setting()
    pairs: bool = setting(True, help="choose a tree of pairs of columns and measure those too")
    singles_share: float = setting(0.5, 0.05, 0.9, slider=(0.1, 0.9), help="part of the budget for single columns")
    choice_share: float = setting(0.1, 0.02, 0.5, slider=(0.05, 0.5), help="part of the budget for choosing pairs")
    rows: int | None = setting(None, 1, 10_000_000, help="people to make up; none is the public size", unit="people")
    neighbours: str = neighbours_setting()

    def fit(self, data: Dataset, rng: np.random.Generator) -> Synthetic:
        domain, notes = domain_of(data)
        size = data.schema.expected_rows or 2 ** round(math.log2(max(len(data), 1)))
        people = self.rows or size
        whole = data.whole.schema.expected_rows if data.whole is not None else None
        delta = default_delta(whole or size) if self.delta is None else self.delta
        model = Model.of(domain, data.schema.target if data.schema.target in domain else None, data)
        chooses = self.pairs and len(model.features) > 1
        mu = None if chooses else mu_of(self.epsilon, delta)
        rho = rho_of(self.epsilon, delta) if mu is None else mu * mu / 2
        model.measure(self._shares(rho / (4 if self.neighbours == "replace_one" else 1), chooses), rng)
        made = model.sample(people, rng)
        guarantee = Guarantee(self.epsilon, delta, cast(Neighbours, self.neighbours), mu=mu)
        sized = data.schema.expected_rows is not None or (self.rows is not None and self.delta is not None)
        doubt = doubt_of(data.schema, list(domain), sized=sized)
        if data.schema.expected_rows is not None and (fault := delta_fault(delta, whole or size)):
            notes.append(f"{fault}.")
        statistics = {"pairs": [list(pair) for pair in model.edges], "people": people, "notes": notes}
        return released(data, made, people, guarantee, doubt, statistics)

    def _shares(self, rho: float, chooses: bool) -> dict[str, float]:
        """The budget of each step, in rho: half a squared mu where there is Gaussian noise alone."""
        if not chooses:
            return {"singles": rho}
        return split_budget(rho, self.budget_shares(), gaussian=False)

    def budget_shares(self) -> dict[str, float]:
        """
        >>> {name: round(share, 2) for name, share in DPSynthetic().budget_shares().items()}
        {'singles': 0.5, 'choice': 0.1, 'pairs': 0.4}
        """
        if not self.pairs:
            return {}
        rest = max(1 - self.singles_share - self.choice_share, 0.02)
        return {"singles": self.singles_share, "choice": self.choice_share, self.last_step: rest}


@dataclass(eq=False)
class Model:
    """A tree of columns, each depending on the target and on its parent: tables of noisy counts, and people from them.

    `codes` are the private rows; only `measure` reads them.
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

    def measure(self, shares: dict[str, float], rng: np.random.Generator) -> None:
        """Everything that reads the rows, at a cost of rho for each step in `shares`."""
        noise = math.sqrt(max(len(self.features), 1) / (2 * shares["singles"]))
        found = {name: noisy(self._count((name,)), noise, rng) for name in self.features}
        if found:
            totals = np.mean([table.sum(axis=1) for table in found.values()], axis=0)
        else:
            totals = noisy(self._count(()), noise, rng)
        self.target_counts = onto_people(totals, max(float(np.clip(totals, 0, None).sum()), 1.0))
        self.singles = {
            name: np.array([onto_people(row, total) for row, total in zip(table, self.target_counts, strict=True)])
            for name, table in found.items()
        }
        self.edges: list[tuple[str, str]] = []
        self.pairs: dict[tuple[str, str], Table] = {}
        if "pairs" in shares:
            self._choose_and_measure(shares, rng)

    def _choose_and_measure(self, shares: dict[str, float], rng: np.random.Generator) -> None:
        rounds = len(self.features) - 1
        epsilon = math.sqrt(8 * shares["choice"] / rounds)
        noise = math.sqrt(rounds / (2 * shares["pairs"]))
        scores = {}
        for pair in itertools.combinations(self.features, 2):
            cells = self.classes * self.domain[pair[0]].size * self.domain[pair[1]].size
            if cells <= MOST_CELLS:
                scores[pair] = self.distance(pair) - EXPECTED_ABSOLUTE * noise * cells
        group = {name: name for name in self.features}
        for _ in range(rounds):
            open_ = [pair for pair in scores if group[pair[0]] != group[pair[1]]]
            if not open_:
                return
            chosen = exponential(np.array([scores[pair] for pair in open_] + [0.0]), epsilon, rng)
            if chosen == len(open_):
                continue
            pair = open_[chosen]
            counts = noisy(self._count(pair), noise, rng)
            self.pairs[pair] = np.array(
                [onto_people(table, total) for table, total in zip(counts, self.target_counts, strict=True)]
            )
            self.edges.append(pair)
            old, new = group[pair[1]], group[pair[0]]
            group = {name: new if mark == old else mark for name, mark in group.items()}

    def distance(self, pair: tuple[str, str]) -> float:
        """L1 between the pair's counts by the target and what the single columns let one expect: sensitivity 1."""
        one, other = (self.singles[name] for name in pair)
        shares = one / np.maximum(one.sum(axis=1, keepdims=True), 1e-9)
        return float(np.abs(self._count(pair) - shares[:, :, None] * other[:, None, :]).sum())

    def _count(self, names: Sequence[str]) -> Table:
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


def exponential(scores: Table, epsilon: float, rng: np.random.Generator) -> int:
    """A place drawn with chances in proportion to exp(epsilon · score / 2), for scores of sensitivity 1.

    By Gumbel noise. McSherry, Talwar 2007.
    """
    return int(np.argmax(epsilon * scores / 2 + rng.gumbel(size=len(scores))))
