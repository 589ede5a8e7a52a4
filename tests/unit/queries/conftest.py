"""A small table with missing values that every test of the room may ask."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from ppml_core.data.dataset import Dataset
from ppml_core.data.reading import read_dataset
from ppml_core.data.schema import Column, Schema
from ppml_core.queries.engine import Engine


@pytest.fixture(scope="session")
def people() -> Dataset:
    rng = np.random.default_rng(3)
    table = pd.DataFrame(
        {
            "age": np.where(rng.random(400) < 0.1, np.nan, rng.integers(0, 90, 400)),
            "sex": rng.choice(["f", "m", ""], 400, p=[0.5, 0.4, 0.1]),
            "town": rng.choice(["a", "b", "c"], 400, p=[0.6, 0.37, 0.03]),
            "ill": rng.choice(["no", "yes"], 400),
            "born": rng.choice(["1990-01-31", "2001-12-01", "1950-06-15"], 400),
        }
    )
    columns = {
        "age": Column("quasi_identifier", "numeric", bounds=(0, 100), source="made up"),
        "sex": Column("quasi_identifier", categories=("f", "m", "x"), source="made up"),
        "town": Column("quasi_identifier", categories=("a", "b", "c"), source="made up"),
        "ill": Column("sensitive", categories=("no", "yes"), source="made up"),
        "born": Column("feature", "date"),
    }
    return Dataset(table, Schema(columns, target="ill", positive="yes", expected_rows=400))


@pytest.fixture(scope="session")
def engine(people: Dataset) -> Iterator[Engine]:
    opened = Engine(people)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def clinic() -> Dataset:
    return read_dataset("clinic")
