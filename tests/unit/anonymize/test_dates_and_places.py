"""Dates that move together, ages at birthdays, and places in cells: by hand, and as properties."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ppml_core.anonymize.base import Anonymizer, Recoding
from ppml_core.anonymize.transforms.age_from_birth_date import AgeFromBirthDate
from ppml_core.anonymize.transforms.coarsen_coordinates import KM_PER_DEGREE, CoarsenCoordinates, geohash
from ppml_core.anonymize.transforms.shift_dates import ShiftDates
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.data.dates import parse_dates
from ppml_core.data.schema import Column, Schema
from ppml_core.errors import BadInput

DATE = Column(role="quasi_identifier", kind="date")
DEGREES = Column(role="quasi_identifier", kind="numeric")
DAYS = st.dates(datetime.date(1900, 1, 1), datetime.date(2030, 12, 31))


def fitted(method: Anonymizer, data: Dataset, seed: int = 1) -> Recoding:
    return method.fit(data, np.random.default_rng(seed))


def dated(who: Sequence[Any] | None = None, column: Column = DATE, **dates: Sequence[Any]) -> Dataset:
    people = {} if who is None else {"who": Column(role="identifier", kind="text")}
    cells = {} if who is None else {"who": list(who)}
    columns = people | dict.fromkeys(dates, column)
    return Dataset(
        pd.DataFrame(cells | {name: list(values) for name, values in dates.items()}), Schema(columns=columns)
    )


# Shifts


@settings(max_examples=20)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), DAYS, DAYS), min_size=1, max_size=12),
    st.sampled_from(["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%Y-%m-%dT08:30"]),
    st.integers(1, 800),
    st.integers(0, 2**32 - 1),
)
def test_days_between_dates_of_a_person_stay(
    rows: list[tuple[str, datetime.date, datetime.date]], style: str, days: int, seed: int
) -> None:
    who = [person for person, *_ in rows]
    columns = {name: [row[place].strftime(style) for row in rows] for place, name in ((1, "came"), (2, "left"))}
    try:
        before = pd.concat([parse_dates(pd.Series(values)) for values in columns.values()], ignore_index=True)
    except BadInput:
        assume(False)
    data = dated(who, **columns)
    release = fitted(ShiftDates(days=days, person_column="who"), data, seed).release
    after = pd.concat([parse_dates(release.table[name], name) for name in columns], ignore_index=True)
    moves = (after - before).dt.days
    assert moves.abs().max() <= days
    assert (moves.groupby(who * 2).nunique() == 1).all()
    release.hierarchies  # noqa: B018 - over the old and the new dates


def test_times_of_day_and_the_way_of_writing_stay() -> None:
    for written in ("1980-12-31T23:59:01Z", "31.12.1980", "1980/12/31", "12/31/1980"):
        moved = fitted(ShiftDates(days=3), dated(seen=[written, None]), seed=4).release.table["seen"]
        assert moved[0] != written
        assert moved[1] is None or pd.isna(moved[1])
        assert len(moved[0]) in (len(written), 10)
        assert moved[0].partition("T")[2] == written.partition("T")[2]


def test_a_date_that_could_be_mistaken_is_written_year_first() -> None:
    """12/31 shows month before day; 01/05 no longer does."""
    for seed in range(30):
        moved = fitted(ShiftDates(days=20), dated(seen=["12/31/1980"]), seed).release.table["seen"][0]
        day = parse_dates(pd.Series([moved]))[0]
        assert abs((day - pd.Timestamp("1980-12-31")).days) <= 20


def test_every_move_is_as_likely() -> None:
    data = dated(seen=["2000-06-15"] * 6_000)
    moved = fitted(ShiftDates(days=2), data).release.table["seen"]
    counts = moved.value_counts()
    assert len(counts) == 5
    assert counts.min() > 1_050
    assert fitted(ShiftDates(days=2), data).statistics["mean_days"] == pytest.approx(1.2, abs=0.05)


def test_shifting_tells_what_it_left() -> None:
    clinic = load("clinic")
    little, much = (fitted(ShiftDates(days=days), clinic).statistics for days in (1, 3_000))
    assert little["order_correlation"]["birth_date"] > 0.999 > much["order_correlation"]["birth_date"]
    assert little["same_month_share"]["birth_date"] > 0.9
    assert much["same_month_share"]["birth_date"] == pytest.approx(1 / 12, abs=0.03)
    assert fitted(ShiftDates(days=400), clinic).release.schema["birth_date"].bounds == (1918, 2012)


def test_rows_without_a_person_move_alone_and_unknown_columns_are_refused() -> None:
    data = dated(who=[None] * 200, seen=["2000-06-15"] * 200)
    assert fitted(ShiftDates(person_column="who"), data).release.table["seen"].nunique() > 50
    with pytest.raises(BadInput, match="there is no column 'hair' to tell people by"):
        fitted(ShiftDates(person_column="hair"), data)
    with pytest.raises(BadInput, match="column 'who' is text, not a date"):
        fitted(ShiftDates(columns=("who",)), data)


def test_dates_of_the_file_stay_dates() -> None:
    data = dated(seen=pd.to_datetime(["2000-02-28", None]).tolist())
    moved = fitted(ShiftDates(days=1), data).release.table["seen"]
    assert moved.dtype == data.table["seen"].dtype
    assert moved.isna().tolist() == [False, True]


# Ages


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        ("2000-06-15", "2020-06-14", 19), ("2000-06-15", "2020-06-15", 20), ("2000-06-15", "2020-06-16", 20),
        ("2000-02-29", "2019-02-28", 18), ("2000-02-29", "2019-03-01", 19), ("2000-02-29", "2020-02-28", 19),
        ("2000-02-29", "2020-02-29", 20), ("2020-05-01", "2020-05-01", 0), ("1930-01-02", "2020-01-01", 89),
        ("1930-01-01", "2020-01-01", 90), ("1911-01-01", "2020-01-01", 90),
    ],
)  # fmt: skip
def test_ages_at_birthdays(born: str, day: str, age: int) -> None:
    release = fitted(AgeFromBirthDate(reference=day), dated(birth_date=[born])).release
    assert release.table["age"].tolist() == [age]


@given(DAYS, DAYS)
def test_an_age_is_how_many_birthdays_were_had(born: datetime.date, day: datetime.date) -> None:
    assume(born <= day)
    release = fitted(AgeFromBirthDate(reference=day.isoformat(), highest=129), dated(dob=[born.isoformat()])).release
    birthdays = sum((born.month, born.day) <= (day.month, day.day) or year < day.year
                    for year in range(born.year + 1, day.year + 1))  # fmt: skip
    assert release.table["age"][0] == birthdays


def test_ages_stand_where_birth_dates_stood_under_public_bounds() -> None:
    clinic = load("clinic")
    recoding = fitted(AgeFromBirthDate(highest=79), clinic)
    assert [name.replace("birth_date", "age") for name in clinic.table.columns] == list(recoding.release.table.columns)
    meaning = recoding.release.schema["age"]
    assert (meaning.kind, meaning.bounds, meaning.role) == ("numeric", (0, 80), "quasi_identifier")
    assert meaning.is_public
    assert recoding.release.table["age"].max() == 80
    assert recoding.statistics["oldest_group"]["birth_date"] == (recoding.release.table["age"] == 80).sum() > 0
    assert recoding.release.hierarchies["age"].depth > 1
    pairs = recoding.mapping()["birth_date"].set_index("value")["published"]
    assert (clinic.table["birth_date"].map(pairs) == recoding.release.table["age"]).all()


def test_absent_birth_dates_are_absent_ages() -> None:
    release = fitted(AgeFromBirthDate(), dated(birth_date=["2000-01-01", None, ""])).release
    assert release.table["age"].isna().tolist() == [False, True, True]
    assert release.hierarchies["age"].depth > 0


def test_what_cannot_be_an_age_is_refused() -> None:
    data = dated(birth_date=["2000-01-01"], seen=["2001-01-01"])
    with pytest.raises(BadInput, match="holds '2000-01-01', after the day 1999-12-31: set a later reference"):
        fitted(AgeFromBirthDate(reference="1999-12-31"), data)
    with pytest.raises(BadInput, match="reference must be a day such as 2025-01-01, not 'today'"):
        fitted(AgeFromBirthDate(reference="today"), data)
    both = fitted(AgeFromBirthDate(columns=("birth_date", "seen")), data).release
    assert list(both.table.columns) == ["age_of_birth_date", "age_of_seen"]


# Places


def places(latitude: Sequence[Any], longitude: Sequence[Any]) -> Dataset:
    return dated(None, DEGREES, lat=latitude, lon=longitude)


def test_cells_hold_their_places_and_are_as_wide_as_told() -> None:
    rng = np.random.default_rng(5)
    north, east = rng.uniform(-89, 89, 3_000), rng.uniform(-180, 180, 3_000)
    release = fitted(CoarsenCoordinates(way="grid", cell_km=50), places(north, east)).release.table
    up, right = (release["lat"] - north).abs() * KM_PER_DEGREE, (release["lon"] - east).abs()
    assert up.max() <= 25.1
    assert (right * KM_PER_DEGREE * np.cos(np.radians(release["lat"]))).max() <= 30
    again = fitted(CoarsenCoordinates(way="grid", cell_km=50), places(release["lat"], release["lon"])).release.table
    pd.testing.assert_frame_equal(again, release)


def test_decimals_and_their_size_at_the_tables_latitude() -> None:
    recoding = fitted(CoarsenCoordinates(), places([60.04, 59.96, 60.26], [10.04, 9.96, None]))
    assert recoding.release.table["lat"].tolist()[:2] == [60.0, 60.0]
    assert recoding.release.table["lon"].tolist()[:2] == [10.0, 10.0]
    assert recoding.release.table.isna().all(axis=1).tolist() == [False, False, True]
    assert recoding.statistics["cell_km"] == pytest.approx([11.12, 5.56], abs=0.02)
    assert (recoding.statistics["cells"], recoding.statistics["alone_share"]) == (1, 0.0)
    assert recoding.release.schema["lon"].bounds == (-180, 180)


@given(st.floats(-90, 90), st.floats(-180, 180), st.integers(1, 11))
def test_a_shorter_geohash_is_the_beginning_of_a_longer_one(latitude: float, longitude: float, signs: int) -> None:
    whole = geohash(latitude, longitude, 12)
    assert whole.startswith(geohash(latitude, longitude, signs))


def test_geohashes_stand_for_both_degrees() -> None:
    recoding = fitted(CoarsenCoordinates(way="geohash", precision=5), places([57.64911, None], [10.40744, 3.0]))
    assert list(recoding.release.table.columns) == list(recoding.release.schema.columns) == ["geohash"]
    assert recoding.release.table["geohash"].tolist()[0] == "u4pru"
    assert recoding.release.table["geohash"].isna().tolist() == [False, True]
    assert recoding.statistics["cell_km"] == pytest.approx([4.89, 4.89 * np.cos(np.radians(57.65))], abs=0.02)


def test_what_is_no_place_is_refused() -> None:
    with pytest.raises(BadInput, match="column 'lat' holds 91, and degrees there lie within -90 and 90"):
        fitted(CoarsenCoordinates(), places([91.0], [1.0]))
    with pytest.raises(BadInput, match="name both"):
        fitted(CoarsenCoordinates(latitude="lat"), places([1.0], [1.0]))
    clinic = load("clinic")
    assert fitted(CoarsenCoordinates(), clinic).release.fingerprint == clinic.fingerprint


def test_the_release_of_a_part_shares_the_hierarchy_of_the_whole() -> None:
    """Training and test people are generalized alike after a shift."""
    clinic = load("clinic")
    train, test = clinic.take(np.arange(1_000)), clinic.take(np.arange(1_000, 2_000))
    for method in (ShiftDates(), AgeFromBirthDate()):
        recoding = fitted(method, train)
        name = "birth_date" if "birth_date" in recoding.release.table else "age"
        assert recoding.release.hierarchy(name).leaves == recoding.transform(test).hierarchy(name).leaves
        lone = dataclasses.replace(clinic, whole=None)
        assert fitted(method, lone).release.leaves_of(name).min() >= 0
