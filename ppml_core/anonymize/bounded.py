"""A search through a lattice too large to list: the best found so far, and how far from the optimum it may be.

Nodes are taken in the order of their bounds, from the bottom up, and a node's bound is at most its own; so the
smallest bound not yet judged bounds every loss that was not seen. From each node that fails, a path leads up to one
that does not, and from there single levels are taken back while the limit holds (in the spirit of Prasser et al. 2016,
Lightning). The number of nodes judged is the budget, so that an answer does not depend on the machine.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable

import numpy as np

from ppml_core.anonymize.judge import Judge
from ppml_core.anonymize.losses.base import Levels
from ppml_core.anonymize.nodes import Node
from ppml_core.anonymize.requirement import Requirement
from ppml_core.anonymize.search import MOST_NODES, Question, unreachable
from ppml_core.workers import Progress

RULED_OUT_PER_JUDGED = 100


def is_needed(requirement: Requirement) -> bool:
    """Whether the lattice has too many nodes for the exact search."""
    return math.prod(tree.depth for tree in requirement.tuples.trees) > MOST_NODES


def search(
    requirement: Requirement,
    question: Question,
    most_nodes: int,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[Node, float]:
    """(the best node found, by how much its loss may exceed the optimum's). The gap is 0 where the search ended.

    `progress` is told nodes judged and the budget; `cancelled` ends the search with the best so far. Raises
    Unreachable, with what came nearest as `best`, where no judged node stays within the limit.
    """
    hunt = _Hunt(requirement, question, most_nodes, progress, cancelled)
    hunt.run()
    if hunt.best is None:
        tried = len(hunt.judge.judged) if hunt.is_over() else None
        raise unreachable(requirement, question.suppression_limit, hunt.judge.node(hunt.nearest[1]), tried)
    return hunt.judge.node(hunt.best), max(0.0, hunt.best_loss - min(hunt.bound, hunt.best_loss))


class _Hunt:
    """The frontier of nodes not yet judged, what is ruled out, and the best so far."""

    def __init__(
        self,
        requirement: Requirement,
        question: Question,
        most_nodes: int,
        progress: Progress | None,
        cancelled: Callable[[], bool] | None,
    ) -> None:
        self.low, self.top = question.box(requirement)
        self.loss = question.loss.bind(requirement.tuples, question.weights)
        self.allowed = int(question.suppression_limit * requirement.ground.people)
        self.judge = Judge(requirement, self.loss, self.allowed)
        self.most_nodes, self.progress, self.cancelled = most_nodes, progress, cancelled
        self.best: Levels | None = None
        self.best_loss = math.inf
        self.bound = 0.0
        self.nearest: tuple[int, Levels] = (self.judge.people + 1, self.top)
        self.failing = np.zeros((0, len(self.top)), dtype=np.int64)
        self.taken = 0

    def run(self) -> None:
        if not self._consider(self.top) and self.judge(self.top).gone_below > self.allowed:
            return
        frontier = [(self.loss.bound(self.low), self.low)]
        seen = {self.low}
        while frontier:
            self.bound, levels = heapq.heappop(frontier)
            if self.bound >= self.best_loss or self.is_over():
                return
            self.taken += 1
            if not self._fails(levels):
                if self.judge(levels).gone_below > self.allowed:
                    self._climb(levels)
                else:
                    self._consider(levels)
            for above in self._above(levels):
                if above not in seen:
                    seen.add(above)
                    heapq.heappush(frontier, (max(self.bound, self.loss.bound(above)), above))
        self.bound = self.best_loss

    def is_over(self) -> bool:
        """Whether the budget is spent; a node that is ruled out costs a hundredth of one that is judged."""
        spent = len(self.judge.judged) + self.taken // RULED_OUT_PER_JUDGED
        if self.progress is not None:
            self.progress(min(spent, self.most_nodes), self.most_nodes)
        return spent >= self.most_nodes or (self.cancelled is not None and self.cancelled())

    def _consider(self, levels: Levels) -> bool:
        """Whether the node stays within the limit; the best so far is kept."""
        judgement = self.judge(levels)
        self.nearest = min(self.nearest, (judgement.gone, levels))
        if judgement.gone > self.allowed:
            return False
        if (judgement.loss, levels) < (self.best_loss, self.best or self.top):
            self.best, self.best_loss = levels, judgement.loss
        return True

    def _fails(self, levels: Levels) -> bool:
        return bool((self.failing >= np.array(levels)).all(axis=1).any())

    def _climb(self, levels: Levels) -> None:
        """Finds where a path upward stops failing, remembers the last failing node, descends from the first other."""
        path = [levels]
        while path[-1] != self.top:
            path.append(min(self._above(path[-1]), key=self.loss.bound))
        low, high = 0, len(path) - 1
        while high - low > 1:
            middle = (low + high) // 2
            if self.judge(path[middle]).gone_below > self.allowed:
                low = middle
            else:
                high = middle
        last = np.array(path[low])
        self.failing = np.vstack([self.failing[(self.failing > last).any(axis=1)], last])
        if self._consider(path[high]):
            self._descend(path[high])

    def _descend(self, levels: Levels) -> None:
        """Takes single levels back, the one that gains most each time, while the limit holds."""
        here = levels
        while True:
            below = [node for node in self._below(here) if not self._fails(node)]
            better = [node for node in below if self._consider(node) and self.judge(node).loss < self.judge(here).loss]
            if not better or self.is_over():
                return
            here = min(better, key=lambda node: self.judge(node).loss)

    def _above(self, levels: Levels) -> list[Levels]:
        return [
            (*levels[:place], level + 1, *levels[place + 1 :])
            for place, level in enumerate(levels)
            if level < self.top[place]
        ]

    def _below(self, levels: Levels) -> list[Levels]:
        return [
            (*levels[:place], level - 1, *levels[place + 1 :])
            for place, level in enumerate(levels)
            if level > self.low[place]
        ]
