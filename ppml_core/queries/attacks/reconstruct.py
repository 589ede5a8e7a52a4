"""Linear reconstruction: a whole secret column from counts over random subsets, by least squares."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import norm, t

from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Column
from ppml_core.errors import NotApplicable
from ppml_core.evidence import Estimate
from ppml_core.queries.attacks.base import Channel, Game, Outcome, QueryAttack, outcome
from ppml_core.queries.engine import Engine
from ppml_core.queries.query import And, OneOf
from ppml_core.settings import setting

KEY = "person"
Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Reconstruct(QueryAttack):
    """Names the secret of every one of `people` from counts of its holders in random halves of them.

    Half of the people hold the secret. Each count is one equation in the unknown bits; the least-squares solution is
    rounded to 0 or 1 (Dinur, Nissim 2003, "Revealing information while preserving privacy", section 3, with least
    squares for their linear program, as Dwork, McSherry, Talwar 2007). The part of the table carries a public number
    for each person, by which subsets are named. Under a budget each of the `queries` counts gets an equal part. The
    interval is over trials where there are several (Student's t), else over people.
    """

    title: ClassVar[str] = "Linear reconstruction"
    trials: ClassVar[int] = 5
    quick_trials: ClassVar[int] = 1
    people: int = setting(200, 10, 2000, slider=(50, 500), help="people whose secret is sought", unit="people")
    queries: int = setting(800, 10, 20_000, slider=(100, 2000), help="counts that the attacker asks for")

    def run(self, game: Game, trials: int, rngs: list[np.random.Generator]) -> Outcome:
        if self.people > min(2 * int(game.truth.sum()), 2 * int((~game.truth).sum())):
            raise NotApplicable(f"there are not {self.people // 2} people of each kind in the table.")
        shares, predictions, channels = [], [], []
        for rng in rngs[:trials]:
            part, truth = self._part(game, rng)
            engine = Engine(part)
            channel = game.open(engine, rng)
            named, predicted = self._attack(channel, game, rng)
            engine.close()
            shares.append(float((named == truth).mean()))
            predictions.append(predicted)
            channels.append(channel)
        known = [one for one in predictions if one is not None]
        mean = float(np.mean(known)) if len(known) == trials else None
        return outcome(self.name(), game, self._estimate(shares), channels, mean)

    def _estimate(self, shares: list[float]) -> Estimate:
        mean, trials = float(np.mean(shares)), len(shares)
        if trials == 1 or len(set(shares)) == 1:
            people = Estimate.of_share(mean, self.people * trials, covers="people")
            return dataclasses.replace(people, repeats=trials)
        half = float(t.ppf(0.975, trials - 1) * np.std(shares, ddof=1) / math.sqrt(trials))
        return Estimate(mean, max(0.0, mean - half), min(1.0, mean + half), "trials", trials)

    def _part(self, game: Game, rng: np.random.Generator) -> tuple[Dataset, npt.NDArray[np.bool_]]:
        """People with the secret and without it, half and half, each with a public number."""
        half = self.people // 2
        chosen = np.concatenate(
            [rng.choice(np.flatnonzero(game.truth == held), size, replace=False)
             for held, size in ((True, half), (False, self.people - half))]
        )  # fmt: skip
        chosen = rng.permutation(chosen)
        part = game.data.take(chosen)
        numbers = pd.Series(np.arange(self.people), name=KEY)
        table = pd.concat([part.table[[game.secret.column]], numbers], axis=1)
        columns = {
            game.secret.column: part.schema[game.secret.column],
            KEY: Column(role="quasi_identifier", kind="numeric", bounds=(0, self.people), source="made for the attack"),
        }
        schema = dataclasses.replace(part.schema, columns=columns, target=None, split=None)
        return Dataset(table, schema, name=part.name), game.truth[chosen]

    def _attack(self, channel: Channel, game: Game, rng: np.random.Generator) -> tuple[Array, float | None]:
        """(secrets named, shape (people,), the chance predicted for them)."""
        asked, told = [], []
        for _ in range(self.queries):
            subset = rng.random(self.people) < 0.5
            among = OneOf(KEY, tuple(map(float, np.flatnonzero(subset)))) if subset.any() else OneOf(KEY, (-1.0,))
            answer = channel.count(And((among, game.secret.holds)), 1 / self.queries)
            if answer is not None:
                asked.append(subset)
                told.append(answer)
        if not asked:
            return np.asarray(rng.random(self.people) < 0.5), None
        A = np.array(asked, dtype=float)
        centred = np.array(told) - A.sum(axis=1) / 2
        solved = np.linalg.lstsq(A, centred, rcond=None)[0]
        undecided = np.abs(solved) < 1e-9
        named = np.where(undecided, rng.random(self.people) < 0.5, solved > 0)
        return named, self._predicted(A, channel.scale(1 / self.queries))

    def _predicted(self, A: Array, scale: float | None) -> float | None:
        """Chance of rounding right, with the error of each bit taken as normal: nearly exact for many queries."""
        if scale is None or len(A) < 2 * self.people:
            return None
        if scale == 0:
            return 1.0
        deviations = math.sqrt(2) * scale * np.sqrt(np.diag(np.linalg.inv(A.T @ A)))
        return float(norm.cdf(0.5 / deviations).mean())
