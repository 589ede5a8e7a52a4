"""Measured re-identification: who knows a person's quasi-identifiers takes the nearest record of a release.

In: the raw table, a release of it, and which people the released records are. Out: `Linkage`, a measured success with
its interval, beside what guessing and the same attack on unrelated records reach. It judges any release alike,
perturbed or generalized, so that methods with no model of privacy in common can be compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ppml_core.attacks.cell_distances import Compared
from ppml_core.attacks.linkage_kernels import nearest
from ppml_core.data.dataset import Dataset
from ppml_core.data.groups import group_of
from ppml_core.errors import BadInput
from ppml_core.evidence import Estimate

Rows = npt.NDArray[np.int64]

TARGETS = 2_000
NOT_RELEASED = -1


@dataclass(frozen=True)
class Linkage:
    """How often a target of the raw table is linked to their own released record.

    `success` is over drawn people of the raw table, where nobody who was left out can be found; `among_released` over
    those of them who were released (None where none was). `baseline` is guessing: 1 / people of the raw table.
    `control` is the same attack when each target's record is taken to be a random one: it must be at the baseline.
    """

    success: Estimate
    among_released: Estimate | None
    control: Estimate
    baseline: float
    targets: int


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
    packed = _packed(compared, len(drawn), len(first))

    def chance(record: Rows) -> npt.NDArray[np.float64]:
        tuple_of = np.where(record == NOT_RELEASED, NOT_RELEASED, group[record])
        near = nearest(packed[0], tuple_of, packed[1], people.astype(np.int64), *packed[2:])
        return np.where(near > 0, 1 / np.maximum(near, 1), 0.0)

    return chance(own), chance(other)


def _packed(compared: Sequence[Compared], targets: int, tuples: int) -> tuple[np.ndarray, ...]:
    """The columns side by side: targets, tuples, kinds, scales, neutral, and where each table begins and how wide."""
    sizes = [part.table.size for part in compared]
    return (
        np.column_stack([np.zeros((targets, 0)), *(part.asked for part in compared)]),
        np.column_stack([np.zeros((tuples, 0)), *(part.released for part in compared)]),
        np.array([part.kind for part in compared], dtype=np.int64),
        np.array([part.scale for part in compared], dtype=np.float64),
        np.array([part.neutral for part in compared], dtype=np.float64),
        np.cumsum([0, *sizes])[:-1].astype(np.int64),
        np.array([part.table.shape[1] for part in compared], dtype=np.int64),
        np.concatenate([np.zeros(0), *(part.table.ravel() for part in compared)]),
    )


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
