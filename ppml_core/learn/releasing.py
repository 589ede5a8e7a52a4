"""Training whose result may leave: exact integer sums, discrete Gaussian noise from the operating system, no seed.

In: a learner whose steps are noisy sums (`dp_gd`, `dp_additive`), the training people. Out: a model with a guarantee
that also holds for what a computer does with numbers. Each person's clipped gradient is cut toward zero to whole
multiples of 2^-BITS of the clip norm, so that it never grows; sums of whole numbers are exact; and the noise is a
discrete Gaussian (Canonne, Kamath, Steinke 2020) drawn by OpenDP from the operating system's entropy. That closes the
floating-point attacks of Mironov 2012. The guarantee is stated through concentrated DP (Bun, Steinke 2016), which the
discrete Gaussian keeps exactly, so it costs a little more noise than the exploratory path.
"""

from __future__ import annotations

import dataclasses
import math
import time
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit, softmax

from ppml_core.accounting.budget import delta_fault
from ppml_core.accounting.concentrated import rho_of
from ppml_core.data.dataset import Dataset
from ppml_core.errors import NotApplicable
from ppml_core.learn.descent import Block, Descending, LinearModel, Plan, link_of, noise_of, target_of
from ppml_core.mechanisms.system import discrete_gaussian, measured

BITS = 30
SHRUNK = 1 - 1e-9
NEIGHBOURS_APART = {"add_or_remove_one": 1, "replace_one": 2}


def release(learner: Descending, data: Dataset) -> LinearModel:
    """The learner's model with noise that nobody can draw again.

    Raises NotApplicable where no guarantee would stand (something was read off the private rows), or where OpenDP,
    which draws the noise, is not installed.
    """
    start = time.perf_counter()
    ground, features, plan = learner.prepared(data)
    if doubt := ground.doubt or delta_fault(plan.guarantee.delta, ground.people):
        raise NotApplicable(f"nothing is released: {doubt}.")
    X = features.rows(data)
    target, link = target_of(ground, data), link_of(ground)
    outputs = len(ground.classes) if link == "softmax" else 1
    W = _descend(X, target, link, outputs, plan, _scale(plan))
    return LinearModel(
        weights=W,
        features=features,
        ground=ground,
        classes=ground.classes,
        guarantee=dataclasses.replace(plan.guarantee, mu=None),
        guarantee_note="",
        warnings=ground.encoder.notes + features.chosen,
        noise=noise_of(plan, "discrete gaussian", _scale(plan) / 2**BITS),
        seconds=time.perf_counter() - start,
    )


def _scale(plan: Plan) -> float:
    """Standard deviation of the noise in whole numbers, from rho = steps · (apart · 2^BITS)² / (2 scale²)."""
    rho = rho_of(plan.guarantee.epsilon, plan.guarantee.delta)
    return float(NEIGHBOURS_APART[plan.guarantee.neighbours] * 2**BITS * math.sqrt(plan.steps / (2 * rho)))


def _descend(X: Any, target: Block, link: str, outputs: int, plan: Plan, scale: float) -> Block:
    """Averaged weights, shape (features, outputs), from noisy sums alone."""
    noise = discrete_gaussian(scale)
    norms = np.sqrt(np.asarray(X.multiply(X).sum(axis=1), dtype=np.float64)).ravel()
    bound = plan.clip * SHRUNK / np.where(norms > 0, norms, np.inf)
    W, velocity, total = (np.zeros((X.shape[1], outputs)) for _ in range(3))
    for t in range(plan.steps):
        sums = measured(noise, whole_sums(X, _residuals(X @ W, target, link), bound, plan.clip))
        velocity = plan.momentum * velocity + plan.step * (plan.clip * 2.0**-BITS * sums + plan.ridge * W)
        W = W - velocity
        total += W if t >= plan.first_averaged else 0.0
    return total / (plan.steps - plan.first_averaged)


def whole_sums(X: Any, residuals: Block, bound: npt.NDArray[np.float64], clip: float) -> npt.NDArray[np.int64]:
    """Sum over people of x · residual, in multiples of clip · 2^-BITS: each term within `clip` and cut toward zero.

    Whole numbers: the sum does not depend on the order, and one person moves it by 2^BITS at most (Euclidean).
    """
    lengths = np.sqrt((residuals**2).sum(axis=1))
    shrink = np.where(lengths > 0, np.minimum(1.0, bound / np.where(lengths > 0, lengths, 1.0)), 0.0)
    clipped = residuals * shrink[:, None]
    people = np.repeat(np.arange(X.shape[0]), np.diff(X.indptr))
    sums = np.zeros((X.shape[1], residuals.shape[1]), dtype=np.int64)
    for output in range(residuals.shape[1]):
        terms = np.trunc(X.data * clipped[people, output] * (2.0**BITS / clip)).astype(np.int64)
        np.add.at(sums[:, output], X.indices, terms)
    return sums


def _residuals(z: Block, target: Block, link: str) -> Block:
    if link == "softmax":
        return np.asarray(softmax(z, axis=1)) - np.eye(z.shape[1])[target.astype(np.int64)]
    return (expit(z) if link == "logit" else z) - target[:, None]
