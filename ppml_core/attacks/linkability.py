"""Linkability: two halves of what is known of a person, found to be one person's by way of a release."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.attacks.against_control import BothSides, Floats, Rows, known_columns, names_told, told
from ppml_core.attacks.base import Finding, RiskAxis, Thing
from ppml_core.attacks.cell_distances import Compared, Packed
from ppml_core.attacks.criteria_kernels import both_near, least_distances, near
from ppml_core.attacks.table_attack import TableAttack
from ppml_core.data.dataset import Dataset
from ppml_core.data.groups import group_of
from ppml_core.errors import BadInput, NotApplicable
from ppml_core.evidence import SHARE
from ppml_core.settings import setting


@dataclass(frozen=True)
class Linkability(TableAttack):
    """Two tables hold different columns of the same people; the release says which rows belong together.

    For each half of a target's values the attacker takes one of the nearest released records at random, and says that
    the halves are one person's where it is the same record. Success is the chance of that; the control asks it of
    people the release never saw, and guessing is one record in all. Distances are those of record linkage. Linkability
    as WP29 05/2014 means it; after Giomi et al. 2023, section 4.2.
    """

    title: ClassVar[str] = "Linkability"
    against: ClassVar[tuple[Thing, ...]] = ("table", "synthetic")
    named_axes: ClassVar[tuple[RiskAxis, ...]] = (
        RiskAxis("linkability_success", "Linkability success", "share of guesses", "linkability", SHARE),
    )

    targets: int = setting(1_000, 20, 20_000, slider=(200, 5_000), help="people on either side who are tried")
    first: tuple[str, ...] = setting((), help="columns that one source has; none named deals them out evenly")
    second: tuple[str, ...] = setting((), help="columns that the other source has")

    def measures(self) -> tuple[str, ...]:
        return names_told(self.name())

    def on(
        self, members: Dataset, others: Dataset, release: Dataset, kept: Rows, rng: np.random.Generator
    ) -> tuple[Finding, ...]:
        """The attack on a release of members, without a model."""
        halves = self._halves(members, release)
        if not len(release):
            raise NotApplicable("the release has no record to link by.")
        sides = BothSides.drawn(members, others, self.targets, rng)
        linked = _linked(sides, release, halves)
        number = len(sides.members)
        return told(self.name(), linked[:number], linked[number:], 1 / len(release))

    def _halves(self, members: Dataset, release: Dataset) -> tuple[list[str], list[str]]:
        """The columns of both sources; where none are named, dealt out in turn from the most different values on."""
        if bool(self.first) != bool(self.second) or set(self.first) & set(self.second):
            raise BadInput("name the columns of both sources, first and second, each column once; or of neither.")
        if self.first:
            one, other = (known_columns(members, release, names, ()) for names in (self.first, self.second))
            return one, other
        names = known_columns(members, release, (), ("quasi_identifier", "feature"))
        names = [name for name in names if name != members.schema.target]
        if len(names) < 2:
            raise NotApplicable("linkability needs two columns at least, one for either source.")
        ranked = sorted(names, key=lambda name: (-members.table[name].nunique(), name))
        return ranked[0::4] + ranked[3::4], ranked[1::4] + ranked[2::4]


def _linked(sides: BothSides, release: Dataset, halves: tuple[list[str], list[str]]) -> Floats:
    """Each target's chance that both halves lead to one record."""
    targets = sides.targets
    group, packed, least = [], [], []
    for names in halves:
        of = group_of(release.table, names)
        _, first = np.unique(of, return_index=True)
        compared = [Compared.of(sides.people, release, name, targets, first) for name in names]
        half = Packed.of(compared, len(targets), len(first))
        group.append(of)
        packed.append(half)
        least.append(least_distances(half.asked, half.released, *half.rest))
    chances = np.zeros(len(targets))
    for at in range(len(targets)):
        found = [
            near(half.asked[at], far[at], half.released, *half.rest) for half, far in zip(packed, least, strict=True)
        ]
        one, other, both = both_near(found[0], found[1], group[0], group[1])
        chances[at] = both / (one * other)
    return chances
