"""What the attacks on a table share: people who are in it and as many who are not, attacked alike, and the difference.

Success on people whom the release never saw is what the release teaches about everybody; only what goes beyond it was
taken from the people behind it. Giomi et al. 2023, section 3, is the idea; definitions, code and intervals are our own.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ppml_core.attacks.base import Finding
from ppml_core.attacks.cell_distances import is_recoded
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput, NotApplicable
from ppml_core.evidence import Z95, Estimate

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class BothSides:
    """Members and others in one table, so that both are compared with the release alike.

    `members` and `others` are positions in `people` of those who are attacked, as many of either; the first `size`
    people are all the members. Whatever index the tables had, people are told by position alone.
    """

    people: Dataset
    members: Rows
    others: Rows
    size: int

    @classmethod
    def drawn(cls, members: Dataset, others: Dataset, most: int, rng: np.random.Generator) -> BothSides:
        """At most `most` of either, drawn without replacement. Raises NotApplicable where a side has nobody."""
        number = min(len(members), len(others), most)
        if not number:
            raise NotApplicable("the attack needs people behind the release and people it never saw, to compare them.")
        table = pd.concat([members.table, others.table[list(members.table.columns)]], ignore_index=True)
        people = dataclasses.replace(members, table=table, whole=members.whole or members)
        inside = rng.choice(len(members), number, replace=False)
        outside = len(members) + rng.choice(len(others), number, replace=False)
        return cls(people, inside.astype(np.int64), outside.astype(np.int64), len(members))

    @property
    def targets(self) -> Rows:
        """All who are attacked, members first."""
        return np.concatenate([self.members, self.others])


def difference(first: Estimate, second: Estimate) -> Estimate:
    """`first` less `second`, shares of different people, with the 95 % interval of both of theirs (Newcombe 1998, 10).

    >>> one, other = Estimate(56 / 70, 0.6919, 0.8766, "people"), Estimate(48 / 80, 0.4904, 0.7003, "people")
    >>> found = difference(one, other)
    >>> round(found.value, 4), round(found.low, 4), round(found.high, 4)
    (0.2, 0.0525, 0.3337)
    """
    value = first.value - second.value
    low = value - math.hypot(first.value - first.low, second.high - second.value)
    high = value + math.hypot(first.high - first.value, second.value - second.low)
    return Estimate(value, max(-1.0, low), min(1.0, high), covers="people drawn on both sides")


def told(name: str, members: Floats, others: Floats, baseline: float) -> tuple[Finding, Finding]:
    """Success on members beside that on others and what guessing reaches, and what it is above the others'.

    Chances (people,) of success, each 0..1; intervals are Wilson's over people.
    """
    success, control = (
        Estimate.of_share(float(chances.mean()), len(chances), covers=f"{side} drawn as targets")
        for chances, side in ((members, "members"), (others, "people never seen"))
    )
    return (
        Finding(f"{name}_success", success, "share of targets", baseline, control),
        Finding(f"{name}_advantage", difference(success, control), "share of targets", 0.0, None),
    )


def paired(name: str, right: Floats, usual: Floats, classes: Rows, covers: str) -> tuple[Finding, Finding]:
    """Success on people beside what the same people's guess without the attack's knowledge reaches, and the gain.

    Chances (people,) of being right; people of one class share a guess, so the gain's 95 % interval is over `classes`.
    """
    success = Estimate.of_share(float(right.mean()), len(right), covers=covers)
    gained = right - usual
    value = float(gained.mean())
    half = Z95 * float(np.sqrt((np.bincount(classes, weights=gained - value) ** 2).sum())) / len(gained)
    advantage = Estimate(value, max(-1.0, value - half), min(1.0, value + half), covers="classes of the release")
    return (
        Finding(f"{name}_success", success, "share of people", float(usual.mean()), None),
        Finding(f"{name}_advantage", advantage, "share of people", 0.0, None),
    )


def names_told(name: str) -> tuple[str, ...]:
    return f"{name}_success", f"{name}_advantage"


def known_columns(members: Dataset, release: Dataset, asked: Sequence[str], roles: Sequence[str]) -> list[str]:
    """The columns asked for, or those in these roles, as far as the release has them. Raises BadInput or NotApplicable.

    What says which part of the table a person is in, and columns that carry no value, are left out.
    """
    for name in asked:
        if name not in members.schema.columns:
            raise BadInput(f"there is no column {name!r}; the table has {', '.join(members.schema.columns)}.")
        if name not in release.table:
            raise NotApplicable(f"the release has no column {name!r}.")
    schema = members.schema
    names = list(asked) or [
        name
        for name, column in schema.columns.items()
        if column.role in roles and name != schema.split and name in release.table
    ]
    if not names:
        raise NotApplicable("the release has no column that the attack could use.")
    return names


def secret_column(asked: str, members: Dataset, release: Dataset, done: str) -> str:
    """The column asked for, else the first sensitive one, else the target; `done` says what happens to it in words.

    Raises BadInput or NotApplicable, also where the release generalizes it, so that it holds no single value.
    """
    name = asked or next(iter(members.schema.with_role("sensitive")), members.schema.target or "")
    if not name:
        raise NotApplicable(f"no column is sensitive and none is the target: name the secret that is to be {done}.")
    known_columns(members, release, [name], ())
    if is_recoded(members.schema[name], release.schema[name]) or name in release.published:
        raise NotApplicable(f"{name!r} is generalized in the release, so no single value of it can be {done}.")
    return name
