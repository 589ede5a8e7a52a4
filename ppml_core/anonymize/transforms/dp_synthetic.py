"""Differentially private synthetic data: noisy marginals with the target, and a privately chosen tree of pairs."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import ClassVar, cast

import numpy as np

from ppml_core.accounting.budget import default_delta, delta_fault
from ppml_core.accounting.budget_settings import delta_setting, epsilon_setting, neighbours_setting
from ppml_core.accounting.calibration import split_budget
from ppml_core.accounting.concentrated import rho_of
from ppml_core.accounting.gaussian import mu_of
from ppml_core.anonymize.base import Anonymizer
from ppml_core.anonymize.synthetic.domain import PRIVATE_SIZE, Coded, domain_of, doubt_of
from ppml_core.anonymize.synthetic.model import Model
from ppml_core.anonymize.synthetic.release import Synthetic, released
from ppml_core.data.dataset import Dataset
from ppml_core.errors import NotApplicable
from ppml_core.evidence import Guarantee, Neighbours
from ppml_core.mechanisms.draws import Draws, SeededDraws, SystemDraws
from ppml_core.settings import setting

LEAST_REST = 0.02


@dataclass(frozen=True)
class DPSynthetic(Anonymizer):
    """People made up from noisy counts: every column with the target, and pairs of columns where it pays.

    Three steps read the rows: Gaussian noise on the counts of each column by the target; the exponential mechanism,
    which chooses a tree of pairs whose counts (by the target) differ most from what is known; Gaussian noise on those.
    A pair's score is an L1 distance, which one person more or less moves by 1 (replacing one: by 2). All of it adds up
    as concentrated DP: 1/(2 z²) for a count, epsilon²/8 for a choice. With `pairs` off it is a naive Bayes model,
    nothing is chosen, and Gaussian DP is exact. McKenna, Miklau, Sheldon 2021 (MST); McKenna, Mullins, Sheldon, Miklau
    2022 (AIM); Cesar, Rogers 2021 (bounded range). Counts and scores are whole numbers, so that a release draws the
    same steps by OpenDP; the noise of an exploration is reproducible.
    """

    title: ClassVar[str] = "DP synthetic data"
    version: ClassVar[int] = 3
    protocol: ClassVar[str] = "raw test people"
    uses_randomness: ClassVar[bool] = True
    synthesizes: ClassVar[bool] = True
    gives: ClassVar[str] = "made-up people"
    added_by: ClassVar[str] = "zcdp"
    last_step: ClassVar[str] = "pairs"

    epsilon: float = epsilon_setting("privacy budget ε of the synthetic table")
    delta: float | None = delta_setting()
    pairs: bool = setting(True, help="choose a tree of pairs of columns and measure those too")
    singles_share: float = setting(
        0.5, 0.05, 0.9, slider=(0.1, 0.9),
        help="part of the budget for single columns; with choice_share above 0.98, all parts are scaled down together",
    )  # fmt: skip
    choice_share: float = setting(
        0.1, 0.02, 0.5, slider=(0.05, 0.5),
        help="part of the budget for choosing pairs; with singles_share above 0.98, all parts are scaled down together",
    )  # fmt: skip
    rows: int | None = setting(None, 1, 10_000_000, help="people to make up; none is the public size", unit="people")
    neighbours: str = neighbours_setting()

    def fit(self, data: Dataset, rng: np.random.Generator) -> Synthetic:
        ground = Ground.of(self, data)
        chooses = self.pairs and len(ground.features) > 1
        mu = None if chooses else mu_of(self.epsilon, ground.delta)
        return self._made(data, ground, SeededDraws(rng), rng, mu)

    def fit_release(self, data: Dataset) -> Synthetic:
        """Noise and choices by OpenDP, priced as concentrated DP with and without pairs; people by a fresh generator.

        The `rho` told is what the guarantee's epsilon and delta stand for, under its relation. Raises NotApplicable
        where the schema lets no guarantee stand, or OpenDP is not installed. Whoever hands over a table that was
        recoded by looking at its rows before voids the guarantee (EVIDENCE 1): a scenario says so, a file cannot.
        """
        ground = Ground.of(self, data)
        doubt = ground.doubt or (ground.size_fault if ground.sized else PRIVATE_SIZE)
        if doubt:
            raise NotApplicable(f"nothing is released: {doubt}.")
        draws = SystemDraws()
        made = self._made(data, ground, draws, np.random.default_rng(), None)
        rho, apart = rho_of(self.epsilon, ground.delta), self._apart
        assert apart * draws.spent <= rho * (1 + 1e-9), "more was drawn than is charged"
        return dataclasses.replace(made, statistics={**made.statistics, "rho": rho})

    def _made(
        self, data: Dataset, ground: Ground, draws: Draws, rng: np.random.Generator, mu: float | None
    ) -> Synthetic:
        """By the exact Gaussian curve where there is a mu, else by concentrated DP."""
        model = Model.of(ground.domain, ground.target, data)
        rho = rho_of(self.epsilon, ground.delta) if mu is None else mu * mu / 2
        shares = self._shares(rho / self._apart, len(model.features))
        model.measure(shares, draws)
        made = model.sample(ground.people, rng)
        guarantee = Guarantee(self.epsilon, ground.delta, cast(Neighbours, self.neighbours), mu=mu)
        scaled = self._scaled() if len(shares) > 1 else []
        notes = [*ground.notes, *([f"{ground.size_fault}."] if ground.size_fault else []), *scaled]
        statistics = {
            "pairs": [list(pair) for pair in model.edges],
            "people": ground.people,
            "notes": notes,
            "steps": list(shares),
        }
        return released(data, made, ground.people, guarantee, ground.doubt, statistics)

    @property
    def _apart(self) -> int:
        """How many times the rho of one person more or less replacing one may cost: both are at most twice as far."""
        return 4 if self.neighbours == "replace_one" else 1

    def _shares(self, rho: float, features: int) -> dict[str, float]:
        """The budget of each step, in rho; all for the single columns where there is no pair to choose."""
        if not self.pairs or features < 2:
            return {"singles": rho}
        return split_budget(rho, self.budget_shares(), gaussian=False)

    def budget_shares(self) -> dict[str, float]:
        """
        >>> {name: round(share, 2) for name, share in DPSynthetic().budget_shares().items()}
        {'singles': 0.5, 'choice': 0.1, 'pairs': 0.4}
        """
        if not self.pairs:
            return {}
        rest = max(1 - self.singles_share - self.choice_share, LEAST_REST)
        return {"singles": self.singles_share, "choice": self.choice_share, self.last_step: rest}

    def _scaled(self) -> list[str]:
        """One sentence where the two shares leave too little for the pairs, so that all three are scaled down.

        >>> DPSynthetic(singles_share=0.9)._scaled()
        ['singles_share 0.9 and choice_share 0.1 leave less than 0.02 for the pairs; scaled down together with it, \
single columns get 88 % of the budget, the choice 10 %, the pairs 2 %.']
        """
        shares = self.budget_shares()
        whole = sum(shares.values())
        if whole <= 1 + 1e-9:
            return []
        singles, choice, pairs = (f"{share / whole:.0%}".replace("%", " %") for share in shares.values())
        return [
            f"singles_share {self.singles_share:g} and choice_share {self.choice_share:g} leave less than "
            f"{LEAST_REST:g} for the pairs; scaled down together with it, single columns get {singles} of the budget, "
            f"the choice {choice}, the pairs {pairs}."
        ]


@dataclass(frozen=True)
class Ground:
    """What is known before a row is read: codes of each column, delta, how many people are made up.

    `doubt` says why no guarantee can stand, "" where it can; `sized` whether the public size is known, without which
    nothing leaves; `size_fault` what is wrong with delta at that size.
    """

    domain: dict[str, Coded]
    target: str | None
    notes: list[str]
    people: int
    delta: float
    sized: bool
    doubt: str
    size_fault: str

    @classmethod
    def of(cls, method: DPSynthetic, data: Dataset) -> Ground:
        domain, notes = domain_of(data)
        known = data.schema.expected_rows
        size = known or 2 ** round(math.log2(max(len(data), 1)))
        whole = (data.whole.schema.expected_rows if data.whole is not None else None) or size
        delta = default_delta(whole) if method.delta is None else method.delta
        doubt = doubt_of(
            data.schema, list(domain), sized=bool(known) or (method.rows is not None and method.delta is not None)
        )
        target = data.schema.target if data.schema.target in domain else None
        fault = delta_fault(delta, whole) if known else ""
        return cls(domain, target, notes, method.rows or size, delta, bool(known), doubt, fault)

    @property
    def features(self) -> list[str]:
        return [name for name in self.domain if name != self.target]
