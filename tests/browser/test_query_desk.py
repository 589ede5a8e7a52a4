"""Somebody asks the query desk in a real browser, spends a budget, and sees the tracker walk around a minimum size."""

from __future__ import annotations

import re

import pytest
from pages import press
from playwright.sync_api import Browser, Page, expect
from served import Watch

LONG = 120_000


def ask(page: Page) -> None:
    press(page.get_by_role("button", name="Ask", exact=True))


@pytest.mark.slow
def test_a_budget_is_spent_and_a_restriction_is_broken(address: str, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    watch = Watch(page)
    page.goto(f"{address}/query_desk?dataset=clinic")
    expect(page.get_by_text("this question would cost")).to_be_visible(timeout=LONG)
    expect(page.get_by_text("± 30", exact=True)).to_be_visible()
    expect(page.get_by_text("Nothing has been spent on this table yet", exact=False)).to_be_visible()
    ask(page)
    expect(page.get_by_text(re.compile("charged ε = 0.1; ε = 0.9 is left")).first).to_be_visible(timeout=LONG)
    page.reload()
    expect(page.get_by_text(re.compile("Ada's budget on this table is ε = 1"))).to_be_visible(timeout=LONG)

    press(page.get_by_text("Restriction", exact=True))
    expect(page.get_by_text(re.compile("a tracker answers about one person"))).to_be_visible(timeout=LONG)
    press(page.get_by_text("SQL", exact=True))
    box = page.get_by_role("textbox", name="A question in SQL")
    expect(box).to_be_visible(timeout=LONG)
    box.fill("select count(*) where zip = '00201' and sex = 'other'")
    box.press("Control+Enter")
    expect(page.get_by_text(re.compile("^SELECT count.*sex = 'other'"))).to_be_visible(timeout=LONG)
    ask(page)
    expect(page.get_by_text(re.compile("Denied by Minimum size")).first).to_be_visible(timeout=LONG)

    broken = page.get_by_text(re.compile(r"the desk as it runs lets 100\s% through in 3 answered"))
    expect(broken.first).to_be_visible(timeout=LONG)
    expect(page.get_by_text(re.compile("a budget of ε = 1 leaves")).first).to_be_visible(timeout=LONG)
    chart = page.locator(".js-plotly-plot").last
    for label in ("Minimum size (size 10)", "Exact sum auditing", "Budget ε = 1", "exact prediction"):
        expect(chart.locator(".annotation-text", has_text=label).first).to_be_visible()
    page.close()
    assert watch.errors == []
    assert watch.outside == []
