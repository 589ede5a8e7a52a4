"""Makes the README's pictures: `python tests/browser/screenshots.py` drives the real dashboard and overwrites them.

Every page and every lesson, light and dark, 1280 and 390 px wide; the README shows a few. A folder may be named; the
default is dashboard/static/screenshots, and there only what the README shows is kept.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, expect

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from served import browsing, served  # noqa: E402

from ppml_core.lessons.base import lessons  # noqa: E402

PAGES = (
    "start", "data_roles", "anonymize", "private_training", "together_apart", "query_desk", "attacks_risk", "trade_off",
    "compare_report", "runs", "lessons", "glossary", "present",
)  # fmt: skip
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTHS = (1280, 390)
LONG = 300_000


def shown_in_readme() -> set[str]:
    return set(re.findall(r"screenshots/([\w]+\.png)", (ROOT / "README.md").read_text(encoding="utf-8")))


def views() -> list[tuple[str, str, str]]:
    """Name of the picture, the page's slug, and the link to it: every page, and every lesson after the first."""
    pages = [(slug, slug, "" if slug == "start" else slug) for slug in PAGES]
    others = [(f"lessons_{cls.number}", "lessons", f"lessons?lesson={name}") for name, cls in lessons().items()]
    return [*pages, *others[1:]]


def settle(page: Page, slug: str) -> None:
    """Waits until the page's own answer is there: a computed point, or the k on the chart."""
    if slug != "present":
        expect(page.get_by_role("list", name="Scenario")).to_be_visible(timeout=LONG)
    if slug in ("start", "trade_off", "private_training"):
        expect(page.get_by_text("is right for").first).to_be_visible(timeout=LONG)
        expect(page.get_by_role("button", name="Cancel")).to_have_count(0, timeout=LONG)
    if slug == "trade_off":
        expect(page.get_by_text("Members found at 1 % false alarms").first).to_be_visible(timeout=LONG)
        expect(page.get_by_text("First of the map")).to_have_count(0, timeout=LONG)
    if slug == "anonymize":
        expect(page.locator(".annotation-text", has_text="k = 5")).to_be_visible(timeout=LONG)
    if slug == "query_desk":
        expect(page.get_by_text(re.compile("a budget of ε = 1 leaves")).first).to_be_visible(timeout=LONG)
    if slug == "together_apart":
        expect(page.get_by_text("What it cost").first).to_be_visible(timeout=LONG)
    if slug == "attacks_risk":
        expect(page.get_by_text(re.compile("Held fixed: one model")).nth(1)).to_be_visible(timeout=LONG)
    if slug in ("start", "anonymize", "private_training", "attacks_risk", "trade_off", "present", "lessons"):
        expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible(timeout=LONG)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=LONG)
    page.wait_for_timeout(800)  # plotly's own transition; there is nothing to wait for in the page


def shoot(browser: Browser, address: str, folder: Path, wanted: set[str] | None) -> None:
    for scheme in SCHEMES:
        for width in WIDTHS:
            page = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900}).new_page()
            for shown, slug, link in views():
                name = f"{shown}_{scheme}_{width}.png"
                if wanted is not None and name not in wanted:
                    continue
                page.goto(f"{address}/{link}")
                settle(page, slug)
                page.screenshot(path=folder / name)
            page.context.close()


def main() -> None:
    if len(sys.argv) > 1:
        folder, wanted = Path(sys.argv[1]), None
    else:
        folder, wanted = ROOT / "dashboard" / "static" / "screenshots", shown_in_readme()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work, served(Path(work)) as address, browsing() as browser:
        settle_first = browser.new_page()
        settle_first.goto(address)
        settle(settle_first, "start")
        shoot(browser, address, folder, wanted)


if __name__ == "__main__":
    main()
