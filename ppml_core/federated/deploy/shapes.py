"""Weights as they travel: one array in one dimension, for Flower's secure aggregation corrupts a 0-d array silently."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ppml_core.federated.model import Model
from ppml_core.federated.update import Weights

Floats = npt.NDArray[np.float64]


def flat(weights: Sequence[Floats]) -> Floats:
    """All numbers in a row.

    >>> flat([np.zeros((2, 1)), np.array([[3.0, 4.0]])])
    array([0., 0., 3., 4.])
    """
    return np.concatenate([np.asarray(weight, dtype=np.float64).ravel() for weight in weights])


def shaped(numbers: Floats, like: Sequence[Floats]) -> Weights:
    """The numbers as arrays of those shapes again."""
    ends = np.cumsum([weight.size for weight in like])
    parts = np.split(np.asarray(numbers, dtype=np.float64), ends[:-1])
    return [part.reshape(weight.shape) for part, weight in zip(parts, like, strict=True)]


def likeness(model: Model) -> str:
    """A fingerprint of features, classes, penalty and layers: equal where two parties would train the same model."""
    said = [list(model.features.names), list(model.ground.classes), model.ridge, model.hidden, model.second]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def packed(numbers: Floats) -> str:
    """Float64 as text, exactly.

    >>> unpacked(packed(np.array([0.1])))[0]
    np.float64(0.1)
    """
    return base64.b64encode(np.asarray(numbers, dtype="<f8").tobytes()).decode()


def unpacked(text: str) -> Floats:
    """The numbers in such a text."""
    return np.frombuffer(base64.b64decode(text), dtype="<f8").copy()
