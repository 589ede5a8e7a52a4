"""Attacks & risk: what attacks reached stands beside what is proved, by row and never by content."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable

import pytest
from patience import PATIENCE
from streamlit.testing.v1 import AppTest

from dashboard import attacking, comparing
from ppml_core.charts.scenario_words import in_short
from ppml_core.experiment.scenario import Scenario

Open = Callable[..., AppTest]

SMALL = {"dataset": "german_credit", "learner": "dp_gd"}


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attacking, "PEOPLE", (100,) * 4)
    monkeypatch.setattr(attacking, "SHADOWS", (4, 4, 4, 4))
    monkeypatch.setattr(attacking, "FIRST_BESIDE", "decision_tree")


def attacked(open_page: Open) -> AppTest:
    """The page once both attacks have ended."""
    at = open_page("attacks_risk", **SMALL)
    deadline = time.monotonic() + PATIENCE
    while "picks the member" not in said(at) or said(at).count("picks the member") < 2:
        assert time.monotonic() < deadline, said(at)
        time.sleep(0.3)
        at.run()
        assert not at.exception
    return at


def said(at: AppTest) -> str:
    return "\n".join(element.value for element in at.markdown)


def test_both_models_are_attacked_and_only_one_has_a_bound(open_page: Open) -> None:
    at = attacked(open_page)
    figure = json.loads(at.get("plotly_chart")[0].proto.spec)
    names = [trace["name"] for trace in figure["data"]]
    assert sum(name.startswith("bound of DP gradient descent") for name in names) == 1
    assert sum(name.startswith("impossible") for name in names) == 1
    assert "Decision tree" in names
    assert "Nothing is proved about Decision tree" in said(at)
    assert "Proved: with ε = 1" in said(at)


def test_another_attack_trains_nothing_and_a_control_can_be_drawn(open_page: Open) -> None:
    at = attacked(open_page)
    at.selectbox(key="attack").set_value("loss")
    at.toggle(key="attack_control").set_value(True)
    at.run()
    assert not at.exception
    assert said(at).count("Loss threshold") == 2
    figure = json.loads(at.get("plotly_chart")[0].proto.spec)
    assert any("control" in trace["name"] for trace in figure["data"])


def test_a_smaller_budget_is_another_model(open_page: Open) -> None:
    at = attacked(open_page)
    at.select_slider(key="epsilon").set_value(0.1)
    at.run()
    assert said(at).count("picks the member") == 1, "the tree is known, the other model is not"
    assert any(button.label == "Run the attack" for button in at.button)


def test_a_slider_starts_no_attack(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[str] = []
    monkeypatch.setattr(attacking, "SHADOWS", (4, 8, 16, 32))
    monkeypatch.setattr(attacking, "start", lambda target: begun.append(target.name))
    at = open_page("attacks_risk", **SMALL)
    assert len(begun) == 2, "the first look shows something real"
    at.select_slider(key="attack_shadows").set_value(32).run()
    at.select_slider(key="epsilon").set_value(0.1).run()
    assert not at.exception
    assert len(begun) == 2
    at.button(key="run_attack").click().run()
    assert len(begun) == 4


def test_two_scenarios_are_compared_by_the_same_attack(open_page: Open) -> None:
    """What was picked on Compare & report stands beside the session's own model, each with its interval."""
    at = attacked(open_page)
    other = Scenario.of("german_credit", "logistic_regression", anonymize=[("full_domain", {"k": 3})])
    at.session_state[comparing.PICKED] = {other.id: other.to_toml()}
    at.run()
    at.selectbox(key=attacking.BESIDE).select(other.id).run()
    at.button(key="run_attack").click().run()
    deadline = time.monotonic() + PATIENCE
    while said(at).count("picks the member") < 2:
        assert time.monotonic() < deadline, said(at)
        time.sleep(0.3)
        at.run()
    assert not at.exception
    figure = json.loads(at.get("plotly_chart")[0].proto.spec)
    assert in_short(other) in [trace["name"] for trace in figure["data"]]
    assert f"Nothing is proved about {in_short(other)}" in said(at)
    assert len(re.findall(r"\([\d.]+.% to", said(at))) >= 4, "each with its interval"
