"""A release and what is perturbed on top of it, step by step, each with a measured attack beside it.

In: the raw table, a fitted release, perturbing methods in order. Out: `Chained`: the table to publish, and per step how
many cells it changed and how often a person is found by who knows their quasi-identifiers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ppml_core.anonymize.base import Anonymizer, Recoding
from ppml_core.anonymize.transforms.drop_identifiers import DropIdentifiers
from ppml_core.attacks.record_linkage import Linkage, record_linkage
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput

RAW = "The table as it is"


@dataclass(frozen=True)
class Stage:
    """The table after one step. `changed_share` is the share of cells that differ, in the columns worked on."""

    title: str
    people: int
    changed_share: float | None
    linkage: Linkage


@dataclass(frozen=True, eq=False)
class Chained:
    """Every stage from the raw table on, and the last one's table without identifiers."""

    stages: tuple[Stage, ...]
    release: Dataset


def chain(raw: Dataset, title: str, first: Recoding, steps: Sequence[Anonymizer], seed: int) -> Chained:
    """Perturbs a release step by step and attacks each stage with `record_linkage`, on the same drawn people.

    The attacker of a perturbed stage knows the true values, not the noise. Raises BadInput where nobody is released,
    and what the steps raise (NotApplicable, BadInput).
    """
    if not len(first.release):
        raise BadInput("the release has nobody in it: there is nothing to perturb.")
    table, kept = first.release, first.kept
    stages = [_stage(RAW, raw, raw, np.arange(len(raw)), None, seed), _stage(title, raw, table, kept, None, seed)]
    for place, step in enumerate(steps):
        made = step.fit(table, np.random.default_rng([seed, place]))
        table, kept = made.release, kept[made.kept]
        stages.append(_stage(step.title, raw, table, kept, made.statistics.get("changed_share"), seed))
    return Chained(tuple(stages), DropIdentifiers().fit(table, np.random.default_rng(seed)).release)


def _stage(title: str, raw: Dataset, table: Dataset, kept: np.ndarray, changed: float | None, seed: int) -> Stage:
    return Stage(title, len(table), changed, record_linkage(raw, table, kept, np.random.default_rng([seed, 0])))
