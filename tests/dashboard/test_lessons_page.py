"""Lessons: the page shows what a lesson worked out, answers stand in the link, and a class sees what was fixed."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable

import pytest
from patience import PATIENCE
from streamlit.testing.v1 import AppTest
from test_pages import without_glossary

from dashboard import controls, session
from ppml_core.data.dataset import Dataset
from ppml_core.lessons.base import Found, Lesson, lessons
from ppml_core.settings import settings_of

Open = Callable[..., AppTest]


def worked_out(at: AppTest) -> AppTest:
    deadline = time.monotonic() + PATIENCE
    while not at.get("plotly_chart"):
        assert time.monotonic() < deadline
        time.sleep(0.1)
        at.run()
        assert not at.exception
    return at


def written(at: AppTest) -> str:
    return "\n".join(str(element.proto) for element in at.get("html")) + "\n".join(one.value for one in at.markdown)


def test_a_link_opens_a_lesson_with_its_settings_and_seed(open_page: Open) -> None:
    link = {"lesson": "names_removed", "seed": "7", "class": "1", "set.names_removed.birth_date": "year"}
    at = worked_out(open_page("lessons", **link))
    expected = lessons()["names_removed"].from_values({"birth_date": "year"})
    from ppml_core.data.bundled import load

    share = expected.run(load("clinic"), 7).numbers["right"]
    assert f"{100 * share:.1f}" in written(at)
    assert at.query_params["seed"] == "7"
    assert not without_glossary(at)
    assert at.query_params["set.names_removed.birth_date"] == "year"
    assert not any(button.key == "draw" for button in at.button), "a class does not draw afresh"


def test_an_answer_is_explained_and_kept_in_the_link(open_page: Open) -> None:
    at = worked_out(open_page("lessons", lesson="coin_flips"))
    question = lessons()["coin_flips"].questions[0]
    wrong = (question.right + 1) % len(question.answers)
    at.radio(key="answer_coin_flips_0").set_value(wrong).run()
    assert "Not so." in written(at)
    assert question.why[:40] in written(at)
    assert at.query_params["answers"] == f"----{wrong}"
    again = worked_out(open_page("lessons", lesson="coin_flips", answers=f"----{wrong}"))
    assert again.radio(key="answer_coin_flips_0").value == wrong


def test_an_answer_given_while_the_lesson_is_worked_out_is_kept(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    cls, go = lessons()["coin_flips"], threading.Event()
    run, right = cls.run, cls.questions[0].right

    def held_up(lesson: Lesson, data: Dataset, seed: int) -> Found:
        assert go.wait(PATIENCE)
        return run(lesson, data, seed)

    monkeypatch.setattr(cls, "run", held_up)
    at = open_page("lessons", lesson="coin_flips", seed="4711")
    try:
        assert not at.get("plotly_chart")
        at.radio(key="answer_coin_flips_0").set_value(right).run()
        assert "Right." in written(at)
    finally:
        go.set()
    worked_out(at)
    assert at.radio(key="answer_coin_flips_0").value == right
    assert "Right." in written(at)


def test_what_is_moved_changes_what_is_shown(open_page: Open) -> None:
    at = worked_out(open_page("lessons", lesson="noise"))
    before = written(at)
    at.select_slider(key="set.noise.draws").set_value(5).run()
    worked_out(at)
    at.run()
    assert written(at) != before


def test_a_lesson_leads_to_the_technique_that_it_showed() -> None:
    at = AppTest.from_file(str(session.__file__).replace("session.py", "app.py"), default_timeout=PATIENCE)
    at.run().button(key="door_Teach").click().run()
    at.selectbox(key="lesson_chosen").select("learning_apart").run()
    at.selectbox(key="set.learning_apart.way").select("shares").run()
    worked_out(at).button(key="lesson_door").click().run()
    assert not at.exception
    assert at.session_state["page"] == "together_apart"
    assert at.selectbox(key="venue").value == "secret_shares"
    assert at.session_state["dataset"] == "clinic"


def test_a_way_that_needs_an_extra_is_refused_in_a_sentence(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tenseal.sealapi", None)
    at = open_page("lessons", **{"lesson": "learning_apart", "seed": "5", "set.learning_apart.way": "encryption"})
    deadline = time.monotonic() + PATIENCE
    while "pip install" not in written(at):
        assert time.monotonic() < deadline
        time.sleep(0.1)
        at.run()
    at.selectbox(key="set.learning_apart.way").select("masks").run()
    assert "pip install" not in written(worked_out(at))


@pytest.mark.parametrize(
    "link",
    [
        {"lesson": "nonsense"}, {"seed": "-1"}, {"seed": "²"}, {"answers": "9" * 40}, {"answers": "²"},
        {"set.noise.epsilon": "many"},
    ],
)  # fmt: skip
def test_links_that_cannot_be_used_open_the_page_all_the_same(open_page: Open, link: dict[str, str]) -> None:
    at = worked_out(open_page("lessons", **({"lesson": "noise"} | link)))
    assert not at.exception


def test_the_glossary_opens_at_a_word(open_page: Open) -> None:
    at = open_page("glossary", term="t-closeness")
    assert "Li, Li, Venkatasubramanian" in written(at)
    assert "Warner" not in written(at)
    at.text_input(key="glossary_search").set_value("xyzzy").run()
    assert "No word here" in written(at)


def test_help_of_a_setting_leads_to_its_word() -> None:
    from ppml_core.lessons.noise import Noise
    from ppml_core.queries.policies.min_size import MinSize

    assert "(glossary?term=epsilon)" in controls._help(settings_of(Noise)["epsilon"])
    assert controls._help(settings_of(MinSize)["size"]).endswith("(glossary?term=query-restriction)")
    assert controls.told("Whose table it is.").endswith("[Glossary](glossary)"), "where no word says more"
    with pytest.raises(KeyError):
        controls.told("Whose table it is.", "table")
