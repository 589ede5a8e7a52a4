"""Who pays for a release: groups whose people are left out more often, or keep less detail, than all others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import norm

from ppml_core.anonymize.base import Recoding
from ppml_core.data.dataset import Dataset
from ppml_core.data.hierarchy import MISSING
from ppml_core.evidence import Estimate

MOST_VALUES = 30
LEAST_PEOPLE = 20
LEAST_GAP = 0.01
QUARTERS = 4
CHANCE = 0.05

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class GroupCost:
    """People with `value` in `column`: the share left out of the release, and that of everybody else."""

    column: str
    value: str
    people: int
    left_out: Estimate
    others_left_out: float

    def sentence(self) -> str:
        """In words, with the interval."""
        group = f"{self.people:,} people with {self.column} = {self.value or 'nothing'}"
        share = f"{self.left_out.value:.1%} are left out ({self.left_out.low:.1%} to {self.left_out.high:.1%})"
        return f"Of {group}, {share}; of all others {self.others_left_out:.1%}.".replace("%", " %")


def who_pays(raw: Dataset, recoding: Recoding, columns: Sequence[str] | None = None) -> tuple[GroupCost, ...]:
    """Groups of at least 20 people that are left out more often than all others, beyond chance; the worst first.

    Every column but identifiers and ignored ones is looked at where it has at most 30 values; numbers with more by
    quarters. A group is told where the difference of shares would be seen by chance in at most 5 % of releases that
    treat all groups alike, over all groups looked at (one-sided two-proportion z test, Bonferroni). Intervals are
    Wilson's, 95 %, of one group each.
    """
    gone = np.ones(len(raw), dtype=bool)
    gone[recoding.kept] = False
    if not gone.any():
        return ()
    looked_at = [group for name in columns or telling_columns(raw) for group in groups_of(raw, name)]
    limit = norm.isf(CHANCE / max(len(looked_at), 1))
    found = []
    for column, value, inside in looked_at:
        if _z(gone, inside) > limit:
            share, people = float(gone[inside].mean()), int(inside.sum())
            estimate = Estimate.of_share(share, people, covers="people of the group")
            found.append(GroupCost(column, value, people, estimate, float(gone[~inside].mean())))
    return tuple(sorted(found, key=lambda one: (one.others_left_out - one.left_out.value, one.column, one.value)))


@dataclass(frozen=True)
class DetailLost:
    """People with `value` in `column` who were released: the mean share of detail they lost, and that of the others."""

    column: str
    value: str
    people: int
    lost: Estimate
    others_lost: float

    def sentence(self) -> str:
        """In words, with the interval."""
        group = f"{self.people:,} released people with {self.column} = {self.value or 'nothing'}"
        lost = f"{self.lost.value:.1%} of the detail is lost ({self.lost.low:.1%} to {self.lost.high:.1%})"
        return f"For {group}, {lost}; for all others {self.others_lost:.1%}.".replace("%", " %")


def who_loses_detail(raw: Dataset, recoding: Recoding, columns: Sequence[str] | None = None) -> tuple[DetailLost, ...]:
    """Groups of at least 20 released people who lost more detail than all others, beyond chance; the worst first.

    The detail that a person loses in a quasi-identifier is (v - 1) / (all - 1): v of all distinct values of released
    people are published as theirs is. It is averaged over quasi-identifiers, as normalized certainty penalty is (Xu et
    al. 2006), but over values that occur. Groups and correction as in `who_pays`, by Welch's test of means; intervals
    are of one group's mean, 95 %, normal.
    """
    people = raw.take(recoding.kept)
    if len(people) != len(recoding.release):
        return ()
    lost = _detail_lost(people, recoding.release)
    looked_at = [group for name in columns or telling_columns(raw) for group in groups_of(people, name)]
    limit = norm.isf(CHANCE / max(len(looked_at), 1))
    found = []
    for column, value, inside in looked_at:
        own, others = lost[inside], lost[~inside]
        error = float(own.std(ddof=1) / np.sqrt(len(own)))
        apart = np.hypot(error, others.std(ddof=1) / np.sqrt(len(others)))
        if own.mean() - others.mean() > max(limit * apart, LEAST_GAP):
            half, mean = float(norm.ppf(0.975)) * error, float(own.mean())
            estimate = Estimate(mean, max(mean - half, 0.0), min(mean + half, 1.0), "people of the group", 1)
            found.append(DetailLost(column, value, len(own), estimate, float(others.mean())))
    return tuple(sorted(found, key=lambda one: (one.others_lost - one.lost.value, one.column, one.value)))


def _detail_lost(people: Dataset, release: Dataset) -> npt.NDArray[np.float64]:
    """Per released person, 0 for all detail kept to 1 for none."""
    lost = np.zeros(len(people))
    names = [name for name in people.quasi_identifiers if name in release.table]
    for name in names:
        pairs = pd.DataFrame({"true": people.texts(name), "published": release.texts(name)})
        values = pairs.groupby("published", observed=True)["true"].transform("nunique").to_numpy()
        lost += (values - 1) / max(pairs["true"].nunique() - 1, 1)
    return np.asarray(lost / max(len(names), 1))


def telling_columns(raw: Dataset) -> list[str]:
    """Columns that groups of people are told by."""
    return [name for name, column in raw.schema.columns.items() if column.role not in ("identifier", "ignore")]


def groups_of(raw: Dataset, name: str) -> list[tuple[str, str, Bools]]:
    """(column, value, who has it) of each group that is large enough, and is not everybody."""
    values = raw.table[name]
    if pd.api.types.is_numeric_dtype(values) and values.nunique() > MOST_VALUES:
        quarters = pd.qcut(values, QUARTERS, duplicates="drop")
        texts = quarters.astype(object).where(values.notna(), MISSING).astype(str).to_numpy(dtype=object)
    else:
        texts = raw.texts(name)
    codes, labels = pd.factorize(texts)
    if len(labels) > MOST_VALUES:
        return []
    groups = [(name, str(label), np.asarray(codes == place)) for place, label in enumerate(labels)]
    return [group for group in groups if LEAST_PEOPLE <= group[2].sum() <= len(raw) - LEAST_PEOPLE]


def _z(gone: Bools, inside: Bools) -> float:
    """How many standard errors the group's share lies above that of all others."""
    people, others = int(inside.sum()), int((~inside).sum())
    spread = gone.mean() * (1 - gone.mean()) * (1 / people + 1 / others)
    return float((gone[inside].mean() - gone[~inside].mean()) / np.sqrt(spread)) if spread else 0.0
