"""Noisy gradient descent of linear models in tiles of one width: what `dp_gd` and `dp_additive` share.

In: rows ready to be summed, a Plan for each model, its generator. Out: the averaged weights of each. A model's noise
comes from its own generator and lanes never mix, so its bytes do not depend on what trains beside it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol

import numpy as np
import numpy.typing as npt
from scipy.special import expit, softmax

from ppml_core.data.dataset import Dataset
from ppml_core.evidence import Guarantee
from ppml_core.learn.base import Array, Fitted, Masks, Noise
from ppml_core.learn.gradients import TILE, ClippedSums, Link
from ppml_core.learn.promise import Ground
from ppml_core.learn.subset_gradients import SubsetSums

Block = npt.NDArray[np.float64]

MIDDLE = 0.5
LARGE_TABLE = 100_000


class Features(Protocol):
    """Rows of numbers of a publicly known length, made from people without looking at any other."""

    @property
    def names(self) -> tuple[str, ...]: ...

    @property
    def chosen(self) -> tuple[str, ...]:
        """A sentence for each choice of theirs that was made on rows and is not charged."""
        ...

    def rows(self, data: Dataset) -> Any:
        """Shape (people, len(names)), CSR."""


class Summed(Protocol):
    """Rows that are ready to be summed, for TILE models at once."""

    def sums(self, W: Block, clip: Block) -> Block: ...


@dataclass(frozen=True)
class Plan:
    """One model's descent in numbers: `noise` is the standard deviation in each sum, `step` multiplies the sum
    and `ridge` times the weights."""

    steps: int
    step: float
    clip: float
    noise: float
    momentum: float
    first_averaged: int
    guarantee: Guarantee
    ridge: float = 0.0


@dataclass
class LinearModel(Fitted):
    """Weights of shape (features, outputs); one output is the logit of class 1, or the number in a regression."""

    additive: ClassVar[bool] = True

    weights: Block
    features: Features
    ground: Ground

    def predict_proba(self, data: Dataset) -> Array:
        z = np.asarray(self.features.rows(data) @ self.weights, dtype=np.float64)
        if not self.classes:
            return self.ground.in_units(z[:, 0] + MIDDLE)
        if self.weights.shape[1] > 1:
            return np.asarray(softmax(z, axis=1), dtype=np.float64)
        return np.column_stack([expit(-z[:, 0]), expit(z[:, 0])])


class Descending(Protocol):
    """A learner whose steps are noisy sums: what it trains on, and its descent in numbers."""

    def prepared(self, data: Dataset) -> tuple[Ground, Features, Plan]: ...


def train(
    data: Dataset,
    ground: Ground,
    features: Features,
    plans: Sequence[Plan],
    rngs: Sequence[np.random.Generator],
    warnings: tuple[str, ...] = (),
) -> list[LinearModel]:
    """One model per (plan, generator)."""
    start = time.perf_counter()
    outputs = len(ground.classes) if len(ground.classes) > 2 else 1
    rows = ClippedSums(features.rows(data), target_of(ground, data), link_of(ground))
    compiling = rows.compile(outputs)
    shared = (time.perf_counter() - start - compiling) / len(plans)
    fitted: dict[int, LinearModel] = {}
    for tile in _tiles(plans):
        begun = time.perf_counter()
        W = _descend(rows, [plans[i] for i in tile], [rngs[i] for i in tile], len(features.names), outputs)
        share = shared + (time.perf_counter() - begun) / len(tile)
        for lane, i in enumerate(tile):
            fitted[i] = _model(np.ascontiguousarray(W[:, :, lane]), features, ground, plans[i], warnings, share)
    return [fitted[i] for i in range(len(plans))]


def train_parts(
    data: Dataset,
    grounds: Sequence[Ground],
    features: Features,
    plans: Sequence[Plan],
    masks: Masks,
    rngs: Sequence[np.random.Generator],
    warnings: tuple[str, ...] = (),
) -> list[Fitted]:
    """One model per (ground, plan, mask, generator), each trained on the people that its mask marks.

    For one output. A model differs from one that is trained on its part alone by rounding in single precision.
    """
    start = time.perf_counter()
    rows = SubsetSums(features.rows(data), target_of(grounds[0], data), link_of(grounds[0]))
    fitted: dict[int, LinearModel] = {}
    for tile in _tiles(plans):
        mine = [plans[i] for i in tile]
        W = _descend(rows.within(masks[tile]), mine, [rngs[i] for i in tile], len(features.names), 1)
        for lane, i in enumerate(tile):
            weights = np.ascontiguousarray(W[:, :, lane])
            fitted[i] = _model(weights, features, grounds[i], plans[i], warnings, 0.0)
    share = (time.perf_counter() - start) / len(plans)
    for model in fitted.values():
        model.seconds = share
    return [fitted[i] for i in range(len(plans))]


def _model(
    weights: Block, features: Features, ground: Ground, plan: Plan, warnings: tuple[str, ...], seconds: float
) -> LinearModel:
    return LinearModel(
        weights=weights,
        features=features,
        ground=ground,
        classes=ground.classes,
        guarantee=ground.promised(plan.guarantee),
        guarantee_note=ground.doubt,
        warnings=ground.encoder.notes + ground.size_warnings(plan.guarantee.delta) + warnings,
        noise=noise_of(plan, "gaussian", plan.noise / plan.clip),
        seconds=seconds,
    )


def target_of(ground: Ground, data: Dataset) -> Block:
    """Class numbers, or the number in [-1/2, 1/2]: a model of nothing but zeros then says the middle."""
    return np.asarray(ground.target(data) - (0.0 if ground.classes else MIDDLE), dtype=np.float64)


def link_of(ground: Ground) -> Link:
    """How a sum of weights becomes a prediction."""
    if not ground.classes:
        return "identity"
    return "logit" if len(ground.classes) == 2 else "softmax"


def noise_of(plan: Plan, mechanism: str, multiplier: float) -> Noise:
    """What was added to each sum, in numbers; `noise_multiplier` is in units of the clip norm."""
    mu = () if plan.guarantee.mu is None or mechanism != "gaussian" else (("mu", plan.guarantee.mu),)
    head = (("mechanism", mechanism), ("noise_multiplier", multiplier))
    return (*head, ("steps", plan.steps), ("clip_norm", plan.clip), *mu)


def steps_of(asked: int | None, rows: float, usual: int, of_large: int) -> int:
    """The steps asked for; where none are, the usual ones, or from 100,000 expected rows on those of a large table.

    A large table drowns the noise of more steps; those that are usual were chosen on one of 26,000 people.
    """
    return asked or (usual if rows < LARGE_TABLE else of_large)


def first_averaged(steps: int, averaged: float) -> int:
    """The step from which the last share `averaged` of the iterates is averaged, one at least."""
    return steps - max(1, round(averaged * steps))


def _tiles(plans: Sequence[Plan]) -> list[list[int]]:
    """Positions of the models that train side by side: as many steps each, at most TILE together."""
    by_steps: dict[int, list[int]] = {}
    for i, plan in enumerate(plans):
        by_steps.setdefault(plan.steps, []).append(i)
    return [group[i : i + TILE] for group in by_steps.values() for i in range(0, len(group), TILE)]


def _descend(
    rows: Summed, plans: Sequence[Plan], rngs: Sequence[np.random.Generator], features: int, outputs: int
) -> Block:
    """Averaged weights, shape (features, outputs, TILE); lanes without a model stay 0.

    Each model's noise comes from its own generator, step by step, so its place and its neighbours do not matter.
    """
    shape = (features, outputs, TILE)
    W, velocity, total, noise = (np.zeros(shape) for _ in range(4))
    clip, step, momentum, ridge = (_lanes(plans, name) for name in ("clip", "step", "momentum", "ridge"))
    first = _lanes(plans, "first_averaged")
    for t in range(plans[0].steps):
        for lane, (plan, rng) in enumerate(zip(plans, rngs, strict=True)):
            noise[:, :, lane] = rng.standard_normal((features, outputs)) * plan.noise
        velocity = momentum * velocity + step * (rows.sums(W, clip) + noise + ridge * W)
        W = W - velocity
        total += np.where(t >= first, W, 0.0)
    return total / (plans[0].steps - first)


def _lanes(plans: Sequence[Plan], name: Literal["clip", "step", "momentum", "first_averaged", "ridge"]) -> Block:
    """One number of every plan, padded with zeros to the width of a tile."""
    values = np.zeros(TILE)
    values[: len(plans)] = [getattr(plan, name) for plan in plans]
    return values
