"""Features of an additive model: one 1 per column and way of cutting it, on public bins and categories.

In: a schema. Out: `BinFeatures`, whose rows hold one scaled 1 for each part. Nothing here reads a private value.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack

from ppml_core.data.bins import Bins, generic_bins, read_bins
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Column, Schema
from ppml_core.errors import NotApplicable
from ppml_core.learn.encoding import Encoder, Part, categories_of, numbers_in

Places = npt.NDArray[np.int32]

NOT_SHOWN = -1


@dataclass(frozen=True)
class Cut:
    """A column in one way of cutting: its bins or, with a part of categories, its levels; `part` reads the cells."""

    part: Part
    bins: Bins

    @property
    def levels(self) -> int:
        if not self.part.is_numeric:
            return len(self.part.names)
        return len(self.bins.edges) + 1 - self.bins.drop_lowest + self.part.missing

    @property
    def names(self) -> tuple[str, ...]:
        if not self.part.is_numeric:
            return self.part.names
        edges = [f"{edge:.6g}" for edge in self.bins.edges]
        between = [f"{a} to {b}" for a, b in itertools.pairwise(edges)]
        named = ([] if self.bins.drop_lowest else [f"below {edges[0]}"]) + between + [f"{edges[-1]} and more"]
        return tuple(f"{self.part.column} {name}" for name in named + (["missing"] if self.part.missing else []))

    def places(self, data: Dataset) -> Places:
        """Per person the level that is set, NOT_SHOWN for none."""
        if not self.part.is_numeric:
            return categories_of(data, self.part)
        numbers = numbers_in(data, self.part)
        bin_ = np.searchsorted(self.bins.edges, numbers, side="right") - int(self.bins.drop_lowest)
        absent = self.levels - 1 if self.part.missing else NOT_SHOWN
        return np.where(np.isnan(numbers), absent, bin_).astype(np.int32)


@dataclass(frozen=True, eq=False)
class BinFeatures:
    """The cuts of a schema, and `norm`, by which every row is divided: that of the parts that everyone shows.

    A row may be longer than 1 where a dropped lowest bin is left: clipping goes by the row's own length.
    """

    cuts: tuple[Cut, ...]
    published: Encoder | None
    norm: float
    uncharged: tuple[str, ...] = ()

    @classmethod
    def of(cls, schema: Schema, encoder: Encoder, features: str, people: float = math.inf) -> BinFeatures:
        """`features` is "generic", from bounds and categories alone, or "schema", with the bins it writes down.

        `people` is the public size for which the bins are meant to do.
        """
        cuts: list[Cut] = []
        for part in encoder.parts:
            if part.published is None:
                cuts += [
                    Cut(part, bins) for bins in _bins(schema[part.column], part, features, people) if bins.scale > 0
                ]
        published = [part for part in encoder.parts if part.published is not None]
        if not cuts and not published:
            raise NotApplicable("the schema leaves no column to learn from.")
        shown = [cut.bins.scale for cut in cuts if not cut.bins.drop_lowest] + [1.0] * len(published)
        norm = math.hypot(*(shown or [cut.bins.scale for cut in cuts]))
        sources = dict.fromkeys(schema[cut.part.column].bins_source for cut in cuts if features == "schema")
        rest = dataclasses.replace(encoder, parts=tuple(published)) if published else None
        return cls(tuple(cuts), rest, norm, tuple(source for source in sources if source))

    @property
    def chosen(self) -> tuple[str, ...]:
        """Sentences on what was chosen on rows without being charged."""
        return tuple(f"Bins and scales were {source}." for source in self.uncharged)

    @cached_property
    def offsets(self) -> npt.NDArray[np.int64]:
        """Where each cut's features begin, and at the end how many there are."""
        return np.cumsum([0, *(cut.levels for cut in self.cuts)])

    @property
    def names(self) -> tuple[str, ...]:
        own = tuple(name for cut in self.cuts for name in cut.names)
        return own + (self.published.feature_names if self.published else ())

    def one_cut_each(self) -> BinFeatures:
        """The first, finest cut of every column."""
        first = {cut.part.column: cut for cut in reversed(self.cuts)}
        kept = [cut for cut in self.cuts if first[cut.part.column] is cut]
        return dataclasses.replace(self, cuts=tuple(kept))

    @property
    def levels(self) -> tuple[int, ...]:
        """How many codes each cut has, as a negative number where they have no order."""
        return tuple((cut.levels + 1) * (1 if cut.part.is_numeric else -1) for cut in self.cuts)

    def codes(self, data: Dataset) -> npt.NDArray[np.intp]:
        """Shape (cuts, people): the level that is set, one later; 0 for none."""
        return np.array([cut.places(data) + 1 for cut in self.cuts], dtype=np.intp).reshape(len(self.cuts), len(data))

    def rows(self, data: Dataset) -> Any:
        places = [np.zeros((len(data), 0), dtype=np.int32)]
        for cut, offset in zip(self.cuts, self.offsets, strict=False):
            place = cut.places(data)
            places.append(np.where(place == NOT_SHOWN, NOT_SHOWN, place + np.int32(offset))[:, None])
        table = np.hstack(places)
        shown = table != NOT_SHOWN
        scales = np.array([cut.bins.scale for cut in self.cuts]) / self.norm
        values = np.broadcast_to(scales, table.shape)[shown]
        starts = np.concatenate([[0], np.cumsum(shown.sum(axis=1))])
        own = csr_matrix((values, table[shown], starts), shape=(len(data), int(self.offsets[-1])))
        if self.published is None:
            return own
        return hstack([own, self.published.encode_sparse(data) / self.norm], format="csr")


def _bins(column: Column, part: Part, features: str, people: float) -> tuple[Bins, ...]:
    if not part.is_numeric:
        given = read_bins("", column.bins, None) if column.bins and features == "schema" else ()
        return (Bins(scale=given[0].scale),) if given else (Bins(),)
    if column.bins and features == "schema":
        return tuple(bins for bins in read_bins("", column.bins, column.bounds) if bins.edges)
    return generic_bins(part.low, part.high, people)
