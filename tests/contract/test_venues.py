"""What every place of training owes, proved once over all of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ppml_core.anonymize.transforms.drop_columns import DropColumns
from ppml_core.attacks.base import Attack
from ppml_core.catalog import methods
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.data.split import split
from ppml_core.errors import BadInput, NotApplicable
from ppml_core.experiment.attacked import road
from ppml_core.experiment.axes import axis_of, reading_of
from ppml_core.experiment.points import point_of
from ppml_core.experiment.scenario import Scenario, Step, scenario_from_toml
from ppml_core.experiment.sweep import run
from ppml_core.learn.base import Fitted
from ppml_core.learn.decision_tree import DecisionTree
from ppml_core.learn.logistic_regression import LogisticRegression
from ppml_core.settings import settings_of
from ppml_core.venues.base import Trainee, Venue

VENUES = methods(Venue)
FEW_FEATURES = LogisticRegression(knots=1)
SMALL = {"rounds": 2, "clients": 3, "steps": 2}
ALIKE = 0.001

each = pytest.mark.parametrize("venue", VENUES.values(), ids=list(VENUES))
each_at_work = pytest.mark.parametrize(
    "venue",
    [pytest.param(cls, id=name, marks=[pytest.mark.slow] if cls.extra else []) for name, cls in VENUES.items()],
)  # those with an extra start processes of their own


@pytest.fixture(scope="module")
def people() -> tuple[Dataset, Dataset]:
    train, test = split(load("adult"), 1)
    return train.take(np.arange(300)), test.take(np.arange(100))


def small(venue: type[Venue]) -> dict[str, int]:
    return {name: value for name, value in SMALL.items() if name in settings_of(venue)}


def trained(venue: type[Venue], data: Dataset, seed: int = 1) -> Fitted:
    return venue.from_values(small(venue)).train(FEW_FEATURES, data, np.random.default_rng(seed))


@each
def test_what_a_setting_needs_is_another_of_the_place_at_values_that_it_takes(venue: type[Venue]) -> None:
    declared = settings_of(venue)
    for needs in [setting.needs for setting in declared.values() if setting.needs is not None]:
        for value in needs[1]:
            declared[needs[0]].check(value)


@each
def test_it_says_what_it_is(venue: type[Venue]) -> None:
    assert venue.title
    assert venue.version >= 1
    assert venue.summary().endswith(".")


@each_at_work
def test_one_seed_gives_one_model_and_the_people_stay_as_they_were(
    venue: type[Venue], people: tuple[Dataset, Dataset]
) -> None:
    train, test = people
    before = train.table.copy()
    first, place = trained(venue, train), venue.from_values(small(venue))
    *before_last, again = place.walk(FEW_FEATURES, train, np.random.default_rng(1))
    assert 1 + len(before_last) == place.looks
    found = first.predict_proba(test)
    if venue.repeats_exactly:
        assert found.tobytes() == again.predict_proba(test).tobytes()
        assert first.costs == again.costs
    else:
        assert np.allclose(found, again.predict_proba(test), atol=ALIKE)
        assert dict(first.costs) == pytest.approx(dict(again.costs), rel=0.05)
    in_clear = venue.from_values(small(venue)).train_in_clear(FEW_FEATURES, train, np.random.default_rng(1))
    assert np.allclose(found, in_clear.predict_proba(test), atol=ALIKE), "shadow models are made in the clear"
    assert np.isfinite(found).all()
    assert np.allclose(found.sum(axis=1), 1)
    assert first.classes[-1] == train.schema.positive
    pd.testing.assert_frame_equal(train.table, before)


@each_at_work
def test_it_says_what_it_cost(venue: type[Venue], people: tuple[Dataset, Dataset]) -> None:
    model = trained(venue, people[0])
    costs = dict(model.costs)
    assert costs["bytes"] > 0
    assert costs["rounds"] >= 1
    assert model.seconds > 0


@each
def test_a_learner_that_it_does_not_have_is_declined_in_words(
    venue: type[Venue], people: tuple[Dataset, Dataset]
) -> None:
    with pytest.raises(NotApplicable, match=DecisionTree.title):
        venue.from_values(small(venue)).train(DecisionTree(), people[0], np.random.default_rng(1))


@each
def test_settings_out_of_range_are_refused_by_name(venue: type[Venue]) -> None:
    for name, declared in settings_of(venue).items():
        if declared.low is not None:
            with pytest.raises(BadInput, match=name):
                venue.from_values({name: declared.low - 1 if declared.type != "int" else int(declared.low) - 1})


@each_at_work
def test_a_scenario_carries_it(venue: type[Venue], people: tuple[Dataset, Dataset]) -> None:
    plain = Scenario.of("german_credit", "logistic_regression", {"knots": 1}, repeats=1)
    placed = Scenario.of(
        "german_credit",
        "logistic_regression",
        {"knots": 1},
        repeats=1,
        venue=Step.of(Venue, venue.name(), small(venue)),
    )
    assert placed.id != plain.id
    assert scenario_from_toml(placed.to_toml()) == placed
    assert set(placed.dotted()) - set(plain.dotted()) == {f"venue.{name}" for name in settings_of(venue)}
    assert isinstance(placed.trainee(), Trainee)
    rows = run(placed, load("german_credit"))
    assert rows["error"].dropna().empty
    assert {"accuracy", "bytes", "rounds"} <= set(rows["measure"])


def test_a_scenario_without_a_venue_keeps_its_name(people: tuple[Dataset, Dataset]) -> None:
    assert Scenario.of("adult", "logistic_regression", {"C": 0.3}).id == "78fb27ff17b378ad"
    assert "venue" not in Scenario.of("adult", "dp_gd").to_toml()
    with pytest.raises(BadInput, match="venue"):
        Scenario.of("adult", "dp_gd").with_setting("venue.rounds", 3)


def test_a_mended_venue_does_not_answer_with_stale_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = Scenario.of("adult", "logistic_regression", venue=Step.of(Venue, "federated"))
    before = point_of(scenario, 0, "table").key
    monkeypatch.setattr(VENUES["federated"], "version", 99)
    assert point_of(scenario, 0, "table").key != before
    assert scenario.with_setting("venue.rounds", 3).setting("venue.rounds") == 3


def narrow(data: Dataset) -> Dataset:
    """The same people with three columns and the target, for each of hundreds of clients encodes its own."""
    kept = {"age", "housing", "job", data.schema.target}
    others = tuple(name for name in data.schema.columns if name not in kept)
    return DropColumns(columns=others).fit(data, np.random.default_rng(1)).release


def test_attacks_walk_through_the_venue_and_rows_say_what_is_protected() -> None:
    """Shadow models are trained among clients as the model is, under the same noise."""
    venue = Step.of(Venue, "federated", {"rounds": 1, "clients": 200, "dp": "central", "unit": "client"})
    attack = Step.of(Attack, "membership_inference", {"attack": "shadow", "shadows": 2, "n": 40})
    scenario = Scenario.of("german_credit", "logistic_regression", repeats=1, venue=venue, attack=(attack,))
    assert isinstance(road(scenario).learner, Trainee)
    rows = run(scenario, narrow(load("german_credit")))
    assert rows["error"].dropna().empty
    found = rows[rows["measure"].isin(["accuracy", "membership_auc"])]
    assert found["guarantee_unit"].tolist() == ["client", "client"]
    assert "whole clients" in reading_of(axis_of("epsilon"), rows).reason


@pytest.mark.slow
@pytest.mark.parametrize("name", ["encrypted_inference", "secret_shares"])
def test_the_output_of_a_protected_computation_is_attacked_like_any_other(name: str) -> None:
    attack = Step.of(Attack, "membership_inference", {"attack": "shadow", "shadows": 2, "n": 40})
    scenario = Scenario.of(
        "german_credit", "logistic_regression", repeats=1, venue=Step.of(Venue, name), attack=(attack,)
    )  # fmt: skip
    rows = run(scenario, load("german_credit"))
    assert rows["error"].dropna().empty
    found = rows[rows["measure"] == "membership_auc"]
    assert (found["low"] <= 0.6).all()
    assert len(found) == 1
