"""What several releases of one table reveal together: classes that were large enough alone, intersected.

In: a table and two or more releases of it. Out: `Intersected`, exact counts over the people who are in all of them, and
`Finding`s, the same as shares of people like them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ppml_core.anonymize.base import Recoding
from ppml_core.attacks.base import Finding
from ppml_core.data.dataset import Dataset
from ppml_core.data.groups import group_of, sizes_of
from ppml_core.errors import BadInput, NotApplicable
from ppml_core.evidence import Estimate

Ints = npt.NDArray[np.int64]
LEFT_OUT = -1
COVERS = "people in all releases, as a draw of people like them"


@dataclass(frozen=True, eq=False)
class Taken:
    """One release as what it says of each person: `classes` (people of the table,), -1 for who was left out."""

    name: str
    table: str
    classes: Ints

    @classmethod
    def of(cls, name: str, raw: Dataset, recoding: Recoding) -> Taken:
        """No cell is kept, only who is published alike."""
        classes = np.full(len(raw), LEFT_OUT, dtype=np.int64)
        known = [column for column in raw.quasi_identifiers if column in recoding.release.table]
        classes[recoding.kept] = group_of(recoding.release.table, known)
        return cls(name, raw.fingerprint, classes)

    @property
    def people(self) -> int:
        return int((self.classes != LEFT_OUT).sum())


@dataclass(frozen=True)
class Intersected:
    """Of `people` in all releases: the fewest who share every published class, and how many share them with nobody.

    `smallest_alone`, `singled_alone` and `certain_alone` are the same for each release by itself. `certain` people have
    one sensitive value left when the values of their classes are intersected; None without a sensitive column.
    """

    people: int
    smallest: int
    alone: int
    smallest_alone: tuple[int, ...]
    singled_alone: tuple[int, ...]
    certain: int | None
    certain_alone: tuple[int, ...] | None

    def sentence(self) -> str:
        """In words."""
        if not self.people:
            return "Nobody is in all of them, so nothing is learned by intersecting."
        said = (
            f"Of {self.people:,} people in all of them, {self.alone:,} share their classes with nobody; the fewest who "
            f"share them are {self.smallest:,}, where each release alone has at least "
            f"{' and '.join(f'{size:,}' for size in self.smallest_alone)}."
        )
        if self.certain is None or self.certain_alone is None:
            return said
        return (
            f"{said} For {self.certain:,} people one sensitive value is left, alone for "
            f"{' and '.join(f'{number:,}' for number in self.certain_alone)}."
        )

    def findings(self) -> tuple[Finding, ...]:
        """Shares of the people in all releases: who shares all classes with nobody, whose sensitive value is left.

        The counts are exact; the interval (Wilson) is that of the share among people like them. The baseline is what
        the most telling release reveals by itself. Raises NotApplicable where nobody is in all of them.
        """
        if not self.people:
            raise NotApplicable(self.sentence())
        counted = [("intersection", self.alone, self.singled_alone)]
        if self.certain is not None and self.certain_alone is not None:
            counted.append(("intersection_certain", self.certain, self.certain_alone))
        return tuple(
            Finding(
                measure,
                Estimate.of_share(together / self.people, self.people, COVERS),
                "share of people",
                baseline=max(alone) / self.people,
            )
            for measure, together, alone in counted
        )


def intersect(raw: Dataset, releases: Sequence[Taken]) -> Intersected:
    """What someone learns who holds all the releases, knows a person's quasi-identifiers, and that they are in each.

    Ganta, Kasiviswanathan & Smith 2008 (intersection attack): the sensitive value of the target is among those of
    their class in every release. People who share all classes are what is left to hide among where records can be
    matched across releases, by columns that both kept as they are. Counts are exact, over everybody who is in all
    releases. Raises BadInput for fewer than two releases, or one of another table.
    """
    if len(releases) < 2:
        raise BadInput("an intersection needs two releases or more.")
    if any(taken.table != raw.fingerprint for taken in releases):
        raise BadInput(f"a release of another table than {raw.name!r} cannot be intersected with it.")
    there = np.all([taken.classes != LEFT_OUT for taken in releases], axis=0)
    if not there.any():
        nothing = tuple(0 for _ in releases)
        return Intersected(0, 0, 0, nothing, nothing, None, None)
    classes = pd.DataFrame({str(at): taken.classes[there] for at, taken in enumerate(releases)})
    together = sizes_of(group_of(classes, list(classes.columns)))
    sensitive = raw.schema.with_role("sensitive")
    alone = tuple(int(np.bincount(taken.classes[taken.classes != LEFT_OUT]).min()) for taken in releases)
    return Intersected(
        people=int(there.sum()),
        smallest=int(together.min()),
        alone=int((together == 1).sum()),
        smallest_alone=alone,
        singled_alone=tuple(_singled(taken, there) for taken in releases),
        certain=_certain(raw, sensitive, releases, there) if sensitive else None,
        certain_alone=tuple(_certain(raw, sensitive, [taken], there) for taken in releases) if sensitive else None,
    )


def _singled(taken: Taken, there: npt.NDArray[np.bool_]) -> int:
    """People of all releases who are alone in their class of this one."""
    return int((np.bincount(taken.classes[taken.classes != LEFT_OUT])[taken.classes[there]] == 1).sum())


def _certain(raw: Dataset, sensitive: Sequence[str], releases: Sequence[Taken], there: npt.NDArray[np.bool_]) -> int:
    """People with some sensitive attribute of which one value is left."""
    certain = np.zeros(int(there.sum()), dtype=bool)
    for name in sensitive:
        codes, labels = pd.factorize(raw.texts(name))
        left = np.ones((int(there.sum()), len(labels)), dtype=bool)
        for taken in releases:
            inside = taken.classes != LEFT_OUT
            seen = np.zeros((int(taken.classes.max()) + 1, len(labels)), dtype=bool)
            seen[taken.classes[inside], codes[inside]] = True
            left &= seen[taken.classes[there]]
        certain |= left.sum(axis=1) == 1
    return int(certain.sum())
