"""How long a slider move takes until it is painted, beside the least that Streamlit and plotly need."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from served import browsing, served

pytestmark = [pytest.mark.bench]

MOVES = 30
MOST = 1.5
REFERENCE = Path(__file__).with_name("reference_page.py")

# Time from the key press to the first frame in which the chart carries the new k.
CLOCK = """
(wanted) => new Promise((resolve, reject) => {
  const begun = window.__pressed
  const look = () => {
    const texts = document.querySelectorAll(".js-plotly-plot .annotation-text")
    if ([...texts].some((text) => text.textContent === wanted)) {
      requestAnimationFrame(() => resolve(performance.now() - begun))
    } else if (performance.now() - begun > 10000) {
      reject(new Error(`no chart carries ${wanted}`))
    } else {
      requestAnimationFrame(look)
    }
  }
  look()
})
"""
MARK = "window.addEventListener('keydown', () => { window.__pressed = performance.now() }, true)"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as opened:
        yield opened


def _opened(browser: Browser, address: str) -> Page:
    page = browser.new_page(viewport={"width": 1280, "height": 960})
    page.goto(address)
    expect(page.locator(".annotation-text", has_text="k = 5")).to_be_visible(timeout=120_000)
    page.wait_for_timeout(2000)
    page.evaluate(MARK)
    return page


def _wait_for_first_curves(browser: Browser, address: str) -> None:
    """The sweep of a first start would take the processor from what is measured."""
    page = browser.new_page()
    page.goto(address)
    expect(page.get_by_text("is right for")).to_be_visible(timeout=300_000)
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0, timeout=300_000)
    page.close()


def _move(page: Page, k: int) -> float:
    """Milliseconds from pressing the arrow key until k is on the chart."""
    page.get_by_role("slider").first.focus()
    page.keyboard.press("ArrowRight")
    took = float(page.evaluate(CLOCK, f"k = {k}"))
    page.wait_for_timeout(400)
    return took


def test_a_move_of_k_is_painted_within_half_again_of_the_least_page(browser: Browser, tmp_path: Path) -> None:
    for name in ("app", "reference"):
        (tmp_path / name).mkdir()
    command = (sys.executable, "-m", "streamlit", "run", str(REFERENCE), "--browser.gatherUsageStats", "false")
    with served(tmp_path / "app") as app, served(tmp_path / "reference", command) as least:
        _wait_for_first_curves(browser, app)
        pages = {"app": _opened(browser, f"{app}/anonymize"), "least": _opened(browser, least)}
        times: dict[str, list[float]] = {name: [] for name in pages}
        for number in range(MOVES + 2):
            for name, page in pages.items():
                page.bring_to_front()
                times[name].append(_move(page, 6 + number))
    median = {name: statistics.median(values[2:]) for name, values in times.items()}
    ratio = median["app"] / median["least"]
    print(f"app {median['app']:.0f} ms, least {median['least']:.0f} ms, ratio {ratio:.2f}")
    assert ratio <= MOST
