"""Problems with known answers: a learner that is right as often as its setting says, an attack that succeeds so often.

A person is classified rightly where their own fixed number lies below the model's accuracy, so that test people differ
as they do in practice, and each fit's accuracy has noise of its own.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import ppml_core.attacks
import ppml_core.learn
from ppml_core.experiment.scenario import Scenario, Step

LEARNER = '''
"""A planted learner."""
from dataclasses import dataclass
from typing import ClassVar
import numpy as np
import pandas as pd
from ppml_core.evidence import Guarantee
from ppml_core.learn.base import Fitted, Learner
from ppml_core.learn.target import encode_target, target_classes
from ppml_core.settings import setting

class AsRightAsSaid(Fitted):
    def __init__(self, classes, accuracy, guarantee):
        self.classes, self.accuracy, self.guarantee = classes, accuracy, guarantee
    def predict_proba(self, data):
        key = ("numbers of people",)
        if key not in data.memo:
            hashed = pd.util.hash_pandas_object(data.table, index=False).to_numpy()
            data.memo[key] = (hashed >> np.uint64(11)) / 2.0**53
        truth = encode_target(data, target_classes(data.schema))
        told = np.where(data.memo[key] < self.accuracy, truth, 1 - truth)
        return np.eye(2)[told] * 0.8 + 0.1

@dataclass(frozen=True)
class PlantedLearner(Learner):
    """Right as often as .6 + .3 sqrt(strength), and a little more or less by chance."""
    title: ClassVar[str] = "Planted"
    private: ClassVar[bool] = True
    epsilon: float = setting(1.0, 0.001, None, slider=(0.01, 100.0), log=True, help="budget")
    proved: bool = setting(True, help="whether something is proved")
    noise: float = setting(0.003, 0.0, 1.0, help="deviation of a fit's accuracy")
    def fit(self, data, rng):
        strength = self.epsilon / (1 + self.epsilon)
        accuracy = 0.6 + 0.3 * strength**0.5 + self.noise * rng.standard_normal()
        promise = Guarantee(self.epsilon, 1e-6, "add_or_remove_one") if self.proved else None
        return AsRightAsSaid(target_classes(data.schema), accuracy, promise)
'''
ATTACK = '''
"""A planted attack."""
from dataclasses import dataclass
from typing import ClassVar
from ppml_core.attacks.base import Attack, Finding
from ppml_core.evidence import Estimate
from ppml_core.settings import setting

@dataclass(frozen=True)
class PlantedAttack(Attack):
    """Succeeds as often as .5 strength squared, in 2,000 tries."""
    title: ClassVar[str] = "Planted attack"
    against: ClassVar = ("model",)
    def measures(self):
        return ("membership_tpr_at_0.01",)
    def run(self, subject, rng):
        strength = subject.guarantee.epsilon / (1 + subject.guarantee.epsilon)
        share = rng.binomial(2000, 0.5 * strength**2) / 2000
        found = Estimate.of_share(share, 2000, "people attacked")
        return (Finding("membership_tpr_at_0.01", found, "share of members", 0.01),)
'''


def true_accuracy(scenario: Scenario) -> float:
    return 0.6 + 0.3 * strength(scenario) ** 0.5


def true_risk(scenario: Scenario) -> float:
    return 0.5 * strength(scenario) ** 2


def strength(scenario: Scenario) -> float:
    epsilon = float(scenario.setting("learner.epsilon"))
    return epsilon / (1 + epsilon)


def problem(seed: int = 1) -> Scenario:
    """The planted learner under the planted attack."""
    learner = Step("planted_learner", (("epsilon", 1.0), ("noise", 0.003), ("proved", True)))
    return Scenario("adult", learner, seed=seed, measures=("accuracy",), attack=(Step("planted_attack"),))


@contextmanager
def planted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Both methods stand in the catalog."""
    for package, name, text in (
        (ppml_core.learn, "planted_learner", LEARNER),
        (ppml_core.attacks, "planted_attack", ATTACK),
    ):
        (folder / name).mkdir()
        (folder / name / f"{name}.py").write_text(text)
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder / name)])
    yield
    for module in ("ppml_core.learn.planted_learner", "ppml_core.attacks.planted_attack"):
        sys.modules.pop(module, None)
