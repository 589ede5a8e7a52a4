"""The target: its classes in public order, and each person's place among them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Schema
from ppml_core.errors import BadInput, NotApplicable
from ppml_core.learn.target import encode_target, target_classes, target_numbers


def table(cells: list[Any], positive: str | None = None, **column: Any) -> Dataset:
    values: dict[str, Any] = {"target": "y", "columns": {"y": column}}
    return Dataset(
        pd.DataFrame({"y": cells}), Schema.from_values(values | ({"positive": positive} if positive else {}))
    )


def test_the_positive_class_stands_second() -> None:
    data = table(["ill", "well"], "ill", categories=["ill", "well"])
    assert target_classes(data.schema) == ("well", "ill")
    assert encode_target(data, ("well", "ill")).tolist() == [1, 0]


def test_classes_are_public_or_read_by_plain_learners_only() -> None:
    data = table([2, 1, 2, 3])
    with pytest.raises(NotApplicable, match="'y'"):
        target_classes(data.schema)
    assert target_classes(data.schema, data) == ("1", "2", "3")
    assert encode_target(data, ("1", "2", "3")).tolist() == [1, 0, 1, 2]


@pytest.mark.parametrize("cell", [None, "c"])
def test_cells_outside_the_classes_are_refused(cell: str | None) -> None:
    data = table(["a", cell], categories=["a", "b"])
    with pytest.raises(BadInput, match="may hold a, b"):
        encode_target(data, ("a", "b"))


def test_a_wrong_positive_class_or_a_single_class_is_refused() -> None:
    with pytest.raises(BadInput, match="'z'"):
        target_classes(table(["a"], "z", categories=["a", "b"]).schema)
    with pytest.raises(BadInput, match="two classes"):
        target_classes(table(["a"], categories=["a"]).schema)


def test_numbers_and_classes_do_not_stand_in_for_each_other() -> None:
    numeric = table([1.5, 2.0], kind="numeric")
    assert np.array_equal(target_numbers(numeric), [1.5, 2.0])
    with pytest.raises(NotApplicable):
        target_classes(numeric.schema)
    with pytest.raises(NotApplicable):
        target_numbers(table(["a"], categories=["a", "b"]))
    with pytest.raises(BadInput):
        target_numbers(table([1.0, np.nan], kind="numeric"))
    with pytest.raises(NotApplicable, match="no target to learn: choose the column that is to be predicted"):
        target_classes(Schema.from_values({"columns": {"y": {}}}))
