"""Undo and redo over everything that is decided; links that carry roles; nothing of this machine opened by name."""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from dashboard import links, session
from dashboard.history import History, State
from ppml_core.data.bundled import load, schema_of
from ppml_core.data.schema import Schema
from ppml_core.errors import BadInput

Open = Callable[..., AppTest]
SMALL = {"dataset": "german_credit"}


def state(k: int, upload: int = 0) -> State:
    return State({"k": k}, {}, None, upload)


def test_what_is_undone_can_be_redone_until_something_new_is_decided() -> None:
    history = History()
    for k in (5, 6, 7):
        history.record(state(k))
        history.record(state(k))
    assert history.undo() == state(6)
    assert history.undo() == state(5)
    assert history.undo() is None
    assert history.redo() == state(6)
    history.record(state(9))
    assert history.redo() is None
    assert history.undo() == state(6)


def test_states_of_an_upload_that_was_replaced_are_left_out() -> None:
    history = History()
    for now in (state(5), state(5, upload=1), state(6, upload=1), state(6, upload=2)):
        history.record(now)
    assert history.undo() == state(5)


@given(st.dictionaries(st.text(max_size=9), st.dictionaries(st.text(max_size=5), st.text(max_size=9), max_size=3)))
def test_a_link_gives_back_what_it_was_given(changes: dict[str, dict[str, str]]) -> None:
    packed = links.pack(changes)
    assert (links.unpack(packed) if packed else {}) == changes


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(BadInput):
        assert isinstance(links.unpack(text), dict)


def test_what_would_not_fit_a_link_is_left_out() -> None:
    many = {"place": {"levels": [{f"town {number * 7919 % 100_003}": f"{number}" for number in range(20_000)}]}}
    assert links.pack(many) == ""


def test_moves_are_undone_and_redone(open_page: Open) -> None:
    at = open_page("private_training", **SMALL)
    for epsilon in (0.5, 2.0):
        at.select_slider(key="epsilon").set_value(epsilon).run()
    at.select_slider(key="repeats").set_value(3).run()
    assert not at.button(key="undo").disabled
    at.button(key="undo").click().run()
    assert (at.session_state["repeats"], at.session_state["epsilon"]) == (10, 2.0)
    at.button(key="undo").click().run()
    assert at.select_slider(key="epsilon").value == 0.5
    at.button(key="redo").click().run()
    at.button(key="redo").click().run()
    assert (at.session_state["repeats"], at.session_state["epsilon"]) == (3, 2.0)
    assert at.button(key="redo").disabled


def test_a_setting_of_the_learner_is_undone(open_page: Open) -> None:
    at = open_page("private_training", **SMALL)
    boxes = [box for box in (*at.number_input, *at.slider, *at.toggle) if str(box.key).startswith(session.SETTING)]
    slider = next(box for box in boxes if box.value is not None)
    key, before = str(slider.key), slider.value
    slider.set_value(not before if isinstance(before, bool) else type(before)(before / 2)).run()
    assert at.session_state[key] != before
    at.button(key="undo").click().run()
    assert at.session_state[key] == before


def test_a_role_is_undone_and_stands_in_the_link(open_page: Open) -> None:
    at = open_page("data_roles", **SMALL)
    name = next(iter(schema_of("german_credit").quasi_identifiers))
    at.selectbox(key="role_column").select(name).run()
    role = next(box for box in at.selectbox if str(box.key).startswith("role_") and box.label == "Role")
    role.select("ignore").run()
    at.button(key="apply_role").click().run()
    link = at.query_params["columns"]
    link = link[0] if isinstance(link, list) else link
    assert links.unpack(link)[name]["role"] == "ignore"
    again = open_page("data_roles", columns=link, **SMALL)
    edited = Schema.from_values(tomllib.loads(again.session_state["schema"]))
    assert edited[name].role == "ignore"
    at.button(key="undo").click().run()
    assert session.COLUMNS not in at.query_params
    at.button(key="redo").click().run()
    assert at.query_params[session.COLUMNS] in (link, [link])


@pytest.mark.parametrize(
    "changes",
    [{"no such column": {"role": "ignore"}}, {"age": {"role": "king"}}, {"age": {"hierarchy_file": "/etc/passwd"}}],
)
def test_a_link_with_columns_that_make_no_sense_changes_nothing(
    open_page: Open, changes: dict[str, dict[str, str]]
) -> None:
    at = open_page("data_roles", columns=links.pack(changes), **SMALL)
    assert "schema" not in at.session_state
    assert "cannot be used here" in "".join(caption.value for caption in at.caption)


def test_a_schema_may_not_open_files_of_this_machine() -> None:
    data = load("german_credit")
    values = data.schema.values()
    values["columns"]["age"] = {"role": "quasi_identifier", "hierarchy_file": "/etc/passwd"}
    with pytest.raises(BadInput, match=r"'age'.*not here"):
        links.check_files(Schema.from_values(values), data.schema)
    links.check_files(load("adult").schema, load("adult").schema)
