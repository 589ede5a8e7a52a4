"""Record suppression: people whose class is too small are left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.anonymize.base import Anonymizer
from ppml_core.anonymize.columns import ANY, Subset, chosen
from ppml_core.data.dataset import Dataset
from ppml_core.data.groups import group_of, sizes_of
from ppml_core.errors import BadInput, Unreachable
from ppml_core.settings import setting


@dataclass(frozen=True)
class RecordSuppression(Anonymizer):
    """The people who share their quasi-identifiers with at least k - 1 others; all others are left out.

    What stays is k-anonymous with its values as they were (Samarati 2001; Sweeney 2002). It protects against singling
    a person out by these columns, not against a sensitive value that all look-alikes share. Absent cells count as a
    value of their own. Without generalization nobody may be left: the release is then empty, or, with a limit,
    Unreachable says how many would go.
    """

    title: ClassVar[str] = "Record suppression"
    protocol: ClassVar[str] = "raw test people"

    columns: tuple[str, ...] = setting((), help="columns that make a class; none: the quasi-identifiers")
    k: int = setting(5, 1, None, slider=(2, 100), help="smallest class of look-alikes that may stay", unit="records")
    suppression_limit: float = setting(
        1.0, 0.0, 1.0, help="largest share of people that may be left out", unit="share of people"
    )

    def fit(self, data: Dataset, rng: np.random.Generator) -> Subset:
        if not self.columns and not data.quasi_identifiers:
            raise BadInput("no column is a quasi-identifier: give at least one that role, or name columns.")
        names = chosen(data, self.columns or data.quasi_identifiers, ANY, self.title)
        groups = group_of(data.table, names)
        sizes = sizes_of(groups)
        stays = sizes[groups] >= self.k
        gone = 1 - float(stays.mean()) if len(data) else 0.0
        if gone > self.suppression_limit:
            raise Unreachable(
                f"k = {self.k} leaves out {gone:.1%} of the people, and at most {self.suppression_limit:.1%} may be: "
                "generalize first, or raise the limit.",
                best=gone,
            )
        kept = sizes[sizes >= self.k]
        smallest = int(kept.min()) if len(kept) else 0
        return Subset(data, np.flatnonzero(stays), {"classes": len(kept), "min_class": smallest})
