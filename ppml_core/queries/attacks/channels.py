"""Desks as attackers see them: under restrictions, or under a budget that the attack splits as it likes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ppml_core.calls import write_calls
from ppml_core.data.dataset import Dataset
from ppml_core.errors import NotApplicable, Unreachable
from ppml_core.queries.attacks.base import Channel, Game, Outcome, QueryAttack, Secret
from ppml_core.queries.desk import RestrictedDesk
from ppml_core.queries.engine import Engine
from ppml_core.queries.ledger import MemoryJournal, Session
from ppml_core.queries.noise import Noise, SeededNoise
from ppml_core.queries.policies.base import Policy
from ppml_core.queries.policies.fresh_noise import FreshNoise
from ppml_core.queries.private import PrivateDesk
from ppml_core.queries.query import Condition, Query
from ppml_core.queries.words import text_of

MOST_LOGGED = 12


class RestrictedChannel:
    """Counts from a desk with policies."""

    def __init__(self, desk: RestrictedDesk) -> None:
        self.answered = self.denied = 0
        self.log: list[tuple[str, float | None]] = []
        self._desk = desk

    def count(self, where: Condition, share: float = 1.0) -> float | None:
        answer = self._desk.ask(Query("count", None, where))
        self.answered += answer.allowed
        self.denied += not answer.allowed
        if len(self.log) < MOST_LOGGED:
            self.log.append((text_of(answer.query), answer.value))
        return answer.value

    def scale(self, share: float) -> float | None:
        policies = self._desk.policies
        if not policies:
            return 0.0
        return policies[0].scale if len(policies) == 1 and isinstance(policies[0], FreshNoise) else None


class PrivateChannel:
    """Counts from a desk with a budget; what exceeds it is denied."""

    def __init__(self, desk: PrivateDesk) -> None:
        self.answered = self.denied = 0
        self.log: list[tuple[str, float | None]] = []
        self._desk = desk

    def count(self, where: Condition, share: float = 1.0) -> float | None:
        query = Query("count", None, where)
        try:
            value = self._desk.ask(query, self._epsilon(share)).value
            self.answered += 1
        except Unreachable:
            value = None
            self.denied += 1
        if len(self.log) < MOST_LOGGED:
            self.log.append((text_of(query), value))
        return value

    def scale(self, share: float) -> float | None:
        return 1 / self._epsilon(share)

    def _epsilon(self, share: float) -> float:
        """That part of the budget, rounded down to what the ledger can add."""
        return int(share * self._desk.session.epsilon * 10**12 * (1 + 1e-15)) / 10**12


def game_of(
    data: Dataset,
    policies: Sequence[Policy] = (),
    epsilon: float | None = None,
    secret: Secret | None = None,
    noise: Callable[[np.random.Generator], Noise] = SeededNoise,
) -> Game:
    """A game against these policies, or against a budget of pure ε in each trial.

    `noise` makes the source of noise of a trial's desk; the seeded one has OpenDP's distribution and can be repeated.
    """
    sought = secret or secret_of(data)

    def restricted(engine: Engine, rng: np.random.Generator) -> Channel:
        return RestrictedChannel(RestrictedDesk(engine, policies, rng, secrets=(sought.column,)))

    def private(engine: Engine, rng: np.random.Generator) -> Channel:
        session = Session("attacker", "trial", float(epsilon or 0.0))
        return PrivateChannel(PrivateDesk(engine, MemoryJournal(), noise(rng), session))

    return Game(data, sought, restricted if epsilon is None else private, epsilon)


def secret_of(data: Dataset) -> Secret:
    """The target's positive class, or the most frequent listed value of the first sensitive column."""
    schema = data.schema
    if schema.target and schema.positive and schema.target not in data.quasi_identifiers:
        return Secret(schema.target, (schema.positive,))
    for name in schema.with_role("sensitive"):
        if schema[name].categories:
            texts, counts = np.unique(data.texts(name).astype(str), return_counts=True)
            known = [(count, text) for text, count in zip(texts, counts, strict=True) if text]
            return Secret(name, (max(known)[1],))
    raise NotApplicable("the table has no two-class target and no sensitive column with categories to be found out.")


def attacked(attack: QueryAttack, game: Game, trials: int, seed: int) -> Outcome:
    """The outcome of so many trials; the same seed gives the same one."""
    if trials < 1:
        raise NotApplicable(f"an attack needs at least 1 trial, not {trials}.")
    rngs = [np.random.default_rng([seed, trial]) for trial in range(trials)]
    return attack.run(game, trials, rngs)


@dataclass(frozen=True)
class Defence:
    """What stands between an attacker and the table: policies, or a budget of pure ε in each trial; or nothing."""

    policies: tuple[Policy, ...] = ()
    epsilon: float | None = None

    def text(self) -> str:
        """
        >>> Defence().text(), Defence((FreshNoise(scale=5.0),)).text(), Defence(epsilon=0.1).text()
        ('no policy', 'fresh_noise(scale=5.0)', 'budget ε = 0.1')
        """
        if self.epsilon is not None:
            return f"budget ε = {self.epsilon:g}"
        return write_calls(self.policies) or "no policy"


def compared(
    data: Dataset,
    attack: QueryAttack,
    defences: Sequence[Defence],
    trials: int,
    seed: int,
    secret: Secret | None = None,
) -> list[tuple[Defence, Outcome]]:
    """One attack against each defence, on the same targets."""
    return [(one, attacked(attack, game_of(data, one.policies, one.epsilon, secret), trials, seed)) for one in defences]
