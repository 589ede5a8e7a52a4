"""Measured re-identification: who knows a person's quasi-identifiers takes the nearest record of a release.

In: the raw table, a release of it, and which people the released records are. Out: `Linkage`, a measured success with
its interval, beside what guessing and the same attack on unrelated records reach. It judges any release alike,
perturbed or generalized, so that methods with no model of privacy in common can be compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from ppml_core.attacks.against_control import BothSides
from ppml_core.attacks.base import Finding, Thing
from ppml_core.attacks.cell_distances import Compared, Packed
from ppml_core.attacks.linkage import risk_report
from ppml_core.attacks.linkage_kernels import nearest
from ppml_core.attacks.table_attack import TableAttack
from ppml_core.data.dataset import Dataset
from ppml_core.data.groups import group_of
from ppml_core.errors import BadInput
from ppml_core.evidence import Estimate
from ppml_core.settings import setting

Rows = npt.NDArray[np.int64]

TARGETS = 2_000
NOT_RELEASED = -1


@dataclass(frozen=True)
class Linkage:
    """How often a target of the raw table is linked to their own released record.

    `success` is over drawn people of the raw table, where nobody who was left out can be found; `among_released` over
    those of them who were released (None where none was). `baseline` is guessing: 1 / people of the raw table.
    `control` is the same attack when each target's record is taken to be a random one: it must be at the baseline.
    `success` is a sum of chances; `drawn_success` is one draw of whom they are linked to.
    """

    success: Estimate
    among_released: Estimate | None
    control: Estimate
    baseline: float
    targets: int
    drawn_success: Estimate


@dataclass(frozen=True)
class RecordLinkage(TableAttack):
    """Who knows a person's quasi-identifiers takes one of the nearest released records: how often it is theirs.

    `linkage_success` is counted over drawn people, who each pick one of their nearest at random; `linkage_by_classes`
    is what the classes of the release say of everybody without a draw, 1 / look-alikes. The two agree where nothing but
    generalization was done; where cells were perturbed, classes tell of what is published, not of who is found. Where
    membership is not known, targets are drawn from the people behind the release and those it never saw alike, and no
    record is one of the latter's. See `record_linkage`.
    """

    title: ClassVar[str] = "Record linkage"
    against: ClassVar[tuple[Thing, ...]] = ("table",)

    targets: int = setting(TARGETS, 20, 50_000, slider=(200, 5_000), help="people who are looked for", unit="people")
    columns: tuple[str, ...] = setting((), help="columns that are known; none named means the quasi-identifiers")
    membership: str = setting("known", choices=("known", "unknown"), help="whether it is known who is in the table")

    @classmethod
    def short_name(cls) -> str:
        return "linkage"

    def needs_others(self) -> bool:
        return self.membership != "known"

    def measures(self) -> tuple[str, ...]:
        return ("linkage_success", "linkage_by_classes")

    def on(
        self, members: Dataset, others: Dataset, release: Dataset, kept: Rows, rng: np.random.Generator
    ) -> tuple[Finding, ...]:
        """The attack on a release of members, without a model. `others` may be empty where membership is known."""
        raw = members
        if self.membership == "unknown":
            raw = BothSides.drawn(members, others, 1, rng).people
        columns = self.columns or None
        found = record_linkage(raw, release, kept, rng, self.targets, columns)
        known = release.with_schema(release.schema.with_quasi_identifiers(columns)) if columns else release
        classes = risk_report(known, marked=False).prosecutor.mean if len(release) else 0.0
        analytic = classes * len(release) / len(raw)
        exact = Estimate(analytic, analytic, analytic, covers="everybody, counted")
        return (
            Finding("linkage_success", found.drawn_success, "share of targets", found.baseline, found.control),
            Finding("linkage_by_classes", exact, "share of people", found.baseline, None),
        )


def record_linkage(
    raw: Dataset,
    release: Dataset,
    kept: Rows,
    rng: np.random.Generator,
    targets: int = TARGETS,
    columns: Sequence[str] | None = None,
) -> Linkage:
    """Distance-based record linkage of `targets` people drawn from the raw table, by quasi-identifiers (or `columns`).

    `kept` holds each released record's position in the raw table, as `Recoding.kept` does. The attacker knows the true
    values and the schema, not the rows of others, and adds up distances per column: numbers by their difference over
    the public range, categories 0 or 1, a generalized cell 0 where the true value lies under it (the narrower first), a
    blank one the same from everybody. They pick one of the nearest records at random: success is the expected one,
    1 / nearest, if theirs is among them. Pagliuca & Seri 1999; Domingo-Ferrer & Torra 2003; Winkler 2004. Where nothing
    but generalization was done, it is the mean of 1 / look-alikes. Someone who also knows how the noise was drawn may
    do better, so for such attackers this is a lower bound. Columns that the release lacks are not used.

    Intervals are Wilson's, 95 %, over the drawn people: for a sum of unequal chances they are rather too wide.
    Raises BadInput without people, targets or columns, or where `kept` does not tell of every record.
    """
    known = raw.quasi_identifiers if columns is None else list(columns)
    _check(raw, release, kept, known, targets)
    drawn = rng.choice(len(raw), size=min(targets, len(raw)), replace=False)
    record_of = np.full(len(raw), NOT_RELEASED, dtype=np.int64)
    record_of[kept] = np.arange(len(kept))
    others = np.full(len(raw), NOT_RELEASED, dtype=np.int64)
    others[kept] = rng.permutation(len(kept))
    own, other = record_of[drawn], others[drawn]
    found, mistaken = _chances(raw, release, drawn, own, [name for name in known if name in release.table], other)
    there = own != NOT_RELEASED
    return Linkage(
        success=_estimate(found),
        among_released=_estimate(found[there]) if there.any() else None,
        control=_estimate(mistaken),
        baseline=1 / len(raw),
        targets=len(drawn),
        drawn_success=_estimate((rng.random(len(found)) < found).astype(np.float64)),
    )


def _chances(
    raw: Dataset, release: Dataset, drawn: Rows, own: Rows, names: Sequence[str], other: Rows
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Each target's chance to be linked to their own record, and to the other one."""
    if not len(release):
        return np.zeros(len(drawn)), np.zeros(len(drawn))
    group = group_of(release.table, names)
    _, first, people = np.unique(group, return_index=True, return_counts=True)
    compared = [Compared.of(raw, release, name, drawn, first) for name in names]
    packed = Packed.of(compared, len(drawn), len(first))

    def chance(record: Rows) -> npt.NDArray[np.float64]:
        tuple_of = np.where(record == NOT_RELEASED, NOT_RELEASED, group[record])
        near = nearest(packed.asked, tuple_of, packed.released, people.astype(np.int64), *packed.rest)
        return np.where(near > 0, 1 / np.maximum(near, 1), 0.0)

    return chance(own), chance(other)


def _estimate(chances: npt.NDArray[np.float64]) -> Estimate:
    return Estimate.of_share(float(chances.mean()), len(chances), covers="people drawn as targets")


def _check(raw: Dataset, release: Dataset, kept: Rows, known: Sequence[str], targets: int) -> None:
    if not len(raw):
        raise BadInput(f"{raw.name!r} has no rows.")
    if targets < 1:
        raise BadInput(f"targets must be at least 1, not {targets}.")
    if not known:
        raise BadInput("no column is a quasi-identifier: give at least one that role, or name columns.")
    unknown = [name for name in known if name not in raw.table]
    if unknown:
        raise BadInput(f"there is no column {unknown[0]!r}; the table has {', '.join(raw.schema.columns)}.")
    if len(release) and not len(kept):
        raise BadInput("no record of the release belongs to a person, so that nobody's can be found in it.")
    if len(kept) != len(release):
        raise BadInput(f"kept tells of {len(kept):,} records and the release has {len(release):,}.")
