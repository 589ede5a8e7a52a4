"""Models that run on ciphertexts, as plain weights with bias: linear, or one hidden layer with square activation.

In: weights from training, rows of features. Out: logits of the clear run, and bytes for the process that holds the
model. One logit stands for two classes (that of the second), else one for each class.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ppml_core.encrypted.messages import arrays_from_bytes, arrays_to_bytes

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Linear:
    """`weights` (features, outputs), `bias` (outputs,). No row is longer than `row_norm`."""

    weights: Array
    bias: Array
    row_norm: float

    @property
    def shape(self) -> tuple[int, int]:
        return int(self.weights.shape[0]), int(self.weights.shape[1])

    @property
    def largest_logit(self) -> float:
        """No row's logit is further from 0 (Cauchy and Schwarz)."""
        return float((np.linalg.norm(self.weights, axis=0) * self.row_norm + np.abs(self.bias)).max())

    def logits(self, X: Any) -> Array:
        return np.asarray(X @ self.weights + self.bias)

    def to_bytes(self) -> bytes:
        return arrays_to_bytes(weights=self.weights, bias=self.bias, row_norm=self.row_norm)


@dataclass(frozen=True, eq=False)
class Squares:
    """Logits `(X first + first_bias)² out + bias`: a network whose activation is one multiplication.

    Shapes (features, units), (units,), (units, outputs), (outputs,). Gilad-Bachrach et al. 2016 (CryptoNets), sec. 3.
    """

    first: Array
    first_bias: Array
    out: Array
    bias: Array
    row_norm: float

    @property
    def shape(self) -> tuple[int, int]:
        return int(self.first.shape[0]), int(self.out.shape[1])

    @property
    def largest_hidden(self) -> Array:
        """Per unit, no row's sum before the square is further from 0."""
        return np.asarray(np.linalg.norm(self.first, axis=0) * self.row_norm + np.abs(self.first_bias))

    @property
    def largest_logit(self) -> float:
        return float((self.largest_hidden**2 @ np.abs(self.out) + np.abs(self.bias)).max())

    def logits(self, X: Any) -> Array:
        return np.asarray(np.square(X @ self.first + self.first_bias) @ self.out + self.bias)

    def to_bytes(self) -> bytes:
        return arrays_to_bytes(
            first=self.first, first_bias=self.first_bias, out=self.out, bias=self.bias, row_norm=self.row_norm
        )


Model = Linear | Squares


def model_from_bytes(blob: bytes) -> Model:
    arrays: dict[str, Any] = dict(arrays_from_bytes(blob))
    arrays["row_norm"] = float(arrays["row_norm"])
    return Linear(**arrays) if "weights" in arrays else Squares(**arrays)


def probabilities(logits: Array) -> Array:
    """Class probabilities from one logit (two classes) or one a class; the client's last step, in the clear.

    >>> probabilities(np.array([[0.0]])).tolist()
    [[0.5, 0.5]]
    """
    from scipy.special import expit, softmax

    if logits.shape[1] > 1:
        return np.asarray(softmax(logits, axis=1))
    return np.column_stack([expit(-logits[:, 0]), expit(logits[:, 0])])


def linear_from_logits(rows: Array, logits: Array) -> tuple[Array, Array]:
    """Weights and bias of a linear model from features + 1 answered rows: what logits give away.

    Rows of shape (features + 1, features) in general position; least squares for more. Tramèr et al. 2016, section 4.1.
    Where features of every row add up to the same number, as categories do, bias and weights are told apart only up to
    what no row can show.

    >>> rows = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> linear_from_logits(rows, rows @ [[2.0], [-3.0]] + 0.5)[0].round(9).ravel().tolist()
    [2.0, -3.0]
    """
    with_one = np.column_stack([rows, np.ones(len(rows))])
    found = np.linalg.lstsq(with_one, logits, rcond=None)[0]
    return np.asarray(found[:-1]), np.asarray(found[-1])


def row_norm_of(X: Any) -> float:
    """Length of the longest row."""
    squares = X.multiply(X).sum(axis=1) if hasattr(X, "multiply") else np.square(X).sum(axis=1)
    return math.sqrt(float(np.max(squares)))
