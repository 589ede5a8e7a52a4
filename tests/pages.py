"""What a person does on a page that draws itself anew while they do it: waits until it is at rest, and tries again."""

from __future__ import annotations

from playwright.sync_api import Download, Page, TimeoutError, expect

LONG = 120_000
TRIES = 5
PATIENCE = 30_000
REACH = 4_000
SETTLING = 400
SEVERAL = ""  # what a list says from which several can be chosen


def at_rest(page: Page) -> None:
    """Waits until no script runs for the page, a run that was asked for a moment ago included."""
    page.wait_for_timeout(SETTLING)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=LONG)


def pick(page: Page, label: str, option: str, exact: bool = True) -> None:
    """Chooses from the first list of that label, until it stands there.

    A run that ends meanwhile takes an open list away, or puts a list of that label in its place that begins anew.
    """
    at_rest(page)
    box = page.get_by_role("combobox", name=label, exact=exact).first
    wanted = page.get_by_role("option", name=option, exact=True)
    for _ in range(TRIES):
        box.click()
        try:
            wanted.click(timeout=REACH)
        except TimeoutError:
            page.keyboard.press("Escape")
            continue
        at_rest(page)
        if box.input_value() in (option, SEVERAL):
            return
    raise AssertionError(f"{option} cannot be chosen from {label}")


def taken(page: Page, button: str) -> Download:
    """What a download button gives; a page that is drawn anew under a press has another file behind the button."""
    for _ in range(TRIES):
        at_rest(page)
        try:
            with page.expect_download(timeout=PATIENCE) as saving:
                page.get_by_role("button", name=button).click()
        except TimeoutError:
            continue
        return saving.value
    raise AssertionError(f"{button} gives nothing")
