"""Features come from public knowledge: known answers, unseen values, missing ones, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import INFERRED, Schema
from ppml_core.errors import BadInput, NotApplicable
from ppml_core.learn.encoding import Encoder

AGE = {"kind": "numeric", "bounds": [0, 100]}


def people(cells: dict[str, Any], **columns: Any) -> Dataset:
    return Dataset(pd.DataFrame(cells), Schema.from_values({"columns": columns}))


def test_numbers_are_clipped_to_public_bounds_and_scaled() -> None:
    data = people({"age": [-5, 0, 25, 100, 400]}, age=AGE)
    assert Encoder.of(data.schema).encode(data).ravel().tolist() == [0, 0, 0.25, 1, 1]


def test_knots_share_a_number_between_neighbours() -> None:
    data = people({"age": [0.0, 6.25, 14.0625, 25.0, 100.0]}, age=AGE)
    encoder = Encoder.of(data.schema, knots=4)
    assert encoder.feature_names == ("age near 6.25", "age near 25", "age near 56.25", "age near 100")
    expected = [[0, 0, 0, 0], [1, 0, 0, 0], [0.5, 0.5, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]]
    assert np.allclose(encoder.encode(data), expected)


@pytest.mark.parametrize("knots", [1, 5])
def test_a_missing_number_is_a_feature_of_its_own_or_the_middle(knots: int) -> None:
    cells = {"age": [np.nan, 50.0]}
    marked = people(cells, age=AGE | {"missing": True})
    encoder = Encoder.of(marked.schema, knots)
    assert encoder.feature_names[-1] == "age missing"
    assert encoder.encode(marked)[0].tolist() == [0.0] * knots + [1.0]
    unmarked = people(cells, age=AGE)
    first, second = Encoder.of(unmarked.schema, knots).encode(unmarked)
    assert np.array_equal(first, second)


def test_categories_are_public_and_unknown_values_are_zeros() -> None:
    data = people({"job": ["nurse", "spy", None]}, job={"categories": ["cook", "nurse"], "missing": True})
    encoder = Encoder.of(data.schema)
    assert encoder.feature_names == ("job=cook", "job=nurse", "job missing")
    assert encoder.encode(data).tolist() == [[0, 1, 0], [0, 0, 0], [0, 0, 1]]


def test_an_empty_cell_goes_to_the_listed_mark() -> None:
    data = people({"job": ["cook", None]}, job={"categories": ["cook", "?"]})
    assert Encoder.of(data.schema).encode(data).tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize(
    ("cells", "categories"), [([True, False], ["False", "True"]), ([7, 3], ["3", "7"]), ([7.0, 3.0], ["3", "7"])]
)
def test_cells_are_compared_as_text(cells: list[Any], categories: list[str]) -> None:
    data = people({"x": cells}, x={"categories": categories})
    assert Encoder.of(data.schema).encode(data).tolist() == [[0, 1], [1, 0]]


def test_a_release_is_encoded_by_its_labels() -> None:
    data = people({"age": ["20-29", "*"]}, age={"kind": "categorical", "categories": ["20-29", "30-39", "*"]})
    assert Encoder.of(data.schema).encode(data).tolist() == [[1, 0, 0], [0, 0, 1]]


def test_dates_are_years_between_bounds_or_left_out_with_a_word() -> None:
    cells = {"born": ["1950-01-01", "2000-01-01", None]}
    bounded = people(cells, born={"kind": "date", "bounds": [1900, 2000], "missing": True})
    assert np.allclose(Encoder.of(bounded.schema).encode(bounded), [[0.5, 0], [1, 0], [0, 1]])
    free = people(cells | {"age": [1, 2, 3]}, born={"kind": "date"}, age=AGE)
    encoder = Encoder.of(free.schema)
    assert encoder.width == 1
    assert "born" in encoder.notes[0]


def test_no_date_changes_how_another_is_read() -> None:
    """The first cell, a time of day, a zone, another order or no date at all: everybody else stays where they were."""
    others = [f"{year}-0{month}-15" for year in range(1950, 2000) for month in (2, 8)]
    born = {"kind": "date", "bounds": [1900, 2000], "missing": True}

    def encoded(first: str | None) -> tuple[bytes, float]:
        data = people({"born": [first, *others]}, born=born)
        X = Encoder.of(data.schema, knots=8).encode(data)
        return X[1:].tobytes(), X[0].sum()

    plain = encoded("1990-05-01")
    for odd in ("1990-05-01 10:30", "1990-05-01T10:30:00+02:00", "01.05.1990", "05/31/1990"):
        assert encoded(odd) == plain
    for absent in (None, "soon", "1990-02-31"):
        assert encoded(absent)[0] == plain[0]


def test_text_identifiers_and_the_target_are_not_features() -> None:
    columns = {
        "note": {"kind": "text"},
        "name": {"role": "identifier"},
        "age": AGE,
        "ill": {"categories": ["no", "yes"]},
        "part": {"role": "ignore"},
    }
    schema = Schema.from_values({"columns": columns, "target": "ill", "split": "part"})
    assert Encoder.of(schema).feature_names == ("age",)


def test_hierarchies_serve_as_lists_of_categories() -> None:
    schema = Schema.from_values({"columns": {"x": {"levels": [{"a": "vowel", "b": "consonant"}]}}})
    assert Encoder.of(schema).feature_names == ("x=a", "x=b")


@pytest.mark.parametrize("column", [{"kind": "numeric"}, {"kind": "categorical"}])
def test_silence_of_the_schema_is_refused_for_private_learners_only(column: dict[str, str]) -> None:
    data = people({"x": [3, 9]}, x=column)
    with pytest.raises(NotApplicable, match="'x'"):
        Encoder.of(data.schema)
    assert Encoder.reading(data).encode(data).sum() > 0


def test_inferred_columns_and_those_without_a_source_are_named() -> None:
    sex = {"categories": ["F", "M"]}
    columns = {"age": AGE | {"source": INFERRED}, "sex": sex | {"source": "the form"}, "gender": sex}
    assert Encoder.of(Schema.from_values({"columns": columns})).inferred == ("age", "gender")


def test_a_table_without_a_trained_column_is_refused() -> None:
    data = people({"age": [1]}, age=AGE)
    with pytest.raises(BadInput, match="age"):
        Encoder.of(data.schema).encode(people({"size": [1]}, size=AGE))


def test_too_many_categories_are_refused() -> None:
    data = people({"x": [str(i) for i in range(10_001)]}, x={})
    with pytest.raises(NotApplicable, match="10,001"):
        Encoder.reading(data)


@given(st.integers(1, 9), st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=20))
def test_no_row_is_longer_than_promised_and_all_forms_agree(knots: int, ages: list[float]) -> None:
    jobs = ["cook", "nurse", "spy", None] * 5
    data = people(
        {"age": ages, "job": jobs[: len(ages)]},
        age=AGE | {"missing": True},
        job={"categories": ["cook", "nurse"], "missing": True},
    )
    encoder = Encoder.of(data.schema, knots)
    X = encoder.encode(data)
    assert np.isfinite(X).all()
    assert np.linalg.norm(X, axis=1).max() <= encoder.row_norm + 1e-12
    assert np.array_equal(encoder.encode_sparse(data).toarray(), X)
    assert X.shape == (len(ages), len(encoder.feature_names))
    columns = encoder.encode_columns(data)
    assert np.array_equal(np.isnan(columns[:, 0]), np.isnan(ages))


def test_no_rows_give_no_rows() -> None:
    data = people({"age": [], "job": []}, age=AGE, job={"categories": ["cook"]})
    for knots in (1, 4):
        encoder = Encoder.of(data.schema, knots)
        assert encoder.encode(data).shape == (0, encoder.width)
        assert encoder.encode_sparse(data).shape == (0, encoder.width)
        assert encoder.encode_columns(data).shape == (0, 2)
