"""Attribute inference: someone knows all of a person but one value, asks the model, and guesses it.

In: a model, people behind it and people it never saw. Out: how often the guess is right for members minus for others,
beside the guess of someone who never asks the model. What is right for both alike is learned about people in general,
not about these people: only the difference is what the training gave away.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from ppml_core.attacks.base import Attack, Finding, RiskAxis, Subject, Thing
from ppml_core.attacks.membership.evidence import confidences
from ppml_core.attacks.membership.game import truth_of
from ppml_core.attacks.rates import share
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Schema
from ppml_core.errors import BadInput, NotApplicable
from ppml_core.evidence import GAP, Z95, Estimate, wilson
from ppml_core.learn.base import Array, Fitted
from ppml_core.learn.encoding import texts_of
from ppml_core.learn.hist_gradient_boosting import HistGradientBoosting
from ppml_core.learn.target import target_of, with_classes
from ppml_core.settings import setting

MOST_VALUES = 50
LEAST_PUBLIC, FEWEST_PEOPLE = 100, 20
LEAST = 1e-9
COVERS = "people asked about"

Right = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class AttributeReport:
    """Shares of people whose value is guessed. `advantage` is members minus others, which is 0 where nothing leaks.

    `control` is the advantage with membership shuffled by lot. `beyond_imputation` is paired over the members: how much
    more often the guess is right than `imputed`, that of someone who knows the same of them but never asks the model.
    """

    column: str
    values: int
    asked_about: int
    members: Estimate
    others: Estimate
    imputed: Estimate
    advantage: Estimate
    beyond_imputation: Estimate
    control: Estimate


@dataclass(frozen=True)
class AttributeInference(Attack):
    """How much more often one value of a person is guessed right for the model's people than for others.

    The attacker knows every other column and the true target, tries each value on the model, and takes the one with the
    largest product of prior and the model's answer: its probability of the true target (confidences), or whether it
    says the true class (labels). Fredrikson et al. 2014 and 2015; members minus others: Yeom et al.
    2018, definition 5; imputation beside it: Jayaraman, Evans 2022.
    """

    title: ClassVar[str] = "Attribute inference"
    against: ClassVar[tuple[Thing, ...]] = ("model",)
    named_axes: ClassVar[tuple[RiskAxis, ...]] = (
        RiskAxis(
            "attribute_advantage", "Attribute inference, members over others", "share of people", "attribute.gap",
            GAP,
        ),
    )  # fmt: skip

    column: str | None = setting(
        None, help="the column to guess; none is the sensitive input, or any of categories, without a common value"
    )
    sees: str = setting(
        "confidences", choices=("confidences", "labels"), help="whether the model tells probabilities or classes alone"
    )
    prior: str = setting(
        "imputed",
        choices=("imputed", "marginal"),
        help="what is believed before asking: what people with such columns have, or how frequent each value is",
    )
    n: int = setting(
        5_000, 20, 1_000_000, slider=(100, 20_000), help="most members, and most others, that are asked about"
    )

    def measures(self) -> tuple[str, ...]:
        return ("attribute_advantage", "attribute_success", "attribute_beyond_imputation")

    def run(self, subject: Subject, rng: np.random.Generator) -> tuple[Finding, ...]:
        found = self.report(subject, rng)
        advantage, success, beyond = self.measures()
        unit = "share of people"
        return (
            Finding(advantage, found.advantage, unit, 0.0, found.control),
            Finding(success, found.members, unit, found.imputed.value, found.others),
            Finding(beyond, found.beyond_imputation, unit, 0.0),
        )

    def report(self, subject: Subject, rng: np.random.Generator) -> AttributeReport:
        """Raises NotApplicable where no column can be guessed or too few people are there, BadInput for a wrong one."""
        able = self._able(subject.members.schema)
        members, others, public = _drawn(subject, self.n, rng)
        column = min(able, key=lambda name: _commonest(public, name))
        asked = _joined(members, others)
        values = _values(asked, column)
        own = _places(asked, column, values)
        inside = np.arange(len(asked)) < len(members)
        prior = _prior(public, asked, column, values, self.prior, rng)
        guess = (prior * self._likelihood(subject.model, asked, column, values)).argmax(axis=1)
        right = guess == own
        alone = _imputed(public, asked, column, values, rng, with_target=True).argmax(axis=1) == own
        shuffled = rng.permutation(inside)
        return AttributeReport(
            column=column,
            values=len(values),
            asked_about=len(asked),
            members=_share(right[inside]),
            others=_share(right[~inside]),
            imputed=_share(alone[inside]),
            advantage=difference(right[inside], right[~inside]),
            beyond_imputation=paired(right[inside], alone[inside]),
            control=difference(right[shuffled], right[~shuffled]),
        )

    def _able(self, schema: Schema) -> list[str]:
        """The columns to choose from: the one that was asked for, or sensitive ones, or any with categories."""
        if self.column is not None:
            if self.column not in schema.inputs:
                raise BadInput(f"column must be one of {', '.join(schema.inputs)}, not {self.column!r}.")
            if not _can_be_guessed(schema, self.column):
                raise NotApplicable(f"{self.column!r} holds no categories, and this attack guesses one of a few.")
            return [self.column]
        able = [name for name in schema.inputs if _can_be_guessed(schema, name)]
        if not able:
            raise NotApplicable("no input column holds categories, and this attack guesses one of a few.")
        return [name for name in able if schema[name].role == "sensitive"] or able

    def _likelihood(self, model: Fitted, asked: Dataset, column: str, values: tuple[str, ...]) -> Array:
        """Shape (people, values): how well each value, put into the person's record, goes with the true target."""
        said = [model.predict_proba(_with_value(asked, column, value)) for value in values]
        truth = truth_of(asked)
        if self.sees == "confidences":
            return np.column_stack([confidences(one, truth) for one in said]) + LEAST
        if not model.classes:
            raise NotApplicable("a regression tells no classes; set sees to confidences.")
        return np.column_stack([one.argmax(axis=1) == truth for one in said]) + LEAST


def difference(first: Right, second: Right) -> Estimate:
    """Share of the first minus that of the second group, with Newcombe's 95 % interval (1998, method 10).

    >>> difference(np.array([True] * 56 + [False] * 14), np.array([True] * 48 + [False] * 32)).value
    0.2
    """
    one, two = float(first.mean()), float(second.mean())
    (low, high), (other_low, other_high) = wilson(one, len(first)), wilson(two, len(second))
    value = round(one - two, 12)
    below, above = math.hypot(one - low, other_high - two), math.hypot(high - one, two - other_low)
    return Estimate(value, value - below, value + above, COVERS)


def paired(ours: Right, theirs: Right) -> Estimate:
    """Mean of the difference over the same people, with a 95 % interval that knows that they are the same.

    Where nobody is guessed differently, it reaches as far as Clopper and Pearson's for none of so many.
    """
    gaps = ours.astype(np.float64) - theirs
    reach = Z95 * float(gaps.std(ddof=1)) / math.sqrt(len(gaps)) or share(0, len(gaps)).high
    value = round(float(gaps.mean()), 12)
    return Estimate(value, value - reach, value + reach, COVERS)


def _drawn(subject: Subject, n: int, rng: np.random.Generator) -> tuple[Dataset, Dataset, Dataset]:
    """Members and others that are asked about, as many of each, and other people from whom the attacker learns."""
    n = min(n, len(subject.members), len(subject.others) // 2)
    if n < FEWEST_PEOPLE or len(subject.others) - n < LEAST_PUBLIC:
        raise NotApplicable(
            f"attribute inference needs {FEWEST_PEOPLE} members and {FEWEST_PEOPLE + LEAST_PUBLIC} other people, not "
            f"{len(subject.members)} and {len(subject.others)}."
        )
    mine, theirs = rng.permutation(len(subject.members)), rng.permutation(len(subject.others))
    return subject.members.take(mine[:n]), subject.others.take(theirs[:n]), subject.others.take(theirs[n:])


def _joined(members: Dataset, others: Dataset) -> Dataset:
    return dataclasses.replace(members, table=pd.concat([members.table, others.table], ignore_index=True))


def _can_be_guessed(schema: Schema, name: str) -> bool:
    return schema[name].kind in ("categorical", "ordinal") and schema[name].bounds is None


def _commonest(people: Dataset, column: str) -> float:
    """Share of people with the column's most frequent value."""
    return float(np.bincount(texts_of(people, column)[0]).max()) / len(people)


def _values(asked: Dataset, column: str) -> tuple[str, ...]:
    """The schema's categories, or those that occur."""
    values = asked.schema[column].categories or tuple(sorted(texts_of(asked, column)[1].tolist()))
    if not 2 <= len(values) <= MOST_VALUES:
        raise NotApplicable(f"{column!r} has {len(values)} values; this attack guesses one of 2 to {MOST_VALUES}.")
    return values


def _places(asked: Dataset, column: str, values: tuple[str, ...]) -> npt.NDArray[np.int64]:
    """Each person's value by its place, -1 for an empty or unknown cell, which nobody guesses."""
    codes, texts = texts_of(asked, column)
    place = {value: i for i, value in enumerate(values)}
    return np.array([place.get(text, -1) for text in texts], dtype=np.int64)[codes]


def _with_value(asked: Dataset, column: str, value: str) -> Dataset:
    table = asked.table.copy(deep=False)
    kept: Any = table[column]
    filled = pd.Series([value] * len(table), index=table.index)
    table[column] = filled.astype(kept.dtype) if pd.api.types.is_numeric_dtype(kept) else filled
    return dataclasses.replace(asked, table=table)


def _prior(
    public: Dataset, asked: Dataset, column: str, values: tuple[str, ...], prior: str, rng: np.random.Generator
) -> Array:
    if prior == "imputed":
        return _imputed(public, asked, column, values, rng, with_target=False) + LEAST
    own = _places(public, column, values)
    counts = np.bincount(own[own >= 0], minlength=len(values)) + 1.0
    return np.broadcast_to(counts / counts.sum(), (len(asked), len(values)))


def _imputed(
    public: Dataset, asked: Dataset, column: str, values: tuple[str, ...], rng: np.random.Generator, with_target: bool
) -> Array:
    """Probability of each value by the other columns, learned from people the model never saw, without the model."""
    known = np.flatnonzero(_places(public, column, values) >= 0)
    schema = _about(public.schema, column, values, with_target)
    learned = HistGradientBoosting(max_iter=50).fit(with_classes(public.take(known).with_schema(schema)), rng)
    said = learned.predict_proba(asked.with_schema(schema))
    return said[:, [learned.classes.index(value) for value in values]]


def _about(schema: Schema, column: str, values: tuple[str, ...], with_target: bool) -> Schema:
    """The same table with the column as its target; the old target is one of the inputs, or is left out."""
    old = target_of(schema)
    changed = {
        column: dataclasses.replace(schema[column], categories=values),
        old: dataclasses.replace(schema[old], role="feature" if with_target else "ignore"),
    }
    return dataclasses.replace(schema.replace_columns(changed), target=column, positive=None)


def _share(right: Right) -> Estimate:
    return Estimate.of_share(float(right.mean()), len(right), COVERS)
