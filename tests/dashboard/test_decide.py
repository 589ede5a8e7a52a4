"""Deciding on the pages: the map and its points, needs, comparing, saved scenarios, runs; all of it undone by undo."""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from zipfile import ZipFile

import pytest
from patience import PATIENCE
from streamlit.testing.v1 import AppTest

from dashboard import deciding, jobs, mapping, reporting, running, scenarios, session, sweeps, tables
from ppml_core.attacks.base import Attack
from ppml_core.data.bundled import load
from ppml_core.errors import NotApplicable
from ppml_core.experiment import families
from ppml_core.experiment.scenario import Scenario, Step
from ppml_core.experiment.sweep import sweep
from ppml_core.store import Store
from ppml_core.store.recording import recording
from ppml_core.store.runs import list_runs

Open = Callable[..., AppTest]
BEGIN = mapping.begin
NAME = "german_credit"
SMALL = {"dataset": NAME}
RELEASED = Scenario.of(NAME, "logistic_regression", {}, [("full_domain", {"k": 7})], repeats=1)
LOCAL = Scenario.of(NAME, "dp_gd", {"epsilon": 0.1}, [("local", {"k": 3})], repeats=1)
PRIVATE = Scenario.of(NAME, "dp_gd", {"epsilon": 10.0}, repeats=1)
CHEAP = {"shadows": 2, "n": 100, "attack": "loss"}
PLAN = [Scenario.of(NAME, "logistic_regression", repeats=1), RELEASED, LOCAL, PRIVATE]


@pytest.fixture(scope="module")
def computed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store in which the points of a map are known, as a run."""
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('decide') / 'results.sqlite'}")
    data = load(NAME)
    with recording(store, PLAN, data, [], "a map of credit") as run:
        sweep(PLAN, data, store, on_failure=run.failed)
    yield store
    store.close()


@pytest.fixture
def desk(computed: Store, monkeypatch: pytest.MonkeyPatch) -> jobs.Desk:
    """One desk for all modules, on that store; the map is the few scenarios above, and attacks are left out."""
    made = jobs.Desk(computed, private=False)
    from dashboard import sweeps, tables

    for module in (jobs, tables, sweeps, running):
        monkeypatch.setattr(module, "shared_desk", lambda: made)
    monkeypatch.setattr(mapping, "small_map_plan", lambda name, schema, behind_local=False: PLAN)
    monkeypatch.setattr(mapping, "map_attack", lambda: (Step.of(Attack, "membership_inference", CHEAP),))
    return made


def texts(at: AppTest) -> str:
    said = [element.proto.body for element in at.get("html")]
    return "\n".join([*said, *(element.value for element in at.markdown)])


def settled(at: AppTest, desk: jobs.Desk, seconds: float = PATIENCE) -> AppTest:
    deadline = time.monotonic() + seconds
    while desk.at_hand():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    at.run()
    assert not at.exception
    return at


def show(at: AppTest, scenario: Scenario) -> AppTest:
    at.session_state["shown_point"] = scenario.id
    at.session_state["kept"]["shown_point"] = scenario.id
    at.run()
    assert not at.exception
    return at


def test_the_first_table_s_map_begins_by_itself_with_the_attack_that_all_share(
    open_page: Open, desk: jobs.Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[sweeps.Question] = []

    def start(question: sweeps.Question) -> None:
        asked.append(question)
        desk.start(question.key, "map", lambda job: None)

    plan = [dataclasses.replace(one, dataset=tables.FIRST, attack=mapping.map_attack()) for one in PLAN]
    monkeypatch.setattr(families, "small_map_plan", lambda name, schema: plan)
    monkeypatch.setattr(mapping, "begin", BEGIN)
    monkeypatch.setattr(sweeps, "start", lambda question, *_, **__: start(question))
    open_page("trade_off", **SMALL)
    assert asked == []
    open_page("trade_off")
    assert asked == [], "the curves of the front page come first"
    desk.start(sweeps.first_question().key, "curves", lambda job: None)
    settled(open_page("trade_off"), desk)
    assert {scenario.id for _, part in asked[0].parts for scenario in part} == {plan[0].id, plan[3].id}


def test_a_point_is_told_used_and_undone(open_page: Open, desk: jobs.Desk) -> None:
    at = show(open_page("trade_off", **SMALL), RELEASED)
    said = texts(at)
    assert "Logistic regression after Full-domain generalization (k = 7)" in said
    assert "of 1,000" in said
    assert "Record linkage success" in said
    at.button(key="use_point").click().run()
    assert (at.session_state["k"], at.session_state["learner"]) == (7, "logistic_regression")
    assert at.session_state["train_on"] == session.LOOK_ALIKES
    assert at.button(key="use_point").label == "In use"
    link = {name: str(value[0] if isinstance(value, list) else value) for name, value in at.query_params.items()}
    assert link == SMALL | {"k": "7", "learner": "logistic_regression", "train_on": "look_alikes"}
    at.button(key="undo").click().run()
    assert (at.session_state["k"], at.session_state["train_on"]) == (5, session.PEOPLE)
    at.button(key="redo").click().run()
    assert at.session_state["k"] == 7
    assert "Logistic regression on look-alikes" in texts(open_page("private_training", **link))


@pytest.mark.parametrize("scenario", PLAN[1:], ids=["global", "local", "private"])
def test_what_is_used_is_what_the_session_then_asks_for(
    open_page: Open, desk: jobs.Desk, monkeypatch: pytest.MonkeyPatch, scenario: Scenario
) -> None:
    at = show(open_page("trade_off", risk_axis="seconds", **SMALL), scenario)
    at.button(key="use_point").click().run()
    seen = []
    monkeypatch.setattr(deciding.mapping, "current_map", lambda: seen.append(scenarios.current()))
    at.run()
    assert seen[0].id == scenario.id


def test_a_scenario_that_no_page_can_ask_for_is_refused_with_the_reason() -> None:
    twice = Scenario.of(NAME, "dp_gd", {}, [("full_domain", {"k": 2}), ("rounding", {})])
    odd = Scenario.of(NAME, "dp_gd", {"delta": 0.003})
    for scenario in (twice, odd):
        with pytest.raises(NotApplicable, match="offer"):
            scenarios.values_of(scenario)


def test_needs_are_answered_from_known_points_and_stand_in_the_link(open_page: Open, desk: jobs.Desk) -> None:
    at = open_page("trade_off", need_utility="0.6", **SMALL)
    at.session_state["decide_mode"] = deciding.NEED
    at.session_state["kept"]["decide_mode"] = deciding.NEED
    at.run()
    assert "Met" in texts(at)
    at.select_slider(key="need_utility").set_value(0.99).run()
    said = texts(at)
    assert "None of those known; the nearest is given" in said
    assert "it misses accuracy by" in said
    assert at.query_params["need_utility"] in ("0.99", ["0.99"])
    at.button(key="undo").click().run()
    assert at.session_state["need_utility"] == 0.6


def test_a_cost_is_needed_and_the_best_is_what_is_sought(open_page: Open, desk: jobs.Desk) -> None:
    at = open_page("trade_off", need_seconds="1000", objective="accuracy", **SMALL)
    at.session_state["decide_mode"] = deciding.NEED
    at.session_state["kept"]["decide_mode"] = deciding.NEED
    at.run()
    assert not at.exception
    assert "the highest accuracy is told" in texts(at)
    assert at.select_slider(key="need_seconds").value != session.ANY
    at.selectbox(key="objective").select("seconds").run()
    assert "the lowest seconds of training is told" in texts(at)
    assert at.query_params["objective"] in ("seconds", ["seconds"])


def test_axes_are_chosen_and_what_is_proved_has_one_of_its_own(open_page: Open, desk: jobs.Desk) -> None:
    at = open_page("trade_off", **SMALL)
    before = at.get("plotly_chart")[0].proto.spec
    at.selectbox(key="risk_axis").select("epsilon").run()
    assert not at.exception
    assert at.get("plotly_chart")[0].proto.spec != before
    assert "log scale" in at.get("plotly_chart")[0].proto.spec


@pytest.mark.parametrize("view", ["k × ε", "All axes"])
def test_further_views_are_drawn_when_they_are_chosen(open_page: Open, desk: jobs.Desk, view: str) -> None:
    at = open_page("trade_off", **SMALL)
    at.session_state["view"] = at.session_state["kept"]["view"] = view
    at.run()
    assert not at.exception
    assert ("What do k and ε cost together" in texts(at)) == (view == "k × ε")
    assert ("pass through" in texts(at)) == (view == "All axes")


def test_scenarios_are_saved_renamed_compared_and_deleted(open_page: Open, desk: jobs.Desk, computed: Store) -> None:
    bar = open_page("trade_off", epsilon="10", **SMALL)
    bar.text_input(key="save_name").set_value("ten").run()
    bar.text_area(key="save_note").set_value("for the board").run()
    bar.button(key="save_scenario").click().run()
    assert not bar.exception
    assert "Saved as ten" in texts(bar)
    at = open_page("compare_report", epsilon="10", **SMALL)
    assert "for the board" in texts(at)
    at.text_input(key="save_name").set_value("ten").run()
    at.button(key="save_scenario").click().run()
    assert "saved already" in texts(at)
    other = open_page("compare_report", k="9", **SMALL)
    other.button(key="saved_open").click().run()
    assert other.session_state["epsilon"] == 10.0
    other.button(key="saved_delete").click().run()
    assert "for the board" not in texts(other)


def test_points_are_laid_side_by_side(open_page: Open, desk: jobs.Desk) -> None:
    at = open_page("compare_report", epsilon="10", **SMALL)
    assert re.search("Now · [A-Z][a-z ]+, no privacy", texts(at))
    at.session_state["picked"] = {one.id: one.to_toml() for one in (RELEASED, LOCAL)}
    at.session_state["compared"] = [RELEASED.id, LOCAL.id]
    at.run()
    assert not at.exception
    said = texts(at)
    assert "within noise" in said or "worse" in said or "better" in said
    assert "internal" in said


def test_runs_are_filtered_opened_renamed_and_handed_on(open_page: Open, desk: jobs.Desk, computed: Store) -> None:
    at = open_page("runs", **SMALL)
    assert "a map of credit" in texts(at)
    at.text_input(key="run_filter").set_value("no such run").run()
    assert "No run matches" in texts(at)
    at.text_input(key="run_filter").set_value("CREDIT").run()
    run = next(one for one in list_runs(computed) if one.name == "a map of credit")
    content = running.exported([run])
    at.text_input(key=f"run_name_{run.id}").set_value("renamed").run()
    at.button(key="run_rename").click().run()
    assert "renamed" in texts(at)
    assert "no Parquet file" in running.imported("x.parquet", b"PAR1")
    assert "1 run is here now" in running.imported("../runs.parquet", content)
    at.session_state["shown_run"] = run.id
    assert not at.run().exception


def test_the_report_is_about_the_first_scenario_beside_the_map(open_page: Open, desk: jobs.Desk) -> None:
    at = open_page("compare_report", **SMALL)
    at.session_state["picked"] = {RELEASED.id: RELEASED.to_toml()}
    at.session_state["compared"] = [RELEASED.id]
    at.run()
    assert not at.exception
    assert {button.label for button in at.get("download_button")} >= {"Report (HTML)", "Script (Python)"}
    assert at.text_input(key="report_question")
    made = lambda: reporting.explored([RELEASED, *PLAN], load(NAME), desk, "accuracy", "linkage")  # noqa: E731
    told, remarks = made()
    assert told.chosen.id == RELEASED.id
    assert len(told.scenarios) == len(PLAN)
    assert "read every row" in remarks[0]
    assert b"<html" in reporting.report(made)
    assert b"Who may see it?" in reporting.report(made, "Who may see it?")
    compile(reporting.script(made), "script.py", "exec")


def test_the_reports_charts_are_drawn_beside_the_page_or_it_is_said_what_they_need(
    open_page: Open, desk: jobs.Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporting, "picture", lambda chart, format: f"<{format}>{chart.question}".encode())
    at = open_page("compare_report", **SMALL)
    at.session_state["picked"] = {RELEASED.id: RELEASED.to_toml()}
    at.session_state["compared"] = [RELEASED.id]
    at.run()
    at.button(key="draw_charts").click().run()
    at = settled(at, desk)
    assert "Charts (ZIP)" in {button.label for button in at.get("download_button")}
    made = lambda: reporting.explored([RELEASED, *PLAN], load(NAME), desk, "accuracy", "linkage")  # noqa: E731
    with ZipFile(BytesIO(reporting.charts(made, "svg"))) as archive:
        assert "map.svg" in archive.namelist()
    monkeypatch.setattr(reporting, "can_draw", lambda: False)
    assert "ppml-explorer[export]" in texts(at.run())
