"""Noisy gradient descent of small networks, several side by side: what `dp_network` trains with.

In: rows ready to be summed, a plan for each model, its generator. Out: the averaged weights of each. A model's first
weights, samples and noise come from its own generator and lanes never mix, so that its bytes do not depend on what
trains beside it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ppml_core.learn.gradients import distinct
from ppml_core.learn.network_kernels import sums_side_by_side

Doubles = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]
Weights = tuple[Doubles, ...]

FIRST_SPREAD = 1.0
LANES = 16
UNITS = 512
SHARED_RATE = 0.2


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows as the kernel takes them (starts, places, values, targets, counts, |x|²), and with those alike as one."""

    each: tuple[Any, ...]
    merged: tuple[Any, ...]

    @classmethod
    def of(cls, X: Any, target: npt.NDArray[np.float64]) -> Rows:
        table, labels = X.astype(np.float32), target.astype(np.float32)
        return cls(_table(table, labels, np.ones(len(labels), dtype=np.float32)), _table(*distinct(table, labels)))


def _table(table: Any, labels: Floats, counts: Floats) -> Any:
    lengths = np.asarray(table.multiply(table).sum(axis=1), dtype=np.float32).ravel()
    starts, places = table.indptr.astype(np.int32), table.indices.astype(np.int32)
    return starts, places, np.ascontiguousarray(table.data), labels, counts, lengths


@dataclass(frozen=True)
class NetworkPlan:
    """One model's descent in numbers: `noise` is the standard deviation in each sum, `step` multiplies the sum."""

    hidden: int
    second: int
    steps: int
    rate: float
    step: float
    clip: float
    noise: float
    momentum: float
    first_averaged: int


def descend(
    rows: Rows, kind: int, inputs: int, outputs: int, plans: Sequence[NetworkPlan], rngs: Sequence[np.random.Generator]
) -> list[tuple[Weights, float]]:
    """Averaged weights (skip, first, second, out) of each model, and its share of the seconds."""
    done: dict[int, tuple[Weights, float]] = {}
    for tile in tiles(plans, outputs):
        start = time.perf_counter()
        found = _side_by_side(rows, kind, inputs, outputs, [plans[i] for i in tile], [rngs[i] for i in tile])
        share = (time.perf_counter() - start) / len(tile)
        done |= {i: (weights, share) for i, weights in zip(tile, found, strict=True)}
    return [done[i] for i in range(len(plans))]


def tiles(plans: Sequence[NetworkPlan], outputs: int) -> list[list[int]]:
    """Positions of the models that train side by side: of one shape and as many steps, as wide as a cache holds.

    Models with small samples share few rows and train one after another.
    """
    alike: dict[tuple[int, ...], list[int]] = {}
    for i, plan in enumerate(plans):
        apart = i if plan.rate < SHARED_RATE else -1
        alike.setdefault((plan.hidden, plan.second, plan.steps, int(plan.rate == 1), apart), []).append(i)
    made = []
    for (hidden, second, *_), group in alike.items():
        width = min(LANES, max(1, UNITS // (outputs + hidden + second)))
        made += [group[start : start + width] for start in range(0, len(group), width)]
    return made


def _side_by_side(
    rows: Rows, kind: int, inputs: int, outputs: int, plans: Sequence[NetworkPlan], rngs: Sequence[np.random.Generator]
) -> list[Weights]:
    one = plans[0]
    *table, people, lengths = rows.merged if one.rate == 1 else rows.each
    given, counts = (*table, lengths), np.repeat(people[:, None], len(plans), axis=1)
    shapes = [(inputs, outputs), (inputs, one.hidden), (one.hidden, one.second), (one.second or one.hidden, outputs)]
    W = _joined([_first_weights(shapes, rng) for rng in rngs])
    velocity, total, noise = ([np.zeros(w.shape) for w in W] for _ in range(3))
    clip, step, momentum, first = (
        np.array([getattr(plan, name) for plan in plans], dtype=np.float64)
        for name in ("clip", "step", "momentum", "first_averaged")
    )
    everybody = np.arange(len(people))
    for t in range(one.steps):
        for lane, (plan, rng) in enumerate(zip(plans, rngs, strict=True)):
            if plan.rate < 1:
                counts[:, lane] = rng.random(len(people)) < plan.rate
            _put(noise, lane, _normal(shapes, rng, plan.noise))
        present = everybody if one.rate == 1 else np.flatnonzero(counts.any(axis=1))
        sums = sums_side_by_side(kind, given, present, counts, tuple(W), clip)
        for w, v, a, s, n in zip(W, velocity, total, sums, noise, strict=True):
            s += n
            s *= step
            v *= momentum
            v += s
            w -= v
            if t >= first.min():
                a += np.where(t >= first, w, 0.0)
    return [_taken([a / (one.steps - first) for a in total], lane, outputs) for lane in range(len(plans))]


def _first_weights(shapes: Sequence[tuple[int, int]], rng: np.random.Generator) -> list[Doubles]:
    skip, first, second, out = shapes
    drawn = FIRST_SPREAD * rng.standard_normal(first), rng.standard_normal(second)
    return [np.zeros(skip), *drawn, np.zeros(out)]


def _normal(shapes: Sequence[tuple[int, int]], rng: np.random.Generator, spread: float) -> list[Doubles]:
    """One draw for each array, in their order, from one call."""
    ends = np.cumsum([math.prod(shape) for shape in shapes])
    drawn = rng.standard_normal(ends[-1])
    drawn *= spread
    starts = (0, *ends[:-1])
    return [drawn[start:end].reshape(shape) for start, end, shape in zip(starts, ends, shapes, strict=True)]


def _joined(models: Sequence[Sequence[Doubles]]) -> list[Doubles]:
    """(skip and first, second, out) with the models along the last axis."""
    skip, first, second, out = models[0]
    into = [np.zeros((*a.shape, len(models))) for a in (np.concatenate([skip, first], axis=1), second, out)]
    for lane, one in enumerate(models):
        _put(into, lane, one)
    return into


def _put(into: Sequence[Doubles], lane: int, arrays: Sequence[Doubles]) -> None:
    base, second, out = into
    outputs = arrays[0].shape[1]
    base[:, :outputs, lane], base[:, outputs:, lane], second[:, :, lane], out[:, :, lane] = arrays


def _taken(arrays: Sequence[Doubles], lane: int, outputs: int) -> Weights:
    base, second, out = (np.ascontiguousarray(one[:, :, lane]) for one in arrays)
    return np.ascontiguousarray(base[:, :outputs]), np.ascontiguousarray(base[:, outputs:]), second, out
