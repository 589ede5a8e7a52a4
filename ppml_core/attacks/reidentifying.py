"""Kept columns that make people unique again: a release is found by what it leaves untouched too."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from ppml_core.attacks.linkage import class_sizes
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Schema


@dataclass(frozen=True)
class Reidentifying:
    """A kept column: share of people unique by the quasi-identifiers and it, and by the quasi-identifiers alone."""

    column: str
    unique_share_with: float
    unique_share: float


def reidentifying(data: Dataset) -> tuple[Reidentifying, ...]:
    """Every column that a release keeps beside the quasi-identifiers, the one that singles out most people first.

    Identifiers and ignored columns are left aside. Empty where the table has no people.
    """
    if not len(data):
        return ()
    known = data.quasi_identifiers
    alone = _unique_share(data, known)
    kept = [name for name, column in data.schema.columns.items() if column.role in ("feature", "sensitive")]
    found = [Reidentifying(name, _unique_share(data, [*known, name]), alone) for name in kept]
    return tuple(sorted(found, key=lambda one: (-one.unique_share_with, one.column)))


def with_every_column_known(schema: Schema) -> Schema:
    """The schema in which every feature but the target is a quasi-identifier: an attacker who knows them all."""
    changed = {
        name: dataclasses.replace(schema[name], role="quasi_identifier")
        for name in schema.with_role("feature")
        if name != schema.target
    }
    return schema.replace_columns(changed)


def _unique_share(data: Dataset, names: Sequence[str]) -> float:
    return float((class_sizes(data, names) == 1).sum()) / len(data)
