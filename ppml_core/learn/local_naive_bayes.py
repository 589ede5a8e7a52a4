"""Naive Bayes from answers that every person randomized before anybody saw them: local differential privacy."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from ppml_core.accounting.budget_settings import epsilon_setting
from ppml_core.anonymize.synthetic.domain import Coded, domain_of
from ppml_core.anonymize.transforms.randomized_response import honest_share, respond
from ppml_core.data.dataset import Dataset
from ppml_core.errors import NotApplicable
from ppml_core.evidence import Guarantee
from ppml_core.learn.base import Array, Fitted, Learner
from ppml_core.learn.promise import Ground
from ppml_core.settings import setting

Codes = npt.NDArray[np.int64]
Block = npt.NDArray[np.float64]

EPSILONS = (0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0)
LEAST = 1e-9


@dataclass(frozen=True)
class LocalNaiveBayes(Learner):
    """Naive Bayes whose counts come from randomized answers, their bias removed: ε per person over all they tell.

    Nobody has to be trusted with the table. `one_pair`: each person draws one column by lot and tells class and value
    together, with the whole ε, by randomized response, or by one bit per pair where there are many (optimized unary
    encoding). `all_columns`: each tells class and every column, each with an equal part of ε, as the release of
    `randomized_response` does. Either way a count is (answers - n q) / (p - q), for pairs along both ways. The shares
    within a class are pulled towards those of all people by the error of a count. Numbers are told by their public bin;
    text and dates are not used. The number of people is public. Wang, Blocki, Li, Jha 2017; Nguyên et al. 2016 (one
    attribute by lot); Yilmaz, Al-Rubaie, Chang 2019 (naive Bayes).
    """

    title: ClassVar[str] = "Local naive Bayes"
    private: ClassVar[bool] = True

    epsilon: float = epsilon_setting(
        "privacy budget ε of one person, over everything they tell", steps=EPSILONS, least=0.1
    )
    answers: str = setting(
        "one_pair",
        choices=("one_pair", "all_columns"),
        help="what a person tells: class and one column drawn by lot, or class and every column with less budget each",
    )

    def fit(self, data: Dataset, rng: np.random.Generator) -> Fitted:
        start = time.perf_counter()
        ground = Ground.of(data, needs_size=False)
        target = np.asarray(ground.target(data), dtype=np.int64)
        domain, notes = domain_of(data)
        coded = [domain[name] for name in data.schema.inputs if name in domain and name not in data.published]
        if not coded:
            raise NotApplicable("the schema leaves no column whose values can be told by a short public list.")
        codes = [column.codes(data) for column in coded]
        told = self._one_pair if self.answers == "one_pair" else self._all_columns
        tables = told(target, len(ground.classes), codes, [column.size for column in coded], rng)
        prior = np.maximum(sum(counts.sum(axis=1) for counts, _ in tables), 0) + LEAST
        return BayesTables(
            columns=tuple(coded),
            log_prior=np.log(prior / prior.sum()),
            log_shares=tuple(np.log(pulled(counts, error)) for counts, error in tables),
            classes=ground.classes,
            guarantee=ground.promised(
                Guarantee(self.epsilon, 0.0, "replace_one", unit="person's whole record (local)")
            ),
            guarantee_note=ground.doubt,
            warnings=tuple(dict.fromkeys([*ground.encoder.notes, *notes])),
            noise=(("mechanism", "randomized response"), ("columns", len(coded)), ("answers", self.answers)),
            seconds=time.perf_counter() - start,
        )

    def _one_pair(
        self, target: Codes, classes: int, codes: list[Codes], sizes: list[int], rng: np.random.Generator
    ) -> list[tuple[Block, float]]:
        """Per column unbiased counts (classes, values) of those who drew it, and the error of one of them."""
        drawn = rng.integers(len(codes), size=len(target))
        tables = []
        for place, (column, size) in enumerate(zip(codes, sizes, strict=True)):
            mine = drawn == place
            pairs = target[mine] * size + column[mine]
            counts, error = counted(pairs, classes * size, self.epsilon, rng)
            tables.append((counts.reshape(classes, size), error))
        return tables

    def _all_columns(
        self, target: Codes, classes: int, codes: list[Codes], sizes: list[int], rng: np.random.Generator
    ) -> list[tuple[Block, float]]:
        each = self.epsilon / (len(codes) + 1)
        told = respond(target, classes, each, rng)
        tables = []
        for column, size in zip(codes, sizes, strict=True):
            pairs = told * size + respond(column, size, each, rng)
            found = np.bincount(pairs, minlength=classes * size).reshape(classes, size).astype(np.float64)
            counts = unbiased(unbiased(found, each).T, each).T
            spread = _gap(classes, each) * _gap(size, each)
            tables.append((counts, math.sqrt(len(target) / (classes * size)) / spread))
        return tables


def counted(codes: Codes, values: int, epsilon: float, rng: np.random.Generator) -> tuple[Block, float]:
    """(unbiased counts of the values, the error of one) from answers of people with these codes, each ε-private.

    One answer by randomized response, or with many values a bit for each: its own 1 stays one with chance 1/2, any 0
    becomes one with chance 1/(e^ε + 1); the bits are drawn here as sums over people, which have the same law. Wang et
    al. 2017, section 5.
    """
    people = len(codes)
    if values < 3 * math.exp(min(epsilon, 50.0)) + 2:
        answers = np.bincount(respond(codes, values, epsilon, rng), minlength=values).astype(np.float64)
        p = honest_share(values, epsilon)
        q = (1 - p) / (values - 1)
        return unbiased(answers, epsilon), math.sqrt(people * q * (1 - q)) / _gap(values, epsilon)
    true = np.bincount(codes, minlength=values)
    p, q = bit_chances(epsilon)
    ones = rng.binomial(true, p) + rng.binomial(people - true, q)
    counts = np.asarray((ones - people * q) / (p - q), dtype=np.float64)
    return counts, math.sqrt(people * q * (1 - q)) / (p - q)


def bit_chances(epsilon: float) -> tuple[float, float]:
    """Chance of telling a one where there is one, and where there is none."""
    return 0.5, 1 / (math.exp(epsilon) + 1)


def unbiased(found: Block, epsilon: float) -> Block:
    """True counts along the first axis, in expectation, from counts of answers: (count - n q) / (p - q).

    >>> unbiased(np.array([600.0, 400.0]), math.log(3)).round().tolist()
    [700.0, 300.0]
    """
    values = len(found)
    if values < 2:
        return found
    p = honest_share(values, epsilon)
    return np.asarray((found - found.sum(axis=0) * (1 - p) / (values - 1)) / _gap(values, epsilon))


def _gap(values: int, epsilon: float) -> float:
    """p - q of randomized response, without cancellation at a small ε."""
    return math.expm1(epsilon) / (math.expm1(epsilon) + values) if epsilon < 50 and values > 1 else 1.0


def pulled(counts: Block, error: float) -> Block:
    """Shares of the values within each class, pulled towards those of everybody by as many people as the error says."""
    kept = np.maximum(counts, 0.0) + LEAST
    everybody = np.maximum(counts.sum(axis=0), 0.0) + LEAST
    weight = error * counts.shape[1]
    return np.asarray((kept + weight * everybody / everybody.sum()) / (kept.sum(axis=1, keepdims=True) + weight))


@dataclass
class BayesTables(Fitted):
    """Per column the log shares, shape (classes, values)."""

    columns: tuple[Coded, ...]
    log_prior: Block
    log_shares: tuple[Block, ...]

    def predict_proba(self, data: Dataset) -> Array:
        scores = np.tile(self.log_prior, (len(data), 1))
        for column, shares in zip(self.columns, self.log_shares, strict=True):
            scores += shares.T[column.codes(data)]
        return np.asarray(softmax(scores, axis=1))
