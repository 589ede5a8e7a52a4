"""An overfit forest and a private model are attacked in a real browser, each beside what is proved about it."""

from __future__ import annotations

import re

import pytest
from pages import press
from playwright.sync_api import Browser, expect
from served import Watch

LONG = 180_000


@pytest.mark.slow
def test_a_forest_and_a_private_model_are_attacked(address: str, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    watch = Watch(page)
    page.goto(f"{address}/attacks_risk?dataset=german_credit&learner=dp_gd&epsilon=1")
    expect(page.get_by_text("Nothing is proved about Random forest")).to_be_visible(timeout=LONG)
    expect(page.get_by_text(re.compile("Proved: with ε = 1"))).to_be_visible(timeout=LONG)
    chart = page.locator(".js-plotly-plot").first
    for label in ("DP gradient descent, ε = 1", "Random forest", "at most, by proof: DP gradient descent, ε = 1"):
        expect(chart.locator(".annotation-text", has_text=label).first).to_be_visible()
    fills = chart.locator(".scatterlayer .fills path")
    expect(fills, "what is impossible is shaded, for the model that has a guarantee").to_have_count(1)

    press(page.get_by_text("Log scales", exact=True))
    expect(chart.get_by_text("0.01 %").first).to_be_visible(timeout=LONG)
    press(page.get_by_text("Show the control, with membership by lot"))
    press(page.get_by_text("What does it take to find someone in the table?"))
    expect(page.get_by_text(re.compile("Separation: pairs of people told apart"))).to_be_visible(timeout=LONG)
    press(page.get_by_text("Which words do regulations use?"))
    expect(page.get_by_text(re.compile("Vocabulary, not a verdict"))).to_be_visible(timeout=LONG)
    press(page.get_by_text("Who stands out most?"))
    expect(page.get_by_text(re.compile("Rows of the table, never what it says of them"))).to_be_visible(timeout=LONG)
    press(page.get_by_text("What does the release change?"))
    press(page.get_by_role("button", name="Attack both tables"))
    expect(page.get_by_text("What do attacks find in the table, before and after?")).to_be_visible(timeout=LONG)
    page.close()
    assert watch.errors == []
    assert watch.outside == []
