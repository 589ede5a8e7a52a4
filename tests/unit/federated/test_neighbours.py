"""What a neighbour reads out of models: a first one is an update, a later one only where all behind it is seen."""

from __future__ import annotations

import numpy as np
import pytest

from ppml_core.data.bundled import load
from ppml_core.errors import BadInput
from ppml_core.federated.client import local_update
from ppml_core.federated.gossip import GossipPlan, meetings, metropolis, neighbours_in
from ppml_core.federated.inversion_study import Sighting
from ppml_core.federated.model import model_of
from ppml_core.federated.neighbour_study import HOLDERS, neighbour_study, step_seen
from ppml_core.learn.logistic_regression import LogisticRegression


@pytest.fixture(scope="module")
def seen() -> tuple[Sighting, ...]:
    return neighbour_study(load("german_credit"), np.random.default_rng(3), repeats=10)


@pytest.mark.parametrize(("graph", "exact"), [("complete", True), ("ring", False)])
def test_a_step_is_known_to_whoever_got_all_models_behind_it(graph: str, exact: bool) -> None:
    people = load("german_credit").take(np.arange(60))
    model = model_of(LogisticRegression(), people)
    parts = [model.rows(people.take(np.arange(at, 60, 6))) for at in range(6)]
    asked = GossipPlan(clients=6, rounds=3, graph=graph)
    met = list(meetings(model, asked, parts, 7))
    mixing = metropolis(neighbours_in(graph, 6, np.random.default_rng(1)))
    near = set(np.flatnonzero(mixing[0]).tolist())
    start = [model.initial(7)] * 6
    first = step_seen(mixing, range(6), start, met[0].sent[1], 1)[0]
    assert np.abs(first - local_update(model, asked.plan(), start[0], parts[1], 7, 1, 1).change[0]).max() < 1e-12
    last = step_seen(mixing, near, met[1].sent, met[2].sent[1], 1)[0]
    true = local_update(model, asked.plan(), met[1].models[1], parts[1], 7, 1, 3).change[0]
    assert (np.abs(last - true).max() < 1e-12) == exact
    both = near | set(np.flatnonzero(mixing[2]).tolist())
    joined = step_seen(mixing, both, met[1].sent, met[2].sent[1], 1)[0]
    assert np.abs(joined - true).max() < 1e-12, "two onlookers on both sides of it miss nothing"


def test_first_models_and_seen_averages_give_records_away_and_unseen_ones_hide_them(seen: tuple[Sighting, ...]) -> None:
    first, ring, complete, several_first, several_later, masked = seen[:6]
    assert first.whole.value == complete.whole.value == 1.0
    assert ring.found.high < first.found.value
    assert ring.whole.value < 0.5
    assert several_later.found.value > several_first.found.value > several_first.guessing.value
    assert masked.records == HOLDERS - 1
    assert masked.found.value < complete.found.value


def test_with_noise_a_neighbour_stays_below_what_is_proved(seen: tuple[Sighting, ...]) -> None:
    for one in seen[6:]:
        assert one.bound is not None
        assert one.guessing.value - 0.05 < one.found.value
        assert one.found.low <= one.bound


def test_another_training_tells_nothing(seen: tuple[Sighting, ...]) -> None:
    for one in seen:
        assert one.control.low <= one.guessing.high + 0.03


def test_too_few_people_are_refused_in_words() -> None:
    with pytest.raises(BadInput, match="at least 32 people"):
        neighbour_study(load("german_credit").take(np.arange(10)), np.random.default_rng(0))
