"""What a report may tell of a table: sizes, roles, what is public of its columns, counts of people per class.

In: a Dataset. Out: `About`, aggregates and public knowledge only. What was read off the private rows (categories,
bounds, hierarchies of an inferred schema) is left out, for a category is a cell.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from ppml_core.data import bundled
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Column, Schema
from ppml_core.experiment.prepare import parts
from ppml_core.learn.target import encode_target, target_classes, task_of
from ppml_core.report.withheld import Count, withheld_counts


@dataclass(frozen=True)
class About:
    """A table as others may see it. `schema` holds no list or bound that was read off its rows.

    `classes` are the people per class of the target, small counts withheld, (label, people); () in a regression.
    `is_bundled` says that everybody who has the program has the table.
    """

    name: str
    schema: Schema
    fingerprint: str
    is_bundled: bool
    people: int
    training: int
    test: int
    task: str
    classes: tuple[tuple[str, Count], ...] = ()

    @property
    def title(self) -> str:
        """What the table is called in a sentence."""
        return self.schema.title.partition(":")[0] or self.name


def about(data: Dataset, seed: int = 1) -> About:
    """What may be told of the table; `seed` is that of the scenarios, which draws the test people."""
    train, test = parts(data, seed)
    task = task_of(data.schema)
    return About(
        name=data.name,
        schema=_public(data.schema),
        fingerprint=data.fingerprint,
        is_bundled=data.name in bundled.names() and data.fingerprint == bundled.load(data.name).fingerprint,
        people=len(data),
        training=len(train),
        test=len(test),
        task=task,
        classes=() if task == "regression" else _classes(train, test, data.schema),
    )


def _classes(train: Dataset, test: Dataset, schema: Schema) -> tuple[tuple[str, Count], ...]:
    labels = target_classes(train.schema)
    codes = np.concatenate([encode_target(part, labels) for part in (train, test)])
    counts = [int(number) for number in np.bincount(codes, minlength=len(labels))]
    shown = labels if _is_told(schema[str(schema.target)]) else tuple(f"class {at + 1}" for at in range(len(labels)))
    return tuple(zip(shown, withheld_counts(counts), strict=True))


def _is_told(column: Column) -> bool:
    """Whether a list of categories is public knowledge, with somebody who says so."""
    return column.is_public and bool(column.source) and column.categories is not None


def _public(schema: Schema) -> Schema:
    columns = {name: column if column.is_public else _stripped(column) for name, column in schema.columns.items()}
    told = schema.target is not None and _is_told(schema[schema.target])
    return dataclasses.replace(schema, columns=columns, positive=schema.positive if told else None, folder=None)


def _stripped(column: Column) -> Column:
    return dataclasses.replace(column, bounds=None, categories=None, bins=None, levels=None, widths=None)
