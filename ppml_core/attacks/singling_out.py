"""Singling out: something said of one person that is true of nobody else, read off a release."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from ppml_core.attacks.against_control import BothSides, Rows, known_columns, names_told, told
from ppml_core.attacks.base import Finding, RiskAxis, Thing
from ppml_core.attacks.cell_distances import Compared
from ppml_core.attacks.criteria_kernels import UNUSED, grow, isolated
from ppml_core.attacks.linkage_kernels import RECODED
from ppml_core.attacks.table_attack import TableAttack
from ppml_core.data.dataset import Dataset
from ppml_core.errors import NotApplicable
from ppml_core.evidence import SHARE
from ppml_core.settings import setting

Bools = npt.NDArray[np.bool_]
Compiled = tuple[np.ndarray, ...]


@dataclass(frozen=True)
class SinglingOut(TableAttack):
    """Statements that fit one record of the release and no other, tried on the people behind it.

    Each statement takes columns of a drawn record in random order until the record is alone in the release; half of
    them ask numbers to lie at or beyond its own, where that is enough, instead of to be equal. A success is a statement
    that fits exactly one person; of a record that nothing sets apart in the release none is made. The control asks the
    same statements of as many people whom the release never saw, for a narrow statement fits one of many people by
    chance (Cohen & Nissim 2020); the baseline is what statements made in the same way of those people, not of the
    release, reach on the people behind it. Singling out as WP29 05/2014 means it; after Giomi et al. 2023, section 4.1.

    All numbers are of equally many people on either side: where one side has more, some are drawn.
    """

    title: ClassVar[str] = "Singling out"
    against: ClassVar[tuple[Thing, ...]] = ("table", "synthetic")
    named_axes: ClassVar[tuple[RiskAxis, ...]] = (
        RiskAxis(
            "singling_out_success",
            "Singling out success",
            "share of guesses",
            "singling_out",
            SHARE,
            ("singling_out.success",),
        ),
    )

    attempts: int = setting(
        1_000, 20, 20_000, slider=(200, 5_000), help="records that statements are made of", unit="records"
    )
    columns: tuple[str, ...] = setting((), help="columns that statements may use; none named means all released")

    def measures(self) -> tuple[str, ...]:
        return names_told(self.name())

    def on(
        self, members: Dataset, others: Dataset, release: Dataset, kept: Rows, rng: np.random.Generator
    ) -> tuple[Finding, ...]:
        """The attack on a release of members, without a model."""
        names = known_columns(members, release, self.columns, ("quasi_identifier", "sensitive", "feature"))
        sides = BothSides.drawn(members, others, max(len(members), len(others)), rng)
        records = np.flatnonzero(np.isin(kept, sides.members)) if len(kept) else np.arange(len(release))
        if not len(records):
            raise NotApplicable("the release has no record that something could be said of.")
        drawn = rng.choice(records, min(self.attempts, len(records)), replace=False)
        compared = [Compared.of(sides.people, release, name, sides.targets, np.arange(len(release))) for name in names]
        inside, outside = self._succeeded(compared, drawn, len(sides.members), rng)
        unreleased = sides.people.take(sides.others)
        by_others = [
            Compared.of(sides.people, unreleased, name, sides.targets, np.arange(len(unreleased))) for name in names
        ]
        guesses = rng.choice(len(unreleased), min(self.attempts, len(unreleased)), replace=False)
        guessed, _ = self._succeeded(by_others, guesses, len(sides.members), rng)
        return told(self.name(), inside.astype(float), outside.astype(float), float(guessed.mean()))

    def _succeeded(
        self, compared: list[Compared], records: Rows, members: int, rng: np.random.Generator
    ) -> tuple[Bools, Bools]:
        """Which statements made of these records single out one of the members, and one of the others."""
        released = np.column_stack([part.released for part in compared])
        asked = np.column_stack([part.asked for part in compared])
        kinds = np.array([part.kind for part in compared], dtype=np.int64)
        for at, part in enumerate(compared):  # a generalized cell that is blank says nothing
            if part.kind == RECODED:
                empty = ~np.asarray(part.inside.any(axis=0))
                released[empty[released[:, at].astype(np.int64)], at] = np.nan
        orders = rng.permuted(np.tile(np.arange(len(compared)), (len(records), 1)), axis=1)
        middles = np.array([_middle(part) for part in compared])
        beyond = rng.permutation(len(records)) < len(records) // 2
        operators, alone = grow(records, orders, released, kinds, middles, beyond)
        plain = np.flatnonzero(~alone & beyond)
        operators[plain], alone[plain] = grow(records[plain], orders[plain], released, kinds, middles, ~beyond[plain])
        operators[~alone] = UNUSED
        sizes = [part.inside.size for part in compared]
        tables: Compiled = (
            kinds,
            np.cumsum([0, *sizes])[:-1].astype(np.int64),
            np.array([part.inside.shape[1] for part in compared], dtype=np.int64),
            np.concatenate([np.zeros(0, dtype=bool), *(part.inside.ravel() for part in compared)]),
        )
        return (
            isolated(records, operators, released, asked[:members], *tables),
            isolated(records, operators, released, asked[members:], *tables),
        )


def _middle(part: Compared) -> float:
    present = part.released[~np.isnan(part.released)]
    return float(np.median(present)) if len(present) else 0.0
