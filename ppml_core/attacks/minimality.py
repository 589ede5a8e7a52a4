"""Minimality: what a full-domain release says by not having been published at a finer level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ppml_core.anonymize.models.base import read_models
from ppml_core.anonymize.models.k_anonymity import KAnonymity
from ppml_core.anonymize.requirement import Requirement
from ppml_core.attacks.against_control import paired
from ppml_core.attacks.base import Finding, Thing
from ppml_core.attacks.table_attack import TableAttack
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput, NotApplicable
from ppml_core.evidence import Estimate
from ppml_core.settings import setting

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

LEAST_WORLDS = 20
CERTAIN = 0.99


@dataclass(frozen=True)
class Minimality(TableAttack):
    """The sensitive value of each released person, by who knows that no finer release was allowed.

    The attacker knows everybody's quasi-identifiers, the release, the models that were asked and that the method
    generalizes no further than it must. Sensitive values are dealt out anew within each published class, again and
    again; tables of which a release one step finer would have been allowed are thrown away, for then that would have
    been published. What is left gives the chances of each value. `minimality_success` is the share of released people
    whose likeliest value is right, with the share by the release alone as its baseline; `minimality_advantage` the
    difference, with an interval over classes; `minimality_certain` the people of whom one value is left (at least 99 %)
    and right, which l-diversity promises are none by the release alone. Where every table would have been refused at
    the finer levels, as in large tables, their refusal says nothing and the advantage is 0. For full-domain releases
    that leave nobody out. Wong, Fu, Wang & Pei 2007.
    """

    title: ClassVar[str] = "Minimality"
    against: ClassVar[tuple[Thing, ...]] = ("table",)
    decided: ClassVar[tuple[str, ...]] = ("k", "models")

    k: int = setting(1, 1, None, help="smallest class of look-alikes that was asked for", unit="people")
    models: str = setting("distinct_l_diversity(l=2)", help="further privacy models that were asked for")
    worlds: int = setting(400, 50, 20_000, help="tables that are tried", unit="tables")

    @classmethod
    def decided_by(cls, method: Mapping[str, Any] | None) -> dict[str, Any]:
        if method is None or not set(cls.decided) <= set(method):
            raise BadInput("minimality is of a release that keeps privacy models: ask for them, such as k=2 and l=2.")
        if method.get("suppression_limit"):
            raise BadInput("minimality is of a release that leaves nobody out: give it a suppression limit of 0.")
        return {name: method[name] for name in cls.decided}

    def measures(self) -> tuple[str, ...]:
        return ("minimality_success", "minimality_advantage", "minimality_certain")

    def on(
        self, members: Dataset, others: Dataset, release: Dataset, kept: Ints, rng: np.random.Generator
    ) -> tuple[Finding, ...]:
        """The attack on a release of members, without a model."""
        chances, plain, classes, truth = self.chances(members, release, kept, rng)
        right, usual = _likeliest(chances, truth), _likeliest(plain, truth)
        sure, sure_alone = (
            float((table[np.arange(len(truth)), truth] >= CERTAIN).mean()) for table in (chances, plain)
        )
        certain = Estimate.of_share(sure, len(truth), covers="released people")
        return (
            *paired("minimality", right, usual, classes, "released people"),
            Finding("minimality_certain", certain, "share of people", sure_alone, None),
        )

    def chances(
        self, members: Dataset, release: Dataset, kept: Ints, rng: np.random.Generator
    ) -> tuple[Floats, Floats, Ints, Ints]:
        """(chance of each value with that knowledge, and without, shape (released, values); class; true value)."""
        models = (*((KAnonymity(k=self.k),) if self.k > 1 else ()), *read_models(self.models))
        requirement = Requirement.of(models, members, population=members.population)
        names = requirement.ground.sensitive_names(())
        if len(names) > 1 or not requirement.is_per_class or requirement.pairs is not None:
            raise NotApplicable("minimality is worked out for one sensitive column and models that judge each class.")
        if not len(kept) or len(kept) != len(release):
            raise NotApplicable("the release has nobody whose value could be told.")
        if len(kept) < len(members):
            raise NotApplicable(
                f"{len(members) - len(kept):,} people were left out, so that a finer release may have been refused for "
                f"what it loses alone: minimality is worked out where nobody may be left out."
            )
        levels = _levels(release, requirement)
        sensitive = requirement.ground.sensitive(names[0])
        codes, values = sensitive.codes.astype(np.int64), len(sensitive.labels)
        published = self._classes(requirement, levels)
        finer = [self._classes(requirement, {**levels, name: level - 1}) for name, level in levels.items() if level > 0]
        plain = _shares(published, codes, values)
        if not finer:
            return plain, plain, published, codes
        found, left = np.zeros((len(requirement.tuples.keys), values)), 0
        row_of = requirement.tuples.row_of
        order = np.argsort(published, kind="stable")
        for _ in range(self.worlds):
            world = np.empty(len(codes), dtype=np.int64)
            world[order] = codes[np.lexsort((rng.random(len(codes)), published))]
            if all(_suppressed(requirement, names[0], classes, world, values) for classes in finer):
                np.add.at(found, (row_of, world), 1)
                left += 1
        if left == self.worlds:
            return plain, plain, published, codes
        if left < LEAST_WORLDS:
            raise NotApplicable(
                f"of {self.worlds:,} tables that fit the release {left} would have led to it: try more with worlds, "
                f"for at least {LEAST_WORLDS} are needed."
            )
        chances = found[row_of]
        return chances / chances.sum(axis=1, keepdims=True), plain, published, codes

    def _classes(self, requirement: Requirement, levels: dict[str, int]) -> Ints:
        """The class of each person at these levels."""
        _, class_of = requirement.tuples.classes(levels)
        return np.asarray(class_of[requirement.tuples.row_of], dtype=np.int64)


def _levels(release: Dataset, requirement: Requirement) -> dict[str, int]:
    """The level at which each quasi-identifier was published."""
    levels = {}
    for name, tree in zip(requirement.tuples.names, requirement.tuples.trees, strict=True):
        if name not in release.table or name in release.published:
            raise NotApplicable(f"{name!r} is not published at one level: minimality is worked out for full_domain.")
        shown = set(release.texts(name))
        fitting = [level for level, labels in enumerate(tree.labels) if shown <= set(labels)]
        if not fitting:
            raise NotApplicable(f"{name!r} is not published at one level: minimality is worked out for full_domain.")
        levels[name] = fitting[0]
    return levels


def _suppressed(requirement: Requirement, name: str, classes: Ints, codes: Ints, values: int) -> int:
    """People in classes that break a model where the sensitive values are these."""
    number = int(classes.max()) + 1
    table = np.zeros((number, requirement.layout.width), dtype=np.int64)
    table[:, 0] = np.bincount(classes, minlength=number)
    if name in requirement.layout.blocks:
        table[:, requirement.layout.blocks[name]] = np.bincount(
            classes * values + codes, minlength=number * values
        ).reshape(number, values)
    judged = requirement.classes_without_keys(table)
    return int(table[~requirement.passing(judged), 0].sum())


def _shares(classes: Ints, codes: Ints, values: int) -> Floats:
    """The share of each value in everybody's class."""
    number = int(classes.max()) + 1
    counts = np.bincount(classes * values + codes, minlength=number * values).reshape(number, values)
    return np.asarray((counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))[classes])


def _likeliest(chances: Floats, truth: Ints) -> Floats:
    """The chance to be right by naming one of the likeliest values at random, shape (people,)."""
    best = chances >= chances.max(axis=1, keepdims=True) - 1e-12
    return np.asarray(best[np.arange(len(truth)), truth] / best.sum(axis=1))
