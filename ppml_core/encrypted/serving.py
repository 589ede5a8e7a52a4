"""Fitted models as they run on ciphertexts: weights with bias for the server, rows of features for the client.

In: a fitted model of a learner that is linear in its features, or a network with square activation. Out: `Served`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ppml_core.data.dataset import Dataset
from ppml_core.encrypted.models import Linear, Model, Squares
from ppml_core.errors import NotApplicable
from ppml_core.learn.base import Fitted, Learner
from ppml_core.learn.binned import BinFeatures
from ppml_core.learn.descent import Features, LinearModel
from ppml_core.learn.models import LibraryModel
from ppml_core.learn.square_network import SquareModel

MOST_FEATURES = 1024


@dataclass(frozen=True, eq=False)
class Served:
    """`model` is the server's alone, `rows` turns people into features by public knowledge and is the client's."""

    model: Model
    rows: Callable[[Dataset], Any]


def served(fitted: Fitted, learner: Learner) -> Served:
    """The two halves of a fitted model. Raises NotApplicable for a model that is no sum of products, or too wide."""
    found = _halves(fitted)
    if found is None:
        raise NotApplicable(
            f"{learner.title} does not run on ciphertexts: only sums and products do. Logistic regression and other "
            f"linear classifiers do, and a network with square activation."
        )
    features = found.model.shape[0]
    if features > MOST_FEATURES:
        raise NotApplicable(
            f"{learner.title} has {features:,} features here, and a ciphertext for each: at most {MOST_FEATURES:,}."
        )
    return found


def _halves(fitted: Fitted) -> Served | None:
    if not fitted.classes:
        return None
    if isinstance(fitted, LibraryModel) and hasattr(fitted.model, "coef_"):
        encoder, outputs = fitted.encoder, 1 if len(fitted.classes) == 2 else len(fitted.classes)
        weights, bias = np.array(fitted.model.coef_, dtype=np.float64).T, np.ravel(fitted.model.intercept_)
        if weights.shape != (encoder.width, outputs) or bias.shape != (outputs,):
            return None
        return Served(Linear(weights, bias, encoder.row_norm), encoder.encode_sparse)
    if isinstance(fitted, SquareModel):
        encoder = fitted.encoder
        return Served(Squares(*fitted.weights, row_norm=encoder.row_norm), encoder.encode_sparse)
    if isinstance(fitted, LinearModel):
        bias = np.zeros(fitted.weights.shape[1])
        return Served(Linear(fitted.weights, bias, _longest(fitted.features)), fitted.features.rows)
    return None


def _longest(features: Features) -> float:
    """No row is longer, whoever the person is: those of bins show every cut once, others are scaled to 1."""
    if not isinstance(features, BinFeatures):
        return 1.0
    published = len(features.published.parts) if features.published else 0
    return math.hypot(*(cut.bins.scale for cut in features.cuts), math.sqrt(published)) / features.norm
