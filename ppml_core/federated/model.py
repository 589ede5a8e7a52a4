"""The model that server and clients share: its features, its first weights, and what becomes of the last ones.

In: a schema and a learner's settings, public knowledge only, so that clients need not share any statistic of their
rows. Out: a `Model`. Weights are a list of 2-d float64 arrays: [skip] for logistic regression, the constant's weights
in the last row; [skip, first, out] or [skip, first, second, out] for the network of `dp_network`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ppml_core.data.dataset import Dataset
from ppml_core.errors import NotApplicable
from ppml_core.evidence import Guarantee
from ppml_core.federated.plan import generator
from ppml_core.federated.update import Weights
from ppml_core.learn.base import Fitted, Learner, Noise
from ppml_core.learn.binned import BinFeatures
from ppml_core.learn.descent import Features, LinearModel, link_of
from ppml_core.learn.dp_gd import KnotFeatures
from ppml_core.learn.dp_network import KINDS, Network
from ppml_core.learn.logistic_regression import LogisticRegression
from ppml_core.learn.network import PlainNetwork
from ppml_core.learn.network_descent import FIRST_SPREAD
from ppml_core.learn.promise import Ground

GRID = 2.0**-24
LINEAR_RATE, NETWORK_RATE = 8.0, 4.0


@dataclass(frozen=True, eq=False)
class Rows:
    """A client's people as the kernel takes them: CSR in single precision, target, and |x|² of each."""

    starts: npt.NDArray[np.int32]
    places: npt.NDArray[np.int32]
    values: npt.NDArray[np.float32]
    targets: npt.NDArray[np.float32]
    lengths: npt.NDArray[np.float32]

    @classmethod
    def of(cls, encoded: Any, targets: npt.NDArray[Any]) -> Rows:
        """Of features in CSR."""
        X = encoded.astype(np.float32)
        lengths = np.asarray(X.multiply(X).sum(axis=1), dtype=np.float32).ravel()
        places = (X.indptr.astype(np.int32), X.indices.astype(np.int32))
        return cls(*places, np.ascontiguousarray(X.data), targets.astype(np.float32), lengths)

    def __len__(self) -> int:
        return len(self.targets)

    def first(self) -> Rows:
        """The first person alone, or nobody where there is nobody."""
        end = int(self.starts[min(1, len(self))])
        return Rows(self.starts[:2], self.places[:end], self.values[:end], self.targets[:1], self.lengths[:1])


@dataclass(frozen=True, eq=False)
class Model:
    """`ridge` is the penalty per person on all weights but the constant's; `hidden` 0 is a linear model."""

    ground: Ground
    features: Features
    ridge: float = 0.0
    hidden: int = 0
    second: int = 0

    @property
    def kind(self) -> int:
        return KINDS[link_of(self.ground)]

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about columns that are left out, or whose encoding clients could not know of themselves."""
        inferred = self.ground.encoder.inferred
        if not inferred:
            return self.ground.encoder.notes
        return (
            *self.ground.encoder.notes,
            f"bounds or categories of {inferred[0]!r}{' and others' if inferred[1:] else ''} were read off everybody's "
            f"rows: clients apart would have to agree on them first, so write them into the schema.",
        )

    @property
    def learning_rate(self) -> float:
        """The length of a local step where the plan sets none."""
        return NETWORK_RATE if self.hidden else LINEAR_RATE

    @property
    def size(self) -> int:
        """Numbers in the weights."""
        return sum(weight.size for weight in self.initial(0))

    @property
    def outputs(self) -> int:
        return len(self.ground.classes) if len(self.ground.classes) > 2 else 1

    def initial(self, seed: int) -> Weights:
        """The weights of round 0: nothing but zeros, and a network's hidden layers drawn from the seed."""
        inputs, rng = len(self.features.names), generator(seed, "first weights")
        skip = np.zeros((inputs, self.outputs))
        if not self.hidden:
            return [skip]
        layers = [FIRST_SPREAD * rng.standard_normal((inputs, self.hidden))]
        layers += [rng.standard_normal((self.hidden, self.second))] if self.second else []
        return [skip, *layers, np.zeros((self.second or self.hidden, self.outputs))]

    def rows(self, data: Dataset) -> Rows:
        """A client's own people, encoded without a look at anybody else's."""
        return Rows.of(self.features.rows(data), self.ground.target(data))

    def rows_of(self, data: Dataset, places: Sequence[npt.NDArray[np.int64]]) -> list[Rows]:
        """Each client's people, as `rows` gives them, in one pass over everybody: each is encoded alone anyway."""
        encoded, target = self.features.rows(data), self.ground.target(data)
        return [Rows.of(encoded[one], target[one]) for one in places]

    def fitted(
        self, weights: Sequence[npt.NDArray[np.float64]], guarantee: Guarantee | None = None, noise: Noise = (),
        seconds: float = 0.0,
    ) -> Fitted:  # fmt: skip
        """The weights as a model of people."""
        ground = self.ground
        known: dict[str, Any] = {
            "features": self.features, "ground": ground, "classes": ground.classes,
            "guarantee": guarantee and ground.promised(guarantee), "guarantee_note": ground.doubt if guarantee else "",
            "warnings": self.notes + (ground.size_warnings(guarantee.delta) if guarantee else ()),
            "noise": noise, "seconds": seconds,
        }  # fmt: skip
        if not self.hidden:
            return LinearModel(weights=np.array(weights[0]), **known)
        return Network(weights=in_four(weights), **known)


def in_four(weights: Sequence[npt.NDArray[np.float64]]) -> tuple[npt.NDArray[np.float64], ...]:
    """(skip, first, second, out) as the kernels take them; a layer that is not there has no column."""
    if len(weights) == 1:
        inputs, outputs = weights[0].shape
        return weights[0], np.zeros((inputs, 0)), np.zeros((0, 0)), np.zeros((0, outputs))
    if len(weights) == 3:
        return weights[0], weights[1], np.zeros((weights[1].shape[1], 0)), weights[2]
    return tuple(weights)


def model_of(learner: Learner, data: Dataset) -> Model:
    """The model of that learner for this schema; of `data` only the schema is read.

    Raises NotApplicable for learners that are not trained by gradients here, or where the schema says too little.
    """
    if isinstance(learner, PlainNetwork):
        ground = Ground.of(data, needs_size=True)
        bins = BinFeatures.of(data.schema, ground.encoder, "generic")
        return Model(ground, bins, hidden=learner.hidden, second=learner.second)
    if not isinstance(learner, LogisticRegression):
        raise NotApplicable(f"{learner.title} is not trained among clients; logistic_regression and network are.")
    if learner.class_weight != "none" or learner.calibrated is not None:
        raise NotApplicable("class_weight and calibrated look at everybody's rows at once: leave them at none.")
    ground = Ground.of(data, needs_size=True, knots=learner.knots)
    longest = math.hypot(ground.encoder.row_norm, 1.0)
    return Model(ground, KnotFeatures(ground.encoder), ridge=1 / (learner.C * ground.rows * longest**2))
