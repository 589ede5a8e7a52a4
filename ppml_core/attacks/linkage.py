"""Re-identification risk of a table: how far someone gets who knows a person's quasi-identifiers.

In: a Dataset, or the counts of one that is too large. Out: counts and shares over the equivalence classes of the table
itself. They describe this table completely, so they carry no interval; over a population they would be estimates.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ppml_core.data.coded import coded
from ppml_core.data.counts import Counts
from ppml_core.data.dataset import Dataset
from ppml_core.data.groups import group_of, sizes_of
from ppml_core.data.packing import Ints, count_groups
from ppml_core.data.starred import starred_among
from ppml_core.errors import BadInput


@dataclass(frozen=True)
class ClassSize:
    """Smallest, mean and largest equivalence class, in people."""

    min: int
    mean: float
    max: int


@dataclass(frozen=True)
class Prosecutor:
    """Risk of the person whose membership the attacker knows: 1 / class size, over people.

    `share_above` counts people strictly above the threshold. El Emam & Dankar 2008.
    """

    max: float
    mean: float
    share_above: float


@dataclass(frozen=True)
class AttributeDisclosure:
    """`certain_share`: people whose look-alikes all share one sensitive value; None without a sensitive column."""

    certain_share: float | None


@dataclass(frozen=True)
class RiskReport:
    """What the quasi-identifiers alone give away, and `unique_share_with_kept` with all that a release keeps.

    That is every column but identifiers: sensitive and ignored ones too, for who knows a salary or a record weight
    finds people by it. It is None where only counts over the quasi-identifiers were at hand. `marketer` is the expected
    share of people re-identified when everybody is linked: classes / people.

    `starred` rows carry `*` in every quasi-identifier: they were suppressed before, and are no class of look-alikes. As
    ARX does it, they are left out of all figures but `rows` and `unique_share_with_kept`, for columns kept beside the
    stars may still find them. Where all rows are so, they hide each other: one class, and `starred` is 0.
    """

    rows: int
    quasi_identifiers: list[str]
    threshold: float
    classes: int
    class_size: ClassSize
    unique_share: float
    unique_share_with_kept: float | None
    prosecutor: Prosecutor
    marketer: float
    attribute_disclosure: AttributeDisclosure
    starred: int = 0

    def values(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return dataclasses.asdict(self)


def risk_report(data: Dataset, threshold: float = 0.2, *, marked: bool = True) -> RiskReport:
    """The risk of releasing the table as it is, but for identifiers.

    Without `marked`, rows of `*` alone are a class as any other: in a release that was just made, whose suppressed
    people are gone, they are people published so. Raises BadInput without rows or for a threshold outside 0..1.
    """
    _check(len(data), data.name, threshold)
    known, sensitive = data.quasi_identifiers, data.schema.with_role("sensitive")
    columns = {name: coded(data.table[name]) for name in [*known, *(n for n in sensitive if n not in known)]}
    groups = count_groups([columns[n] for n in known], len(data), [columns[n] for n in sensitive])
    starred = _left_aside(starred_among([columns[n] for n in known], groups.codes, len(groups.sizes)))
    starred &= marked
    certain = None
    if sensitive:
        mixed = [groups.is_mixed(len(known) + at) for at in range(len(sensitive))]
        certain = int(groups.sizes[~np.logical_and.reduce(mixed) & ~starred].sum())
    spectrum, aside = np.bincount(groups.sizes), groups.sizes[starred]
    del groups, starred
    kept = [name for name, column in data.schema.columns.items() if column.role != "identifier"]
    columns |= {name: coded(data.table[name]) for name in kept if name not in columns}
    alone = int((count_groups([columns[name] for name in kept], len(data)).sizes == 1).sum())
    return _report(known, spectrum, certain, alone, threshold, aside)


def risk_of_counts(
    counts: Counts,
    quasi_identifiers: Sequence[str],
    sensitive: Sequence[str] = (),
    threshold: float = 0.2,
    name: str = "the table",
) -> RiskReport:
    """The same from counts over the quasi-identifiers and sensitive columns.

    They do not tell of the other kept columns, so `unique_share_with_kept` is None.
    """
    _check(counts.rows, name, threshold)
    groups, first = counts.number(quasi_identifiers)
    sizes = np.bincount(groups, weights=counts.people).astype(np.int64)
    columns = [counts.as_coded(column) for column in quasi_identifiers]
    starred = _left_aside(starred_among(columns, lambda at: columns[at].codes[first], len(first)))
    certain = None
    if sensitive:
        mixed = np.ones(len(first), dtype=bool)
        for column in sensitive:
            codes = counts.codes[column]
            differs = np.zeros(len(first), dtype=bool)
            differs[groups[codes != codes[first[groups]]]] = True
            mixed &= differs
        certain = int(sizes[~mixed & ~starred].sum())
    return _report(list(quasi_identifiers), np.bincount(sizes), certain, None, threshold, sizes[starred])


def _left_aside(starred: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Which classes the figures are not over: starred ones, where there are others."""
    return np.zeros_like(starred) if starred.all() else starred


def _check(rows: int, name: str, threshold: float) -> None:
    if not 0 <= threshold <= 1:
        raise BadInput(f"threshold must be between 0 and 1, not {threshold}.")
    if not rows:
        raise BadInput(f"{name!r} has no rows.")


def _report(
    quasi_identifiers: list[str],
    spectrum: Ints,
    certain: int | None,
    alone: int | None,
    threshold: float,
    aside: npt.NDArray[np.integer[Any]],
) -> RiskReport:
    """The figures that follow from how many classes there are of each size, `spectrum[size]`, without those `aside`."""
    spectrum = spectrum - np.bincount(aside, minlength=len(spectrum))
    sizes = np.flatnonzero(spectrum)
    classes = spectrum[sizes]
    people = sizes * classes
    counted, total = int(people.sum()), int(classes.sum())
    starred = int(aside.sum())
    rows = counted + starred
    return RiskReport(
        rows=rows,
        quasi_identifiers=quasi_identifiers,
        threshold=threshold,
        classes=total,
        class_size=ClassSize(int(sizes[0]), counted / total, int(sizes[-1])),
        unique_share=float(spectrum[1] / counted),
        unique_share_with_kept=None if alone is None else alone / rows,
        prosecutor=Prosecutor(
            max=float(1 / sizes[0]),
            mean=total / counted,
            share_above=float(people[1 / sizes > threshold].sum() / counted),
        ),
        marketer=total / counted,
        attribute_disclosure=AttributeDisclosure(None if certain is None else certain / counted),
        starred=starred,
    )


def class_sizes(data: Dataset, columns: Sequence[str] | None = None) -> Ints:
    """People in each equivalence class over these columns (default: the quasi-identifiers)."""
    return sizes_of(group_of(data.table, data.quasi_identifiers if columns is None else columns))


def certain_share(data: Dataset, groups: Ints) -> float | None:
    """Share of people for whom some sensitive value is the same in their whole group (homogeneity attack).

    Machanavajjhala et al. 2007, section 2.1. A group of one counts: who finds the person reads the value.
    """
    sensitive = data.schema.with_role("sensitive")
    if not sensitive:
        return None
    certain = np.zeros(len(data), dtype=bool)
    numbers, first = np.unique(groups, return_index=True)
    for name in sensitive:
        values = group_of(data.table, [name])
        alike = np.ones(int(numbers.max(initial=-1)) + 1, dtype=bool)
        told = np.zeros(len(alike), dtype=np.int64)
        told[numbers] = values[first]
        alike[groups[values != told[groups]]] = False
        certain |= alike[groups]
    return float(certain.mean())
