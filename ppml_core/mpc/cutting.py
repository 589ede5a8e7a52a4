"""Cuts a table among three holders: by rows (each has people of its own) or by columns (all have the same people).

This is the simulation's part: three holders would each encode what they have, by the same public schema. Features come
from the schema's bounds and categories alone, so nobody has to see anybody's rows to agree on them.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput, NotApplicable
from ppml_core.learn.encoding import Encoder
from ppml_core.learn.target import encode_target, target_classes
from ppml_core.mpc.holding import Array, Holding
from ppml_core.mpc.plan import PARTIES, Split, Triple

LEAST_ROWS = 2 * PARTIES


@dataclass(frozen=True, eq=False)
class Features:
    """Encoded people with a last column of ones, and their classes as 0 and 1."""

    X: Array
    y: Array


@dataclass(frozen=True, eq=False)
class Encoding:
    """How people become numbers, by the schema alone: features, the two classes, and a bound on a row's length²."""

    encoder: Encoder
    classes: tuple[str, ...]

    @classmethod
    def of(cls, data: Dataset, knots: int) -> Encoding:
        """Raises NotApplicable where the schema says too little, or the target has not two classes."""
        classes = target_classes(data.schema)
        if len(classes) != 2:
            raise NotApplicable(f"models on shares tell two classes apart, and the target has {len(classes)}.")
        return cls(Encoder.of(data.schema, knots, data.published), classes)

    @property
    def longest(self) -> float:
        return float(len(self.encoder.parts) + 1)

    def features(self, data: Dataset) -> Array:
        return np.column_stack([self.encoder.encode(data), np.ones(len(data))])

    def of_people(self, data: Dataset) -> Features:
        return Features(self.features(data), encode_target(data, self.classes).astype(np.float64))

    def column_edges(self) -> tuple[int, ...]:
        """Where each party's features begin under a vertical split; the column of ones goes with the last."""
        parts = len(self.encoder.parts)
        if parts < PARTIES:
            raise NotApplicable(f"a vertical split among {PARTIES} needs {PARTIES} columns, and there are {parts}.")
        firsts = [int(self.encoder.offsets[parts * party // PARTIES]) for party in range(PARTIES)]
        return (*firsts, self.encoder.width + 1)


@dataclass(frozen=True, eq=False)
class Cut:
    """What each party holds, and the public sizes."""

    holdings: tuple[Holding, ...]
    rows: Triple
    test_rows: Triple
    columns: Triple


def cut(encoding: Encoding, split: Split, people: Features, asked: Array) -> Cut:
    """Training people and rows to be predicted, among three holders; in order, so that the parts put together are the
    whole again. Raises BadInput where there are too few training people."""
    if len(people.y) < LEAST_ROWS:
        raise BadInput(f"{PARTIES} holders need {LEAST_ROWS} training people at least, not {len(people.y)}.")
    if split == "horizontal":
        X, y, T = _thirds(people.X), _thirds(people.y), _thirds(asked)
        holdings = tuple(Holding(*each) for each in zip(X, y, T, strict=True))
    else:
        edges = encoding.column_edges()
        spans = [slice(low, high) for low, high in itertools.pairwise(edges)]
        holdings = tuple(
            Holding(people.X[:, span], people.y if party == PARTIES - 1 else None, asked[:, span])
            for party, span in enumerate(spans)
        )
    rows, tests, columns = zip(*((len(h.X), len(h.T), h.X.shape[1]) for h in holdings), strict=True)
    return Cut(holdings, rows, tests, columns)


def _thirds(array: Array) -> Sequence[Array]:
    return np.array_split(array, PARTIES)
