"""What a membership attack found, as plain values: how well it told members apart, whom, and what stands beside it.

In: scores of people and who of them was a member. Out: `MembershipReport`, which pages, command line and result rows
read. People are named by their row in the table that was asked about, never by what it says of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from ppml_core.accounting.curves import highest_auc
from ppml_core.accounting.gaussian import as_replace_one
from ppml_core.attacks.rates import RATES, Scores, Separation, separation, share
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Schema
from ppml_core.errors import NotApplicable
from ppml_core.evidence import Estimate, Guarantee
from ppml_core.learn.encoding import texts_of

Inside = npt.NDArray[np.bool_]
Drawn = Literal["independently", "fixed number"]

MOST_EXPOSED = 20
FEW_CATEGORIES = 12
FOUND_AT = RATES[0]


@dataclass(frozen=True)
class Exposed:
    """A member by its row in the table: `others_above` is the share of non-members whose score is at least as high."""

    row: int
    score: float
    others_above: float


@dataclass(frozen=True)
class GroupFound:
    """Share of a group's members who are named at the threshold that names `FOUND_AT` of the non-members."""

    column: str
    value: str
    members: int
    found: Estimate


@dataclass(frozen=True)
class MembershipReport:
    """One attack on one model. `null` is the same attack scored against membership that was drawn anew by lot.

    `settings` are those the attack ran with; `chosen_on` says by what they were chosen, and is empty where they were
    given. `drawn` tells how members were drawn: independently with probability one half, or a fixed number of them.
    `bound` is the model's guarantee in the relation that such a draw asks for (EVIDENCE 10), None where there is none;
    in expectation no attack's curve lies above it, nor its area above `auc_bound`. Guessing has an area of one half.
    """

    attack: str
    title: str
    settings: tuple[tuple[str, Any], ...]
    chosen_on: str
    members: int
    others: int
    shadows: int
    drawn: Drawn
    found: Separation
    null: Separation
    exposed: tuple[Exposed, ...]
    groups: tuple[GroupFound, ...]
    bound: Guarantee | None
    auc_bound: float | None
    seconds: float
    baseline_auc: float = 0.5


def bound_of(guarantee: Guarantee | None, drawn: Drawn) -> Guarantee | None:
    """The guarantee for a game with members drawn so; None where it says nothing about such a game.

    >>> pure = Guarantee(1.0, 0.0, "replace_one")
    >>> bound_of(pure, "fixed number") is pure, bound_of(pure, "independently")
    (True, None)
    """
    if guarantee is None:
        return None
    if drawn == "independently":
        return guarantee if guarantee.neighbours == "add_or_remove_one" else None
    try:
        return as_replace_one(guarantee)
    except NotApplicable:
        return None


def auc_bound_of(bound: Guarantee | None) -> float | None:
    """The largest expected area that the bound allows."""
    return None if bound is None else highest_auc(bound)


def nulled(scores: Scores, inside: Inside, rng: np.random.Generator) -> Separation:
    """The same scores against membership shuffled by lot: what is seen where there is nothing to see."""
    return separation(scores, rng.permutation(inside))


def most_exposed(scores: Scores, inside: Inside, rows: npt.NDArray[np.int64]) -> tuple[Exposed, ...]:
    """The members with the highest scores, highest first."""
    members = np.flatnonzero(inside)
    first = members[np.argsort(-scores[members], kind="stable")[:MOST_EXPOSED]]
    others = scores[~inside]
    return tuple(Exposed(int(rows[i]), float(scores[i]), float((others >= scores[i]).mean())) for i in first)


def groups_found(scores: Scores, inside: Inside, people: Dataset) -> tuple[GroupFound, ...]:
    """Every public column of few categories, and how many members of each category are found."""
    others = np.sort(scores[~inside])
    allowed = int(FOUND_AT * len(others) + 1e-9)
    named = scores > others[len(others) - 1 - allowed]
    found = []
    for column in few_categories(people.schema):
        has = _cells(people, column)
        for value in people.schema[column].categories or ():
            group = inside & has(value)
            if group.any():
                hits, size = int((group & named).sum()), int(group.sum())
                found.append(GroupFound(column, value, size, share(hits, size, "members of the group")))
    return tuple(found)


def _cells(people: Dataset, column: str) -> Callable[[str], Inside]:
    """Who has a value in the column, shape (people,)."""
    cells = people.table[column]
    if isinstance(cells.dtype, pd.StringDtype):
        return lambda value: (cells == value).to_numpy(dtype=bool, na_value=False)
    codes, texts = texts_of(people, column)
    return lambda value: np.asarray((texts == value)[codes])


def few_categories(schema: Schema) -> Sequence[str]:
    """Input columns and target with a public list of at most `FEW_CATEGORIES` categories."""
    names = [*schema.inputs, *([schema.target] if schema.target else [])]
    return [
        name
        for name in names
        if (categories := schema[name].categories) and len(categories) <= FEW_CATEGORIES and schema[name].is_public
    ]
