"""Record swapping: people who stand out trade their region with someone elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from ppml_core.anonymize import swap_kernels
from ppml_core.anonymize.base import Anonymizer
from ppml_core.anonymize.columns import ANY, LISTED, Perturbed, Rows, chosen, moved
from ppml_core.data.dataset import Dataset
from ppml_core.data.groups import group_of, sizes_of
from ppml_core.errors import BadInput, NotApplicable
from ppml_core.settings import setting


@dataclass(frozen=True)
class RecordSwapping(Anonymizer):
    """The table in which people of high risk have swapped their region with a partner who lives in another.

    High risk: fewer than k people share the quasi-identifiers. Each swaps the region columns with a random person who
    has another region, equal values in `similar`, and was not swapped yet; then random people are swapped until
    `swap_rate` of all are. This is targeted record swapping (Dalenius & Reiss 1982; Shlomo, Tudor & Groom 2010), with
    the k rule of sdcMicro's recordSwap, one level of region and persons instead of households. Counts by region and
    by `similar` stay exactly; all else about a region blurs. Who finds a rare person cannot tell whether the region is
    theirs; what does not mention the region is as exposed as before. Nobody with an absent region is swapped.
    """

    title: ClassVar[str] = "Record swapping"
    protocol: ClassVar[str] = "raw test people"
    uses_randomness: ClassVar[bool] = True
    perturbs: ClassVar[bool] = True

    columns: tuple[str, ...] = setting(
        (), help="columns that make up the region; none: the categorical quasi-identifier with most values"
    )
    similar: tuple[str, ...] = setting((), help="columns in which a partner must agree")
    k: int = setting(3, 1, None, slider=(1, 20), help="people in classes below this are swapped", unit="records")
    swap_rate: float = setting(
        0.05, 0.0, 1.0, slider=(0.0, 0.5), help="least share of people to swap", unit="share of people"
    )

    def fit(self, data: Dataset, rng: np.random.Generator) -> Perturbed:
        names = self._region(data)
        similar = chosen(data, self.similar, ANY, self.title) if self.similar else ()
        both = [name for name in similar if name in names]
        if both:
            raise BadInput(f"{both[0]!r} cannot be swapped and similar at once.")
        groups = group_of(data.table, data.quasi_identifiers or names)
        risky = sizes_of(groups)[groups] < self.k
        partner = self._partners(data, names, similar, risky, rng)
        swapped = partner != np.arange(len(data))
        changed = {name: moved(data.table[name], partner) for name in names}
        shares = {"high_risk": int(risky.sum()), "high_risk_left": int((risky & ~swapped).sum())}
        return Perturbed(data, changed, {**shares, "swapped": int(swapped.sum())})

    def _region(self, data: Dataset) -> tuple[str, ...]:
        if self.columns:
            return chosen(data, self.columns, ANY, self.title)
        listed = [name for name in data.quasi_identifiers if data.schema[name].kind in LISTED]
        if not listed:
            raise NotApplicable(f"{self.title} needs a region, and no quasi-identifier is categorical: name columns.")
        return (max(listed, key=lambda name: data.table[name].nunique()),)

    def _partners(
        self,
        data: Dataset,
        names: tuple[str, ...],
        similar: tuple[str, ...],
        risky: np.ndarray,
        rng: np.random.Generator,
    ) -> Rows:
        region, profile = group_of(data.table, names), group_of(data.table, similar)
        present = data.table[list(names)].notna().to_numpy().all(axis=1)
        order = np.concatenate(
            [rng.permutation(np.flatnonzero(risky & present)), rng.permutation(np.flatnonzero(~risky & present))]
        )
        members = np.argsort(profile, kind="stable")
        starts = np.concatenate([[0], np.cumsum(sizes_of(profile))]).astype(np.int64)
        cells = group_of(pd.DataFrame({"profile": profile, "region": region}), ["profile", "region"])
        quota = self.swap_rate * len(data)
        partner = swap_kernels.far_partners(
            order, int((risky & present).sum()), quota, region, profile, starts, members, cells, present.copy(), rng
        )
        return np.asarray(partner)
