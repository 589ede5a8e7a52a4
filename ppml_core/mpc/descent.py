"""The training itself, in floats: what the parties compute on shares, and what they are compared with.

SPU runs these very functions on shares (they use nothing but sums, products and transposes, so jax traces them); MPyC
has them in whole numbers of its own; numpy runs them in the clear.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from ppml_core.mpc.plan import Plan, first_weights

Weights = tuple[Any, ...]
Sigmoid = Callable[[Any], Any]
Product = Callable[[Any, Any], Any]


def polynomial(plan: Plan) -> Sigmoid:
    """1/2 + a·z + b·z³: what stands in for the sigmoid on shares, where only sums and products are cheap."""
    return lambda z: 0.5 + z * (plan.linear + plan.cubic * (z * z))


def logits(X: Any, weights: Weights, product: Product = operator.matmul) -> Any:
    """Log-odds of every row, shape (rows,). The network squares its hidden units: one product on shares for each.

    `product` multiplies two matrices.
    """
    if len(weights) == 1:
        return X @ weights[0]
    first, out, bias = weights
    units = product(X, first)
    return (units * units) @ out + bias[0]


def gradients(
    X: Any, y: Any, weights: Weights, sigmoid: Sigmoid, factor: float = 1.0, product: Product = operator.matmul
) -> Weights:
    """Gradient of `factor` times the summed log loss by each of the weights, with `sigmoid` in the sigmoid's place.

    That of the network's first layer is halved: `shrinks` makes up for it, and spares a product on shares.
    """
    if len(weights) == 1:
        return (X.T @ ((sigmoid(X @ weights[0]) - y) * factor),)
    first, out, bias = weights
    units = product(X, first)
    squares = units * units
    residual = (sigmoid(squares @ out + bias[0]) - y) * factor
    return product(X.T, (units * out) * residual[:, None]), squares.T @ residual, residual.sum(keepdims=True)


def advanced(
    plan: Plan, X: Any, y: Any, state: tuple[Weights, Weights], momentum: Any, sigmoid: Sigmoid,
    product: Product = operator.matmul,
) -> Any:  # fmt: skip
    """(weights, the ones before) after one step of Nesterov's accelerated gradient descent (Nesterov 1983).

    The factor is applied to people and the halvings to their sum: with few bits behind the point, their product alone
    would be too coarse a number.
    """
    weights, before = state
    ahead = tuple(now + momentum * (now - old) for now, old in zip(weights, before, strict=True))
    slopes = gradients(X, y, ahead, sigmoid, plan.factor, product)
    shrunk = (slope * shrink for slope, shrink in zip(slopes, plan.shrinks, strict=True))
    return tuple(w - slope for w, slope in zip(ahead, shrunk, strict=True)), weights


def batch_rows(plan: Plan, step: int) -> slice:
    """The people that a step looks at: every `batches`-th, so that all holders have some in each.

    >>> from types import SimpleNamespace
    >>> batch_rows(SimpleNamespace(batches=3, batch=2), 4)
    slice(1, 6, 3)
    """
    return slice(step % plan.batches, plan.batch * plan.batches, plan.batches)


def trained_in_clear(
    plan: Plan, X: npt.NDArray[np.float64], y: npt.NDArray[np.float64], exact: bool = False
) -> Weights:
    """Weights after all steps in floats: with the plan's polynomial, or with the true sigmoid where `exact`."""
    sigmoid = expit if exact else polynomial(plan)
    state: tuple[Weights, Weights] = (first_weights(plan), first_weights(plan))
    for step, momentum in enumerate(plan.momenta):
        rows = batch_rows(plan, step)
        state = advanced(plan, X[rows], y[rows], state, momentum, sigmoid)
    return state[0]


def probabilities(plan: Plan, X: Any, weights: Weights, exact: bool = False) -> Any:
    """Of the positive class, by the plan's polynomial or the true sigmoid; the polynomial's may leave [0, 1]."""
    return (expit if exact else polynomial(plan))(logits(X, weights))
