"""What each column adds to a model's answer, with the band that the noise alone draws around it.

In: models of the same settings and other noise seeds. Out: `Effect`, on a grid of public values. All other columns are
held at one value, so for additive models this is the column's exact share, up to a constant that is taken out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Column, Schema
from ppml_core.learn.base import Fitted

Numbers = npt.NDArray[np.float64]

GRID = 80
MOST_CATEGORIES = 60
LEAST = 1e-12
WIDE = 50


@dataclass(frozen=True, eq=False)
class Effect:
    """`mean` over the models at each of `labels`; `low` and `high` hold 95 % of the noise, two standard deviations.

    `at` are the numbers of a numeric column, empty for categories. The unit is the log of the odds of the last class,
    or the target's own in a regression.
    """

    column: str
    labels: tuple[str, ...]
    at: Numbers
    mean: Numbers
    low: Numbers
    high: Numbers
    models: int


def effects_of(models: Sequence[Fitted], schema: Schema) -> dict[str, Effect]:
    """One effect per input column with public bounds or a list of categories, the widest first."""
    found = []
    for name in schema.inputs:
        values = _values(schema[name])
        if values is None:
            continue
        people = _people(schema, name, values)
        answers = np.array([_answers(model, people) for model in models])
        answers -= answers.mean(axis=1, keepdims=True)
        mean, spread = answers.mean(axis=0), 2 * (answers.std(axis=0, ddof=1) if len(models) > 1 else 0 * answers[0])
        numeric = schema[name].categories is None
        at = np.asarray(values, dtype=np.float64) if numeric else np.zeros(0)
        places = 0 if numeric and np.ptp(at) >= WIDE else 2
        labels = tuple(f"{value:,.{places}f}" if numeric else str(value) for value in values)
        found.append(Effect(name, labels, at, mean, mean - spread, mean + spread, len(models)))
    widest = sorted(found, key=lambda effect: -float(np.ptp(effect.mean)))
    return {effect.column: effect for effect in widest}


def _values(column: Column) -> Sequence[object] | None:
    """Where the effect is told: a grid between the bounds, closer together near the lower one, or all categories."""
    if column.kind in ("text", "date"):
        return None
    if column.categories is not None:
        return column.categories if len(column.categories) <= MOST_CATEGORIES else None
    if column.bounds is None:
        return None
    low, high = column.bounds
    share = np.linspace(0, 1, GRID)
    if low == 0 and high >= 1000:
        share = share**2
    return [float(value) for value in low + (high - low) * share]


def _people(schema: Schema, name: str, values: Sequence[object]) -> Dataset:
    """People who differ in that column only."""
    cells = {other: _first(schema[other]) for other in schema.inputs if other != name}
    table = pd.DataFrame({name: list(values)} | {other: [cell] * len(values) for other, cell in cells.items()})
    columns = {column: schema[column] for column in table.columns}
    return Dataset(table[list(schema.inputs)], dataclasses.replace(schema, columns=columns, target=None, split=None))


def _first(column: Column) -> object:
    if column.categories:
        return column.categories[0]
    return column.bounds[0] if column.bounds else None


def _answers(model: Fitted, people: Dataset) -> Numbers:
    scores = model.predict_proba(people)
    if not model.classes:
        return np.asarray(scores[:, 0], dtype=np.float64)
    last = np.clip(scores[:, -1], LEAST, 1 - LEAST)
    return np.asarray(np.log(last) - np.log1p(-last), dtype=np.float64)
