"""A newcomer's way through the dashboard in a real browser: nothing breaks, nothing leaves the machine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from accessible import refused
from pages import at_rest, nudge, press, taken
from playwright.sync_api import Browser, Locator, Page, expect
from served import Watch

QUASI_IDENTIFIERS = [
    "age", "sex", "race", "marital_status", "education", "native_country", "workclass", "occupation",
]  # fmt: skip
PAGES = (
    "Start", "Data & roles", "Anonymize", "Private training", "Query desk", "Attacks & risk", "Trade-off",
    "Compare & report", "Runs",
)  # fmt: skip
LONG = 120_000


@pytest.fixture
def watched(browser: Browser) -> Iterator[tuple[Page, Watch]]:
    page = browser.new_page(viewport={"width": 1280, "height": 960})
    watch = Watch(page)
    yield page, watch
    page.close()
    assert watch.errors == []
    assert watch.outside == []


def go(page: Page, title: str) -> None:
    press(page.get_by_test_id("stSidebarNav").get_by_role("link", name=title, exact=True))
    expect(page.get_by_role("list", name="Scenario")).to_be_visible(timeout=LONG)


def annotation(page: Page, text: str) -> Any:
    return page.locator(".annotation-text", has_text=text).first


def move(page: Page, label: str, key: str, times: int = 1) -> None:
    """Moves a slider step by step: the page must be at rest before, and each step seen before the next."""
    slider = page.get_by_role("slider", name=label)
    step = 1 if key == "ArrowRight" else -1
    for _ in range(times):
        before = float(slider.input_value())
        nudge(slider, key)
        expect(slider).to_have_value(f"{before + step * float(slider.get_attribute('step') or 1):g}")


def test_from_the_census_to_a_measured_curve(address: str, watched: tuple[Page, Watch]) -> None:
    page, _ = watched
    page.goto(address)
    expect(page.get_by_text("48,842 people").first).to_be_visible(timeout=LONG)

    go(page, "Data & roles")
    expect(page.get_by_text("How exposed are the people in this table today?")).to_be_visible(timeout=LONG)
    expect(page.get_by_role("cell", name="marital_status")).to_be_visible()

    go(page, "Anonymize")
    expect(annotation(page, "k = 5")).to_be_visible(timeout=LONG)
    move(page, "k, smallest class of look-alikes", "ArrowRight", 1)
    expect(annotation(page, "k = 6")).to_be_visible()
    limit = page.get_by_role("slider", name="People that may be left out, at most")
    before = limit.input_value()
    move(page, "People that may be left out, at most", "ArrowRight")
    expect(limit).not_to_have_value(before)
    expect(page).to_have_url(re.compile(r"[?&]k=6(&|$)"))
    expect(page).to_have_url(re.compile("suppression="))
    saved = taken(page, "Download the release as CSV")
    release = pd.read_csv(saved.path(), dtype=str, keep_default_na=False)
    assert release.groupby(QUASI_IDENTIFIERS).size().min() >= 6
    assert "-k6" in saved.suggested_filename

    go(page, "Private training")
    bar = page.get_by_role("list", name="Scenario")
    expect(bar, "what was chosen on one page holds on the others").to_contain_text("k = 6")
    move(page, "Repeats", "ArrowRight")  # more than the server works out by itself
    expect(bar).to_contain_text("k = 6")
    expect(bar).to_contain_text("ε = 1")
    expect(page.get_by_role("list", name="Scenario")).to_contain_text("20 repeats")
    press(page.get_by_role("button", name="Run the sweep"))
    expect(page.get_by_text("is right for")).to_be_visible(timeout=LONG)
    expect(annotation(page, "DP gradient descent")).to_be_visible(timeout=LONG)
    expect(page.get_by_role("button", name="All points are computed")).to_be_visible(timeout=LONG)
    move(page, "Privacy budget ε", "ArrowLeft", 3)
    expect(page.get_by_role("list", name="Scenario")).to_contain_text("ε = 0.2")
    expect(page.get_by_text("at most").first).to_be_visible()

    go(page, "Trade-off")
    expect(page.get_by_role("heading", name="At ε = 0.2")).to_be_visible(timeout=LONG)
    expect(bar).to_contain_text("k = 6")


@pytest.mark.slow
def test_a_click_on_a_point_is_read_and_the_link_reproduces_it(address: str, watched: tuple[Page, Watch]) -> None:
    page, _ = watched
    page.goto(f"{address}/?repeats=2")
    go(page, "Trade-off")
    expect(page.get_by_role("heading", name="At ε = 1")).to_be_visible(timeout=LONG)
    at_rest(page)
    if page.get_by_role("button", name="Compute these points").count():
        press(page.get_by_role("button", name="Compute these points"))
    expect(annotation(page, "DP gradient descent")).to_be_visible(timeout=LONG)
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0, timeout=LONG)
    expect(page.get_by_text("Members found at 1 % false alarms").first).to_be_visible(timeout=LONG)
    expect(page.get_by_text("First of the map")).to_have_count(0, timeout=LONG)
    epsilon = _click(page, page.locator(".st-key-trade_epsilon"))
    assert epsilon != "1"
    expect(page.get_by_role("heading", name=f"At ε = {epsilon}", exact=True)).to_be_visible(timeout=LONG)
    expect(page).to_have_url(re.compile(f"epsilon={epsilon}(&|$)"))
    link = page.url
    page.goto("about:blank")
    page.goto(link.replace("/trade_off", "/"))
    go(page, "Trade-off")
    expect(page.get_by_role("heading", name=f"At ε = {epsilon}", exact=True)).to_be_visible(timeout=LONG)


def _click(page: Page, chart: Locator) -> str:
    """The epsilon of a point. There first, then the button: plotly takes no click where it has shown no text yet."""
    point = chart.locator(".scatterlayer .trace .point").nth(3)
    shown = chart.locator(".hoverlayer .hovertext").first
    for _ in range(10):  # the page may move between looking where the point is and pointing at it
        at_rest(page)
        point.scroll_into_view_if_needed()
        box = point.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] - 5, box["y"])
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=4)
        page.wait_for_timeout(500)
        said = (shown.text_content() or "") if shown.is_visible() else ""
        found = re.search(r"ε = ([\d.]+):", said)
        if not found:
            continue
        page.mouse.down()
        page.mouse.up()
        try:
            expect(page).to_have_url(re.compile(f"epsilon={found[1]}(&|$)"), timeout=10_000)
        except AssertionError:
            continue
        return found[1]
    raise AssertionError("no point of the chart says its ε and takes a click")


@pytest.mark.slow
def test_a_sweep_is_cancelled_and_found_again(address: str, watched: tuple[Page, Watch]) -> None:
    page, _ = watched  # after the test of the chart: half a curve is left behind
    link = f"{address}/private_training?repeats=20&learner=diffprivlib_logistic_regression"
    page.goto(link)
    press(page.get_by_role("button", name="Run the sweep"))
    expect(page.get_by_role("button", name="Run the sweep")).to_have_count(0, timeout=LONG)
    expect(page.get_by_role("progressbar")).to_be_visible(timeout=LONG)
    page.goto(link)
    expect(page.get_by_role("progressbar")).to_be_visible(timeout=LONG)
    press(page.get_by_role("button", name="Cancel"))
    expect(page.get_by_text("What is finished is kept.")).to_be_visible(timeout=LONG)
    expect(page.get_by_role("button", name="Run the sweep")).to_be_visible(timeout=LONG)


LOOKS = [
    pytest.param(scheme, width, marks=() if (scheme, width) == ("dark", 390) else pytest.mark.slow)
    for scheme in ("light", "dark")
    for width in (1280, 390)
]


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_every_page_is_accessible_and_fits(
    address: str, browser: Browser, tmp_path: Path, scheme: Any, width: int
) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 960})
    page = context.new_page()
    watch = Watch(page)
    found: dict[str, str] = {}
    for title in PAGES:
        slug = "" if title == "Start" else title.lower().replace(" & ", "_").replace(" ", "_").replace("-", "_")
        page.goto(f"{address}/{slug}")
        expect(page.get_by_role("list", name="Scenario")).to_be_visible(timeout=LONG)
        expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=LONG)
        found |= {f"{title}: {rule}": nodes for rule, nodes in refused(page).items()}
        overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert overflow <= 0, f"{title} is {overflow} px wider than the screen"
        page.screenshot(path=tmp_path / f"{slug or 'start'}-{scheme}-{width}.png", full_page=True)
    context.close()
    assert found == {}
    assert watch.errors == []
    assert watch.outside == []
