"""Every person is dealt to one client, evenly or as unevenly as asked for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Schema
from ppml_core.errors import BadInput
from ppml_core.federated.partition import label_skew, partition
from ppml_core.federated.plan import Plan


@pytest.fixture(scope="module")
def people() -> Dataset:
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "town": rng.choice(["A", "B", "C", "D"], 400, p=[0.4, 0.3, 0.2, 0.1]),
            "ill": rng.choice(["yes", "no"], 400),
        }
    )
    columns = {"town": {"categories": ["A", "B", "C", "D"]}, "ill": {"categories": ["yes", "no"]}}
    return Dataset(table, Schema.from_values({"target": "ill", "columns": columns}), "towns")


@pytest.mark.parametrize("how", [
    {}, {"partition": "dirichlet", "alpha": 0.1}, {"partition": "quantity", "alpha": 0.5},
    {"partition": "column", "by": "town"},
])  # fmt: skip
def test_everyone_is_held_once_and_one_seed_deals_one_way(people: Dataset, how: dict[str, object]) -> None:
    plan = Plan(clients=3, **how)  # type: ignore[arg-type]
    parts = partition(plan, people, np.random.default_rng(1))
    assert len(parts) == 3
    assert sorted(np.concatenate(parts).tolist()) == list(range(400))
    again = partition(plan, people, np.random.default_rng(1))
    assert all(np.array_equal(one, other) for one, other in zip(parts, again, strict=True))


def test_a_value_of_a_column_lies_with_one_client(people: Dataset) -> None:
    parts = partition(Plan(clients=3, partition="column", by="town"), people, np.random.default_rng(1))
    towns = [set(people.table["town"].iloc[part]) for part in parts]
    assert set.union(*towns) == set("ABCD")
    assert sum(map(len, towns)) == 4


def test_a_small_alpha_parts_the_classes_and_a_large_one_does_not() -> None:
    labels = np.repeat([0, 1], 2000)

    def spread(alpha: float) -> float:
        parts = label_skew(labels, 5, alpha, np.random.default_rng(3))
        return float(np.std([labels[part].mean() for part in parts if len(part)]))

    assert spread(1000.0) < 0.05 < 0.2 < spread(0.1)


@pytest.mark.parametrize(("how", "words"), [
    ({"clients": 401}, "fewer clients"), ({"clients": 5, "partition": "column", "by": "town"}, "4 values"),
    ({"partition": "column", "by": "nowhere"}, "nowhere"),
])  # fmt: skip
def test_what_cannot_be_dealt_is_refused(people: Dataset, how: dict[str, object], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        partition(Plan(**how), people, np.random.default_rng(1))  # type: ignore[arg-type]
