"""Averages without a server: they agree with the server's where all meet, and get there where few do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from command_line import answer

from ppml_core.data.bundled import load
from ppml_core.data.split import split
from ppml_core.errors import NotApplicable
from ppml_core.federated.engine import dealt, rounds
from ppml_core.federated.gossip import GRAPHS, GossipPlan, Meeting, meetings, metropolis, neighbours_in
from ppml_core.federated.model import Model, Rows, model_of
from ppml_core.federated.plan import Plan
from ppml_core.learn.logistic_regression import LogisticRegression
from ppml_core.learn.network import PlainNetwork


@pytest.fixture(scope="module")
def held() -> tuple[Model, list[Rows]]:
    people = split(load("adult"), 1)[0].take(np.arange(600))
    model = model_of(LogisticRegression(), people)
    return model, [model.rows(part) for part in dealt(Plan(clients=6), people, 7)]


def last(held: tuple[Model, list[Rows]], **how: Any) -> Meeting:
    return list(meetings(held[0], GossipPlan(clients=6, rounds=3, **how), held[1], 7))[-1]


@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize("clients", [3, 8, 40])
def test_averaging_keeps_the_mean_and_agrees_in_the_end(graph: str, clients: int) -> None:
    near = neighbours_in(graph, clients, np.random.default_rng(1))
    W = metropolis(near)
    assert (near == near.T).all()
    assert (W >= 0).all()
    assert np.allclose(W.sum(axis=0), 1)
    assert np.allclose(W.sum(axis=1), 1)
    assert np.allclose(np.linalg.matrix_power(W, 20_000), 1 / clients)


def test_where_all_meet_it_is_the_servers_average(held: tuple[Model, list[Rows]]) -> None:
    (server,) = list(rounds(held[0], Plan(clients=6, rounds=3), held[1], 7))[-1].answer
    meeting = last(held, graph="complete")
    assert meeting.disagreement < 1e-9
    assert np.abs(meeting.models[0][0] - server).max() < 1e-9


def test_in_a_ring_holders_disagree_and_are_near_the_server(held: tuple[Model, list[Rows]]) -> None:
    (server,) = list(rounds(held[0], Plan(clients=6, rounds=3), held[1], 7))[-1].answer
    ring, random = (last(held, graph=graph) for graph in ("ring", "random"))
    assert ring.disagreement > random.disagreement > 1e-3
    assert np.linalg.norm(ring.models[0][0] - server) < 0.5 * np.linalg.norm(server)


def test_masks_change_nothing_but_what_neighbours_see(held: tuple[Model, list[Rows]]) -> None:
    clear, masked = (last(held, graph="complete", protection=how) for how in ("none", "masks"))
    assert np.abs(clear.models[2][0] - masked.models[2][0]).max() < 1e-4
    assert masked.bytes > clear.bytes
    with pytest.raises(NotApplicable, match="complete"):
        last(held, graph="ring", protection="masks")


def test_noise_moves_all_together_as_the_server_with_local_noise(held: tuple[Model, list[Rows]]) -> None:
    plan = Plan(clients=6, rounds=1, dp="local", epsilon=2.0)
    (server,) = list(rounds(held[0], plan, held[1], 7))[-1].answer
    asked = GossipPlan(clients=6, rounds=1, graph="ring", protection="noise", epsilon=2.0)
    (meeting,) = meetings(held[0], asked, held[1], 7)
    assert np.allclose(np.mean([one[0] for one in meeting.models], axis=0), server)


def test_a_network_is_trained_among_holders_too() -> None:
    people = split(load("adult"), 1)[0].take(np.arange(600))
    for hidden, second in ((4, 0), (4, 3)):
        model = model_of(PlainNetwork(hidden=hidden, second=second), people)
        plan = Plan(clients=3, rounds=3, secagg=True)
        parts = [model.rows(part) for part in dealt(plan, people, 7)]
        clear = list(rounds(model, Plan(clients=3, rounds=3), parts, 7))[-1].answer
        masked = list(rounds(model, plan, parts, 7))[-1].answer
        assert [one.ndim for one in masked] == [2] * (3 + bool(second))
        assert max(np.abs(one - other).max() for one, other in zip(clear, masked, strict=True)) < 1e-3
        assert (model.fitted(masked).predict_proba(people).argmax(axis=1) == model.ground.target(people)).mean() > 0.75


def test_the_command_line_trains_without_a_server(capsys: pytest.CaptureFixture[str]) -> None:
    told = answer(capsys, "federate", "--dataset", "german_credit", "--clients", 5, "--rounds", 2, "--graph", "ring")
    assert [one["round"] for one in told["rounds"]] == [1, 2]
    assert all(one["lowest"] <= one["accuracy"] <= one["highest"] for one in told["rounds"])
    assert all(one["low"] < one["accuracy"] < one["high"] for one in told["rounds"])
    assert told["sees"] == "a holder's neighbours see its model as it is"
