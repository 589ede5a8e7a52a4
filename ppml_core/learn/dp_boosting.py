"""Differentially private gradient boosting of random trees: splits from public knowledge, noisy sums in the leaves."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self, cast

import numpy as np
import numpy.typing as npt
from scipy.special import expit, softmax

from ppml_core.accounting.budget_settings import delta_setting, epsilon_setting, neighbours_setting
from ppml_core.accounting.gaussian import mu_of, noise_multiplier
from ppml_core.data.dataset import Dataset
from ppml_core.errors import NotApplicable
from ppml_core.evidence import Guarantee, Neighbours
from ppml_core.learn.base import Array, Fitted, Learner, Masks, Task
from ppml_core.learn.binned import BinFeatures
from ppml_core.learn.descent import MIDDLE, link_of, target_of
from ppml_core.learn.promise import Ground
from ppml_core.settings import setting

Codes = npt.NDArray[np.intp]
Block = npt.NDArray[np.float64]

NOTHING_RAW = "every column was generalized one by one, and these trees cut raw columns only."

COUNT_WEIGHT = 0.5
CURVATURE = {"logit": 0.25, "softmax": 0.25, "identity": 1.0}
CLIP = {"logit": 0.5, "softmax": 0.5, "identity": 0.1}


@dataclass(frozen=True)
class DPBoosting(Learner):
    """Gradient boosting whose trees are drawn before any row is read: only the sums in their leaves cost budget.

    A tree takes a few columns at random and cuts each into groups, numbers between neighbouring public bins and
    categories by lot; everybody is in one leaf. Per tree one person moves the leaf's sum of clipped gradients by
    `clip_norm` and its count by one, together at most clip_norm·√(1 + 1/4) as weighted here, and Gaussian noise covers
    both; the trees compose to one mu. The step in a leaf is Newton's, shrunk by the noise in it. Friedman 2001;
    Bojarski et al. 2014 (random trees); Nori et al. 2021 (DP-EBM); accounting: Dong, Roth, Su 2022.

    Defaults were chosen on the training part of the Adult table, which is not charged. Noise is reproducible.
    """

    title: ClassVar[str] = "DP boosting"
    tasks: ClassVar[tuple[Task, ...]] = ("classification", "regression")
    private: ClassVar[bool] = True
    gaussian: ClassVar[bool] = True

    epsilon: float = epsilon_setting()
    delta: float | None = delta_setting()
    trees: int = setting(150, 1, 5_000, slider=(10, 500), help="trees; more trees need more noise in each")
    columns: int = setting(2, 1, 4, slider=(1, 4), help="columns that one tree looks at", unit="columns")
    groups: int = setting(4, 2, 16, slider=(2, 8), help="groups that each of its columns is cut into", unit="groups")
    learning_rate: float = setting(0.5, 1e-3, 2.0, slider=(0.05, 1.0), help="share of Newton's step that is taken")
    shrinkage: float = setting(
        3.0, 0.0, 100.0, slider=(0.0, 10.0), help="people added to every leaf, in units of the noise in its count"
    )
    clip_norm: float | None = setting(
        None, 1e-4, 1.0, slider=(0.05, 1.0), log=True,
        help="most that one person adds to a sum; none follows from the task",
    )  # fmt: skip
    neighbours: str = neighbours_setting()

    def fit(self, data: Dataset, rng: np.random.Generator) -> Fitted:
        return self.fit_many([self], data, [rng])[0]

    @classmethod
    def fit_many(cls, learners: Sequence[Self], data: Dataset, rngs: Sequence[np.random.Generator]) -> list[Fitted]:
        """One model per (learner, generator) on columns that are cut once; each is trained by itself."""
        if not learners:
            return []
        start = time.perf_counter()
        ground = Ground.of(data, needs_size=False, tasks=cls.tasks)
        columns = BinFeatures.of(data.schema, ground.encoder, "generic").one_cut_each()
        if not columns.cuts:
            raise NotApplicable(NOTHING_RAW)
        codes, target = columns.codes(data), target_of(ground, data)
        shared = (time.perf_counter() - start) / len(learners)
        return [
            learner._fit(ground, columns, codes, target, rng, shared)
            for learner, rng in zip(learners, rngs, strict=True)
        ]

    def fit_subsets(self, data: Dataset, masks: Masks, rngs: Sequence[np.random.Generator]) -> list[Fitted]:
        """The same models as one by one, on columns that are cut once."""
        start = time.perf_counter()
        grounds = Ground.of_parts(data, masks, needs_size=False, tasks=self.tasks)
        if not grounds:
            return []
        columns = BinFeatures.of(data.schema, grounds[0].encoder, "generic").one_cut_each()
        if not columns.cuts:
            raise NotApplicable(NOTHING_RAW)
        codes, target = columns.codes(data), target_of(grounds[0], data)
        shared = (time.perf_counter() - start) / len(masks)
        return [
            self._fit(ground, columns, np.ascontiguousarray(codes[:, mask]), target[mask], rng, shared)
            for ground, mask, rng in zip(grounds, masks, rngs, strict=True)
        ]

    def _fit(
        self, ground: Ground, columns: BinFeatures, codes: Codes, target: Block, rng: np.random.Generator, shared: float
    ) -> Fitted:
        start = time.perf_counter()
        ground, delta = ground.at(self.delta), ground.delta(self.delta)
        multiplier = noise_multiplier(self.epsilon, delta, self.trees) * (2 if self.neighbours == "replace_one" else 1)
        link = link_of(ground)
        clip = self.clip_norm or CLIP[link]
        outputs = len(ground.classes) if link == "softmax" else 1
        mu = mu_of(self.epsilon, delta)
        guarantee = Guarantee(self.epsilon, delta, cast(Neighbours, self.neighbours), mu=mu)
        return RandomTrees(
            trees=self._grown(codes, columns.levels, target, link, outputs, clip, multiplier, rng),
            columns=columns,
            outputs=outputs,
            ground=ground,
            classes=ground.classes,
            guarantee=ground.promised(guarantee),
            guarantee_note=ground.doubt,
            warnings=ground.encoder.notes + ground.size_warnings(delta),
            noise=(
                ("mechanism", "gaussian"), ("steps", self.trees), ("noise_multiplier", multiplier),
                ("clip_norm", clip), ("mu", mu),
            ),
            seconds=shared + time.perf_counter() - start,
        )  # fmt: skip

    def _grown(
        self, codes: Codes, levels: Sequence[int], target: Block, link: str, outputs: int, clip: float,
        multiplier: float, rng: np.random.Generator,
    ) -> tuple[Tree, ...]:  # fmt: skip
        """The trees in order. `codes` has shape (columns, people)."""
        noise = multiplier * clip * math.hypot(1.0, COUNT_WEIGHT)
        scores, trees = np.zeros((codes.shape[1], outputs)), []
        for _ in range(self.trees):
            tree = _drawn(levels, self.columns, self.groups, rng)
            leaf = tree.leaf_of(codes)
            sums, counts = leaf_sums(leaf, tree.leaves, residuals(scores, target, link), clip)
            noisy = sums + noise * rng.standard_normal(sums.shape)
            people = counts + noise / (COUNT_WEIGHT * clip) * rng.standard_normal(counts.shape)
            weight = CURVATURE[link] * (np.maximum(people, 0.0) + self.shrinkage * noise / (COUNT_WEIGHT * clip))
            values = -self.learning_rate * noisy / np.maximum(weight, CURVATURE[link])[:, None]
            trees.append(Tree(tree.columns, tree.groups, tree.shape, values))
            scores += values[leaf]
        return tuple(trees)


@dataclass(frozen=True, eq=False)
class Tree:
    """`groups` says for each of its columns in which group a level is; leaves are the groups' product."""

    columns: tuple[int, ...]
    groups: tuple[Codes, ...]
    shape: tuple[int, ...]
    values: Block

    @property
    def leaves(self) -> int:
        return math.prod(self.shape)

    def leaf_of(self, codes: Codes) -> Codes:
        """Per person the leaf."""
        leaf = np.zeros(codes.shape[1], dtype=np.intp)
        for column, group, size in zip(self.columns, self.groups, self.shape, strict=True):
            leaf = leaf * size + group[codes[column]]
        return leaf


def leaf_sums(leaf: Codes, leaves: int, gradients: Block, clip: float) -> tuple[Block, Block]:
    """Per leaf the sum of gradients, each row at most `clip` long, and the number of people."""
    lengths = np.sqrt((gradients**2).sum(axis=1))
    clipped = gradients * np.minimum(1.0, clip / np.maximum(lengths, 1e-300))[:, None]
    sums = [np.bincount(leaf, weights=column, minlength=leaves) for column in clipped.T]
    return np.column_stack(sums), np.bincount(leaf, minlength=leaves).astype(np.float64)


def residuals(scores: Block, target: Block, link: str) -> Block:
    """Gradient of the loss by the scores, shape (people, outputs)."""
    if link == "softmax":
        return np.asarray(softmax(scores, axis=1) - np.eye(scores.shape[1])[target.astype(np.int64)])
    return np.asarray((expit(scores) if link == "logit" else scores) - target[:, None])


def _drawn(levels: Sequence[int], columns: int, groups: int, rng: np.random.Generator) -> Tree:
    """A tree without values: columns by lot, numbers cut between neighbouring bins, categories dealt out."""
    chosen = tuple(int(c) for c in rng.choice(len(levels), min(columns, len(levels)), replace=False))
    cut: list[Codes] = []
    for column in chosen:
        size = abs(levels[column])
        if levels[column] > 0:
            edges = np.sort(rng.choice(np.arange(1, size), min(groups, size) - 1, replace=False))
            cut.append(np.searchsorted(edges, np.arange(size), side="right").astype(np.intp))
        else:
            cut.append((rng.permutation(size) % groups).astype(np.intp))
    shape = tuple(int(group.max()) + 1 for group in cut)
    return Tree(chosen, tuple(cut), shape, np.zeros((0, 0)))


@dataclass
class RandomTrees(Fitted):
    """The trees' values add up to the score."""

    trees: tuple[Tree, ...]
    columns: BinFeatures
    outputs: int
    ground: Ground

    def predict_proba(self, data: Dataset) -> Array:
        codes = self.columns.codes(data)
        scores = np.zeros((codes.shape[1], self.outputs))
        for tree in self.trees:
            scores += tree.values[tree.leaf_of(codes)]
        if not self.classes:
            return self.ground.in_units(scores[:, 0] + MIDDLE)
        if self.outputs > 1:
            return np.asarray(softmax(scores, axis=1))
        return np.column_stack([expit(-scores[:, 0]), expit(scores[:, 0])])
