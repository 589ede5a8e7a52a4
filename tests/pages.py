"""What a person does on a page that draws itself anew while they do it: waits until it is at rest, and tries again."""

from __future__ import annotations

from playwright.sync_api import Download, Locator, Page, TimeoutError, expect

LONG = 120_000
TRIES = 5
DOWNLOADING = 30_000
SIGHT = 60_000  # how long a page may take to show what is expected of it
REACH = 4_000
SETTLING = 400
expect.set_options(timeout=SIGHT)


def at_rest(page: Page) -> None:
    """Waits until no script runs for the page, a run that was asked for a moment ago included."""
    page.wait_for_timeout(SETTLING)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=LONG)


def press(target: Locator) -> None:
    """Clicks what is still there when the page is at rest: what a script is about to replace takes a press with it."""
    at_rest(target.page)
    target.click()


def nudge(slider: Locator, key: str = "ArrowRight") -> None:
    """Moves a slider by one step."""
    at_rest(slider.page)
    slider.focus()
    slider.press(key)


def pick(page: Page, label: str, option: str, exact: bool = True) -> None:
    """Chooses from the first list of that label, until it stands there.

    A run that ends meanwhile takes an open list away, or puts a list of that label in its place that begins anew.
    """
    at_rest(page)
    box = page.get_by_role("combobox", name=label, exact=exact).first
    several = page.get_by_test_id("stMultiSelect").filter(has=box)
    wanted = page.get_by_role("option", name=option, exact=True)
    for _ in range(TRIES):
        box.click()
        try:
            wanted.click(timeout=REACH)
        except TimeoutError:
            page.keyboard.press("Escape")
            continue
        at_rest(page)
        if box.input_value() == option or several.get_by_text(option, exact=True).count():
            return
    raise AssertionError(f"{option} cannot be chosen from {label}")


def taken(page: Page, button: str) -> Download:
    """What a download button gives; a page that is drawn anew under a press has another file behind the button."""
    for _ in range(TRIES):
        at_rest(page)
        try:
            with page.expect_download(timeout=DOWNLOADING) as saving:
                page.get_by_role("button", name=button).click()
        except TimeoutError:
            continue
        return saving.value
    raise AssertionError(f"{button} gives nothing")
