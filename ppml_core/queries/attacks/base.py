"""What every attack on a desk owes: how often it names a secret of 0 or 1 right, against guessing's one half.

In: a `Game`, a table with a secret column and a way to open desks; a Generator. Out: an `Outcome`. The attacker knows
the public attributes of everybody and asks counts; each trial faces a desk that was opened anew.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import integrate
from scipy.stats import gamma

from ppml_core.data.dataset import Dataset
from ppml_core.data.groups import group_of, sizes_of
from ppml_core.errors import NotApplicable
from ppml_core.evidence import Estimate
from ppml_core.queries.engine import Engine, engine_of
from ppml_core.queries.query import And, Compare, Condition, Not, OneOf
from ppml_core.settings import Method

LEAST_OF_EACH = 5


class Channel(Protocol):
    """A desk as an attacker sees it: counts in, numbers or denials out. `log` tells what was asked and answered."""

    answered: int
    denied: int
    log: list[tuple[str, float | None]]

    def count(self, where: Condition, share: float = 1.0) -> float | None:
        """The answer; None where it is denied. `share` is the part of the budget that the attacker puts into it."""
        ...

    def scale(self, share: float) -> float | None:
        """Scale of the Laplace noise in an answer, 0 where it is exact, None where a policy changes it otherwise."""
        ...


@dataclass(frozen=True)
class Secret:
    """What the attacker is after: whether a column has one of these values."""

    column: str
    values: tuple[str, ...]

    @property
    def holds(self) -> Condition:
        return OneOf(self.column, self.values)

    def text(self) -> str:
        """
        >>> Secret("income", (">50K",)).text()
        'income = >50K'
        """
        return f"{self.column} = {' or '.join(self.values)}"


@dataclass(frozen=True, eq=False)
class Game:
    """A table, a secret in it, and desks to be opened on it or on parts of it.

    `open` gives a fresh desk over an engine, with `queries` the number of answers that a budget is to be split into.
    `budget` is the ε that a trial may spend, None where nothing is accounted.
    """

    data: Dataset
    secret: Secret
    open: Callable[[Engine, np.random.Generator], Channel]
    budget: float | None = None

    @cached_property
    def engine(self) -> Engine:
        """Kept with the table, so that many games on it load it once."""
        return engine_of(self.data)

    @cached_property
    def truth(self) -> npt.NDArray[np.bool_]:
        """Whose secret holds, shape (people,)."""
        return self.engine.rows(self.secret.holds)

    @cached_property
    def public(self) -> list[str]:
        """The columns that the attacker knows of everybody: the quasi-identifiers without the secret."""
        return [name for name in self.data.quasi_identifiers if name != self.secret.column]

    @cached_property
    def alone(self) -> npt.NDArray[np.int64]:
        """The people whom their public attributes, all there, pick out alone."""
        if not self.public:
            raise NotApplicable("there are no quasi-identifiers that an attacker could know people by.")
        texts = pd.DataFrame({name: self.data.texts(name) for name in self.public})
        groups = group_of(texts, self.public)
        there = (texts != "").all(axis=1).to_numpy()
        found = np.flatnonzero((sizes_of(groups)[groups] == 1) & there)
        held = int(self.truth[found].sum())
        if min(held, len(found) - held) < LEAST_OF_EACH:
            raise NotApplicable(
                f"fewer than {LEAST_OF_EACH} people of each kind are alone in {', '.join(self.public)}: "
                f"name more quasi-identifiers."
            )
        return found

    def target(self, rng: np.random.Generator) -> int:
        """Someone picked out by public attributes, with the secret and without it equally often."""
        wanted = bool(rng.random() < 0.5)
        return int(rng.choice(self.alone[self.truth[self.alone] == wanted]))

    def knows(self, person: int) -> list[Condition]:
        """What the attacker knows of someone, one condition for each public attribute."""
        return [Compare(name, "=", self._value(name, person)) for name in self.public]

    def _value(self, name: str, person: int) -> str | float:
        if self.data.schema[name].kind == "numeric":
            return float(self.data.table[name].iloc[person])
        return str(self.texts[name][person])

    @cached_property
    def texts(self) -> dict[str, npt.NDArray[np.object_]]:
        return {name: self.data.texts(name) for name in self.public if self.data.schema[name].kind != "numeric"}


@dataclass(frozen=True)
class Outcome:
    """How often the secret was named right, and what it took.

    `predicted` is the exact chance where it is known; `bound` is e^ε/(1 + e^ε) where answers are private: each count
    is of people with the secret, so that one secret moves it by 1. `queries` and `denied` are means over the trials,
    `most_queries` the largest number of answers in one. `log` is what the first trial asked and was told.
    `epsilon` is what a trial costs in all: its budget, or for fresh noise the sum over its answers.
    """

    attack: str
    success: Estimate
    predicted: float | None
    bound: float | None
    queries: float
    most_queries: int
    denied: float
    trials: int
    secret: str
    epsilon: float | None = None
    log: tuple[tuple[str, float | None], ...] = field(repr=False, default=())
    guessing: float = 0.5


class QueryAttack(Method, ABC):
    """Someone who asks a desk for counts to learn a secret.

    `trials` is how often it is tried where nobody says, `quick_trials` how often where a page waits for it.
    Raises NotApplicable where the table offers nobody to attack.
    """

    trials: ClassVar[int] = 200
    quick_trials: ClassVar[int] = 100

    @abstractmethod
    def run(self, game: Game, trials: int, rngs: list[np.random.Generator]) -> Outcome:
        """So many trials, each with a Generator and a desk of its own."""


class TargetedAttack(QueryAttack):
    """An attack on one person at a time, who was drawn so that guessing is right half of the time."""

    @abstractmethod
    def advantage(self, channel: Channel, known: list[Condition], holds: Condition) -> float | None:
        """Above 0 for "the secret holds", below for "it does not", None for no answer at all."""

    @abstractmethod
    def predicted(self, channel: Channel) -> float | None:
        """The exact chance of naming the secret right through this channel, None where it is not known."""

    def run(self, game: Game, trials: int, rngs: list[np.random.Generator]) -> Outcome:
        right, channels = 0, []
        for rng in rngs[:trials]:
            person = game.target(rng)
            channel = game.open(game.engine, rng)
            found = self.advantage(channel, game.knows(person), game.secret.holds)
            guess = bool(rng.random() < 0.5) if found is None else found > 0
            right += guess == bool(game.truth[person])
            channels.append(channel)
        success = Estimate.of_share(right / trials, trials, covers="targets and noise")
        return outcome(self.name(), game, success, channels, self.predicted(game.open(game.engine, rngs[0])))


def outcome(name: str, game: Game, success: Estimate, channels: list[Channel], predicted: float | None) -> Outcome:
    """The outcome of trials through these channels."""
    return Outcome(
        attack=name,
        success=success,
        predicted=predicted,
        bound=None if game.budget is None else 1 / (1 + math.exp(-game.budget)),
        queries=float(np.mean([channel.answered for channel in channels])),
        most_queries=max(channel.answered for channel in channels),
        denied=float(np.mean([channel.denied for channel in channels])),
        trials=len(channels),
        secret=game.secret.text(),
        epsilon=_spent(game, channels),
        log=tuple(channels[0].log),
    )


def _spent(game: Game, channels: list[Channel]) -> float | None:
    scale = channels[0].scale(1.0)
    if game.budget is not None or not scale:
        return game.budget
    return float(np.mean([channel.answered for channel in channels])) / scale


def broad(known: list[Condition]) -> list[tuple[Condition, Condition]]:
    """(A, T) for each way to split what is known: A is one attribute alone, T the people of A who are not the target.

    A is larger than T by exactly the target (Denning, Denning, Schwartz 1979, section 3).
    """
    return [
        (one, And((one, Not(And(tuple(other for other in known if other != one)))))) for one in known if len(known) > 1
    ]


def chance_below(scale: float, draws: int, margin: float) -> float:
    """Chance that the sum of so many Laplace draws of that scale stays below a margin above 0.

    The sum is the difference of two gamma variables, so that one integral gives it. One draw, ε = 1, margin ½:

    >>> round(chance_below(1.0, 1, 0.5), 3), round(chance_below(2.0, 2, 0.5), 3), round(chance_below(10.0, 1, 0.5), 3)
    (0.697, 0.562, 0.524)
    """
    if scale == 0:
        return 1.0
    shift = margin / scale
    spread = 12 * math.sqrt(draws)
    below, above = max(0.0, draws - spread), draws + spread
    exceeds, _ = integrate.quad(lambda y: gamma.sf(y + shift, draws) * gamma.pdf(y, draws), below, above, limit=200)
    return float(1 - exceeds)
