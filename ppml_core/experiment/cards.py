"""What goes with something that is handed out: the public numbers that it stands on, and the card of a made-up table.

In: a schema, or an anonymizer and its release. Out: plain values, as JSON keeps them. Only what left by the release
path carries a guarantee away (EVIDENCE 2).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from ppml_core import __version__
from ppml_core.accounting.shares import split_of
from ppml_core.anonymize.base import Anonymizer, Recoding
from ppml_core.data.schema import Schema
from ppml_core.evidence import EXPLORATORY

UNCHARGED = "Settings chosen by looking at results on this table are not charged."


def made_by() -> str:
    return f"PPML Explorer {__version__}"


def public_inputs(schema: Schema, names: Iterable[str]) -> dict[str, Any]:
    """Kind, bounds, categories and their source, by column."""
    return {
        name: {
            "kind": column.kind,
            "bounds": column.bounds,
            "categories": column.categories,
            "missing": column.missing,
            "source": column.source,
        }
        for name in names
        if (column := schema[name])
    }


def table_card(method: Anonymizer, made: Recoding, schema: Schema, *, released: bool) -> dict[str, Any]:
    """The card of a private table: settings, public inputs, and the guarantee with its budget where it was released.

    The budget is that of the steps that read rows; it is left out where one step took all of it.

    `schema` is of the table that it was made from.
    """
    columns = list(made.release.table.columns)
    card = {
        "title": f"{method.title}: {len(made.release)} rows",
        "made_by": made_by(),
        "anonymizer": {"method": method.name(), **method.values()},
        "public_inputs": public_inputs(schema, columns),
        "expected_rows": schema.expected_rows,
        "statistics": dict(made.statistics),
    }
    if not released:
        return card | {"guarantee": None, "guarantee_note": made.guarantee_note or EXPLORATORY}
    assert made.guarantee is not None
    split, steps = split_of(method, made.guarantee.delta), made.statistics.get("steps")
    shared = split is not None and (steps is None or {step.name for step in split.steps} == set(steps))
    budget = dataclasses.asdict(split) if split is not None and shared else None
    return card | {"guarantee": dataclasses.asdict(made.guarantee), "budget": budget, "settings_note": UNCHARGED}
