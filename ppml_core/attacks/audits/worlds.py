"""Two tables that differ by one person, made from public knowledge alone: where a private method has most to hide.

In: a schema, or none for a small one that is built in. Out: `Pair`s. Everybody but one is ordinary, in the middle of
the public bounds, so that a method that reads bounds, scales or categories off the rows moves when the one comes or
goes, who has the largest of every number and the last of every category.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Column, Schema
from ppml_core.errors import NotApplicable
from ppml_core.evidence import Neighbours
from ppml_core.learn.base import Task
from ppml_core.learn.target import target_classes, target_of, task_of

OWN = "canary of the audit"
ORDINARY_PEOPLE = 20
MADE_UP = "made for the audit"
MIDDLES = (0.5, 0.5, 0.4, 0.4, 0.6, 0.6, 0.5, 0.5, 0.45, 0.45)
CLASSES = (0, -1)


@dataclass(frozen=True, eq=False)
class Pair:
    """Two neighbouring tables, the one by whom they differ, and people to ask a model about, that one first."""

    name: str
    first: Dataset
    second: Dataset
    canary: Dataset
    asked: Dataset


def pairs(schema: Schema, neighbours: Neighbours) -> tuple[Pair, ...]:
    """Without the canary and with it; or with someone else in that place: the opposite answer, or an ordinary person.

    Raises NotApplicable where the schema does not say enough to make people up.
    """
    schema = dataclasses.replace(schema, expected_rows=ORDINARY_PEOPLE, split=None)
    ordinary = _ordinary(schema)
    crowd = ordinary * (ORDINARY_PEOPLE // len(ordinary))
    canary, opposite = (_person(schema, 1.0, "last", label) for label in (-1, 0))
    asked = _table(schema, [canary, ordinary[0], ordinary[2], ordinary[4], _person(schema, 0.0, "first", -1)])
    if neighbours == "add_or_remove_one":
        apart = [("the canary comes", crowd)]
    else:
        apart = [("another answer", [*crowd, opposite]), ("another person", [*crowd, ordinary[0]])]
    second = _table(schema, [*crowd, canary])
    return tuple(Pair(name, _table(schema, rows), second, _table(schema, [canary]), asked) for name, rows in apart)


def built_in(task: Task = "classification", inputs: bool = True, classes: int = 2) -> Schema:
    """One number and one category (none without `inputs`), and an answer of the kind that is asked for.

    >>> built_in(classes=3)["y"].categories
    ('no', 'yes', 'answer 3')
    """
    known = {"source": MADE_UP}
    labels = ["no", "yes", *(f"answer {place}" for place in range(3, classes + 1))]
    answer = {"categories": labels} if task == "classification" else {"kind": "numeric", "bounds": [0, 1]}
    columns: dict[str, Any] = {
        "x": {"role": "quasi_identifier", "kind": "numeric", "bounds": [0, 1], "widths": [0.5]} | known,
        "group": {"role": "quasi_identifier", "categories": ["a", "b"]} | known,
    }
    positive = {"positive": "yes"} if task == "classification" and classes == 2 else {}
    shown = columns if inputs else {}
    return Schema.from_values({"target": "y", "columns": shown | {"y": answer | known}} | positive)


def coins_and_canaries(
    schema: Schema, canaries: int, neighbours: Neighbours, rng: np.random.Generator
) -> tuple[Dataset, Dataset, np.ndarray]:
    """(the training people, the canaries with the answer that is asked about, which coins fell on "in").

    Each canary has a category of its own, in a column that is added to the schema. Under adding or removing it is in
    or out; under replacing it has the answer that is asked about, or the other one.
    """
    own = [f"canary {place}" for place in range(canaries)]
    column = Column(categories=("nobody", *own), source=MADE_UP)
    schema = dataclasses.replace(schema, columns={OWN: column, **schema.columns}, expected_rows=canaries, split=None)
    coins = rng.random(canaries) < 0.5
    labels = rng.integers(0, 2, canaries) - 1  # the last class, or the first
    shown = [_person(schema, 0.5, "first", int(label)) | {OWN: name} for name, label in zip(own, labels, strict=True)]
    ordinary = _ordinary(schema)
    if neighbours == "add_or_remove_one":
        inside = [person for person, coin in zip(shown, coins, strict=True) if coin]
    else:
        turned = zip(own, labels, strict=True)
        other = [_person(schema, 0.5, "first", -1 - int(label)) | {OWN: name} for name, label in turned]
        inside = [person if coin else twin for person, twin, coin in zip(shown, other, coins, strict=True)]
    return _table(schema, [*ordinary, *inside]), _table(schema, shown), coins


def _ordinary(schema: Schema) -> list[dict[str, Any]]:
    """People in the middle, each beside one with the other answer, so that their gradients cancel at the start."""
    labels = CLASSES * (len(MIDDLES) // len(CLASSES))
    return [_person(schema, middle, "first", label) for middle, label in zip(MIDDLES, labels, strict=True)]


def _person(schema: Schema, height: float, which: str, label: int) -> dict[str, Any]:
    """Every number at that share of its public range, every category the first or last, the answer by place."""
    cells = {name: _cell(name, column, height, which) for name, column in schema.columns.items()}
    if schema.target is None:
        return cells
    name = target_of(schema)
    if task_of(schema) == "regression":
        low, high = _bounds(name, schema[name])
        return cells | {name: high if label else low}
    return cells | {name: target_classes(schema)[label]}


def _cell(name: str, column: Column, height: float, which: str) -> Any:
    if column.kind == "text" or column.role in ("identifier", "ignore"):
        return "" if column.kind not in ("numeric", "date") else None
    if column.kind == "date":
        return "2000-01-01"
    if column.categories:
        return column.categories[0 if which == "first" else -1]
    low, high = _bounds(name, column)
    return low + height * (high - low)


def _bounds(name: str, column: Column) -> tuple[float, float]:
    if column.bounds is None:
        raise NotApplicable(f"the schema gives neither bounds nor categories for {name!r}: people cannot be made up.")
    return column.bounds


def _table(schema: Schema, rows: Sequence[dict[str, Any]]) -> Dataset:
    return Dataset(pd.DataFrame(list(rows), columns=list(schema.columns)), schema, "worlds of an audit")
