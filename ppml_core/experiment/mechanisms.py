"""The noise that is added here, drawn as it is used in two worlds that differ by one person, beside what it claims.

In: a mechanism's name, a budget, a number of runs. Out: a `Report` of a two-world audit. The desk's counts are asked of
the desk itself: their noise comes from the operating system, so that no seed repeats them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ppml_core.accounting.gaussian import mu_of
from ppml_core.anonymize.transforms.randomized_response import respond
from ppml_core.attacks.audits.bounds import Floats
from ppml_core.attacks.audits.running import Report, audit_views
from ppml_core.attacks.audits.worlds import built_in, pairs
from ppml_core.errors import BadInput
from ppml_core.evidence import Guarantee, Neighbours
from ppml_core.learn.output_perturbation import spherical
from ppml_core.mechanisms.draws import Draws, SeededDraws, SystemDraws
from ppml_core.queries.engine import Engine
from ppml_core.queries.ledger import MOST_AMOUNT, MemoryJournal, Session
from ppml_core.queries.noise import OpenDPNoise
from ppml_core.queries.private import PrivateDesk
from ppml_core.queries.query import Query

Drawn = Callable[[int, float, float, int, np.random.Generator], Floats]

VALUES, CHOICES = 5, 10


@dataclass(frozen=True)
class Mechanism:
    """`draw(world, strength, delta, runs, rng)` is what is handed out, shape (runs, numbers), in world 0 or 1.

    `strength` is mu where the noise is Gaussian (`gaussian`), else epsilon. `seeded` where the generator decides it.
    """

    title: str
    draw: Drawn
    gaussian: bool = False
    seeded: bool = True
    neighbours: Neighbours = "replace_one"

    def claim(self, epsilon: float, delta: float) -> Guarantee:
        """What it owes for a budget. Raises BadInput for a delta that it does not take, or does without."""
        if not (epsilon > 0 and math.isfinite(epsilon)):
            raise BadInput(f"epsilon must be a finite number above 0, not {epsilon:g}.")
        if delta and not self.gaussian:
            raise BadInput(f"{self.title} keeps a pure ε: leave delta out.")
        if self.gaussian and not 0 < delta < 1:
            raise BadInput(f"{self.title} needs a delta above 0 and below 1, not {delta:g}.")
        return Guarantee(epsilon, delta, self.neighbours, mu=mu_of(epsilon, delta) if self.gaussian else None)


def mechanism(name: str) -> Mechanism:
    """The mechanism of that name, or BadInput with the names that exist."""
    if name not in MECHANISMS:
        raise BadInput(f"there is no mechanism {name!r}; there are {', '.join(MECHANISMS)}.")
    return MECHANISMS[name]


def audit_mechanism(
    name: str, epsilon: float, delta: float = 0.0, runs: int = 400, seed: int = 1, error: float = 0.01,
    noise: float = 1.0,
) -> Report:  # fmt: skip
    """Two-world audit of one mechanism; `noise` is how much of what it owes is drawn, for audits of the audit.

    Raises NotApplicable where OpenDP is not installed and the desk's noise is asked for.

    >>> found = audit_mechanism("randomized_response", 3.0, runs=200)
    >>> found.contradicted, 0 < found.lower_bound < 3
    (False, True)
    """
    asked = mechanism(name)
    claim = asked.claim(epsilon, delta)
    strength = (epsilon if claim.mu is None else claim.mu) / noise
    drawn = [asked.draw(world, strength, delta, runs, np.random.default_rng([seed, world])) for world in (0, 1)]
    return audit_views(name, claim, drawn[0], drawn[1], error, "one person's part, and not")


def _counts(world: int, mu: float, delta: float, runs: int, rng: np.random.Generator) -> Floats:
    draws = SeededDraws(rng)
    return np.array([draws.noisy(np.array([world, 0]), 1 / mu) for _ in range(runs)])


def _spherical(world: int, epsilon: float, delta: float, runs: int, rng: np.random.Generator) -> Floats:
    """How much nearer to the one centre than to the other: all that its density tells."""
    step = np.array([1.0, 0.0, 0.0])
    made = np.array([spherical(len(step), 1 / epsilon, rng) + world * step for _ in range(runs)])
    return np.asarray(np.linalg.norm(made, axis=1) - np.linalg.norm(made - step, axis=1))[:, None]


def _exponential(world: int, epsilon: float, delta: float, runs: int, rng: np.random.Generator) -> Floats:
    return _choices(SeededDraws(rng), world, epsilon, runs)


def _released_choice(world: int, epsilon: float, delta: float, runs: int, rng: np.random.Generator) -> Floats:
    return _choices(SystemDraws(), world, epsilon, runs)


def _choices(draws: Draws, world: int, epsilon: float, runs: int) -> Floats:
    scores = np.eye(CHOICES, dtype=np.int64)[0]
    scores = 1 - scores if world else scores
    return np.array([[float(draws.choose(scores, 1, epsilon) == 0)] for _ in range(runs)])


def _responses(world: int, epsilon: float, delta: float, runs: int, rng: np.random.Generator) -> Floats:
    answers = respond(np.full(runs, world, dtype=np.int64), VALUES, epsilon, rng)
    return np.asarray((answers == 1).astype(np.float64))[:, None]


def _desk_count(world: int, strength: float, delta: float, runs: int, rng: np.random.Generator) -> Floats:
    """How many there are, without somebody and with them; each asked by an analyst who comes for the first time."""
    pair = pairs(built_in(), COMES)[0]
    data = (pair.first, pair.second)[world]
    engine, noise = Engine(data), OpenDPNoise()
    analyst = Session("auditor", data.fingerprint, float(MOST_AMOUNT), delta)
    try:
        desks = (PrivateDesk(engine, MemoryJournal(), noise, analyst) for _ in range(runs))
        return np.array([[desk.ask(Query("count"), strength).cells[0].value] for desk in desks])
    finally:
        engine.close()


def _desk_selection(world: int, epsilon: float, delta: float, runs: int, rng: np.random.Generator) -> Floats:
    """By scores that one person moves most apart; a query's own scores lie closer, and tell less."""
    scores = [1 - world] + [world] * (CHOICES - 1)
    noise = OpenDPNoise()
    return np.array([[float(noise.select(scores, 2 / epsilon) == 0)] for _ in range(runs)])


COMES: Neighbours = "add_or_remove_one"
MECHANISMS = {
    "gaussian": Mechanism("Gaussian noise on counts", _counts, gaussian=True),
    "spherical": Mechanism("Spherical noise on weights", _spherical),
    "exponential": Mechanism("The exponential mechanism", _exponential),
    "randomized_response": Mechanism("Randomized response", _responses),
    "release_choice": Mechanism("The choice of pairs of a table that leaves", _released_choice, seeded=False),
    "desk_laplace": Mechanism("The desk's Laplace noise", _desk_count, seeded=False, neighbours=COMES),
    "desk_gaussian": Mechanism("The desk's Gaussian noise", _desk_count, True, False, COMES),
    "desk_selection": Mechanism("The desk's selection", _desk_selection, seeded=False, neighbours=COMES),
}
