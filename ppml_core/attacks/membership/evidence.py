"""What a membership attacker holds: the model's answers about people, and those of shadow models they trained.

In: answers of models about the same people, and who each shadow model was trained on. Out: `Evidence`, from which
every attack scores. Shadow models come in pairs that split the people between them, so each person is in exactly half,
also after a pair is laid aside to play the target: by that, settings are chosen without looking at the real one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from ppml_core.data.dataset import Dataset
from ppml_core.learn.base import Array, Masks

Vector = npt.NDArray[np.float64]
Signal = Callable[[Array], Array]


def confidences(said: Array, truth: npt.NDArray[Any]) -> Array:
    """Probability of each person's true class, from answers of shape (…, people, classes).

    In a regression, exp(-r²/2s²) for a residual r, where s is the spread of the target: 1 for a perfect prediction.
    """
    if said.shape[-1] == 1:
        spread = max(float(np.std(truth)), 1e-12)
        return np.asarray(np.exp(-(((said[..., 0] - truth) / spread) ** 2) / 2))
    return np.asarray(said[..., np.arange(len(truth)), truth])


def logits(confidence: Array, margin: float) -> Array:
    """ln p/(1 - p) of probabilities brought into [margin, 1 - margin], in their order (Carlini et al. 2022, IV-B)."""
    within = margin + (1 - 2 * margin) * confidence
    return np.asarray(np.log(within) - np.log1p(-within))


@dataclass(frozen=True)
class Moments:
    """Per person, over models trained with them or without: how many, mean and variance of a signal."""

    models: Vector
    mean: Vector
    variance: Vector


@dataclass(frozen=True, eq=False)
class Shadows:
    """`said` has shape (models, people, classes), `inside` (models, people); models 2i and 2i + 1 are a pair."""

    said: Array
    inside: Masks
    truth: npt.NDArray[Any]
    memo: dict[Any, Any] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.inside)

    @cached_property
    def confidence(self) -> Array:
        """Shape (models, people)."""
        return confidences(self.said, self.truth)

    def signal(self, name: Any, signal: Signal) -> Array:
        """A function of the confidences, computed once under that name."""
        if (name, "values") not in self.memo:
            self.memo[name, "values"] = signal(self.confidence)
        return cast(Array, self.memo[name, "values"])

    def sums(self, name: Any, signal: Signal, inside: bool) -> tuple[Vector, Vector, Vector]:
        """Per person (models, sum, sum of squares) of a signal over the models with them, or without."""
        if (name, inside) not in self.memo:
            values, counted = self.signal(name, signal), (self.inside == inside).astype(np.float64)
            weighted = values * counted
            self.memo[name, inside] = counted.sum(axis=0), weighted.sum(axis=0), (weighted * values).sum(axis=0)
        return cast("tuple[Vector, Vector, Vector]", self.memo[name, inside])


@dataclass(frozen=True, eq=False)
class Evidence:
    """`said` is what the attacked model says of `people`, shape (people, classes), whose `truth` the attacker knows.

    `public_said` is what it says of `public`, people who are known not to be members. `laid_aside` are shadow models
    that the attacker does without.
    """

    people: Dataset
    truth: npt.NDArray[Any]
    said: Array
    shadows: Shadows
    laid_aside: tuple[int, ...] = ()
    public: Dataset | None = None
    public_truth: npt.NDArray[Any] | None = None
    public_said: Array | None = None

    @cached_property
    def confidence(self) -> Vector:
        """The attacked model's probability of each person's true class."""
        return confidences(self.said, self.truth)

    @property
    def shadows_in_use(self) -> list[int]:
        return [i for i in range(len(self.shadows)) if i not in self.laid_aside]

    def moments(self, name: Any, signal: Signal, inside: bool) -> Moments:
        """Mean and variance of a signal over the shadow models with each person, or without."""
        models, total, squares = self.shadows.sums(name, signal, inside)
        for i in self.laid_aside:
            counted = (self.shadows.inside[i] == inside).astype(np.float64)
            values = self.shadows.signal(name, signal)[i] * counted
            models, total, squares = models - counted, total - values, squares - values * values
        mean = total / np.maximum(models, 1)
        return Moments(models, mean, np.maximum(squares / np.maximum(models, 1) - mean**2, 0.0))

    def as_if(self, shadow: int) -> Evidence:
        """What an attacker of that shadow model holds, who has the other pairs for shadows."""
        pair = shadow - shadow % 2
        return Evidence(self.people, self.truth, self.shadows.said[shadow], self.shadows, (pair, pair + 1))
