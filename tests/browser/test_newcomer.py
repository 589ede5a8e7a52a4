"""From the Start page to a choice in use and a downloaded report, by the road, in under twelve clicks."""

from __future__ import annotations

import re

import pytest
from pages import at_rest, press, taken
from playwright.sync_api import Browser, Locator, expect
from served import Watch

MOST_CLICKS = 11
LONG = 600_000


@pytest.mark.slow
def test_a_newcomer_takes_a_report_home_in_under_twelve_clicks(address: str, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 960})
    watch = Watch(page)
    clicks = 0

    def click(wanted: Locator) -> None:
        nonlocal clicks
        expect(wanted).to_be_enabled(timeout=LONG)
        press(wanted)
        clicks += 1

    page.goto(address)
    click(page.get_by_role("button", name="Open the data"))
    for following in ("Anonymize", "Choose a technique"):
        click(page.get_by_role("button", name=f"Next: {following}"))
        expect(page.get_by_role("list", name="Road")).to_be_visible(timeout=LONG)
    click(page.get_by_role("button", name="Use this").first)
    expect(page.get_by_role("button", name="In use").first).to_be_visible(timeout=LONG)
    for following in ("Train", "Evaluate", "Compare & report"):
        click(page.get_by_role("button", name=f"Next: {following}"))
    report = page.get_by_role("button", name="Report (HTML)")
    missing = page.get_by_role("button", name=re.compile("^Compute"))
    expect(report.or_(missing).first).to_be_visible(timeout=LONG)
    at_rest(page)
    if missing.count():
        click(missing.first)
    expect(report).to_be_visible(timeout=LONG)
    saved = taken(page, "Report (HTML)")
    clicks += 1
    assert "<html" in saved.path().read_text(encoding="utf-8")[:300]
    assert clicks <= MOST_CLICKS
    page.close()
    assert watch.errors == []
    assert watch.outside == []
