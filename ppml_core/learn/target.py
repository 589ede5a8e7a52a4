"""What is to be learned: the target's classes from the schema, and each person's class or number."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from ppml_core.data.dataset import Dataset
from ppml_core.data.hierarchy import MISSING
from ppml_core.data.schema import INFERRED, Schema
from ppml_core.errors import BadInput, NotApplicable
from ppml_core.learn.encoding import numbers_of, texts_of


def task_of(schema: Schema) -> str:
    """ "classification" or "regression". Raises NotApplicable without a target or with one that is text or a date."""
    kind = schema[target_of(schema)].kind
    if kind in ("text", "date"):
        raise NotApplicable(f"the target {schema.target!r} is a {kind}; it must be categories or a number.")
    return "regression" if kind == "numeric" else "classification"


def target_of(schema: Schema) -> str:
    """The target's name; NotApplicable where the schema names none."""
    if schema.target is None:
        raise NotApplicable("the schema names no target to learn: choose the column that is to be predicted.")
    return schema.target


def target_classes(schema: Schema, data: Dataset | None = None) -> tuple[str, ...]:
    """The classes in the schema's order, the positive one second where there are two.

    Without `data` only public knowledge is used, and NotApplicable is raised where the schema lists no categories;
    with it (plain learners) they are read from the rows.

    >>> columns = {"ill": {"categories": ["yes", "no"]}}
    >>> schema = Schema.from_values({"target": "ill", "positive": "yes", "columns": columns})
    >>> target_classes(schema)
    ('no', 'yes')
    """
    name = target_of(schema)
    if task_of(schema) == "regression":
        raise NotApplicable(f"the target {name!r} is a number, and this learner predicts classes.")
    classes = schema[name].categories
    if classes is None:
        if data is None:
            raise NotApplicable(f"the schema lists no categories for the target {name!r}: add them.")
        classes = tuple(sorted(text for text in texts_of(data, name)[1] if text != MISSING))
    if len(classes) < 2:
        raise BadInput(f"the target {name!r} needs at least two classes, not {list(classes)}.")
    if len(classes) == 2 and schema.positive is not None:
        if schema.positive not in classes:
            raise BadInput(f"the positive class {schema.positive!r} is not among {', '.join(classes)}.")
        classes = (*(label for label in classes if label != schema.positive), schema.positive)
    return classes


def with_classes(data: Dataset) -> Dataset:
    """The same people; classes of a target that the schema does not list are read from the table, and marked so."""
    name = target_of(data.schema)
    if task_of(data.schema) == "regression" or data.schema[name].categories is not None:
        return data
    column = dataclasses.replace(data.schema[name], categories=target_classes(data.schema, data), source=INFERRED)
    return data.with_schema(data.schema.replace_columns({name: column}))


def encode_target(data: Dataset, classes: tuple[str, ...]) -> npt.NDArray[np.int64]:
    """Each person's place in `classes`, shape (rows,). Raises BadInput for an empty cell or a value outside them."""
    name = target_of(data.schema)
    codes, texts = texts_of(data, name)
    place = {label: code for code, label in enumerate(classes)}
    odd = sorted(text for text in texts if text not in place)
    if odd:
        shown = "an empty cell" if odd[0] == MISSING else repr(odd[0])
        raise BadInput(f"the target {name!r} holds {shown}; it may hold {', '.join(classes)}.")
    return np.array([place[text] for text in texts], dtype=np.int64)[codes]


def target_numbers(data: Dataset) -> npt.NDArray[np.float64]:
    """Each person's number, shape (rows,). Raises NotApplicable for classes, BadInput where a cell is no number."""
    name = target_of(data.schema)
    if task_of(data.schema) != "regression":
        raise NotApplicable(f"the target {name!r} is a class, and this learner predicts a number.")
    numbers = numbers_of(data.table[name])
    if not np.isfinite(numbers).all():
        raise BadInput(f"the target {name!r} holds a cell that is no number; remove those rows first.")
    return numbers
