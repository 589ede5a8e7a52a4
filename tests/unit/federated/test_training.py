"""Rounds in one process: what a plan promises of them, with and without masks and noise."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from command_line import answer, refusal

from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.data.split import split
from ppml_core.errors import BadInput, NotApplicable
from ppml_core.experiment.federate import TestPeople, federate
from ppml_core.federated.client import local_update
from ppml_core.federated.engine import dealt, readied, rounds
from ppml_core.federated.model import Model, Rows, model_of
from ppml_core.federated.plan import Plan
from ppml_core.federated.privacy import privacy_of
from ppml_core.learn.base import Learner
from ppml_core.learn.logistic_regression import LogisticRegression
from ppml_core.learn.network import PlainNetwork
from ppml_core.venues.federated import Federated


@pytest.fixture(scope="module")
def people() -> Dataset:
    return split(load("adult"), 1)[0].take(np.arange(600))


@pytest.fixture(scope="module")
def model(people: Dataset) -> Model:
    return model_of(LogisticRegression(), people)


def held(model: Model, plan: Plan, people: Dataset) -> list[Rows]:
    return [model.rows(part) for part in dealt(plan, people, 7)]


def last(model: Model, plan: Plan, people: Dataset) -> np.ndarray:
    return list(rounds(model, plan, held(model, plan, people), 7))[-1].answer[0]


@pytest.mark.parametrize("how", [{}, {"dropout": 0.3}, {"strategy": "fedadam"}, {"dp": "local", "epsilon": 3.0}])
def test_masks_change_nothing_but_what_the_server_sees(model: Model, people: Dataset, how: dict[str, Any]) -> None:
    plan = {"clients": 5, "rounds": 3, **how}
    clear, masked = (last(model, Plan(**plan, secagg=secagg, quorum=0.2), people) for secagg in (False, True))
    assert np.abs(clear - masked).max() < 1e-4


def test_a_round_with_too_few_survivors_is_begun_again_or_given_up(model: Model, people: Dataset) -> None:
    plan = Plan(clients=5, rounds=6, secagg=True, quorum=0.8, dropout=0.4)
    walked = list(rounds(model, plan, held(model, plan, people), 7))
    assert all(len(one.answered) >= 4 for one in walked)
    assert max(one.tries for one in walked) > 1
    with pytest.raises(NotApplicable, match="in vain"):
        last(model, Plan(clients=5, rounds=1, secagg=True, quorum=1.0, dropout=0.9), people)


def test_a_clients_update_depends_on_nothing_beside_it(model: Model, people: Dataset) -> None:
    plan = Plan(clients=5, rounds=1)
    parts = held(model, plan, people)
    start = model.initial(7)
    alone = local_update(model, plan, start, parts[3], 7, 3, 1)
    for client in (1, 4):
        local_update(model, plan, start, parts[client], 7, client, 1)
    again = local_update(model, plan, start, parts[3], 7, 3, 1)
    assert alone.change[0].tobytes() == again.change[0].tobytes()
    assert not start[0].any(), "the server's weights stay as they were"


def test_one_full_pass_of_one_client_is_a_gradient_step(model: Model, people: Dataset) -> None:
    plan = Plan(clients=1, rounds=1, batch=10_000, learning_rate=2.0)
    (rows,) = held(model, plan, people)
    found = local_update(model, plan, model.initial(7), rows, 7, 0, 1).change[0][:, 0]
    X = model.features.rows(people).toarray()
    gradient = X.T @ (0.5 - model.ground.target(people)) / len(people)
    assert np.abs(found + 2.0 * gradient).max() < 1e-6


def test_prox_holds_clients_near_the_servers_model(model: Model, people: Dataset) -> None:
    free, near = (last(model, Plan(clients=3, rounds=1, strategy="fedprox", proximal=mu), people) for mu in (0.0, 0.5))
    assert np.array_equal(free, last(model, Plan(clients=3, rounds=1), people))
    assert np.linalg.norm(near) < 0.8 * np.linalg.norm(free)


def test_no_person_moves_a_protected_sum_further_than_the_clip(model: Model, people: Dataset) -> None:
    plan = Plan(clients=1, rounds=1, dp="central", epsilon=1.0)
    privacy = privacy_of(plan, model)
    assert privacy is not None
    weights = [np.full((len(model.features.names), 1), 30.0)]

    def total(some: Dataset) -> np.ndarray:
        return local_update(model, plan, weights, model.rows(some), 7, 0, 1, privacy).change[0]

    everyone = total(people)
    moved = [np.linalg.norm(everyone - total(people.take(np.delete(np.arange(600), out)))) for out in range(40)]
    assert 0.9 * privacy.clip < max(moved) <= privacy.clip * (1 + 1e-4)


def test_no_client_moves_a_protected_sum_further_than_the_clip(model: Model, people: Dataset) -> None:
    plan = Plan(clients=200, rounds=1, dp="central", unit="client", epsilon=1.0, learning_rate=100.0)
    privacy = privacy_of(plan, model)
    assert privacy is not None
    assert privacy.guarantee.unit == "client"
    change = local_update(model, plan, model.initial(7), model.rows(people), 7, 0, 1, privacy).change[0]
    assert np.linalg.norm(change) == pytest.approx(privacy.clip)


def test_noise_is_enough_whoever_adds_it(model: Model) -> None:
    base = {"clients": 10, "epsilon": 1.0, "rounds": 5}
    central, local, spread = (
        privacy_of(Plan(**base, **how), model)  # type: ignore[arg-type]
        for how in ({"dp": "central"}, {"dp": "local"}, {"dp": "distributed", "secagg": True, "quorum": 0.5})
    )
    assert central and local and spread  # noqa: PT018
    assert central.multiplier == local.multiplier == spread.multiplier
    assert central.client_noise == 0
    assert central.server_noise == central.clip * central.multiplier
    assert local.client_noise == pytest.approx(local.clip * local.multiplier)
    assert 5 * spread.client_noise**2 >= (spread.clip * spread.multiplier) ** 2, "with the fewest survivors"
    assert {one.sees for one in (central, local, spread)}.__len__() == 3


def test_only_hidden_poisson_samples_amplify(model: Model) -> None:
    def multiplier(**how: Any) -> float:
        plan = {"clients": 300, "rounds": 2, "epsilon": 1.0, "dp": "central"} | how
        found = privacy_of(Plan(**plan), model)
        assert found is not None
        return found.multiplier

    whole = multiplier()
    assert multiplier(fraction=0.2) == whole, "a fixed number of clients amplifies nothing"
    assert multiplier(fraction=0.2, poisson=True, dp="local") == whole, "who is asked is seen by the server"
    assert multiplier(fraction=0.2, poisson=True) == whole, "the coin of a client is one for all its records"
    hidden = multiplier(fraction=0.2, poisson=True, unit="client")
    assert hidden < 0.5 * whole
    assert multiplier(rate=0.2, dp="local") == pytest.approx(hidden, rel=1e-6)


@pytest.mark.parametrize(("how", "words"), [
    ({"dp": "central", "unit": "client"}, "200 or more"),
    ({"dp": "distributed"}, "secagg"),
    ({"secagg": True, "strategy": "median"}, "median"),
    ({"secagg": True, "poisson": True}, "poisson"),
    ({"secagg": True, "clients": 2}, "3 clients at least"),
    ({"dp": "central", "strategy": "trimmed_mean"}, "local"),
    ({"rate": 0.5}, "rate"),
    ({"by": "sex"}, "column"),
])  # fmt: skip
def test_plans_that_make_no_sense_are_refused_in_a_sentence(how: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        Plan(**how)


def test_the_venue_says_what_is_proved_and_who_sees_what(people: Dataset) -> None:
    plan = Federated(clients=4, rounds=3, dp="local", epsilon=2.0)
    fitted = plan.train(LogisticRegression(), people, np.random.default_rng(1))
    assert fitted.guarantee is not None
    assert (fitted.guarantee.epsilon, fitted.guarantee.unit) == (2.0, "record")
    assert "nobody outside a client" in str(dict(fitted.noise)["seen"])
    plain = Federated(clients=4, rounds=3).train(LogisticRegression(), people, np.random.default_rng(1))
    assert plain.guarantee is None


def test_a_model_that_is_right_about_three_people_may_be_wrong_about_others(model: Model, people: Dataset) -> None:
    fitted = model.fitted(model.initial(7))
    right = TestPeople(model, people).right(fitted)
    told = TestPeople(model, people.take(np.flatnonzero(right)[:3])).share_right(fitted)
    assert (told.value, told.high) == (1.0, 1.0)
    assert told.low == pytest.approx(0.438, abs=0.001)


def test_the_command_line_tells_rounds_central_guarantee_and_cost(capsys: pytest.CaptureFixture[str]) -> None:
    told = answer(
        capsys, "federate", "--dataset", "german_credit", "--clients", 4, "--rounds", 3, "--dirichlet", 0.5,
        "--secagg", "--dp", "distributed", "--epsilon", 3, "--delta", 0.01,
    )  # fmt: skip
    assert [one["round"] for one in told["rounds"]] == [1, 2, 3]
    for one in (*told["rounds"], told["central"], told["majority"]):
        assert 0 <= one["low"] < one["accuracy"] < one["high"] <= 1
    assert 0.6 < told["central"]["accuracy"] < 0.9
    assert told["majority"]["accuracy"] == pytest.approx(0.7, abs=0.05)
    assert told["measures_note"].startswith("internal")
    assert "can be reproduced" in told["guarantee_note"]
    assert (told["guarantee"]["epsilon"], told["guarantee"]["unit"]) == (3.0, "record")
    assert "not about everyone" in told["split_note"]
    assert "nothing is released with it" in told["notes"][-1]
    assert told["bytes"] > 0
    assert told["seconds"] > 0
    assert sum(told["rows"]) == 700
    assert Plan.from_values(json.loads(json.dumps(told["plan"]))).alpha == 0.5


def test_a_guarantee_of_clients_says_nothing_of_who_was_trained_on(people: Dataset) -> None:
    plan = Plan(clients=200, rounds=1, dp="central", unit="client", delta=0.001)
    told = federate(plan, LogisticRegression(), people, people, 1)
    assert (told["guarantee"]["unit"], told["split_note"]) == ("client", "")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("--epsilon", 1), "epsilon means nothing while dp is none: set dp to central or local or distributed"),
        (("--delta", 1e-5, "--graph", "ring"), "delta means nothing while protection is none"),
        (("--set", "quorum=0.7"), "quorum means nothing while secagg is false"),
    ],
)
def test_a_budget_that_no_noise_keeps_is_refused(
    asked: tuple[object, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said in refusal(capsys, "federate", "--dataset", "german_credit", *asked)


@pytest.mark.parametrize("learner", [LogisticRegression(), PlainNetwork()])
def test_clients_are_encoded_in_one_pass_as_each_would_be_alone(learner: Learner) -> None:
    people, plan = load("german_credit").take(np.arange(60)), Plan(clients=8, partition="quantity")
    model = model_of(learner, people)
    _, together, _ = readied(learner, plan, people, 3)
    for one, alone in zip(together, (model.rows(part) for part in dealt(plan, people, 3)), strict=True):
        for name in ("starts", "places", "values", "targets", "lengths"):
            assert getattr(one, name).tobytes() == getattr(alone, name).tobytes()
