"""Models that run on ciphertexts, as plain weights with bias: linear, or one hidden layer with square activation.

In: weights from training, rows of features. Out: logits of the clear run, and bytes for the process that holds the
model. One logit stands for two classes (that of the second), else one for each class.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ppml_core.encrypted.messages import arrays_from_bytes, arrays_to_bytes
from ppml_core.encrypted.noise import fresh_error, rescaling_error
from ppml_core.encrypted.parameters import Parameters, chosen
from ppml_core.encrypted.threats import LINEAR, NETWORK, Threats
from ppml_core.errors import BadInput

Array = npt.NDArray[np.float64]

SCALE_BITS = 58
WEIGHT_BITS = 30


class Model(ABC):
    """A sum of products of columns for each inner unit, and for a network sums of their squares behind it.

    No row is longer than `row_norm`. A logit stays below 2^(magnitude_bits - 1).
    """

    row_norm: float
    magnitude_bits: ClassVar[int]
    threats: ClassVar[Threats]

    @property
    @abstractmethod
    def inner(self) -> tuple[Array, Array]:
        """Weights (features, units) and bias (units,) of the sums of columns."""

    @property
    @abstractmethod
    def outer(self) -> tuple[Array, Array] | None:
        """Weights (units, outputs) and bias (outputs,) of the sums of squares; None where there are no squares."""

    @property
    @abstractmethod
    def largest_logit(self) -> float:
        """No row's logit is further from 0."""

    @abstractmethod
    def logits(self, X: Any) -> Array: ...

    @abstractmethod
    def error(self, ring_degree: int, scale: float) -> float:
        """A bound on a slot's error that tells of the weights."""

    @abstractmethod
    def to_bytes(self) -> bytes: ...

    @property
    def shape(self) -> tuple[int, int]:
        """Features and outputs."""
        first, (last, _) = self.inner[0], self.outer or self.inner
        return int(first.shape[0]), int(last.shape[1])

    @property
    def multiplies(self) -> bool:
        """Whether ciphertexts are multiplied, for which the server needs keys."""
        return self.outer is not None

    def parameters(self, security_bits: int = 128) -> Parameters:
        """What the model's depth and the precision ask for: no rescaling for sums, two with a square.

        Raises BadInput where a logit of the model could be beyond what the modulus holds.
        """
        if not self.largest_logit < 2 ** (self.magnitude_bits - 1):
            raise BadInput(
                f"a logit of this model may reach {self.largest_logit:.3g}; ciphertexts hold up to "
                f"{2 ** (self.magnitude_bits - 1):,}: train it with a stronger penalty."
            )
        rescalings, factor_bits = (2, SCALE_BITS) if self.multiplies else (0, WEIGHT_BITS)
        return chosen(rescalings, SCALE_BITS, SCALE_BITS + factor_bits + self.magnitude_bits, security_bits)


@dataclass(frozen=True, eq=False)
class Linear(Model):
    """`weights` (features, outputs), `bias` (outputs,)."""

    magnitude_bits: ClassVar[int] = 10
    threats: ClassVar[Threats] = LINEAR

    weights: Array
    bias: Array
    row_norm: float

    @property
    def inner(self) -> tuple[Array, Array]:
        return self.weights, self.bias

    @property
    def outer(self) -> None:
        return None

    @property
    def largest_logit(self) -> float:
        """By Cauchy and Schwarz."""
        return float((np.linalg.norm(self.weights, axis=0) * self.row_norm + np.abs(self.bias)).max())

    def logits(self, X: Any) -> Array:
        return np.asarray(X @ self.weights + self.bias)

    def error(self, ring_degree: int, scale: float) -> float:
        return float((fresh_error(ring_degree, scale) * np.abs(self.weights).sum(axis=0)).max())

    def to_bytes(self) -> bytes:
        return arrays_to_bytes(weights=self.weights, bias=self.bias, row_norm=self.row_norm)


@dataclass(frozen=True, eq=False)
class Squares(Model):
    """Logits `(X first + first_bias)² out + bias`: a network whose activation is one multiplication.

    Shapes (features, units), (units,), (units, outputs), (outputs,). Gilad-Bachrach et al. 2016 (CryptoNets), sec. 3.
    """

    magnitude_bits: ClassVar[int] = 14
    threats: ClassVar[Threats] = NETWORK

    first: Array
    first_bias: Array
    out: Array
    bias: Array
    row_norm: float

    @property
    def inner(self) -> tuple[Array, Array]:
        return self.first, self.first_bias

    @property
    def outer(self) -> tuple[Array, Array]:
        return self.out, self.bias

    @property
    def largest_hidden(self) -> Array:
        """Per unit, no row's sum before the square is further from 0."""
        return np.asarray(np.linalg.norm(self.first, axis=0) * self.row_norm + np.abs(self.first_bias))

    @property
    def largest_logit(self) -> float:
        return float((self.largest_hidden**2 @ np.abs(self.out) + np.abs(self.bias)).max())

    def logits(self, X: Any) -> Array:
        return np.asarray(np.square(X @ self.first + self.first_bias) @ self.out + self.bias)

    def error(self, ring_degree: int, scale: float) -> float:
        fresh, rounding = fresh_error(ring_degree, scale), rescaling_error(ring_degree, scale)
        first = fresh * np.abs(self.first).sum(axis=0)
        hidden = 2 * self.largest_hidden * (first + rounding) + 2 * rounding
        return float((hidden @ np.abs(self.out)).max())

    def to_bytes(self) -> bytes:
        return arrays_to_bytes(
            first=self.first, first_bias=self.first_bias, out=self.out, bias=self.bias, row_norm=self.row_norm
        )


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
