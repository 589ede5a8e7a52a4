"""A training watched round by round is the training that the scenario names, and its page knows who learns what."""

from __future__ import annotations

import dataclasses
import subprocess
from typing import Any

import pytest
from process_groups import left_of

from ppml_core.catalog import methods
from ppml_core.charts.rounds import rounds_chart
from ppml_core.charts.together import Told, comparison_chart, comparison_table
from ppml_core.data.bundled import load
from ppml_core.errors import BadInput
from ppml_core.evidence import Estimate
from ppml_core.experiment.apart import Apart, read_out, together_apart
from ppml_core.experiment.scenario import Scenario, Step
from ppml_core.experiment.training import train
from ppml_core.federated.inversion_study import Sighting, Study
from ppml_core.venues.base import Venue


def scenario(venue: str, **settings: Any) -> Scenario:
    plain = Scenario.of("german_credit", "logistic_regression", {}, repeats=1)
    return dataclasses.replace(plain, venue=Step.of(Venue, venue, settings))


def made(venue: str, **settings: Any) -> Venue:
    step = scenario(venue, **settings).venue
    assert step is not None
    kind: Venue = step.make(Venue)
    return kind


@pytest.fixture(scope="module")
def study() -> Study:
    def seen(name: str, records: int, found: float, epsilon: float | None = None) -> Sighting:
        share = Estimate(found, found - 0.02, found + 0.02, covers="people drawn")
        half = Estimate(0.5, 0.48, 0.52, covers="people drawn")
        return Sighting(name, records, share, half, half, share, epsilon, None if epsilon is None else 0.9)

    sums = (seen("one clear update", 1, 1.0), seen("sum of 5 records", 5, 0.9), seen("sum of 100 records", 100, 0.5))
    return Study(("job",), sums, seen("one masked message", 1, 0.2), (seen("noise", 1, 0.55, 3.0),), 1e-4)


@pytest.fixture(scope="module")
def server_run() -> Apart:
    return together_apart(scenario("federated", rounds=3, clients=4), load("german_credit"))


@pytest.mark.parametrize(
    ("venue", "settings"), [("federated", {"rounds": 3, "clients": 4}), ("gossip", {"rounds": 3, "clients": 4})]
)
def test_the_last_round_is_the_scenarios_model(venue: str, settings: dict[str, int], server_run: Apart) -> None:
    asked, data = scenario(venue, **settings), load("german_credit")
    run = server_run if venue == "federated" else together_apart(asked, data)
    rows = train(asked, data).rows.set_index("measure")["value"]
    assert run.accuracy.value == pytest.approx(rows["accuracy"])
    assert dict(run.costs)["bytes"] == rows["bytes"]
    assert len(run.rounds) == dict(run.costs)["rounds"] == 3
    assert bool(run.with_server) == (venue == "gossip")


def test_holders_stand_beside_it_with_their_people(server_run: Apart) -> None:
    assert [holder.people for holder in server_run.alone] == [175] * 4
    chart = rounds_chart(server_run)
    assert "a holder alone reaches" in chart.answer
    assert len(chart.table) == 3 + 1 + 4


def test_progress_may_stop_it() -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        together_apart(scenario("federated", rounds=3), load("german_credit"), stop)


@pytest.mark.slow
@pytest.mark.parametrize("venue", ["encrypted_training", "federated_encrypted", "secret_shares"])
def test_what_is_stopped_leaves_no_process_behind(venue: str, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[int] = []
    popen = subprocess.Popen.__init__

    def watched(self: Any, *given: Any, **named: Any) -> None:
        popen(self, *given, **named)
        if named.get("start_new_session"):
            started.append(self.pid)

    def stop(done: int, total: int) -> None:
        if done >= 2 or venue == "secret_shares":
            raise KeyboardInterrupt

    monkeypatch.setattr(subprocess.Popen, "__init__", watched)
    with pytest.raises(KeyboardInterrupt):
        together_apart(scenario(venue), load("german_credit"), stop)
    assert started
    assert [left_of(group) for group in started] == [[] for _ in started]


def test_a_scenario_without_a_venue_is_refused() -> None:
    with pytest.raises(BadInput, match="no venue"):
        together_apart(Scenario.of("german_credit", "logistic_regression"), load("german_credit"))


@pytest.mark.parametrize(
    ("venue", "settings", "form", "told"),
    [
        ("federated", {}, "clear", "sees each client's update"),
        ("federated", {"secagg": True}, "masked", "only the sum"),
        ("federated", {"dp": "local"}, "noisy", "with noise that the client added"),
        ("federated", {"dp": "central"}, "clear", "trusted with what comes before"),
        ("gossip", {"protection": "masks", "graph": "complete"}, "masked", "masked models"),
        ("gossip", {}, "clear", "in the clear"),
        ("encrypted_inference", {}, "encrypted", "computes on ciphertexts"),
        ("encrypted_training", {}, "encrypted", "client-aided"),
        ("secret_shares", {"split": "vertical"}, "shares", "two of the three together"),
    ],
)
def test_drawing_and_table_follow_the_settings(venue: str, settings: dict[str, Any], form: str, told: str) -> None:
    asked = made(venue, **settings)
    seen = asked.seen()
    assert asked.form == form
    assert told in seen.scene.answer
    assert len(seen.table) >= 3
    assert any("not its output" in note for note in seen.notes)
    assert form in {link.form for link in seen.scene.links}


def test_a_network_gives_away_something_else_than_a_linear_model() -> None:
    linear, network = (made("encrypted_inference").seen(network) for network in (False, True))
    assert linear.scene.answer != network.scene.answer
    assert not linear.table.equals(network.table)


@pytest.mark.parametrize("name", methods(Venue))
def test_every_venue_of_the_catalog_says_who_learns_what(name: str) -> None:
    seen = made(name).seen()
    assert len(seen.table) >= 3
    assert any("not its output" in note for note in seen.notes)


def test_what_is_read_out_follows_form_and_number_of_people(server_run: Apart, study: Study) -> None:
    few = dataclasses.replace(server_run, rows=7)
    masked = dataclasses.replace(server_run, form="masked")
    assert read_out(server_run, study) is next(one for one in study.sums if one.records == 100)
    assert read_out(few, study) is next(one for one in study.sums if one.records == 5)
    assert read_out(masked, study) is study.masked
    runs = [Told("many", server_run), Told("few", few), Told("masked", masked)]
    chart = comparison_chart(runs, study)
    assert "reads records out of few" in chart.answer
    assert list(comparison_table(runs, study)["run"]) == ["1. many", "2. few", "3. masked"]


@pytest.mark.parametrize("form", ["encrypted", "shares"])
def test_what_was_not_measured_is_a_gap_and_not_a_guess(server_run: Apart, study: Study, form: Any) -> None:
    hidden = dataclasses.replace(server_run, form=form)
    assert read_out(hidden, study) is None
    runs = [Told("clear", server_run), Told("hidden", hidden)]
    chart = comparison_chart(runs, study)
    assert "Run 2: not on the map" in chart.answer
    drawn = [trace for trace in chart.figure.to_dict()["data"] if trace["mode"] == "markers"]
    assert [trace["name"] for trace in drawn] == ["clear"]
    assert all(trace["error_x"]["array"][0] > 0 for trace in drawn)
    first, second = comparison_table(runs, study)["read out of one"]
    assert " to " in first
    assert "control" in first
    assert second.startswith("not measured")
    assert "measured of none" in comparison_chart(runs[1:], study).answer
