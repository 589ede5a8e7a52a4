"""What every lesson owes: the same seed the same numbers, two questions with one right answer, sources, known words."""

from __future__ import annotations

import html
import importlib.util
import re
from pathlib import Path

import pytest

import dashboard
import ppml_core
from ppml_core.anonymize.base import Anonymizer
from ppml_core.anonymize.models.base import PrivacyModel
from ppml_core.attacks.membership.base import MembershipAttack
from ppml_core.catalog import methods
from ppml_core.charts.template import PALETTES
from ppml_core.data.bundled import load, names
from ppml_core.learn.base import Learner
from ppml_core.lessons.base import Lesson, lessons
from ppml_core.lessons.glossary import slug, term_of, terms
from ppml_core.lessons.handout import handout_of
from ppml_core.lessons.learning_apart import LearningApart
from ppml_core.queries.attacks.base import QueryAttack
from ppml_core.queries.policies.base import Policy
from ppml_core.queries.restrictions.base import Restriction
from ppml_core.settings import settings_of
from ppml_core.venues.base import Venue

PAGES = Path(dashboard.__file__).parent / "app_pages"
QUICK = ("names_removed", "coin_flips", "noise", "learning_apart")
every_lesson = pytest.mark.parametrize("cls", lessons().values(), ids=list(lessons()))


@every_lesson
def test_it_has_two_questions_sources_and_words_that_the_glossary_knows(cls: type[Lesson]) -> None:
    assert len(cls.questions) == 2
    for question in cls.questions:
        assert 0 <= question.right < len(question.answers)
        assert len(question.why) > len(question.answers[question.right])
    assert len(cls.sources) >= 2
    assert {slug(term) for term in cls.terms} <= {slug(term.name) for term in terms()}
    assert settings_of(cls), "there is something to move"
    assert cls.dataset in names()


@every_lesson
def test_it_opens_a_page_that_exists_with_values_that_a_scenario_has(cls: type[Lesson]) -> None:
    from dashboard.session import fields

    door = cls().door()
    assert (PAGES / f"{door.page}.py").exists()
    for name, value in door.values.items():
        assert fields()[name].read(str(value)) == value


def test_learning_apart_opens_the_technique_that_it_showed() -> None:
    for way, title in (("masks", "federated"), ("shares", "secret_shares"), ("encryption", "federated_encrypted")):
        door = LearningApart(way=way).door()
        assert door.page == "together_apart"
        assert door.values["venue"] == title
        for name, value in door.settings.items():
            settings_of(methods(Venue)[title])[name.removeprefix(f"{title}.")].check(value)


@pytest.mark.parametrize("name", QUICK)
def test_the_same_seed_gives_the_same_numbers_and_another_one_others(name: str) -> None:
    cls = lessons()[name]
    data = load(cls.dataset)
    first, again, other = (cls().run(data, seed).numbers for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize("name", QUICK)
def test_its_chart_says_everything_in_words_in_both_modes(name: str) -> None:
    lesson = lessons()[name]()
    found = lesson.run(load(lesson.dataset), 1)
    for mode in PALETTES:
        chart = lesson.chart(found, mode)
        assert chart.question.endswith("?")
        assert chart.answer in chart.alt
        assert chart.how_to_read
        assert chart.standing
        assert len(chart.table)
        chart.figure.to_json()
        type(chart.figure)(chart.figure.to_dict())  # plotly checks every property here


def test_a_handout_has_its_chart_needs_nothing_from_elsewhere_and_keeps_its_answers_for_another_sheet() -> None:
    lesson = lessons()["names_removed"]()
    found = lesson.run(load("clinic"), 1)
    page, scripts = re.subn(r"<script>.*?</script>", "", handout_of(lesson, found, 1), flags=re.DOTALL)
    assert scripts == 2, "what draws, and what is drawn"
    assert page.count("'sha256-") == 2, "nothing else runs"
    assert "default-src 'none'" in page
    assert lesson.chart(found).alt.split(".")[0] in html.unescape(page)
    assert "src=" not in page
    assert "seed 1" in page
    before, _, after = page.partition("class='apart'")
    for question in lesson.questions:
        assert question.text in before
        assert question.why.split(",")[0] not in before
        assert question.why.split(",")[0] in after


def test_every_word_has_a_source_that_can_be_followed_and_explains_a_setting_once() -> None:
    for term in terms():
        assert term.meaning.endswith(".")
        assert term.source
        assert term.address.startswith("https://")
        assert 0 <= term.lesson <= len(lessons())
    for explained in (
        [name for term in terms() for name in term.settings],
        [name for term in terms() for name in term.methods],
    ):
        assert len(explained) == len(set(explained))
    known = term_of("epsilon")
    assert known is not None
    assert known.name == "epsilon"


def test_settings_lead_to_words_of_the_field() -> None:
    """Every setting of a restriction, and nearly all others; a method that was just added may not have a word yet."""
    kinds = (Learner, Anonymizer, PrivacyModel, Policy, Restriction, QueryAttack, MembershipAttack, Venue, Lesson)
    known = [setting for kind in kinds for cls in methods(kind).values() for setting in settings_of(cls).values()]
    wordless = [setting for setting in known if term_of(setting.name, setting.method) is None]
    assert len(known) > 250
    assert len(wordless) <= 0.05 * len(known), [f"{setting.method}.{setting.name}" for setting in wordless]
    assert not [
        setting for cls in methods(Policy).values() for setting in settings_of(cls).values() if setting in wordless
    ]


def test_words_lead_to_methods_and_settings_that_exist() -> None:
    package = Path(ppml_core.__file__).parent
    known = {file.stem for file in package.rglob("*.py")}
    named = [
        name for term in terms() for name in (*term.methods, *(s.partition(".")[0] for s in term.settings if "." in s))
    ]
    assert not set(named) - known


def test_the_glossary_is_part_of_the_package() -> None:
    spec = importlib.util.find_spec("ppml_core.lessons")
    assert spec is not None
    assert spec.submodule_search_locations
    assert (Path(spec.submodule_search_locations[0]) / "glossary.toml").exists()
