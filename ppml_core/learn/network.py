"""A small network without privacy: the plain model that a private one is compared with."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.data.dataset import Dataset
from ppml_core.learn.base import Fitted, Learner
from ppml_core.learn.binned import BinFeatures
from ppml_core.learn.dp_network import KINDS, Network
from ppml_core.learn.encoding import Encoder
from ppml_core.learn.local_steps import local_steps
from ppml_core.learn.models import one_thread, require_all_classes
from ppml_core.learn.network_descent import FIRST_SPREAD
from ppml_core.learn.promise import Ground
from ppml_core.learn.target import encode_target, target_classes
from ppml_core.settings import setting


@dataclass(frozen=True)
class PlainNetwork(Learner):
    """The architecture of `dp_network`, a linear model plus one of tanh units, by stochastic gradient descent.

    On the same features, so that the gap between the two is what privacy costs; below 30,000 expected rows `dp_network`
    has fewer bins, in two widths, which noise favours. There is no penalty on the weights.
    """

    title: ClassVar[str] = "Network"

    hidden: int = setting(8, 1, 256, slider=(1, 64), help="units of the first hidden layer", unit="units")
    second: int = setting(0, 0, 256, slider=(0, 32), help="units of the second hidden layer; 0 is none", unit="units")
    epochs: int = setting(10, 1, 1000, slider=(1, 50), help="times that the training goes through the rows")
    batch: int = setting(128, 1, 1_000_000, slider=(8, 1024), help="rows in a step", unit="rows", log=True)
    learning_rate: float = setting(2.0, 1e-5, 1e4, slider=(0.05, 16.0), log=True, help="length of a step")

    def fit(self, data: Dataset, rng: np.random.Generator) -> Fitted:
        start = time.perf_counter()
        encoder, classes = Encoder.reading(data), target_classes(data.schema, data)
        y = encode_target(data, classes)
        require_all_classes(y, classes, 2)
        features = BinFeatures.of(data.schema, encoder, "generic")
        X, outputs = features.rows(data).astype(np.float32), len(classes) if len(classes) > 2 else 1
        weights = (
            np.zeros((X.shape[1], outputs)), FIRST_SPREAD * rng.standard_normal((X.shape[1], self.hidden)),
            rng.standard_normal((self.hidden, self.second)), np.zeros((self.second or self.hidden, outputs)),
        )  # fmt: skip
        lengths = np.asarray(X.multiply(X).sum(axis=1), dtype=np.float32).ravel()
        orders = np.array([rng.permutation(len(y)) for _ in range(self.epochs)])
        with one_thread():
            local_steps(
                KINDS["softmax" if outputs > 1 else "logit"], X.indptr.astype(np.int32), X.indices.astype(np.int32),
                X.data, y.astype(np.float32), lengths, orders, self.batch, self.learning_rate, 0.0, 0.0, 0, *weights,
            )  # fmt: skip
        ground = Ground(encoder, classes, len(y), len(y), "")
        return Network(
            weights=weights, features=features, ground=ground, classes=classes, guarantee=None, guarantee_note="",
            warnings=encoder.notes, noise=(), seconds=time.perf_counter() - start,
        )  # fmt: skip
