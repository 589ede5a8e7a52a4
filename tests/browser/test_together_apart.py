"""A federated training is run and compared in a real browser, and its drawing follows the settings."""

from __future__ import annotations

import re

import pytest
from accessible import refused
from pages import nudge, press
from playwright.sync_api import Browser, expect
from served import Watch

from ppml_core.experiment.scenario import Scenario, Step
from ppml_core.experiment.sharing import pack
from ppml_core.venues.base import Venue

LONG = 120_000


@pytest.mark.slow
def test_holders_train_together_and_what_was_run_stands_side_by_side(address: str, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    watch = Watch(page)
    page.goto(f"{address}/together_apart?dataset=german_credit&set.federated.rounds=5")
    expect(page.get_by_text("What it cost").first).to_be_visible(timeout=LONG)
    expect(page.get_by_text(re.compile("together after 5 rounds"))).to_be_visible(timeout=LONG)
    drawing = page.locator(".js-plotly-plot").first
    expect(drawing.locator(".annotation-text", has_text="5 clients, rows stay with each")).to_be_visible()

    nudge(page.get_by_role("slider", name="Clients"))
    expect(drawing.locator(".annotation-text", has_text=re.compile("of (6|7|8|10) clients"))).to_be_visible(
        timeout=LONG
    )
    expect(page.get_by_text("These settings were not run yet: Run trains them.")).to_be_visible(timeout=LONG)
    press(page.get_by_role("button", name="Run", exact=True))
    expect(page.get_by_text("What it cost").first).to_be_visible(timeout=LONG)

    press(page.get_by_text("How do the techniques compare?"))
    runs = page.get_by_role("region", name="Runs of this session, side by side")
    expect(runs).to_contain_text("2. Federated", timeout=LONG)
    press(page.get_by_text("What does an update give away?").first)
    expect(page.get_by_role("button", name="Read records out of updates")).to_be_visible(timeout=LONG)

    assert refused(page) == {}

    press(page.get_by_role("button", name="Show on the map"))
    story = page.get_by_role("heading", name=re.compile(r"Logistic regression, Federated \("))
    expect(story).to_be_visible(timeout=LONG)
    press(page.get_by_role("button", name="Use this"))
    expect(page.get_by_text("What it cost").first).to_be_visible(timeout=LONG)
    press(page.get_by_role("button", name="Attack it"))
    expect(page.get_by_role("combobox", name=re.compile("Beside it"))).to_have_value(
        re.compile("Federated"), timeout=LONG
    )

    asked = Scenario.of("german_credit", "network", venue=Step.of(Venue, "gossip", {"graph": "ring", "rounds": 3}))
    page.goto(f"{address}/together_apart?scenario={pack(asked)}")
    expect(page.get_by_text("Network, Gossip (graph = ring, rounds = 3)")).to_be_visible(timeout=LONG)
    expect(page).to_have_url(re.compile("venue=gossip"), timeout=LONG)
    page.close()
    assert watch.errors == []
    assert watch.outside == []
