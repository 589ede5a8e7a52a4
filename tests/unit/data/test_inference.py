"""The meaning of columns is proposed with a reason, marked as read off the table, and never fails."""

from __future__ import annotations

import itertools
import math
import tomllib
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ppml_core.data.cells import as_described
from ppml_core.data.dataset import Dataset
from ppml_core.data.facts import nice_bounds
from ppml_core.data.inference import Inferred, infer_schema
from ppml_core.data.reading import read_table
from ppml_core.data.schema import INFERRED, Schema

ROWS = 300
RNG = np.random.default_rng(7)
AGES = RNG.integers(18, 91, ROWS)
WORDS = RNG.choice(["a", "b", "c"], ROWS)
DISTINCT_WORDS = [f"w{at:03d}" for at in range(ROWS)]


def inferred(**columns: Any) -> Inferred:
    return infer_schema(pd.DataFrame(columns))


def role_of(name: str, values: Any) -> str:
    return infer_schema(pd.DataFrame({name: values})).schema[name].role


@pytest.mark.parametrize(
    ("role", "headers"),
    [
        ("quasi_identifier", ["sex", "Gender", "Geschlecht", "sexe", "género", "patient_sex", "race", "Hautfarbe"]),
        ("quasi_identifier", ["ZIP code", "PLZ", "Postleitzahl", "code postal", "Código Postal", "city", "Wohnort"]),
        (
            "quasi_identifier",
            ["ville", "ciudad", "native-country", "Staatsangehörigkeit", "pays", "país", "nationality"],
        ),
        ("quasi_identifier", ["maritalStatus", "Familienstand", "état civil", "estado civil", "education", "Bildung"]),
        (
            "quasi_identifier",
            ["niveau d'études", "estudios", "occupation", "Beruf", "métier", "profesión", "workclass"],
        ),
        ("sensitive", ["diagnosis", "Diagnose", "maladie", "enfermedad", "ICD-10", "income", "Gehalt", "salaire"]),
        ("sensitive", ["ingresos", "salary-class", "religion", "Konfession", "HIV status", "medication"]),
        ("feature", ["shoe", "package", "sexton", "nominal", "validity", "agenda"]),
    ],
)
def test_headers_in_four_languages_say_the_role(role: str, headers: list[str]) -> None:
    assert {header: role_of(header, WORDS) for header in headers} == dict.fromkeys(headers, role)


@pytest.mark.parametrize(
    "header",
    [
        "name",
        "Nachname",
        "prénom",
        "apellidos",
        "patient_name",
        "E-Mail",
        "correo",
        "phone",
        "Telefon",
        "SSN",
        "Straße",
        "dirección",
        "patient id",
        "PatientID",
        "Kundennummer",
        "record_number",
        "MRN",
    ],
)
def test_headers_of_identifiers(header: str) -> None:
    assert role_of(header, DISTINCT_WORDS) == "identifier"


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([f"p{at}@example.org" for at in range(ROWS)], "e-mail"),
        ([f"+49 170 {at:07d}" for at in range(ROWS)], "telephone"),
        ([f"030/{at:06d}" for at in range(ROWS)], "telephone"),
        ([f"{at:03d}-45-6789" for at in range(ROWS)], "social security"),
        ([f"10.0.{at // 256}.{at % 256}" for at in range(ROWS)], "network address"),
        (range(1, ROWS + 1), "all different"),
        (RNG.permutation(np.arange(100_000, 100_000 + 7 * ROWS, 7)), "all different"),
        (DISTINCT_WORDS, "all different"),
    ],
)
def test_values_show_identifiers_whatever_the_header(values: Any, reason: str) -> None:
    found = inferred(field=values)
    assert found.schema["field"].role == "identifier"
    assert reason in found.reasons["field"]


@pytest.mark.parametrize(
    ("values", "role", "kind", "reason"),
    [
        (["x"] * ROWS, "ignore", "categorical", "same value"),
        ([None] * ROWS, "ignore", "categorical", "no values"),
        ([np.nan] * ROWS, "ignore", "numeric", "no values"),
        ([f"She came in on day {at} and felt well again" for at in range(ROWS)], "ignore", "text", "free text"),
        ([f"w{at % 250}" for at in range(ROWS)], "ignore", "text", "more than 200"),
        ([f"w{at % 200}" for at in range(ROWS)], "feature", "categorical", "few"),
        (RNG.normal(size=ROWS), "feature", "numeric", "numbers"),
        ([True, False] * (ROWS // 2), "feature", "categorical", "few"),
        ([0, 1] * (ROWS // 2), "feature", "categorical", "two numbers"),
        (["m", "f"] * (ROWS // 2), "quasi_identifier", "categorical", "sex"),
        (["married", "single", "widowed"] * (ROWS // 3), "quasi_identifier", "categorical", "marital"),
        (["1980-12-31", "1975-01-02"] * (ROWS // 2), "quasi_identifier", "date", "dates"),
        (["31.12.1980", "2.1.1975"] * (ROWS // 2), "quasi_identifier", "date", "dates"),
        (["12/31/1980", "1/2/1975"] * (ROWS // 2), "quasi_identifier", "date", "dates"),
    ],
)
def test_values_show_role_and_kind_where_the_header_says_nothing(
    values: Any, role: str, kind: str, reason: str
) -> None:
    found = inferred(field=values)
    assert (found.schema["field"].role, found.schema["field"].kind) == (role, kind)
    assert reason in found.reasons["field"]


def test_a_header_of_an_identifier_over_a_few_values_is_none() -> None:
    assert role_of("telephone", ["yes", "no"] * 50) == "feature"
    assert role_of("region_id", [1, 2, 3, 4] * 25) != "identifier"


def test_bounds_and_categories_are_marked_as_read_off_the_table() -> None:
    found = inferred(age=AGES, score=RNG.uniform(3, 97, ROWS), word=WORDS)
    assert found.schema["age"].bounds == (0, 120)
    assert found.schema["score"].bounds == (0, 100)
    assert found.schema["word"].categories == ("a", "b", "c")
    assert {column.source for column in found.schema.columns.values()} == {INFERRED}
    assert not any(column.is_public for column in found.schema.columns.values())
    assert found.schema.expected_rows is None


@given(low=st.floats(allow_nan=False, allow_infinity=False), high=st.floats(allow_nan=False, allow_infinity=False))
def test_bounds_contain_what_they_bound(low: float, high: float) -> None:
    low, high = min(low, high), max(low, high)
    bounds = nice_bounds(low, high, whole=False)
    if bounds is not None:
        assert bounds[0] <= low <= high <= bounds[1]
        assert bounds[0] < bounds[1]
        assert all(map(math.isfinite, bounds))


@given(low=st.integers(-(2**52), 2**52), span=st.integers(0, 2**52))
def test_bounds_of_whole_numbers_are_whole(low: int, span: int) -> None:
    bounds = nice_bounds(low, low + span, whole=True)
    assert bounds is not None
    assert bounds[0] <= low
    assert low + span <= bounds[1]
    assert all(isinstance(bound, int) for bound in bounds)


def test_widths_of_quasi_identifiers_nest() -> None:
    schema = inferred(age=AGES, birth_year=2020 - AGES, yob=RNG.integers(1000, 3000, ROWS)).schema
    for name in ("age", "birth_year", "yob"):
        widths = schema[name].widths
        assert widths
        assert all(wide % narrow == 0 for narrow, wide in itertools.pairwise(widths))
    assert schema["age"].widths == (5, 10, 20, 40)


def test_postal_codes_lose_their_last_digits_one_by_one() -> None:
    table = pd.DataFrame({"zip": [47677, 47602, 47905, 47909] * 5, "age": AGES[:20]})
    data = Dataset(table, infer_schema(table).schema)
    tree = data.hierarchies["zip"]
    assert tree.labels[1] == ("4760*", "4767*", "4790*")
    assert tree.labels[-1] == ("*",)
    assert len(data.leaves["zip"]) == 20


def test_numbers_that_range_too_far_for_intervals_are_features() -> None:
    found = inferred(age=RNG.integers(0, 10**9, ROWS))
    assert found.schema["age"].role == "feature"
    assert "too far" in found.reasons["age"]


def test_missing_values_are_declared() -> None:
    schema = inferred(age=[1.0, None, 3.0], sex=["m", "f", None], city=["x", "", "y"], job=["a", "b", "a"]).schema
    assert [column.missing for column in schema.columns.values()] == [True, True, True, False]


@pytest.mark.parametrize(
    ("columns", "target", "positive"),
    [
        ({"y": ["a", "b"] * 5, "income": [1, 2] * 5}, "y", "b"),
        ({"income": ["<=50K", ">50K"] * 5, "flag": [0, 1] * 5}, "income", ">50K"),
        ({"salary-class": ["lo", "hi"] * 5, "flag": [0, 1] * 5}, "salary-class", "lo"),
        ({"Klasse": ["ja", "nein"] * 5, "x": [1, 2] * 5}, "Klasse", "ja"),
        ({"objetivo": [0, 1] * 5, "x": [1, 2] * 5}, "objetivo", "1"),
        ({"outcome": [1, 2, 3, 4, 5] * 2, "x": range(10)}, "outcome", None),
        ({"one": [0, 1] * 5, "two": ["p", "q"] * 5, "three": range(10)}, "two", "q"),
        ({"sex": ["m", "f"] * 5, "three": [1, 2, 3, 4, 5] * 2}, None, None),
        ({"target": ["same"] * 10, "three": [1, 2, 3, 4, 5] * 2}, None, None),
        ({"class_of_worker": ["a", "b"] * 5, "three": [1, 2, 3, 4, 5] * 2}, None, None),
    ],
)
def test_the_target_is_found_with_a_reason(columns: dict[str, Any], target: str | None, positive: str | None) -> None:
    found = inferred(**columns)
    assert (found.schema.target, found.schema.positive) == (target, positive)
    assert found.target_reason
    if target is not None:
        assert found.target_reason in found.reasons[target]


def test_a_numeric_target_of_few_whole_numbers_is_one_of_classes() -> None:
    assert inferred(outcome=[1, 2, 3] * 20, x=range(60)).schema["outcome"].kind == "categorical"
    assert inferred(outcome=AGES[:100], x=WORDS[:100]).schema["outcome"].kind == "numeric"


def test_a_given_split_is_recognised() -> None:
    schema = inferred(split=["train", "test"] * 5, y=[0, 1] * 5).schema
    assert schema.split == "split"
    assert schema["split"].role == "ignore"


def test_title_and_names_are_kept() -> None:
    found = infer_schema(pd.DataFrame({"größe (cm)": [1.5, 2.5], " ": ["a", "b"]}), title="Köln")
    assert list(found.schema.columns) == ["größe (cm)", " "]
    assert found.schema.title == "Köln"


HEADERS = st.sampled_from(
    [
        "age",
        "sex",
        "zip",
        "name",
        "id",
        "birth date",
        "income",
        "y",
        "split",
        "größe cm",
        "city",
        "height",
        "race",
        "job",
    ]
)
MOMENTS = st.datetimes(min_value=pd.Timestamp("1900-01-01"), max_value=pd.Timestamp("2100-01-01"))
VALUES = {
    "whole": st.integers(-(2**63), 2**63 - 1),
    "small": st.integers(-3, 130),
    "float": st.floats(width=64),
    "decimal": st.floats(0, 100),
    "bool": st.booleans(),
    "text": st.text(max_size=8),
    "code": st.from_regex(r"[0-9]{5}", fullmatch=True),
    "mark": st.sampled_from(["", " ", "*", "?", "NA", "1", "1.0", "unknown"]),
    "date": MOMENTS.map(lambda moment: moment.strftime("%d.%m.%Y")),
    "moment": MOMENTS,
    "mixed": st.one_of(st.integers(), st.floats(), st.text(max_size=3), st.booleans(), st.none()),
}


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    rows = draw(st.integers(0, 25))
    columns: dict[str, pd.Series] = {}
    for name in draw(st.lists(HEADERS | st.text(max_size=5), max_size=5, unique=True)):
        kind = draw(st.sampled_from(sorted(VALUES)))
        some = draw(st.lists(VALUES[kind], min_size=1, max_size=25))
        values = pd.Series([some[at % len(some)] for at in range(rows)], dtype=object if kind == "mixed" else None)
        if draw(st.booleans()):
            values = values.where(np.arange(rows) % 3 != 1)
        columns[name] = values.astype("category") if draw(st.integers(0, 9)) == 0 else values
    return pd.DataFrame(columns, index=range(rows))


@pytest.mark.slow
@settings(max_examples=120)
@given(table=tables())
def test_any_table_gets_a_schema_that_works(table: pd.DataFrame) -> None:
    before = table.copy(deep=True)
    found = infer_schema(table)
    pd.testing.assert_frame_equal(table, before)
    assert list(found.schema.columns) == list(found.reasons) == list(table.columns)
    assert all(reason.endswith(".") for reason in found.reasons.values())
    Schema.from_values(found.schema.values())
    if len(table):
        _works(Dataset(table, found.schema))
        _works(Dataset(as_described(table, found.schema), found.schema))


def _works(data: Dataset) -> None:
    assert len(data.fingerprint) == 64
    assert {name: len(codes) for name, codes in data.leaves.items()} == dict.fromkeys(data.quasi_identifiers, len(data))


@settings(max_examples=50)
@given(table=tables())
def test_a_proposed_schema_survives_its_file(table: pd.DataFrame) -> None:
    schema = infer_schema(table).schema
    assert Schema.from_values(tomllib.loads(schema.to_toml())).values() == schema.values()


@settings(max_examples=50)
@given(table=tables())
def test_what_was_written_is_read_and_understood(table: pd.DataFrame) -> None:
    if not len(table) or not len(table.columns) or any(not name.strip() for name in table.columns):
        return
    if len({name.strip() for name in table.columns}) < len(table.columns):
        return
    wide = table.assign(**{"number of visits": range(len(table))})
    try:
        text = wide.to_csv(index=False, sep=";", quoting=1).encode()
    except UnicodeEncodeError:
        return
    if b"\0" in text:
        return
    found = read_table(text, "people.csv", ";")
    schema = infer_schema(found).schema
    _works(Dataset(as_described(found, schema), schema))
