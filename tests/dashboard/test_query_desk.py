"""Query desk: the cost is told before it is spent, denials say why, and attacks run against what stands there."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import pytest
from patience import PATIENCE
from streamlit.testing.v1 import AppTest

from dashboard import breaking, jobs, querying, session, tables
from ppml_core.data.bundled import load
from ppml_core.data.inference import infer_schema
from ppml_core.queries.attacks.base import QueryAttack
from ppml_core.queries.ledger import Journal, MemoryJournal

Open = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def _few_trials(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Short attacks at a desk of the test's own, and none at work any more when it ends."""
    monkeypatch.setattr(QueryAttack, "quick_trials", 3)
    shared = jobs.Desk(jobs.shared_desk().memory, private=False)
    monkeypatch.setattr(tables, "shared_desk", lambda: shared)
    yield
    for desk in (shared, tables.own_desk()):
        running = desk.at_hand()
        desk.close()
        while any(job.running for job in running):
            time.sleep(0.05)


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Journal:
    made = MemoryJournal()
    monkeypatch.setattr(querying, "journal", lambda: made)
    return made


def said(at: AppTest) -> str:
    return "\n".join([*(part.proto.body for part in at.get("html")), *(part.value for part in at.markdown)])


def ask(at: AppTest) -> AppTest:
    at.button(key="ask").click().run()
    assert not at.exception
    return at


def restricted(at: AppTest) -> AppTest:
    at.session_state["desk_mode"] = querying.RESTRICTED
    return at.run()


def question_in_sql(at: AppTest) -> Any:
    return next(area for area in at.text_area if str(area.key).startswith("query_sql"))


def in_sql(at: AppTest, text: str) -> AppTest:
    at.session_state["ask_by"] = "SQL"
    at.run()
    question_in_sql(at).set_value(text)
    return at.run()


def test_cost_and_error_bar_stand_there_before_anything_is_spent(open_page: Open, fresh: Journal) -> None:
    at = open_page("query_desk", dataset="clinic")
    assert "this question would cost" in said(at)
    assert "± 30" in said(at)
    assert "Nothing has been spent" in said(at)
    assert fresh.sessions(load("clinic").fingerprint) == []
    ask(at)
    assert "ε = 0.9 is left" in said(at)
    assert "May be published: ε = 0.1" in said(at)
    figure = json.loads(at.get("plotly_chart")[0].proto.spec)
    assert all(width > 0 for width in figure["data"][0]["error_x"]["array"])


def test_an_exhausted_budget_is_refused_in_one_sentence(open_page: Open, fresh: Journal) -> None:
    at = open_page("query_desk", dataset="clinic")
    at.session_state["query_epsilon"] = 1.0
    ask(ask(at.run()))
    assert "The budget is exhausted: this query asks for ε = 1" in said(at)
    assert [len(fresh.entries(one)) for one in fresh.sessions(load("clinic").fingerprint)] == [1]


def test_two_analysts_have_budgets_of_their_own_and_a_bound_together(open_page: Open, fresh: Journal) -> None:
    at = ask(open_page("query_desk", dataset="clinic"))
    at.selectbox(key="query_analyst").set_value("Bob")
    at.run()
    assert "How many people are there" not in said(at), "what Ada was told is not shown to Bob"
    ask(at)
    assert "ε = 0.9 is left" in said(at)
    assert "all 2 analysts together have been told no more than ε = 0.2" in said(at)


def test_the_ledger_of_a_bundled_table_is_found_by_the_next_session(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(querying, "ANALYSTS", ("Cleo", "Dan"))
    for left in ("0.9", "0.8"):
        at = ask(open_page("query_desk", dataset="german_credit"))
        assert f"ε = {left} is left" in said(at)
    at.session_state["schema"] = load("german_credit").schema.replace_columns({}).to_toml()
    assert "ε = 0.7 is left" in said(ask(at.run())), "another role opens no new budget"


def test_the_ledger_of_an_upload_stays_in_the_session(open_page: Open) -> None:
    at = open_page("query_desk", dataset="clinic")
    frame = pd.DataFrame({"age": [31, 47, 52, 29] * 30, "ill": ["no", "yes", "no", "no"] * 30})
    found = infer_schema(frame, title="mine.csv")
    at.session_state["upload"] = {
        "filename": "mine.csv", "table": frame, "schema": found.schema.to_toml(), "reasons": {}, "number": 1,
    }  # fmt: skip
    at.session_state["kept"] = at.session_state["kept"] | {"dataset": session.UPLOAD}
    at.session_state["dataset"] = session.UPLOAD
    at.run()
    assert "were inferred from the private rows" in said(at)
    ask(in_sql(at, "select count(*) where ill = 'yes'"))
    assert "ends with this session" in said(at)
    assert isinstance(tables.own_desk().once("query journal", lambda: None), MemoryJournal)


def test_a_denial_says_why_and_stands_in_the_history(open_page: Open) -> None:
    at = restricted(open_page("query_desk", dataset="clinic"))
    ask(in_sql(at, "select count(*) where zip = '00201' and sex = 'other'"))
    assert "Denied by Minimum size" in said(at)
    assert "denied" in said(at)
    ask(in_sql(at, "select count(*) where diagnosis = 'asthma'"))
    assert "looked at private rows to decide" in said(at)
    at.session_state["desk_policies"] = []
    assert "Nothing restricts the desk" in said(at.run())
    assert "Nothing asked at this desk yet" in said(at)


def test_sql_outside_the_subset_is_a_sentence_and_cannot_be_asked(open_page: Open, fresh: Journal) -> None:
    at = in_sql(open_page("query_desk", dataset="clinic"), "select * from 'secrets.csv'")
    assert 'role="alert"' in said(at)
    assert not [button for button in at.button if button.key == "ask"]


def test_clicks_and_sql_ask_the_same(open_page: Open, fresh: Journal) -> None:
    at = open_page("query_desk", dataset="clinic")
    assert "SELECT readmitted, count(*) FROM people GROUP BY readmitted" in said(at)
    at.session_state["ask_by"] = "SQL"
    at.run()
    assert question_in_sql(at).value == 'SELECT "readmitted", count(*) FROM people GROUP BY "readmitted"'
    in_sql(at, "select histogram(diagnosis)")
    assert "How is diagnosis distributed?" in said(ask(at))


def test_the_tracker_runs_by_itself_against_every_defence(open_page: Open, fresh: Journal) -> None:
    at = restricted(open_page("query_desk", dataset="clinic"))
    deadline = time.monotonic() + PATIENCE
    while "the desk as it runs lets" not in said(at) or "a budget of ε = 1 leaves" not in said(at):
        assert time.monotonic() < deadline, said(at)
        time.sleep(0.3)
        at.run()
        assert not at.exception
    assert "With no restriction it names 100" in said(at)
    figure = json.loads(at.get("plotly_chart")[0].proto.spec)
    notes = [note["text"] for note in figure["layout"]["annotations"]]
    assert any("Minimum size (size 10)" in note and "runs now" in note for note in notes)
    assert any("Exact sum auditing" in note for note in notes)
    assert len(next(trace for trace in figure["data"] if trace["name"] == "bound")["x"]) == 1


def test_a_policy_that_moves_starts_no_attack(open_page: Open, fresh: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[str] = []
    monkeypatch.setattr(breaking, "start", lambda attack: begun.append(attack.name()))
    at = restricted(open_page("query_desk", dataset="clinic"))
    assert begun == ["tracker"]
    size = next(
        one for one in (*at.slider, *at.number_input, *at.select_slider) if str(one.key).endswith("min_size.size")
    )
    size.set_value(20).run()
    assert not at.exception
    assert begun == ["tracker"]
    assert at.button(key="run_query_attack")


def test_a_cold_page_and_a_table_without_a_secret(open_page: Open, fresh: Journal) -> None:
    for link in ({}, {"dataset": "wage"}):
        at = open_page("query_desk", **link)
        assert "went wrong" not in said(at)
        assert "?" in said(at)


def test_without_opendp_the_restriction_desk_answers_and_the_private_one_says_what_to_install(
    open_page: Open, fresh: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("opendp", "opendp.prelude"):
        monkeypatch.setitem(sys.modules, module, None)
    at = ask(open_page("query_desk", dataset="clinic"))
    assert "pip install" not in said(at)
    assert at.get("plotly_chart"), "an answer"
    at.session_state["desk_mode"] = querying.PRIVATE
    at.run()
    assert not at.exception
    assert said(at).count("ppml-explorer[release]") == 1
