"""Curves whose guarantees speak of different neighbours, brought to one relation so that they can share an axis.

In: points of several learners. Out: the same points, x converted to replacing one person where the relations differ
(EVIDENCE 4): that way is always known, the other is not. A point that promises nothing once converted is a gap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ppml_core.accounting.gaussian import as_replace_one
from ppml_core.errors import NotApplicable
from ppml_core.experiment.plans import guarantee_behind, guarantee_of
from ppml_core.experiment.scenario import Scenario

REPLACE = "replace_one"
PROMISED = ("guarantee_epsilon", "guarantee_delta", "guarantee_neighbours")


def rows_under_one_relation(scenarios: Mapping[str, Scenario], rows: pd.DataFrame) -> pd.DataFrame:
    """Tidy rows of those scenarios (by id) whose guarantees all speak of the same neighbours.

    Unchanged where they do already, and local guarantees are of replacing one. Else what was said for one person more
    or less is said for replacing one, by the mechanism's own mu where it is known; what promises nothing then is a gap.
    """
    if rows["guarantee_neighbours"].dropna().nunique() < 2:
        return rows
    told = rows.copy()
    for name, own in rows.groupby("scenario_id", sort=False):
        if not (own["guarantee_neighbours"] == "add_or_remove_one").any() or str(name) not in scenarios:
            continue
        here = (told["scenario_id"] == name).to_numpy() & told["guarantee_neighbours"].notna().to_numpy()
        known = guarantee_behind(scenarios[str(name)], own)
        try:
            said = as_replace_one(known) if known else None
        except NotApplicable:
            said = None
        values = (said.epsilon, said.delta, REPLACE) if said else (np.nan, np.nan, None)
        for column, value in zip(PROMISED, values, strict=True):
            told[column] = told[column].mask(here, value)
    return told


def under_one_relation(curves: Sequence[tuple[str, pd.DataFrame]]) -> pd.DataFrame:
    """All points of (learner, points), one curve after the other; column `asked` keeps the epsilon that was set.

    Where every known guarantee is of one relation, x stays as it is. The column `relation` is the relation of x, ""
    where no point has a guarantee.
    """
    present = [(learner, points) for learner, points in curves if len(points)]
    if not present:
        return curves[0][1].assign(asked=[], relation=[]) if curves else pd.DataFrame()
    spoken = {relation for _, points in present if (relation := _relation(points))}
    target = REPLACE if len(spoken) > 1 else next(iter(spoken), "")
    converted = [
        _replaced(learner, points) if len(spoken) > 1 and _relation(points) not in (REPLACE, "")
        else points.assign(asked=points["x"])
        for learner, points in present
    ]  # fmt: skip
    return pd.concat(converted, ignore_index=True).assign(relation=target)


def _relation(points: pd.DataFrame) -> str:
    known = points["guarantee_neighbours"].dropna()
    return str(known.iloc[0]) if len(known) else ""


def _replaced(learner: str, points: pd.DataFrame) -> pd.DataFrame:
    delta = float(points["guarantee_delta"].dropna().iloc[0])
    rows = []
    for row in points.to_dict("records"):
        row["asked"] = row["x"]
        own = guarantee_of(learner, float(row["x"]), delta, _relation(points))
        try:
            row["x"] = as_replace_one(own).epsilon
        except NotApplicable:
            continue
        rows.append(row)
    return pd.DataFrame(rows, columns=[*points.columns, "asked"])
