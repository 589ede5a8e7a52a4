"""Each page starts cold with something real on it, and each control changes what is shown."""

from __future__ import annotations

import ast
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from patience import PATIENCE
from streamlit.testing.v1 import AppTest

from dashboard import jobs, mapping, session, sweeps, tables
from ppml_core.data.bundled import names

Open = Callable[..., AppTest]

TOGETHER = "together_apart"  # its tests train on a small table
EVERY_PAGE = (
    "start",
    "data_roles",
    "anonymize",
    "private_training",
    "query_desk",
    "trade_off",
    "compare_report",
    "runs",
)
CONTROLS = (
    "button_group", "checkbox", "toggle", "multiselect", "number_input", "radio", "select_slider", "selectbox",
    "slider", "text_area", "text_input", "file_uploader", "date_input",
)  # fmt: skip
SMALL = {"dataset": "german_credit"}


def texts(at: AppTest) -> str:
    """Everything in words on the page."""
    said = [element.proto.body for element in at.get("html")]
    return "\n".join([*said, *(element.value for element in at.markdown)])


def figure(at: AppTest, number: int = 0) -> dict[str, Any]:
    return dict(json.loads(at.get("plotly_chart")[number].proto.spec))


def specs(at: AppTest) -> str:
    """Everything that the page's figures draw."""
    return "\n".join(chart.proto.spec for chart in at.get("plotly_chart"))


def notes(at: AppTest, number: int = 0) -> list[str]:
    return [note["text"] for note in figure(at, number)["layout"].get("annotations", [])]


def without_glossary(at: AppTest) -> list[str]:
    """Labels of the controls whose help does not lead to the glossary."""
    return [
        f"{kind}: {control.proto.label}"
        for kind in CONTROLS
        for control in at.get(kind)
        if "](glossary" not in control.proto.help
    ]


def settled(at: AppTest, seconds: float = PATIENCE) -> AppTest:
    """The page once nothing runs beside it any more."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        at.run()
        assert not at.exception
        if not jobs.shared_desk().at_hand():
            return at.run()
        time.sleep(0.2)
    raise AssertionError("a job is still running")


@pytest.mark.parametrize("page", [*EVERY_PAGE, TOGETHER])
def test_a_cold_page_shows_the_scenario_and_a_question(open_page: Open, page: str) -> None:
    at = open_page(page)
    said = texts(at)
    assert "48,842 people" in said
    assert "?" in said
    assert "went wrong" not in said
    assert not without_glossary(at)


def test_every_control_that_any_page_makes_has_a_help() -> None:
    """Also those that stand in a part which is still closed; `controls` and `widgets` add the link to the glossary."""
    made = {"segmented_control", "pills", *CONTROLS} - {"button_group"}
    bare = [
        f"{file.name}:{call.lineno}"
        for file in Path(session.__file__).parent.rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text()))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in made
        and not any(keyword.arg in ("help", None) for keyword in call.keywords)
    ]  # fmt: skip
    assert bare == ["glossary.py:16"], "only the glossary does not lead to itself"


@pytest.mark.parametrize("page", EVERY_PAGE[1:-1])
@pytest.mark.parametrize("name", [name for name in names() if name not in ("adult", "census_kdd")])
def test_every_bundled_table_can_be_looked_at_from_every_page(open_page: Open, page: str, name: str) -> None:
    said = texts(settled(open_page(page, dataset=name)))
    assert "went wrong" not in said


@pytest.mark.parametrize("page", [*EVERY_PAGE, TOGETHER])
def test_a_link_that_makes_no_sense_falls_back_and_says_so(open_page: Open, page: str) -> None:
    at = open_page(page, dataset="../../etc/passwd", k="-3", epsilon="nan", learner="<script>", repeats="1e9")
    assert at.session_state["k"] == session.fields()["k"].default
    assert at.session_state["dataset"] == "adult"
    assert "cannot be used here" in "".join(caption.value for caption in at.caption)
    assert "<script>" not in texts(at)


def test_a_sentence_about_a_link_outlives_a_page_that_draws_itself_twice(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = iter([True])
    monkeypatch.setattr(mapping, "begin", lambda: next(begun, False))
    at = open_page("trade_off", k="-3")
    assert "cannot be used here" in "".join(caption.value for caption in at.caption)
    at.run()
    assert "cannot be used here" not in "".join(caption.value for caption in at.caption)


def test_a_link_carries_the_whole_scenario_from_any_page(open_page: Open) -> None:
    link = {"dataset": "german_credit", "k": "7", "epsilon": "0.1", "repeats": "3", "delta": "1e-05"}
    at = open_page("data_roles", **link)
    assert {name: at.session_state[name] for name in ("k", "epsilon", "repeats")} == {
        "k": 7,
        "epsilon": 0.1,
        "repeats": 3,
    }
    assert {name: str(value) for name, value in at.query_params.items()} == link


def test_reset_gives_the_defaults(open_page: Open) -> None:
    at = open_page("anonymize", k=7, **SMALL)
    at.button(key="reset").click().run()
    assert at.session_state["k"] == session.fields()["k"].default
    assert "48,842 people" in texts(at)


def test_k_and_the_limit_move_the_histogram(open_page: Open) -> None:
    at = settled(open_page("anonymize", **SMALL))
    assert any("k = 5" in note for note in notes(at))
    before = texts(at)
    at.slider(key="k").set_value(20).run()
    assert any("k = 20" in note for note in notes(at))
    assert texts(at) != before
    moved = {texts(at)} | {texts(at.slider(key="suppression").set_value(limit).run()) for limit in (0.0, 0.2)}
    assert len(moved) > 1


def test_the_column_shown_can_be_chosen(open_page: Open) -> None:
    at = settled(open_page("anonymize", **SMALL))
    columns = at.selectbox(key="column").options
    at.selectbox(key="column").select(at.session_state["column"]).run()
    before = at.get("plotly_chart")[1].proto.spec
    other = next(name for name in tables_columns() if name != at.session_state["column"])
    at.selectbox(key="column").select(other).run()
    assert len(columns) > 1
    assert at.get("plotly_chart")[1].proto.spec != before


def tables_columns() -> list[str]:
    return list(jobs.shared_desk().once(("dataset", ("german_credit", 0, "")), dict).quasi_identifiers)


def test_what_cannot_be_reached_is_one_sentence(open_page: Open) -> None:
    at = settled(open_page("anonymize", dataset="german_credit", k=100, suppression=0))
    assert "went wrong" not in texts(at)
    assert at.get("plotly_chart") or "no generalization reaches" in texts(at).lower()


def test_a_sweep_runs_beside_the_page_and_its_curve_appears(open_page: Open) -> None:
    at = open_page("private_training", repeats=2, **SMALL)
    assert "No point has been computed yet" in texts(at)
    at.button(key="run").click().run()
    at = settled(at)
    assert "No point has been computed yet" not in texts(at)
    assert any(trace.get("name", "").startswith("interval of") for trace in figure(at)["data"])
    assert at.button(key="run").disabled
    accuracy = at.get("plotly_chart")[0].proto.spec
    assert "this session asked for" not in texts(at), "the curve is all there is"
    at.button(key="look_closer").click().run()
    at = settled(at)
    more = len(session.EPSILONS) * 2 - 2 + 10
    assert f"together: {more} at ε = " in texts(at), "a closer look trains ten, two of which the curve has"
    assert "per person with up to" not in texts(at)
    at.number_input(key="rows_per_person").set_value(3).run()
    assert "per person with up to 3 records" in texts(at)
    at.session_state["measure"] = "log_loss"
    at.run()
    assert at.get("plotly_chart")[0].proto.spec != accuracy


def test_epsilon_moves_the_story_without_training(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    at = open_page("private_training", repeats=2, **SMALL)
    if not at.button(key="run").disabled:
        at.button(key="run").click().run()
        at = settled(at)
    monkeypatch.setattr(sweeps, "start", lambda *_: pytest.fail("a slider must not train"))
    at = open_page("trade_off", repeats=2, **SMALL)
    story = texts(at)
    at.select_slider(key="epsilon").set_value(0.01).run()
    assert "At ε = 0.01" in texts(at)
    assert texts(at) != story


@pytest.mark.parametrize("learner", sorted(session.methods(session.Learner)))
def test_every_learner_of_the_catalog_can_be_chosen(open_page: Open, learner: str) -> None:
    at = open_page("private_training", dataset="clinic", learner=learner)
    said = texts(at)
    assert "went wrong" not in said
    offered = [str(option) for option in at.selectbox(key="learner").options]
    assert len(offered) >= 3
    assert at.session_state["learner"] in session.methods(session.Learner)


def test_delta_repeats_and_settings_change_the_question(open_page: Open) -> None:
    at = open_page("private_training", **SMALL)
    keys = set()
    for move in (
        lambda: at.selectbox(key="delta").select(1e-5).run(),
        lambda: at.select_slider(key="repeats").set_value(3).run(),
        lambda: at.slider(key="set.dp_gd.knots").set_value(4).run(),
    ):
        move()
        assert not at.exception
        keys.add(str(dict(at.query_params)))
    assert len(keys) == 3


def test_delta_is_offered_within_the_limit_of_the_table(open_page: Open) -> None:
    """At most 1/(10 x 48,842) on Adult; a link that asks for more gets the delta of the table's size."""
    at = open_page("private_training", dataset="adult", delta="1e-05")
    assert at.session_state["delta"] == session.AUTO
    assert at.selectbox(key="delta").options[1:] == ["10⁻⁶", "10⁻⁷", "10⁻⁸"]


def test_the_cost_of_look_alikes_is_computed_on_request(open_page: Open) -> None:
    at = open_page("trade_off", **SMALL)
    at.session_state["view"] = "Look-alikes (k)"
    at.run()
    at.button(key="run_look-alikes").click().run()
    at = settled(at)
    said = texts(at)
    assert "What do look-alikes cost" in said
    assert "What risk is left in the release?" in said
    assert "carries no ε" in said
    at.session_state["view"] = "A guarantee (ε)"
    named = "look-alikes of k = 5"
    assert named in specs(at.run()), "the release stands beside the guarantee, by its name"
    at.session_state["kept"] = at.session_state["kept"] | {"models": "distinct_l_diversity(l=2)"}
    assert named not in specs(at.run()), "another release than was computed"


def test_a_role_can_be_changed_and_taken_back(open_page: Open) -> None:
    at = open_page("data_roles", **SMALL)
    before = texts(at)
    at.selectbox(key="role_column").select(tables_columns()[0]).run()
    role = next(box for box in at.selectbox if box.key and box.key.startswith("role_") and box.key != "role_column")
    role.select("feature").run()
    at.button(key="apply_role").click().run()
    assert texts(at) != before
    at.button(key="undo_roles").click().run()
    assert texts(at) == before


def test_a_setting_that_may_be_left_open_starts_open(open_page: Open) -> None:
    at = open_page("private_training", dataset="clinic", learner="random_forest")
    assert at.number_input(key="set.random_forest.max_depth").value is None
    at.number_input(key="set.random_forest.max_depth").set_value(7).run()
    assert dict(at.query_params)["set.random_forest.max_depth"] == "7"


def test_another_table_can_be_chosen(open_page: Open) -> None:
    at = open_page("data_roles")
    at.button(key="dataset_wage").click().run()
    assert "3,000 people" in texts(at)


def invented(rows: int = 120) -> bytes:
    rng = np.random.default_rng(5)
    table = pd.DataFrame(
        {
            "name": [f"Person {n} Secretname" for n in range(rows)],
            "age": rng.integers(20, 70, rows),
            "town": rng.choice(["North", "South", "East"], rows),
            "ill": rng.choice(["yes", "no"], rows),
        }
    )
    return table.to_csv(index=False).encode()


def test_an_upload_is_used_and_stays_in_its_session(open_page: Open) -> None:
    known = set(jobs.shared_desk()._values)
    at = open_page("data_roles")
    at.file_uploader(key="file").upload("mine.csv", invented(), "text/csv").run()
    assert not at.exception
    said = texts(at)
    assert "120 people" in said
    assert "Secretname" not in said
    assert dict(at.query_params)["dataset"] == session.UPLOAD
    assert "mine" not in str(dict(at.query_params))
    assert all(key == "cards" or key[1] == ("adult", 0, "") for key in set(jobs.shared_desk()._values) - known)
    other = open_page("data_roles", dataset=session.UPLOAD)
    assert "120 people" not in texts(other)
    assert "Load that file here" in texts(other)


@pytest.mark.parametrize(
    ("filename", "content"),
    [("empty.csv", b""), ("ragged.csv", b"a,b\n1,2,3\n4\n"), ("not.parquet", b"PAR1 no"), ("x.xlsx", b"PK")],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_sentence(open_page: Open, filename: str, content: bytes) -> None:
    at = open_page("data_roles")
    at.file_uploader(key="file").upload(filename, content, "application/octet-stream").run()
    assert not at.exception
    said = texts(at)
    assert 'class="refusal"' in said
    assert "48,842 people" in said
    assert "Traceback" not in said


def test_a_fault_is_one_sentence_and_its_values_are_not_logged(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    value = " ".join(("Person", "7", "Secretname"))

    def broken() -> None:
        raise RuntimeError(value)

    monkeypatch.setattr(tables, "risk", broken)
    said = texts(open_page("data_roles"))
    assert jobs.GENERIC in said
    assert value not in said + caplog.text


def test_cancelling_keeps_what_is_finished(open_page: Open) -> None:
    job = jobs.Job("x", "a sweep")
    assert job.begin()
    job.report(0, 10)
    job.report(4, 10)
    assert job.seconds_left is not None
    job.cancel()
    assert job.is_cancelled()
    assert job.done == 4


@pytest.mark.parametrize(
    ("door", "page", "k"), [("Explore", "data_roles", 10), ("Demonstrate", "present", 10), ("Teach", "lessons", 5)]
)
def test_doors_open_prepared_scenarios_and_what_was_set_before_is_an_undo_away(door: str, page: str, k: int) -> None:
    at = AppTest.from_file(str(session.__file__).replace("session.py", "app.py"), default_timeout=PATIENCE)
    at.query_params["epsilon"] = "0.1"
    at.query_params["k"] = "7"
    at.run()
    assert not at.exception
    at.button(key=f"door_{door}").click().run()
    assert not at.exception
    assert at.session_state["page"] == page
    kept = at.session_state["kept"]
    assert (kept["epsilon"], kept["k"]) == (1.0, k), "what was set before does not stay behind a door"
    assert "one Undo away" in "".join(caption.value for caption in at.caption)
    if door == "Teach":
        assert at.query_params["class"] == "1", "the address is the class's link"
    if door == "Demonstrate":
        at.button(key="slide_leave").click().run()
    at.button(key="undo").click().run()
    kept = at.session_state["kept"]
    assert (kept["epsilon"], kept["k"]) == (0.1, 7)


def test_a_door_that_changes_nothing_says_nothing_of_undo() -> None:
    at = AppTest.from_file(str(session.__file__).replace("session.py", "app.py"), default_timeout=PATIENCE).run()
    at.button(key="door_Teach").click().run()
    assert "Undo" not in "".join(caption.value for caption in at.caption)
