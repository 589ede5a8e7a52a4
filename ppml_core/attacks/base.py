"""What every attack owes: success with an interval, what guessing reaches, and a control where nothing can leak.

In: a `Subject`, what was released and the people behind it. Out: `Finding`s, which become rows beside the measures of
a scenario. An attack applies only to the things that it is defined for (EVIDENCE 14): for any other it is a gap.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol

import numpy as np
import numpy.typing as npt

from ppml_core.data.dataset import Dataset
from ppml_core.evidence import ANY, GAP, SHARE, Estimate, Guarantee
from ppml_core.learn.base import Array, Fitted, Masks
from ppml_core.settings import Method, words

Thing = Literal["table", "synthetic", "model"]


class Trainer(Protocol):
    """The whole road from people to a model, to be walked again on others: anonymizers and learner of a scenario."""

    def __call__(self, people: Dataset, masks: Masks, rngs: Sequence[np.random.Generator]) -> list[Fitted]:
        """One model per row of `masks` (models, people), trained on the people it marks; each takes raw people."""
        ...

    def answers(self, people: Dataset, masks: Masks, rngs: Sequence[np.random.Generator], asked: Dataset) -> Array:
        """What each of those models says of `asked`, shape (models, people asked, classes), without keeping them."""
        ...


@dataclass(frozen=True, eq=False)
class Subject:
    """What is attacked. `members` are the people behind it as they are, `others` people it never saw.

    `release` is the table that was made of the members, `kept` which member each of its records belongs to (empty where
    people are made up). `model` was trained on that release. `guarantee` is what is proved about the model, if anything
    is. `things` says what is handed out. `lot` is what the people of a game are drawn by, where several subjects are to
    be attacked on the same people, by shadow models of the same people; None draws for this one alone.
    """

    members: Dataset
    others: Dataset
    release: Dataset
    kept: npt.NDArray[np.int64]
    model: Fitted
    train: Trainer
    things: tuple[Thing, ...]
    guarantee: Guarantee | None = None
    lot: int | None = None


@dataclass(frozen=True)
class Finding:
    """One measured success, named as its result row is (`membership_tpr_at_0.01`), with its unit.

    `baseline` is what someone reaches who never sees what was released; `control` the same attack where nothing can
    leak. An attack without either says so by None.
    """

    measure: str
    estimate: Estimate
    unit: str
    baseline: float | None = None
    control: Estimate | None = None


@dataclass(frozen=True)
class RiskAxis:
    """A finding as an axis that scenarios are compared by, lower being better.

    `name` is what a person asks for, `also` what else they may call it; `accepts` bounds what they may need of it.
    """

    measure: str
    title: str
    unit: str
    name: str
    accepts: tuple[float, float] = ANY
    also: tuple[str, ...] = ()


def scale_of(measure: str) -> tuple[float, float]:
    """Where a finding's value can lie: a share is never below 0, one share less another can be."""
    return GAP if measure.endswith(("_advantage", "_beyond_imputation")) else SHARE


class Attack(Method, ABC):
    """Someone who sees what was released, and tries.

    `against` are the things that the attack is defined for; it runs where the scenario hands out one of them.
    `trains_shadows` where its time goes into models of the scenario's whole road. `named_axes` are findings that have a
    name, a title and a unit of their own on the map.
    Raises NotApplicable where it cannot be run on this table.
    """

    against: ClassVar[tuple[Thing, ...]]
    trains_shadows: ClassVar[bool] = False
    named_axes: ClassVar[tuple[RiskAxis, ...]] = ()

    def measures(self) -> tuple[str, ...]:
        """Names of the findings that a gap stands for; the attack's own name where a class does not say more."""
        return (self.name(),)

    def axes(self) -> tuple[RiskAxis, ...]:
        """Every finding as an axis; one that `named_axes` does not tell of is a share and called as its rows are."""
        named = {axis.measure: axis for axis in self.named_axes}
        return tuple(
            named.get(measure)
            or RiskAxis(measure, f"{self.title}: {words(measure)}", "share", measure, scale_of(measure))
            for measure in self.measures()
        )

    @abstractmethod
    def run(self, subject: Subject, rng: np.random.Generator) -> tuple[Finding, ...]: ...
