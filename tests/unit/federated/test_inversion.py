"""What a message gives away of the people behind it: everything where it is clear and single, nothing where masked."""

from __future__ import annotations

import numpy as np
import pytest

from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput
from ppml_core.federated.client import local_update
from ppml_core.federated.inversion import Onlooker
from ppml_core.federated.inversion_study import Study, inversion_study, most_recovered
from ppml_core.federated.model import model_of
from ppml_core.federated.plan import Plan
from ppml_core.learn.encoding import Encoder
from ppml_core.learn.logistic_regression import LogisticRegression


@pytest.fixture(scope="module")
def credit() -> Dataset:
    return load("german_credit")


@pytest.fixture(scope="module")
def onlooker(credit: Dataset) -> Onlooker:
    return Onlooker.of(Encoder.of(credit.schema, 8), credit.take(np.arange(500)))


@pytest.fixture(scope="module")
def study(credit: Dataset) -> Study:
    return inversion_study(credit, np.random.default_rng(4), records=(1, 2, 5, 20), epsilons=(1.0, 10.0), repeats=20)


def updates(onlooker: Onlooker, people: Dataset, residuals: np.ndarray) -> np.ndarray:
    """One update per person: residuals (people, outputs) times the features with their constant."""
    rows = np.hstack([onlooker.encoder.encode(people), np.ones((len(people), 1))])
    return rows[:, :, None] * residuals[:, None, :]


@pytest.mark.parametrize("outputs", [1, 3, 16], ids=["two classes", "three classes", "hidden units"])
def test_a_clear_update_of_one_record_is_the_record(credit: Dataset, onlooker: Onlooker, outputs: int) -> None:
    people, rng = credit.take(np.arange(500, 540)), np.random.default_rng(1)
    for number, update in enumerate(updates(onlooker, people, rng.normal(size=(40, outputs)))):
        told = onlooker.record(-0.3 * update)
        for column, said in told.items():
            true = people.table[column].iloc[number]
            assert said == str(true) or abs(float(said) - float(true)) <= 1e-5 * abs(float(true))
    assert set(told) == set(credit.schema.inputs)


@pytest.mark.parametrize("settings", [{}, {"local_epochs": 5}], ids=["one step", "five steps"])
def test_what_a_client_with_one_record_sends_is_that_record(
    credit: Dataset, onlooker: Onlooker, settings: dict[str, int]
) -> None:
    model = model_of(LogisticRegression(C=1e6), credit)
    plan, person = Plan(clients=1, **settings), credit.take([742])
    sent = local_update(model, plan, model.initial(3), model.rows(person), 3, 0, 1)
    row = onlooker.row(sent.change[0])
    assert (onlooker.codes_of(row) == onlooker.codes(person)).all()
    assert float(onlooker.record(sent.change[0])["age"]) == pytest.approx(float(person.table["age"].iloc[0]), rel=1e-3)


def test_a_record_without_a_residual_leaves_no_trace(onlooker: Onlooker) -> None:
    with pytest.raises(BadInput, match="no trace"):
        onlooker.record(np.zeros(onlooker.encoder.width + 1))


def test_records_summed_are_told_apart_by_equal_sums(credit: Dataset, onlooker: Onlooker) -> None:
    people = credit.take([510, 777, 901])
    summed = updates(onlooker, people, np.array([[0.31], [-0.442], [0.127]])).sum(axis=0)
    read = onlooker.unmix(summed, 3)
    assert {tuple(row) for row in read} == {tuple(row) for row in onlooker.codes(people)}


def test_what_the_sum_leaves_open_is_guessed_among_what_occurs(credit: Dataset, onlooker: Onlooker) -> None:
    people = credit.take(np.arange(600, 620))
    summed = updates(onlooker, people, np.full((20, 1), 0.5)).sum(axis=0)
    occurring = onlooker.codes(people)
    for column, places in enumerate(onlooker.unmix(summed, 20).T):
        assert set(places) <= set(occurring[:, column])


def test_few_records_are_found_exactly_and_many_hide_each_other(study: Study) -> None:
    first, *_, last = study.sums
    assert first.found.value == first.whole.value == 1.0
    assert first.found.low > first.guessing.high
    values = [one.found.value for one in study.sums]
    assert values == sorted(values, reverse=True)
    assert last.found.value - last.control.value < 0.05


def test_a_masked_message_says_nothing(study: Study) -> None:
    assert study.masked.found.value < study.masked.guessing.low
    assert study.masked.found.low <= study.masked.control.high
    assert study.masked.control.low <= study.masked.found.high
    assert study.masked.whole.value == 0.0


def test_with_noise_nobody_is_right_more_often_than_is_proved(study: Study) -> None:
    for one in study.noisy:
        assert one.bound is not None
        assert one.guessing.value - 0.05 < one.found.value
        assert one.found.low <= one.bound


def test_an_update_of_other_people_is_no_better_than_guessing(study: Study) -> None:
    for one in (*study.sums, study.masked, *study.noisy):
        assert one.control.low <= one.guessing.high + 0.02


def test_the_same_generator_gives_the_same_numbers(credit: Dataset) -> None:
    made = [
        inversion_study(credit, np.random.default_rng(9), records=(1, 5), epsilons=(1.0,), repeats=3) for _ in range(2)
    ]
    assert made[0] == made[1]


def test_the_bound_grows_with_mu_from_guessing_to_certainty() -> None:
    bounds = [most_recovered(0.4, mu) for mu in (0.0, 0.2, 1.0, 5.0)]
    assert bounds[0] == pytest.approx(0.4)
    assert bounds == sorted(bounds)
    assert bounds[-1] > 0.99


def test_too_few_people_are_refused_in_words(credit: Dataset) -> None:
    with pytest.raises(BadInput, match="at least 20 people"):
        inversion_study(credit.take(np.arange(5)), np.random.default_rng(0))
