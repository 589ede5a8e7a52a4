"""What a learner needs of a table before it starts, each as a function that raises one sentence."""

from __future__ import annotations

from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput


def check_target(data: Dataset) -> None:
    """Raises BadInput where there is no target, where it holds one class only, or where it has empty cells.

    Empty cells of a categorical target are a class of their own where its column says `missing = true`.
    """
    name = data.schema.target
    if name is None:
        raise BadInput(f"{data.name} has no target: choose the column that is to be predicted.")
    if not len(data):
        raise BadInput(f"{data.name} has no rows to learn from.")
    values, column = data.table[name], data.schema[name]
    if values.isna().any() and (column.kind == "numeric" or not column.missing):
        raise BadInput(f"the target {name!r} has empty cells: leave those rows out, or fill them in.")
    classes = values.unique()
    if len(classes) < 2:
        noun = "value" if column.kind == "numeric" else "class"
        raise BadInput(f"the target {name!r} has one {noun} only, {str(classes[0])!r}: choose a target that varies.")
