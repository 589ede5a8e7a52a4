"""A data scientist compares two private learners in a real browser and takes one away with its card."""

from __future__ import annotations

import json
import re

import pytest
from accessible import refused
from pages import at_rest, nudge, pick, press, taken
from playwright.sync_api import Browser, Page, expect
from served import Watch

from ppml_core.learn.model_file import read_model

LONG = 120_000


def run(page: Page, button: str) -> None:
    """Starts a sweep and waits until its points are there."""
    expect(page.get_by_role("button", name=button)).to_be_visible(timeout=LONG)
    press(page.get_by_role("button", name=button))
    expect(page.get_by_role("button", name=button)).to_have_count(0, timeout=LONG)


@pytest.mark.slow
def test_two_learners_are_compared_and_one_is_taken_away(address: str, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    watch = Watch(page)
    page.goto(f"{address}/private_training?dataset=german_credit&learner=dp_gd&repeats=3")
    expect(page.get_by_text("What does a guarantee cost").first).to_be_visible(timeout=LONG)
    run(page, "Run the sweep")
    pick(page, "Beside it on the chart", "DP additive model", exact=False)
    page.keyboard.press("Escape")
    run(page, "Run DP additive model too")
    for name in ("DP gradient descent", "DP additive model"):
        expect(page.locator(".annotation-text", has_text=name).first).to_be_visible(timeout=LONG)
    at_rest(page)
    bands = page.evaluate("document.querySelectorAll('.js-plotly-plot .scatterlayer .fills path').length")
    assert bands >= 2, "each curve has its band"

    expect(page.get_by_text(re.compile("Ledger: the 45 private models of this curve together")).first).to_be_visible()

    at_once = page.get_by_text(re.compile("At once, from noisy sums")).first
    expect(at_once).to_contain_text("at ε = 1.")
    nudge(page.get_by_role("slider", name="Privacy budget ε"))
    expect(at_once).to_contain_text("at ε = 2.")

    press(page.get_by_role("button", name="Look closer at this setting"))
    expect(page.get_by_text("Who pays for the privacy of this model?")).to_be_visible(timeout=LONG)
    expect(page.get_by_text(re.compile("What does the model make of"))).to_be_visible()
    saved = read_model(taken(page, "Download the model (skops)").path().read_bytes())
    written = json.loads(taken(page, "Download its card (JSON)").path().read_bytes())
    assert saved.card["guarantee"] is None
    assert written["guarantee"] is None
    assert "No guarantee" in written["guarantee_note"]
    assert written["learner"]["epsilon"] == 2.0
    assert saved.model.classes == tuple(written["classes"])

    press(page.get_by_text("What does the guarantee stand on?"))
    expect(page.get_by_text(re.compile("The public size is 1,000 people"))).to_be_visible()
    page.close()
    assert watch.errors == []
    assert watch.outside == []


@pytest.mark.slow
def test_people_are_made_up_trained_on_and_taken_away(address: str, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    watch = Watch(page)
    page.goto(f"{address}/private_training?dataset=german_credit&repeats=2")
    expect(page.get_by_text("What does a guarantee cost").first).to_be_visible(timeout=LONG)
    pick(page, "Train on", "made-up people", exact=False)
    expect(page.get_by_role("list", name="Scenario")).to_contain_text("Logistic regression on made-up people")
    run(page, "Run the sweep")
    expect(page.locator(".annotation-text", has_text="made-up people").first).to_be_visible(timeout=LONG)
    promise = page.get_by_text(re.compile("Guarantee: ε = 1, δ = 10⁻⁴, add-or-remove-one")).first
    expect(promise).to_be_visible(timeout=LONG)
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0, timeout=LONG)

    together = page.get_by_text(re.compile("Together ε = 1, δ = 10⁻⁴, added up by concentrated DP")).first
    expect(together).to_be_visible()
    steps = page.get_by_role("region", name="Steps that read the people")
    expect(steps).to_contain_text("50 %")
    nudge(page.get_by_role("slider", name="Share for single columns"))
    expect(steps).not_to_contain_text("50 %", timeout=LONG)
    expect(together).to_be_visible()

    press(page.get_by_role("button", name="Draw the table"))
    save = page.get_by_role("button", name="Download the table as CSV")
    expect(save).to_be_visible(timeout=LONG)
    expect(page.get_by_text("No guarantee: the noise can be reproduced").first).to_be_visible()
    table = taken(page, "Download the table as CSV")
    assert table.suggested_filename == "german_credit-made-up.csv"
    assert len(table.path().read_text(encoding="utf-8").splitlines()) == 1_001

    assert refused(page) == {}
    page.close()
    assert watch.errors == []
    assert watch.outside == []


@pytest.mark.slow
def test_learners_that_promise_different_things_share_one_relation(address: str, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.goto(f"{address}/private_training?dataset=german_credit&repeats=2&learner=dp_sufficient_statistics")
    expect(page.get_by_text("What does a guarantee cost").first).to_be_visible(timeout=LONG)
    run(page, "Run the sweep")
    pick(page, "Beside it on the chart", "diffprivlib naive Bayes", exact=False)
    page.keyboard.press("Escape")
    run(page, "Run diffprivlib naive Bayes too")
    axis = page.locator(".xtitle", has_text="replacing one person")
    expect(axis.first).to_be_visible(timeout=LONG)
    page.close()
