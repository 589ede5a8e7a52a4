"""A network with one hidden layer and square activation: sums and products only, so that it runs on ciphertexts too."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from scipy.special import expit, softmax

from ppml_core.data.dataset import Dataset
from ppml_core.learn.base import Array, Fitted, Learner
from ppml_core.learn.encoding import Encoder
from ppml_core.learn.models import one_thread, require_all_classes
from ppml_core.learn.target import encode_target, target_classes
from ppml_core.settings import setting

Weights = tuple[Array, Array, Array, Array]

FORGETTING = (0.9, 0.999)
TINY = 1e-8
LAST_PART = 0.5


@dataclass(frozen=True)
class SquareNetwork(Learner):
    """Log-odds `(X first + first_bias)² out + bias`, trained by Adam on shuffled batches; without privacy.

    The activation is one multiplication, which encrypted numbers have (Gilad-Bachrach et al. 2016, CryptoNets, section
    3). Steps grow shorter in the second half of the epochs; the penalty keeps sums small, as ciphertexts want them.
    Kingma, Ba 2015, Algorithm 1.
    """

    title: ClassVar[str] = "Network with square activation"

    units: int = setting(8, 1, 64, slider=(1, 32), help="units of the hidden layer", unit="units")
    epochs: int = setting(12, 1, 1000, slider=(2, 50), help="times that everybody is looked at")
    batch: int = setting(256, 1, 100_000, slider=(32, 2048), log=True, help="people in a step", unit="people")
    learning_rate: float = setting(0.01, 1e-6, 1.0, slider=(0.001, 0.1), log=True, help="length of a step")
    penalty: float = setting(1e-3, 0.0, 1.0, slider=(0.0, 0.01), help="ridge penalty on all weights but the biases")
    knots: int = setting(
        8, 1, 64, slider=(1, 32), help="bends of the curve that each numeric column contributes; 1 is a straight line"
    )

    def fit(self, data: Dataset, rng: np.random.Generator) -> Fitted:
        start = time.perf_counter()
        encoder, classes = Encoder.reading(data, self.knots), target_classes(data.schema, data)
        y = encode_target(data, classes)
        require_all_classes(y, classes, 2)
        truth = np.eye(len(classes))[y] if len(classes) > 2 else y[:, None].astype(np.float64)
        with one_thread():
            weights = self._descend(encoder.encode_sparse(data), truth, rng)
        seconds = time.perf_counter() - start
        return SquareModel(weights, encoder, classes=classes, warnings=encoder.notes, seconds=seconds)

    def _descend(self, X: Any, truth: Array, rng: np.random.Generator) -> Weights:
        weights = self._first(X.shape[1], truth.shape[1], rng)
        means = [np.zeros_like(w) for w in weights]
        squares = [np.zeros_like(w) for w in weights]
        total = self.epochs * math.ceil(len(truth) / self.batch)
        for step, rows in enumerate(self._batches(len(truth), rng), start=1):
            rate = self.learning_rate * min(1.0, (total + 1 - step) / (LAST_PART * total))
            for place, gradient in enumerate(gradients(weights, X[rows], truth[rows], self.penalty)):
                kept, kept_square = FORGETTING
                means[place] += (1 - kept) * (gradient - means[place])
                squares[place] += (1 - kept_square) * (gradient**2 - squares[place])
                mean, square = means[place] / (1 - kept**step), squares[place] / (1 - kept_square**step)
                weights[place] -= rate * mean / (np.sqrt(square) + TINY)
        first, first_bias, out, bias = weights
        return first, first_bias, out, bias

    def _first(self, features: int, outputs: int, rng: np.random.Generator) -> list[Array]:
        """Small random sums around a bias of 1/2, where a square is neither flat nor steep, with signs in turn."""
        signs = np.where(np.arange(self.units) % 2, -1.0, 1.0)[:, None] / math.sqrt(self.units)
        first = 0.1 * rng.standard_normal((features, self.units))
        out = np.broadcast_to(signs, (self.units, outputs)) * (1 + 0.1 * rng.standard_normal((self.units, outputs)))
        return [first, np.full(self.units, 0.5), out, np.zeros(outputs)]

    def _batches(self, people: int, rng: np.random.Generator) -> Iterator[npt.NDArray[np.int64]]:
        for _ in range(self.epochs):
            order = rng.permutation(people)
            for first in range(0, people, self.batch):
                yield order[first : first + self.batch]


def gradients(weights: list[Array], X: Any, truth: Array, penalty: float) -> Weights:
    """Of the mean log loss plus half the penalty times the squared weights, in the order of the weights."""
    first, first_bias, out, bias = weights
    hidden = np.asarray(X @ first + first_bias)
    logits = hidden**2 @ out + bias
    chances = softmax(logits, axis=1) if logits.shape[1] > 1 else expit(logits)
    residual = (chances - truth) / len(truth)
    inner = 2 * hidden * (residual @ out.T)
    return (
        np.asarray(X.T @ inner) + penalty * first, inner.sum(axis=0),
        (hidden**2).T @ residual + penalty * out, residual.sum(axis=0),
    )  # fmt: skip


@dataclass
class SquareModel(Fitted):
    """Weights (first, first_bias, out, bias) behind an encoder; one output stands for two classes."""

    weights: Weights
    encoder: Encoder

    def predict_proba(self, data: Dataset) -> Array:
        first, first_bias, out, bias = self.weights
        with one_thread():
            logits = np.square(self.encoder.encode_sparse(data) @ first + first_bias) @ out + bias
        if logits.shape[1] > 1:
            return np.asarray(softmax(logits, axis=1))
        return np.column_stack([expit(-logits[:, 0]), expit(logits[:, 0])])
