"""Counts of 1 to 9 people are not told, nor anything from which they could be worked out (EVIDENCE 17).

In: counts of one table, or tidy rows. Out: the same with small counts as None, and with shares of people that stand
for a small count, or leave one over, moved to the bound of what may be told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

Count = int | None

LEAST_TOLD = 10
SHARES = ("share of people", "share of test people")
NUMBERS = ("value", "low", "high")


def withheld_counts(counts: Sequence[int]) -> list[Count]:
    """The counts with 1 to 9 as None, and more of them (the smallest) until their sum does not give one away.

    The total of the row is taken as known: at least two counts are withheld, and 10 people or more are in them.

    >>> withheld_counts([5, 40, 300])
    [None, None, 300]
    >>> withheld_counts([0, 40, 300])
    [0, 40, 300]
    """
    hidden = {at for at, number in enumerate(counts) if 0 < number < LEAST_TOLD}
    if hidden:
        others = sorted((number == 0, number, at) for at, number in enumerate(counts) if at not in hidden)
        for _, _, at in others:
            if len(hidden) >= 2 and sum(counts[one] for one in hidden) >= LEAST_TOLD:
                break
            hidden.add(at)
    return [None if at in hidden else number for at, number in enumerate(counts)]


def withheld_rows(rows: pd.DataFrame, training: int, test: int) -> pd.DataFrame:
    """Rows in which no value stands for 1 to 9 people, nor for all but so many; `withheld` marks those that were moved.

    Shares of the release are of the training people that are in it, other shares and accuracy are of the test people.
    Attacks are on people or guesses drawn by lot: what they estimate is no count of anybody, and stays.
    """
    if rows.empty:
        return rows.assign(withheld=False)
    told = rows.copy()
    released = _released(rows, training)
    of_release = rows["measure"].str.startswith("release_")
    total = pd.Series(np.where(of_release, rows["scenario_id"].map(released).fillna(training), test), rows.index)
    total = total.where(rows["unit"] != "people", float(training))
    counted = rows["unit"].isin(SHARES) & ~rows["measure"].str.contains("linkage") & ~_is_drawn(rows)
    counted &= ~rows["measure"].str.startswith("train_")
    people = rows["value"].where(rows["unit"] == "people", rows["value"] * total).round()
    counted |= rows["unit"] == "people"
    scale = pd.Series(np.where(rows["unit"] == "people", 1.0, 1.0 / total.clip(lower=1)), rows.index)
    few = counted & people.between(1, LEAST_TOLD - 1)
    rest = counted & (total - people).between(1, LEAST_TOLD - 1) & ~few
    for name in NUMBERS:
        told[name] = rows[name].where(~few, np.minimum(LEAST_TOLD, total) * scale)
        told[name] = told[name].where(~rest, np.maximum(total - LEAST_TOLD, 0) * scale)
    told["std_error"] = rows["std_error"].where(~(few | rest), 0.0)
    return told.assign(withheld=few | rest)


def _released(rows: pd.DataFrame, training: int) -> Mapping[str, float]:
    """The most people that a scenario's release can have."""
    gone = rows[rows["measure"] == "release_suppressed"].groupby("scenario_id")["value"].max()
    return {str(name): max(float(training - number), 1.0) for name, number in gone.dropna().items()}


def _is_drawn(rows: pd.DataFrame) -> pd.Series:
    """Findings of attacks, by name: they are neither measures nor figures of a release."""
    plain = rows["measure"].str.replace(r"^(baseline_(?:majority|raw|mean)_|train_)", "", regex=True)
    return ~plain.str.startswith(("release_", "test_")) & (plain != "accuracy")
