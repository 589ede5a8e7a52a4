"""The report in a real browser without a network: drawn, accessible, and on paper internal on every page."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pypdf
import pytest
from accessible import refused
from playwright.sync_api import Browser, expect
from served import Watch

from ppml_core.data.bundled import load
from ppml_core.experiment.designs import thinned
from ppml_core.experiment.families import map_plan
from ppml_core.experiment.scenario import Scenario, expand
from ppml_core.experiment.sweep import sweep
from ppml_core.report import about, report_html

pytestmark = pytest.mark.slow

A4_POINTS = (595, 842)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A map with a table in it, and a curve with a guarantee."""
    data, folder = load("german_credit"), tmp_path_factory.mktemp("reports")
    plans = {
        "map": thinned(map_plan("german_credit", data.schema), 16),
        "curve": expand(
            Scenario.of("german_credit", "dp_gd", repeats=2, measures=("accuracy",)), {"learner.epsilon": [0.3, 1, 10]}
        ),
    }
    paths = {}
    for name, plan in plans.items():
        paths[name] = folder / f"{name}.html"
        paths[name].write_text(report_html(plan, sweep(plan, data), about(data), made="2026-01-01"), encoding="utf-8")
    return paths


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_opens_offline_and_everybody_can_read_it(
    written: dict[str, Path], browser: Browser, tmp_path: Path, scheme: Any, width: int
) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900}, offline=True)
    for name, path in written.items():
        page = context.new_page()
        watch = Watch(page)
        asked: list[str] = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.goto(path.as_uri())
        charts = page.locator(".chart")
        for at in range(charts.count()):
            expect(charts.nth(at).locator("svg.main-svg").first).to_be_visible()
            assert charts.nth(at).locator(".scatterlayer .point").count() > 0
        assert refused(page) == {}
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
        page.screenshot(path=tmp_path / f"{name}-{scheme}-{width}.png", full_page=True)
        assert watch.errors == []
        assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
        page.close()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_printed_page_says_internal(written: dict[str, Path], browser: Browser, scheme: Any) -> None:
    context = browser.new_context(color_scheme=scheme, offline=True)
    page = context.new_page()
    page.goto(written["map"].as_uri())
    expect(page.locator("#chart-map svg.main-svg").first).to_be_visible()
    paper = pypdf.PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True, print_background=True)))
    context.close()
    assert len(paper.pages) > 3
    for number, sheet in enumerate(paper.pages, 1):
        assert (round(float(sheet.mediabox.width)), round(float(sheet.mediabox.height))) == A4_POINTS
        text = sheet.extract_text()
        assert "Internal ·" in text, f"page {number}"
        assert f"{number} / {len(paper.pages)}" in text
