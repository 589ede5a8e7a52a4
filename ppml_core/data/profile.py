"""Each column at a glance: role, kind, how many values it has, how well it tells people apart, what is missing."""

from __future__ import annotations

import pandas as pd

from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput


def profile(data: Dataset) -> pd.DataFrame:
    """One line per column of the schema, in its order.

    Columns: column, role, kind, values (distinct, missing aside), unique_share (people whose value nobody else has),
    missing_share, levels (of the hierarchy, 0 where the column is no quasi-identifier or its hierarchy is refused).
    """
    rows = max(len(data), 1)
    lines = []
    for name, column in data.schema.columns.items():
        counts = data.table[name].value_counts(dropna=True)
        lines.append(
            {
                "column": name,
                "role": column.role,
                "kind": column.kind,
                "values": len(counts),
                "unique_share": float((counts == 1).sum()) / rows,
                "missing_share": float(data.table[name].isna().sum()) / rows,
                "levels": _levels(data, name) if column.role == "quasi_identifier" else 0,
            }
        )
    return pd.DataFrame(lines)


def _levels(data: Dataset, name: str) -> int:
    try:
        return data.hierarchy(name).depth
    except BadInput:
        return 0
