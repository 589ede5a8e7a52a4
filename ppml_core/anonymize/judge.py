"""What one node of the lattice suppresses and loses, asked of many nodes in any order.

Classes of a node come from the smallest class list known below it: only the attributes that differ are rewritten.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ppml_core.anonymize import kernels
from ppml_core.anonymize.classes import Bools, Classes, Ints
from ppml_core.anonymize.losses.base import BoundLoss, Levels
from ppml_core.anonymize.nodes import Node
from ppml_core.anonymize.requirement import Requirement

MOST_KNOWN = 400
MOST_KNOWN_CELLS = 40_000_000


@dataclass(frozen=True)
class Judgement:
    """Of one node: people suppressed, how many of them every node below suppresses too, and its loss.

    The loss is infinite where more are suppressed than allowed. No node above it loses less than `floor`.
    """

    gone: int
    gone_below: int
    loss: float
    floor: float


class Judge:
    """Judges nodes by a requirement, a loss and the number of people that may be suppressed, and remembers."""

    def __init__(self, requirement: Requirement, loss: BoundLoss, allowed: int) -> None:
        self.allowed = allowed
        self.requirement, self.loss, self.tuples = requirement, loss, requirement.tuples
        self.people = int(self.tuples.counts.sum())
        self.shape = tuple(tree.depth for tree in self.tuples.trees)
        self.judged: dict[Levels, Judgement] = {}
        base: Levels = (0,) * len(self.shape)
        self.known: dict[Levels, tuple[Ints, Ints]] = {base: (self.tuples.keys, requirement.table)}
        self.known_levels = np.zeros((1, len(self.shape)), dtype=np.int64)
        self.known_sizes = np.array([len(self.tuples.keys)])
        self.known_cells = 0
        self.maps: dict[tuple[int, int, int], Ints] = {}

    def __call__(self, levels: Levels) -> Judgement:
        if levels not in self.judged:
            self.judged[levels] = self._judge(levels)
        return self.judged[levels]

    def node(self, levels: Levels) -> Node:
        """The node with its classes counted."""
        classes = self.classes(levels)
        kept = self._kept(levels, classes)
        assert classes.keys is not None
        sizes = classes.sizes[kept]
        named = dict(zip(self.tuples.names, levels, strict=True))
        smallest = int(sizes.min()) if len(sizes) else 0
        loss = self.loss.of(levels, classes.keys, classes.sizes, kept)
        return Node(named, self.requirement.k, loss, self.people - int(sizes.sum()), len(sizes), smallest)

    def classes(self, levels: Levels) -> Classes:
        if self.requirement.pairs is not None:
            return self.requirement.at(dict(zip(self.tuples.names, levels, strict=True)))
        return self.requirement.classes(*self._rolled_up(levels))

    @cached_property
    def merging(self) -> bool:
        """Whether classes that all pass still pass when they are merged."""
        return all(model.closed_under_merging or model.upward_closed for model in self.requirement.models)

    def _judge(self, levels: Levels) -> Judgement:
        classes = self.classes(levels)
        kept = self._kept(levels, classes)
        assert classes.keys is not None
        sizes = classes.sizes
        gone = self.people - int(sizes[kept].sum())
        if self.requirement.upward_closed:
            gone_below = gone
        else:
            gone_below = int(sizes[~self.requirement.passing_closed(classes)].sum())
            if self.merging and not gone_below:
                gone_below = min(gone, 1)
        loss = self.loss.of(levels, classes.keys, sizes, kept) if gone <= self.allowed else math.inf
        return Judgement(gone, gone_below, loss, self.loss.floor(levels, classes.keys, sizes))

    def _kept(self, levels: Levels, classes: Classes) -> Bools:
        if self.requirement.is_per_class:
            return self.requirement.passing(classes)
        assert classes.keys is not None
        return self.requirement.keep(classes, self.loss.per_person(levels, classes.keys))

    def _rolled_up(self, levels: Levels) -> tuple[Ints, Ints]:
        wanted = np.array(levels)
        below = np.flatnonzero((self.known_levels <= wanted).all(axis=1))
        source = below[self.known_sizes[below].argmin()]
        start: Levels = tuple(self.known_levels[source].tolist())
        keys, table = self.known[start]
        if start == levels:
            return keys, table
        raised = keys.copy()
        for attribute, (low, high) in enumerate(zip(start, levels, strict=True)):
            if low != high:
                shift, mask = self.tuples.shifts[attribute], self.tuples.fields[attribute]
                kernels.rewrite(raised, self._map(attribute, low, high), shift, mask)
        found, sums = kernels.merge(raised, table)
        if self._worth_keeping(len(found), len(keys), table.shape[1]):
            self.known[levels] = found, sums
            self.known_levels = np.vstack([self.known_levels, wanted])
            self.known_sizes = np.append(self.known_sizes, len(found))
            self.known_cells += sums.size
        return found, sums

    def _worth_keeping(self, found: int, source: int, width: int) -> bool:
        room = len(self.known) < MOST_KNOWN and self.known_cells + found * width < MOST_KNOWN_CELLS
        return room and found < 0.8 * source

    def _map(self, attribute: int, low: int, high: int) -> Ints:
        """Code at one level -> code at a level above."""
        if (attribute, low, high) not in self.maps:
            tree = self.tuples.packed[attribute]
            table = np.zeros(len(tree.labels[low]), dtype=np.int64)
            table[tree.codes[low]] = tree.codes[high]
            self.maps[attribute, low, high] = table
        return self.maps[attribute, low, high]
