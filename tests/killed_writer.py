"""A process that writes sweeps into a store until it is killed; all it needs is imported before it is forked."""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Sequence

import sklearn.linear_model  # noqa: F401

from ppml_core.data.bundled import load
from ppml_core.experiment.points import Record
from ppml_core.experiment.scenario import Scenario, expand
from ppml_core.experiment.sweep import points_needed, sweep
from ppml_core.store import Store
from ppml_core.store.recording import recording

STRENGTHS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
REPEATS = 4
ROUNDS = 20
SWEPT = "learner.C"


def plan(number: int) -> list[Scenario]:
    """A cheap learner at ten strengths, with seeds of this round."""
    base = Scenario.of("german_credit", "logistic_regression", {"max_iter": 20}, seed=number, repeats=REPEATS)
    return expand(base, {SWEPT: STRENGTHS})


DATA = load("german_credit")
points_needed(plan(0), DATA.fingerprint)


class Telling:
    """A store that writes each point's key to a file as soon as `keep` has returned."""

    def __init__(self, store: Store, told: int) -> None:
        self.store, self.told = store, told

    def known(self, keys: Sequence[str]) -> dict[str, Record]:
        return self.store.known(keys)

    def keep(self, key: str, scenario: Scenario, repeat: int, record: Record) -> None:
        self.store.keep(key, scenario, repeat, record)
        os.write(self.told, f"{key}\n".encode())


def write(url: str, number: int, me: int, told: str) -> None:
    """Sweeps without end, the round's own first, so that whenever it is killed, it is killed at work.

    Each in an order of its own, so that two writers meet at some points and not at others.
    """
    order = random.Random(me)
    store = Store(url)
    descriptor = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for seed in itertools.count(number, ROUNDS):
        scenarios = plan(seed)
        mine = order.sample(scenarios, len(scenarios))
        with recording(store, scenarios, DATA, [SWEPT], name=f"round {seed}") as run:
            sweep(mine, DATA, Telling(store, descriptor), on_failure=run.failed)
