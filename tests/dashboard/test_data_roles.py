"""Data & roles: what names people is pointed out, hierarchies are replaced in the page, and both are undone."""

from __future__ import annotations

import tomllib
from collections.abc import Callable

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import session, tables
from ppml_core.data.bundled import names
from ppml_core.data.schema import Schema

Open = Callable[..., AppTest]
PEOPLE = pd.DataFrame(
    {
        "contact": [f"person{number}@example.org" for number in range(60)],
        "town": ["Ulm", "Bonn", "Kiel"] * 20,
        "age": [20 + number % 40 for number in range(60)],
        "ill": ["yes", "no"] * 30,
    }
)


def said(at: AppTest) -> str:
    return "\n".join(element.proto.body for element in at.get("html"))


def schema(at: AppTest) -> Schema:
    return Schema.from_values(tomllib.loads(at.session_state["schema"]))


@pytest.fixture
def uploaded(open_page: Open) -> AppTest:
    """A session that was given a table with e-mail addresses, which somebody calls a feature."""
    at = open_page("data_roles", dataset="german_credit")
    at.session_state["upload"] = {
        "filename": "people.csv",
        "table": PEOPLE,
        "schema": (
            '[columns.contact]\nrole = "feature"\nkind = "text"\n[columns.town]\nrole = "quasi_identifier"\n'
            '[columns.age]\nrole = "quasi_identifier"\nkind = "numeric"\nbounds = [0, 99]\n'
            '[columns.ill]\nrole = "sensitive"\n'
        ),
        "reasons": {},
        "number": 1,
    }
    at.session_state["dataset"] = session.UPLOAD
    at.session_state["kept"]["dataset"] = session.UPLOAD
    at.run()
    assert not at.exception
    return at


def opened(at: AppTest, name: str) -> AppTest:
    at.session_state[f"part_{name}"] = True
    return at.run()


def test_columns_that_name_people_become_identifiers_by_one_click_and_back(uploaded: AppTest) -> None:
    assert "contact (e-mail address)" in said(uploaded)
    uploaded.button(key="confirm_identifiers").click().run()
    assert schema(uploaded)["contact"].role == "identifier"
    assert "contact (e-mail address)" not in said(uploaded)
    uploaded.button(key="undo").click().run()
    assert "contact (e-mail address)" in said(uploaded)


def test_values_are_shown_only_when_asked_for(uploaded: AppTest) -> None:
    assert "person1@example.org" not in said(uploaded)
    uploaded.toggle(key="show_samples").set_value(True).run()
    assert "person1@example.org" in said(uploaded)


def test_nothing_of_an_upload_goes_into_the_link(uploaded: AppTest) -> None:
    uploaded.button(key="confirm_identifiers").click().run()
    assert dict(uploaded.query_params) == {"dataset": ["upload"]} or uploaded.query_params["dataset"] in (
        "upload",
        ["upload"],
    )
    assert session.COLUMNS not in uploaded.query_params


def test_a_method_that_names_a_column_of_an_upload_stays_out_of_the_link(uploaded: AppTest) -> None:
    uploaded.session_state["perturb"] = "rounding(base=5.0, columns=['contact'])"
    uploaded.session_state["models"] = "distinct_l_diversity(l=3, sensitive=['contact'])"
    uploaded.session_state["epsilon"] = 0.5
    uploaded.session_state[session.DRAWN] = {"perturb", "models", "epsilon"}
    uploaded.run()
    assert uploaded.session_state[session.KEPT]["perturb"], "the session itself remembers it"
    assert "epsilon" in uploaded.query_params
    assert "contact" not in str(dict(uploaded.query_params))
    uploaded.session_state["perturb"] = "rounding(base=5.0, way='random')"
    uploaded.session_state[session.DRAWN] = {"perturb"}
    uploaded.run()
    assert "rounding" in str(dict(uploaded.query_params)), "what names no column goes along"


def test_the_column_that_tells_holders_apart_stays_out_of_an_uploads_link(uploaded: AppTest, open_page: Open) -> None:
    by = {"set.federated.partition": "column", "set.federated.by": "contact"}
    for key, value in by.items():
        uploaded.session_state[key] = value
    uploaded.run()
    assert "set.federated.partition" in uploaded.query_params
    assert "contact" not in str(dict(uploaded.query_params))
    assert "contact" in str(dict(open_page("data_roles", dataset="german_credit", **by).query_params))


@pytest.mark.parametrize("name", [name for name in names() if name != "census_kdd"])
def test_every_column_of_the_bundled_tables_can_be_reviewed(open_page: Open, name: str) -> None:
    at = opened(open_page("data_roles", dataset=name), "hierarchies")
    box = next(box for box in at.selectbox if box.label == "Column to generalize")
    for column in box.options:
        at.selectbox(key=box.key).select(column).run()
        assert not at.exception
        assert "went wrong" not in said(at)
        assert "Values left at each level" in said(at)


@pytest.mark.parametrize("way", ["Suggested", "Intervals", "By hand"])
def test_a_hierarchy_is_replaced_and_that_is_undone(uploaded: AppTest, way: str) -> None:
    at = opened(uploaded, "hierarchies")
    box = next(box for box in at.selectbox if box.label == "Column to generalize")
    at.selectbox(key=box.key).select("age").run()
    next(box for box in at.selectbox if box.label == "How").select(way).run()
    if way == "Intervals":
        next(text for text in at.text_input if text.label.startswith("Widths")).set_value("4, 8").run()
    use = next(button for button in at.button if str(button.key).startswith("use_"))
    use.click().run()
    column = schema(at)["age"]
    assert column.has_hierarchy
    if way == "Intervals":
        assert column.widths == (4, 8)
    at.button(key="undo").click().run()
    assert "schema" not in at.session_state or schema(at)["age"].widths != (4, 8)


def test_a_hierarchy_that_does_not_nest_is_one_sentence(uploaded: AppTest) -> None:
    at = opened(uploaded, "hierarchies")
    box = next(box for box in at.selectbox if box.label == "Column to generalize")
    at.selectbox(key=box.key).select("age").run()
    next(box for box in at.selectbox if box.label == "How").select("Intervals").run()
    for text, hint in (("5, 7", "multiple"), ("5, many", "numbers with commas"), ("", "either widths or cut points")):
        next(given for given in at.text_input if given.label.startswith("Widths")).set_value(text).run()
        assert not at.exception
        assert hint in said(at), text


def test_detection_is_done_once_per_table(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = []
    find = tables.detect
    monkeypatch.setattr(tables, "detect", lambda table: looked.append(1) or find(table))
    at = open_page("data_roles", dataset="actg175")
    at.run()
    at.run()
    assert len(looked) <= 1


def test_what_does_the_damage_is_told_and_all_features_can_be_taken_as_known(open_page: Open) -> None:
    at = opened(open_page("data_roles", dataset="german_credit"), "damage")
    assert "no longer unique without it" in said(at)
    assert "Kept columns count too" in said(at)
    at.button(key="all_known").click().run()
    assert not schema(at).with_role("feature")
    at.button(key="undo").click().run()
    assert "schema" not in at.session_state


def test_counts_say_that_they_are_internal_and_the_bar_says_which_delta(open_page: Open) -> None:
    shown = said(open_page("data_roles", dataset="german_credit"))
    assert shown.count("Internal:") == 2, "under the risk, and under the columns"
    assert "ε = 1, δ = 10⁻" in shown, "chosen for the table's size"
    assert "δ" not in said(open_page("data_roles", dataset="german_credit", learner="diffprivlib_naive_bayes"))
