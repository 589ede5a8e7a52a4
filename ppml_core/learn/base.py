"""What every learner owes: settings, one verb, and a fitted model that says what it promises."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt

from ppml_core.accounting.shares import SharesBudget
from ppml_core.data.dataset import Dataset
from ppml_core.errors import NotApplicable
from ppml_core.evidence import Guarantee

Array = npt.NDArray[np.float64]
Task = Literal["classification", "regression"]
Noise = tuple[tuple[str, float | str], ...]
Masks = npt.NDArray[np.bool_]


@dataclass(kw_only=True, eq=False)
class Fitted(ABC):
    """A trained model, told all of this by name when it is made.

    `classes` are the target's labels in the order of `predict_proba`'s columns, () for regression. `guarantee` is what
    is proved about the training step, None for a plain learner; `guarantee_note` says in a sentence why there is none
    where one might be expected. `warnings` are sentences of the library underneath. `noise` says in numbers what was
    added, as (name, value): mechanism, noise_multiplier, steps, clip_norm, mu. `seconds` is the fit time, a batch's
    share where several were trained at once. `costs` is what a venue adds, as (name, value): rounds, bytes, messages.
    `additive` says that its score is a sum of one share for each column.
    """

    additive: ClassVar[bool] = False

    classes: tuple[str, ...] = ()
    guarantee: Guarantee | None = None
    guarantee_note: str = ""
    warnings: tuple[str, ...] = ()
    noise: Noise = ()
    seconds: float = 0.0
    costs: tuple[tuple[str, float], ...] = ()

    @abstractmethod
    def predict_proba(self, data: Dataset) -> Array:
        """Class probabilities, shape (rows, classes); for regression the predicted value, shape (rows, 1)."""


class Learner(SharesBudget, ABC):
    """Trains a model of the schema's target on every input column.

    Settings are public. `gaussian` says that the mechanism's own trade-off curve is the Gaussian one, so that mu
    follows from epsilon and delta (EVIDENCE 8). Raises NotApplicable where the target is of the wrong kind, BadInput
    for an unusable table.
    """

    tasks: ClassVar[tuple[Task, ...]] = ("classification",)
    private: ClassVar[bool] = False
    gaussian: ClassVar[bool] = False

    @abstractmethod
    def fit(self, data: Dataset, rng: np.random.Generator) -> Fitted: ...

    @classmethod
    def fit_many(cls, learners: Sequence[Self], data: Dataset, rngs: Sequence[np.random.Generator]) -> list[Fitted]:
        """One fitted model per (learner, generator), the same numbers as fitting them one by one."""
        return [learner.fit(data, rng) for learner, rng in zip(learners, rngs, strict=True)]

    def fit_subsets(self, data: Dataset, masks: Masks, rngs: Sequence[np.random.Generator]) -> list[Fitted]:
        """One fitted model per row of `masks` (models, people), trained on the people that it marks.

        By default each is fitted by itself. Learners that train parts side by side say how far the numbers may differ
        from that; a model's own numbers never depend on the others.
        """
        pairs = zip(masks, rngs, strict=True)
        return [self.fit(data.take(np.flatnonzero(mask)), rng) for mask, rng in pairs]

    def fit_release(self, data: Dataset) -> Fitted:
        """A model whose noise nobody can draw again: no seed. Raises NotApplicable where no guarantee would stand."""
        raise NotApplicable(f"{self.name()} has no release path.")

    @classmethod
    def has_release_path(cls) -> bool:
        """Whether its models may leave under their guarantee."""
        return cls.fit_release is not Learner.fit_release

    @classmethod
    def fits_subsets_together(cls) -> bool:
        """Whether many parts of a table are trained side by side."""
        return cls.fit_subsets is not Learner.fit_subsets
