"""Together apart: the drawing follows the settings, nothing trains by itself but once, and refusals are sentences."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from patience import PATIENCE
from streamlit.testing.v1 import AppTest

import dashboard
from dashboard import apart, attacking, comparing, jobs, mapping, running, scenarios, session
from ppml_core.experiment.scenario import scenario_from_toml
from ppml_core.experiment.sharing import pack
from ppml_core.store import Store
from ppml_core.store.saved import list_scenarios

PAGES = Path(dashboard.__file__).parent / "app_pages"
Open = Callable[..., AppTest]
SMALL = {"dataset": "german_credit", "set.federated.rounds": 3}


def said(at: AppTest) -> str:
    told = [element.proto.body for element in at.get("html")]
    return "\n".join([*told, *(element.value for element in at.markdown)])


def figure(at: AppTest, number: int = 0) -> dict[str, Any]:
    return dict(json.loads(at.get("plotly_chart")[number].proto.spec))


def labels(at: AppTest) -> str:
    return " ".join(note["text"] for note in figure(at)["layout"]["annotations"])


def settled(at: AppTest, seconds: float = PATIENCE) -> AppTest:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        at.run()
        assert not at.exception
        if not jobs.shared_desk().at_hand():
            return at.run()
        time.sleep(0.2)
    raise AssertionError("a job is still running")


def test_what_stands_there_at_first_is_run_once_and_told(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    at = settled(open_page("together_apart", **SMALL))
    assert "together after 3 rounds" in said(at)
    assert "What it cost" in said(at)
    assert "Who learns what" in said(at)
    monkeypatch.setattr(attacking, "work_out", lambda *_: pytest.fail("a slider must not train"))
    at.slider(key="set.federated.rounds").set_value(7).run()
    assert not at.exception
    assert "These settings were not run yet" in said(at)
    assert at.button(key="run_apart")


@pytest.mark.slow
def test_the_drawing_follows_the_settings(open_page: Open) -> None:
    at = settled(open_page("together_apart", **SMALL))
    assert "5 clients" in labels(at)
    clients = next(one for one in (*at.select_slider, *at.slider) if one.key == "set.federated.clients")
    clients.set_value(20).run()
    assert not at.exception
    assert "of 20 clients" in labels(at)


@pytest.mark.slow
def test_settings_that_mean_nothing_are_not_offered(open_page: Open) -> None:
    at = settled(open_page("together_apart", **SMALL))
    keys = {one.key for one in (*at.select_slider, *at.slider)}
    assert "set.federated.alpha" not in keys
    at.selectbox(key="set.federated.partition").select("dirichlet").run()
    assert "set.federated.alpha" in {one.key for one in (*at.select_slider, *at.slider)}
    at.selectbox(key="set.federated.partition").select("column").run()
    assert not at.exception
    assert at.selectbox(key="set.federated.by").options


def test_the_address_carries_the_venue_and_a_pick_lies_on_compare(open_page: Open) -> None:
    at = settled(open_page("together_apart", **SMALL))
    assert dict(at.query_params)["set.federated.rounds"] == "3"
    at.button(key="compare_apart").click().run()
    picks = list(at.session_state["picked"].values())
    assert len(picks) == 1
    assert "[venue]" in picks[0]
    assert "rounds = 3" in picks[0]


@pytest.mark.slow
def test_what_ran_is_a_run_and_opens_on_the_map(open_page: Open) -> None:
    settled(open_page("together_apart", **SMALL))
    at = open_page("runs")
    at.text_input(key="run_filter").set_value("federated").run()
    run = next(run for run in running.listed("federated", "finished") if run.dataset == "german_credit")
    assert (run.done, run.failed, run.total) == (1, 0, 1)
    assert run.name in at.selectbox(key="run_chosen").options
    at.selectbox(key="run_chosen").set_value(run.id).run()
    again = settled(open_page("trade_off", dataset="german_credit", shown_run=run.id))
    assert not again.exception


@pytest.mark.slow
def test_records_are_read_out_on_request(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = apart.whole_study
    monkeypatch.setattr(
        apart, "whole_study",
        lambda data, rng, progress: whole(data, rng, records=(1, 5), epsilons=(1.0,), repeats=5, progress=progress),
    )  # fmt: skip
    at = settled(open_page("together_apart", **SMALL))
    at.session_state["part_read_out"] = True
    at.run()
    assert "somebody who knows the model" in said(at)
    at.button(key="run_study").click().run()
    at = settled(at)
    assert "How many records hide each other in a sum?" in said(at)
    assert "What does a neighbour read out of the models it gets?" in said(at)
    at.session_state["part_techniques"] = True
    at.run()
    assert "Which technique keeps accuracy" in said(at)
    assert not at.exception


def test_a_target_that_is_a_number_is_refused_in_a_sentence(open_page: Open) -> None:
    at = settled(open_page("together_apart", dataset="wage"))
    assert "went wrong" not in said(at)
    assert 'class="refusal"' in said(at)


def test_without_its_extra_a_technique_says_what_to_install(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tenseal.sealapi", None)
    level = {"set.encrypted_inference.security_bits": 192}
    at = settled(open_page("together_apart", dataset="german_credit", venue="encrypted_inference", **level))
    assert "which is not installed: pip install" in said(at)
    assert "ppml-explorer[encrypted]" in said(at)
    assert "Traceback" not in said(at)
    assert "The server computes on ciphertexts" in said(at), "the drawing needs no extra"


def test_a_table_of_ones_own_is_trained_on_in_its_session(open_page: Open) -> None:
    rows = [f"{20 + n % 50},{'north' if n % 3 else 'south'},{'yes' if n % 4 else 'no'}" for n in range(120)]
    before = open_page("data_roles")
    content = "\n".join(["age,town,ill", *rows]).encode()
    before.file_uploader(key="file").upload("mine.csv", content, "text/csv").run()
    known = set(jobs.shared_desk()._values)
    at = AppTest.from_file(str(PAGES / "together_apart.py"), default_timeout=PATIENCE)
    for key in ("upload", "dataset"):
        at.session_state[key] = before.session_state[key]
    at.query_params["dataset"] = session.UPLOAD
    at.run()
    deadline = time.monotonic() + PATIENCE
    while "What it cost" not in said(at) and 'class="refusal"' not in said(at):
        assert time.monotonic() < deadline
        time.sleep(0.2)
        at.run()
    assert not at.exception
    assert "went wrong" not in said(at)
    assert "Your table stays in this session" in said(at)
    assert set(jobs.shared_desk()._values) == known
    assert "mine" not in str(dict(at.query_params))


@pytest.mark.parametrize("venue", apart.offered())
def test_every_technique_of_the_catalog_stands_on_the_page(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, venue: str
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(apart, "start", asked.append)
    at = open_page("together_apart", dataset="german_credit", venue=venue)
    assert 'class="refusal"' not in said(at)
    assert "Who learns what?" in said(at)
    assert len(asked) == 1
    assert f'method = "{venue}"' in asked[0]


@pytest.mark.slow
def test_what_was_run_stands_on_the_map_on_compare_and_among_the_models_to_attack(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    went: list[str] = []
    monkeypatch.setattr(scenarios.st, "switch_page", went.append)
    monkeypatch.setattr(mapping, "small_map_plan", lambda *_, **__: [])
    monkeypatch.setattr(mapping, "map_attack", tuple)
    monkeypatch.setattr(attacking, "start_all", lambda: None)
    at = settled(open_page("together_apart", **SMALL))
    for button in ("compare_apart", "attack_apart", "map_apart"):
        at.button(key=button).click().run()
        assert not at.exception
    assert went == ["app_pages/attacks_risk.py", "app_pages/trade_off.py"]
    ((name, toml),) = at.session_state["picked"].items()
    told = "Logistic regression, Federated (rounds = 3)"

    def on(page: str) -> AppTest:
        other = AppTest.from_file(str(PAGES / f"{page}.py"), default_timeout=PATIENCE)
        for key in ("apart_runs", "picked", "compared", "attack_beside", "kept", *session.fields()):
            if key in at.session_state:
                other.session_state[key] = at.session_state[key]
        other.run()
        assert not other.exception
        return other

    there = said(on("trade_off"))
    assert told in there
    assert "of 1,000" in there, "its story is told without training it again"
    compared = on("compare_report")
    assert "Bytes sent" in said(compared), "with what it cost"
    compared.button(key="run_compare").click().run()
    settled(compared).button(key="pair").click().run()
    assert "over 3 repeats" in said(settled(compared)), "and it truly trains again where that is asked for"
    attacked = on("attacks_risk")
    assert told in attacked.selectbox(key="attack_beside").options
    assert attacked.session_state["attack_beside"] == scenario_from_toml(toml).id == name


def address(at: AppTest) -> dict[str, str]:
    return {name: str(value[0] if isinstance(value, list) else value) for name, value in at.query_params.items()}


@pytest.fixture
def untrained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "start", lambda toml: None)


@pytest.mark.usefixtures("untrained")
def test_settings_that_do_not_go_together_are_refused_and_can_be_undone(open_page: Open) -> None:
    at = open_page("together_apart", dataset="german_credit", **{"set.federated.secagg": True})
    at.selectbox(key="set.federated.strategy").select("median").run()
    assert not at.exception
    assert "settings that do not go together" in said(at)
    assert said(at).count('class="refusal"') == 1
    at.button(key="undo").click().run()
    assert 'class="refusal"' not in said(at)


@pytest.mark.slow
@pytest.mark.usefixtures("untrained")
def test_a_reload_and_undo_find_technique_model_and_settings_again(open_page: Open) -> None:
    at = open_page("together_apart", dataset="german_credit")
    at.selectbox(key="apart_learner").select_index(1).run()
    at.slider(key="set.federated.rounds").set_value(7).run()
    link = address(at)
    assert link | {"apart_learner": "network", "set.federated.rounds": "7"} == link
    again = open_page("together_apart", **link)
    assert again.selectbox(key="apart_learner").value == "network"
    assert again.slider(key="set.federated.rounds").value == 7
    assert "apart_learner" in address(open_page("trade_off", **link)), "a link of any page carries all"
    at.selectbox(key="venue").select_index(apart.offered().index("secret_shares")).run()
    at.button(key="undo").click().run()
    assert (at.session_state["venue"], at.session_state["apart_learner"]) == ("federated", "network")
    at.button(key="undo").click().run()
    assert at.slider(key="set.federated.rounds").value == 20
    at.button(key="redo").click().run()
    assert at.slider(key="set.federated.rounds").value == 7


@pytest.mark.usefixtures("untrained")
def test_save_keeps_the_scenario_with_its_venue_and_it_opens_where_it_stands(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(f"sqlite:///{tmp_path / 'saved.sqlite'}")
    monkeypatch.setattr(comparing, "store", lambda: store)
    asked = {"venue": "gossip", "set.gossip.graph": "ring", "set.gossip.protection": "noise", "set.gossip.epsilon": 3}
    at = open_page("together_apart", dataset="german_credit", **asked)
    assert "Gossip" in said(at).partition("</ul>")[0], "the bar tells what is saved"
    at.text_input(key="save_name").set_value("ring").run()
    at.button(key="save_scenario").click().run()
    assert "Saved as ring" in said(at)
    (kept,) = list_scenarios(store)
    scenario = scenario_from_toml(kept.content)
    assert (scenario.venue.method, scenario.setting("venue.epsilon")) == ("gossip", 3.0)
    went: list[str] = []
    monkeypatch.setattr(scenarios.st, "switch_page", went.append)
    other = open_page("compare_report", dataset="german_credit")
    other.button(key="saved_open").click().run()
    assert went == ["app_pages/together_apart.py"]
    link = address(other)
    assert link["venue"] == "gossip"
    again = open_page("together_apart", **link)
    again.button(key="compare_apart").click().run()
    assert list(again.session_state["picked"]) == [scenario.id]


FILE = (
    'dataset = "german_credit"\n[learner]\nmethod = "logistic_regression"\n[venue]\nmethod = "federated"\nrounds = 4\n'
)


@pytest.mark.usefixtures("untrained")
def test_a_link_that_the_command_line_prints_opens_its_scenario(open_page: Open, tmp_path: Path) -> None:
    at = open_page("together_apart", scenario=pack(scenario_from_toml(FILE)))
    assert at.slider(key="set.federated.rounds").value == 4
    assert address(at) == {"dataset": "german_credit", "set.federated.rounds": "4"}
    broken = open_page("together_apart", scenario="no scenario at all")
    assert "cannot be read" in "".join(caption.value for caption in broken.caption)


def test_a_scenario_file_is_opened_or_refused_in_a_sentence(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    went: list[str] = []
    monkeypatch.setattr(scenarios.st, "switch_page", went.append)
    at = open_page("compare_report", dataset="german_credit")
    refused = {
        b"\xff\xfe\x00": "no text",
        b"dataset = ": "not a TOML file",
        FILE.replace("german_credit", "nowhere").encode(): "is not bundled",
        FILE.replace("federated", "moon").encode(): "moon",
        FILE.replace("logistic_regression", "dp_gd").encode(): "not dp_gd",
    }
    for content, told in refused.items():
        at.file_uploader(key="scenario_file").upload("s.toml", content, "application/toml").run()
        at.button(key="file_open").click().run()
        assert not at.exception
        assert told in said(at).rpartition('class="refusal"')[2]
        assert not went
    at.file_uploader(key="scenario_file").upload("s.toml", FILE.encode(), "application/toml").run()
    at.button(key="file_open").click().run()
    assert went == ["app_pages/together_apart.py"]
    assert 'class="refusal"' not in said(at)
