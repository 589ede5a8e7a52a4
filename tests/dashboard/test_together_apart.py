"""Together apart: the drawing follows the settings, nothing trains by itself but once, and refusals are sentences."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import dashboard
from dashboard import apart, attacking, jobs, session

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


def settled(at: AppTest, seconds: float = 60) -> AppTest:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        at.run()
        assert not at.exception
        if not any(job.running for job in jobs.shared_desk()._jobs.values()):
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
def test_records_are_read_out_on_request(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = apart.inversion_study
    monkeypatch.setattr(
        apart, "inversion_study",
        lambda data, rng, progress: whole(data, rng, records=(1, 5), epsilons=(1.0,), repeats=5, progress=progress),
    )  # fmt: skip
    at = settled(open_page("together_apart", **SMALL))
    at.session_state["part_read_out"] = True
    at.run()
    assert "somebody who knows the model" in said(at)
    at.button(key="run_study").click().run()
    at = settled(at)
    assert "How many records hide each other in a sum?" in said(at)
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
    at = AppTest.from_file(str(PAGES / "together_apart.py"), default_timeout=90)
    for key in ("upload", "dataset"):
        at.session_state[key] = before.session_state[key]
    at.query_params["dataset"] = session.UPLOAD
    at.run()
    deadline = time.monotonic() + 60
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
