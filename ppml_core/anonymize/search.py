"""The optimal generalization for one requirement and one suppression limit, without looking at most of the lattice.

A loss cannot fall below what it is with nobody suppressed, for a suppressed cell costs as much as the root; that bound
needs no grouping where a loss adds up over cells. So nodes are visited in the order of their bounds until the next
bound is above the best loss found. "At most so many suppressed" is upward closed for k-anonymity and its like: where a
node fails, all below it fail, and a binary search on a path upward finds large failing regions (Samarati 2001;
Kohlmayer et al. 2012, Flash). For other models the part of the suppression that is upward closed is used alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from ppml_core.anonymize.classes import Bools, Floats
from ppml_core.anonymize.judge import Judge, Judgement
from ppml_core.anonymize.losses.arx_geometric import ArxGeometric
from ppml_core.anonymize.losses.base import Levels, Loss
from ppml_core.anonymize.nodes import Node
from ppml_core.anonymize.requirement import Requirement
from ppml_core.errors import BadInput, NotApplicable, Unreachable

MOST_NODES = 5_000_000
ROUNDING = 1e-12

Ranges = Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class Question:
    """What is wanted of a generalization: a loss, weights of attributes, a suppression limit (0..1), level ranges.

    `levels` maps an attribute to its (lowest, highest) level; attributes that it leaves out may take any.
    """

    suppression_limit: float = 0.05
    loss: Loss = field(default_factory=ArxGeometric)
    weights: Mapping[str, float] = field(default_factory=dict)
    levels: Ranges = field(default_factory=dict)

    def box(self, requirement: Requirement) -> tuple[Levels, Levels]:
        """(lowest, highest) level of each attribute; raises BadInput for a range that no hierarchy has."""
        tuples = requirement.tuples
        for name, (low, high) in self.levels.items():
            if name not in tuples.names:
                raise BadInput(f"levels of {name!r}: it is no quasi-identifier; those are {', '.join(tuples.names)}.")
            top = tuples.trees[tuples.names.index(name)].depth - 1
            if not 0 <= low <= high <= top:
                raise BadInput(
                    f"levels of {name!r} must lie between 0 and {top}, low before high, not {low} to {high}."
                )
        ranges = [
            self.levels.get(name, (0, tree.depth - 1)) for name, tree in zip(tuples.names, tuples.trees, strict=True)
        ]
        return tuple(low for low, _ in ranges), tuple(high for _, high in ranges)


def cheapest(requirement: Requirement, question: Question, cancelled: Callable[[], bool] | None = None) -> Node:
    """The node of least loss within the limit; of equal losses the one that comes first in odometer order.

    Raises Unreachable with the node that suppresses fewest, BadInput for a question that does not fit the table,
    NotApplicable for a lattice of more than 5 million nodes (`bounded.search` takes those).
    """
    search = _Search(requirement, question)
    for index in search.order:
        if search.bounds[index] > search.best_loss + ROUNDING:
            break
        if not search.closed_flat[index]:
            search.visit(index)
            if cancelled is not None and cancelled():
                raise Unreachable("the search was stopped.", best=search.best_node())
    return search.answer()


def unreachable(requirement: Requirement, limit: float, nearest: Node, tried: int | None = None) -> Unreachable:
    """The refusal, in words that name the models, the limit and what came nearest; `tried` where not all were."""
    people = max(requirement.ground.people, 1)
    none = "no generalization" if tried is None else f"none of the {tried:,} generalizations that were tried"
    return Unreachable(
        f"{none} reaches {requirement.words()} with at most {limit:.1%} of {people:,} people suppressed; "
        f"the nearest suppresses {nearest.suppressed / people:.1%}.",
        best=nearest,
    )


class _Search:
    """Bounds of all nodes, what is ruled out, and the best so far."""

    def __init__(self, requirement: Requirement, question: Question) -> None:
        self.requirement, self.question = requirement, question
        low, high = question.box(requirement)
        self.loss = question.loss.bind(requirement.tuples, question.weights)
        people = requirement.ground.people
        self.allowed = int(question.suppression_limit * people)
        self.judge = Judge(requirement, self.loss, self.allowed)
        self.shape = self.judge.shape
        nodes = math.prod(self.shape)
        if nodes > MOST_NODES:
            raise NotApplicable(
                f"{len(self.shape)} quasi-identifiers make {nodes:,} generalizations, more than are searched through "
                f"({MOST_NODES:,}): use the bounded search, make one a feature, or shorten a hierarchy."
            )
        self.bounds: Floats = self.loss.bounds()
        self.closed: Bools = np.ones(self.shape, dtype=bool)
        self.box = tuple(slice(bottom, top + 1) for bottom, top in zip(low, high, strict=True))
        self.closed[self.box] = False
        self.top: Levels = high
        self.strides = [math.prod(self.shape[attribute + 1 :]) for attribute in range(len(self.shape))]
        self.closed_flat = self.closed.reshape(-1)
        self.order = np.argsort(self.bounds, kind="stable")
        if not self.bounds.any():
            self.order = np.argsort(np.indices(self.shape).sum(axis=0).ravel(), kind="stable")
        self.best_loss, self.best_index = np.inf, -1
        self.nearest: tuple[int, Levels] = (self.judge.people + 1, self.top)
        self.reachable = self._look(self.top).gone_below <= self.allowed

    def visit(self, index: int) -> None:
        if not self.reachable:
            self.closed[...] = True
            return
        levels: Levels = tuple(int(level) for level in np.unravel_index(index, self.shape))
        judgement = self._look(levels)
        if judgement.gone_below > self.allowed:
            self._rule_out(levels)
        elif judgement.gone <= self.allowed and (judgement.loss, index) < (self.best_loss, self.best_index):
            self.best_loss, self.best_index = judgement.loss, index
        if judgement.floor > self.best_loss + ROUNDING:
            self.closed[tuple(slice(level, None) for level in levels)] = True

    def answer(self) -> Node:
        if self.best_index < 0:
            raise unreachable(self.requirement, self.question.suppression_limit, self.judge.node(self.nearest[1]))
        return self.best_node()

    def best_node(self) -> Node:
        if self.best_index < 0:
            return self.judge.node(self.nearest[1])
        return self.judge.node(tuple(int(level) for level in np.unravel_index(self.best_index, self.shape)))

    def _look(self, levels: Levels) -> Judgement:
        judgement = self.judge(levels)
        self.nearest = min(self.nearest, (judgement.gone, levels))
        return judgement

    def _rule_out(self, levels: Levels) -> None:
        """Closes all below the highest failing node on a path upward that takes the cheapest step each time."""
        path = self._path_up(levels)
        low, high = 0, len(path) - 1
        while high - low > 1:
            middle = (low + high) // 2
            if self._look(path[middle]).gone_below > self.allowed:
                low = middle
            else:
                high = middle
        self.closed[tuple(slice(0, level + 1) for level in path[low])] = True

    def _path_up(self, levels: Levels) -> list[Levels]:
        path, here = [levels], list(levels)
        index = int(np.ravel_multi_index(levels, self.shape))
        while path[-1] != self.top:
            open_ = [attribute for attribute, level in enumerate(here) if level < self.top[attribute]]
            rising = min(open_, key=lambda attribute: self.bounds[index + self.strides[attribute]])
            index += self.strides[rising]
            here[rising] += 1
            path.append(tuple(here))
        return path
