"""Deciding in a browser: a point is clicked and used, needs are met or not, work is saved, the report stands alone."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from pages import at_rest, press, taken
from playwright.sync_api import Browser, Page, expect
from served import Watch, served

from ppml_core.data.bundled import load
from ppml_core.experiment.families import small_map_plan
from ppml_core.experiment.sweep import sweep
from ppml_core.store import Store

pytestmark = pytest.mark.slow
NAME = "german_credit"
LONG = 120_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server whose store knows a part of the map already."""
    folder = tmp_path_factory.mktemp("decide")
    data = load(NAME)
    some = [dataclasses.replace(one, attack=()) for one in small_map_plan(NAME, data.schema)[::5]]
    store = Store(f"sqlite:///{folder / 'results.sqlite'}")
    sweep(some, data, store)
    store.close()
    with served(folder, store=folder / "results.sqlite") as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 1280, "height": 1000})
    watch = Watch(opened)
    yield opened
    opened.close()
    assert watch.errors == []
    assert watch.outside == []


def visit(page: Page, address: str, slug: str, **link: object) -> None:
    query = "&".join(f"{name}={value}" for name, value in {"dataset": NAME, "repeats": 2, **link}.items())
    page.goto(f"{address}/{slug}?{query}")
    expect(page.get_by_role("list", name="Scenario")).to_be_visible(timeout=LONG)
    at_rest(page)


def told(page: Page) -> str:
    return page.locator("h3.story").first.inner_text()


PARETO = """plot => {
    const line = plot.data.find(trace => trace.name === "Pareto line");
    const on = new Set(line.x.map((x, at) => `${x} ${line.y[at]}`));
    return plot.data.filter(trace => trace.name.startsWith("not beaten"))
        .flatMap(trace => trace.text.filter((_, at) => on.has(`${trace.x[at]} ${trace.y[at]}`)));
}"""


def pareto_texts(page: Page) -> set[str]:
    """What the points of the Pareto line say when they are pointed at."""
    said = page.locator(".st-key-risk_map .js-plotly-plot").evaluate(PARETO)
    return {plain(unescape(text.replace("<br>", ""))) for text in said}


def click_another_pareto_point(page: Page) -> str:
    """Clicks a point of the Pareto line that is not the one told; plotly takes no click where it has shown no text."""
    before, wanted = told(page), pareto_texts(page)
    assert wanted
    points = page.locator(".st-key-risk_map .scatterlayer .trace .point")
    shown = page.locator(".st-key-risk_map .hoverlayer .hovertext").first
    for number in range(points.count()):
        box = points.nth(number).bounding_box()
        if box is None:
            continue
        page.mouse.move(box["x"] - 6, box["y"])
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=4)
        page.wait_for_timeout(600)
        said = plain(shown.text_content() or "") if shown.is_visible() else ""
        if said not in wanted or plain(before) in said:
            continue
        page.mouse.down()
        page.mouse.up()
        try:
            expect(page.locator("h3.story").first).not_to_have_text(before, timeout=10_000)
        except AssertionError:
            continue
        at_rest(page)
        return told(page)
    raise AssertionError(f"no other point of the Pareto line was shown: {wanted}")


def plain(text: str) -> str:
    return re.sub(r"\s", "", text)


def test_a_point_is_clicked_and_used_undone_redone_and_linked(address: str, page: Page) -> None:
    visit(page, address, "trade_off", risk_axis="seconds")
    name = click_another_pareto_point(page)
    press(page.get_by_role("button", name="Use this"))
    expect(page.get_by_role("button", name="In use")).to_be_disabled()
    expect(page).to_have_url(re.compile("learner=|epsilon=|train_on=|k="))
    used = page.url
    press(page.get_by_role("button", name="Undo"))
    expect(page).not_to_have_url(used)
    press(page.get_by_role("button", name="Redo"))
    expect(page).to_have_url(used)
    page.goto("about:blank")
    page.goto(used)
    expect(page.get_by_role("button", name="In use")).to_be_visible(timeout=LONG)
    assert told(page) == name


def test_needs_are_met_or_the_nearest_is_named_with_what_it_misses(address: str, page: Page) -> None:
    visit(page, address, "trade_off", need_utility=0.6)
    press(page.get_by_role("radio", name="I need…"))
    expect(page.get_by_text(re.compile("^Met"))).to_be_visible()
    visit(page, address, "trade_off", need_utility=0.99)
    press(page.get_by_role("radio", name="I need…"))
    expect(page.get_by_text("it misses accuracy by")).to_be_visible()
    press(page.get_by_role("button", name=re.compile("^Search further")))
    expect(page.get_by_role("heading", name="The search")).to_be_visible(timeout=LONG)
    expect(page.get_by_text(re.compile("^None; the nearest is given"))).to_be_visible()


def test_work_is_saved_found_again_and_the_report_stands_alone(
    address: str, page: Page, browser: Browser, tmp_path: Path
) -> None:
    visit(page, address, "compare_report", epsilon=10)
    press(page.get_by_role("button", name="Save", exact=True))
    at_rest(page)
    page.get_by_role("textbox", name="Name", exact=True).first.fill("ten")
    page.get_by_role("textbox", name="Name", exact=True).first.press("Tab")
    press(page.get_by_role("button", name="Save", exact=True).last)
    expect(page.get_by_text("Saved as ten")).to_be_visible()
    press(page.get_by_text("How do these scenarios differ?"))
    expect(page.locator(".st-key-saved_open button")).to_be_visible()
    link = page.url
    visit(page, address, "compare_report", epsilon=2)
    expect(page.get_by_role("list", name="Scenario")).to_contain_text("ε = 2")
    press(page.locator(".st-key-saved_open button"))
    expect(page.get_by_role("list", name="Scenario")).to_contain_text("ε = 10")
    expect(page).to_have_url(re.compile("epsilon=10"))
    page.goto("about:blank")
    page.goto(link)
    expect(page.get_by_role("list", name="Scenario")).to_contain_text("ε = 10", timeout=LONG)
    compute = page.get_by_role("button", name="Compute what is missing")
    expect(compute.or_(page.get_by_role("button", name="Report (HTML)")).first).to_be_visible(timeout=LONG)
    at_rest(page)
    if compute.count():
        press(compute)
    report = page.get_by_role("button", name="Report (HTML)")
    expect(report).to_be_visible(timeout=LONG)
    kept = tmp_path / "report.html"
    taken(page, "Report (HTML)").save_as(kept)
    context = browser.new_context(offline=True)
    alone = context.new_page()
    errors: list[str] = []
    alone.on("pageerror", lambda error: errors.append(str(error)))
    alone.goto(kept.as_uri())
    expect(alone.get_by_role("heading", level=1)).to_contain_text("what privacy costs")
    expect(alone.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    context.close()
    assert errors == []


def test_a_run_is_found_and_opened_on_the_map(address: str, page: Page) -> None:
    visit(page, address, "compare_report", epsilon=5)
    compute = page.get_by_role("button", name="Compute what is missing")
    press(compute)
    expect(page.get_by_role("button", name="Report (HTML)")).to_be_visible(timeout=LONG)
    visit(page, address, "runs")
    at_rest(page)
    page.get_by_role("textbox", name="Name, note or table").fill("scenarios to compare")
    page.get_by_role("textbox", name="Name, note or table").press("Enter")
    press(page.get_by_role("button", name="Open on the map"))
    expect(page.get_by_role("button", name="Take the opened run off the map")).to_be_visible(timeout=LONG)
