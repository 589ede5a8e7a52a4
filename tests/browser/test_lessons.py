"""Every lesson in a browser, wide, in dark, and on a phone: a control moved, both questions, what axe refuses."""

from __future__ import annotations

import re
from typing import Literal

import pytest
from accessible import refused
from pages import nudge, press, taken
from playwright.sync_api import Browser, Locator, Page, expect
from served import Watch

from ppml_core.lessons.base import Lesson, lessons
from ppml_core.settings import settings_of

LONG = 180_000

LOOKS: tuple[tuple[Literal["light", "dark"], int], ...] = (("light", 1280), ("dark", 1280), ("light", 390))


TOLD = "() => [...document.querySelectorAll('p.answer, dl.facts')].map(one => one.innerText).join()"


def told(page: Page) -> str:
    """What a lesson says in numbers: the answer over its chart, and the facts beside it."""
    return str(page.evaluate(TOLD))


def move(page: Page, cls: type[Lesson]) -> str:
    """Moves the first slider of the lesson by a step; the setting's name as it stands in the link."""
    for name, setting in settings_of(cls).items():
        slider = page.locator(f".st-key-set-{cls.name()}-{name}").get_by_role("slider")
        if slider.count():
            nudge(slider, "ArrowLeft" if slider.get_attribute("aria-valuenow") == _top(slider) else "ArrowRight")
            return f"{cls.name()}.{setting.name}="
    raise AssertionError(f"{cls.name()} has no slider")


def _top(slider: Locator) -> str | None:
    return slider.get_attribute("aria-valuemax")


def drawn(page: Page) -> Locator:
    """The lesson's chart as it is seen: while a new one is put up, the old one is still there, or both are hidden."""
    return page.locator(".js-plotly-plot").filter(visible=True)


@pytest.mark.slow
def test_every_lesson_is_driven_wide_in_dark_and_on_a_phone(address: str, browser: Browser) -> None:
    for scheme, width in LOOKS:
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        watch = Watch(page)
        for name, cls in lessons().items():
            page.goto(f"{address}/lessons?lesson={name}&seed=1&class=1")
            expect(drawn(page)).to_have_count(1, timeout=LONG)
            expect(page.get_by_text("For a class: everybody with this link sees the same")).to_be_visible()
            before = told(page)
            moved = move(page, cls)
            expect(page).to_have_url(re.compile(re.escape(moved)), timeout=LONG)
            page.wait_for_function("([was, told]) => (0, eval)(told)() !== was", arg=[before, TOLD], timeout=LONG)
            for place, question in enumerate(cls.questions):
                asked = page.get_by_role("radiogroup", name=re.compile(f"Question {place + 1}"))
                press(asked.get_by_text(question.answers[question.right], exact=True))
                expect(page.get_by_text(re.compile("^Right\\."))).to_have_count(place + 1, timeout=LONG)
            expect(page).to_have_url(re.compile("answers="))
            expect(page.get_by_text("Working it out")).to_have_count(0, timeout=LONG)
            expect(drawn(page)).to_have_count(1, timeout=LONG)
            assert refused(page) == {}, (name, scheme, width)
            assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth"), (name, width)
        page.close()
        assert watch.errors == []
        assert watch.outside == []


@pytest.mark.slow
def test_a_link_fixes_what_a_class_sees_and_a_handout_can_be_taken(address: str, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(f"{address}/lessons?lesson=coin_flips&seed=5&class=1&set.coin_flips.people=1000")
    expect(page.get_by_text(re.compile("From 1,000 people the coins say"))).to_be_visible(timeout=LONG)
    first = page.get_by_text(re.compile("From 1,000 people the coins say")).inner_text()
    other = browser.new_page()
    other.goto(page.url)
    expect(other.get_by_text(first)).to_be_visible(timeout=LONG)
    assert "Randomized response" in taken(page, "Handout to print").path().read_text(encoding="utf-8")
    other.close()
    page.close()


@pytest.mark.slow
def test_the_three_doors_open_and_the_presentation_turns(address: str, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    for door, sign in (
        ("Open the data", "How exposed are the people"),
        ("Open the presentation", "How many look-alikes"),
        ("Open the lessons", "Names removed"),
    ):
        page.goto(address)
        expect(page.get_by_role("button", name=door)).to_be_visible(timeout=LONG)
        press(page.get_by_role("button", name=door))
        expect(page.get_by_text(sign).first).to_be_visible(timeout=LONG)
    page.goto(f"{address}/present")
    expect(page.get_by_test_id("stSidebar")).to_be_hidden(timeout=LONG)
    press(page.get_by_role("button", name="Next", exact=True))
    expect(page.get_by_text(re.compile("^2 of"))).to_be_visible(timeout=LONG)
    page.close()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("slug", ["", "present"])
def test_axe_refuses_nothing_of_start_and_of_the_presentation(
    address: str, browser: Browser, slug: str, scheme: Literal["light", "dark"]
) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    page.goto(f"{address}/{slug}")
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible(timeout=LONG)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=LONG)
    assert refused(page) == {}
    page.close()
