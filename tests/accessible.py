"""What axe refuses of a page, once its animations are over."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# Streamlit's own markup, looked at one by one: its sidebar puts list items under a heading (`list`, `listitem`), and
# its upload area is a section with the role of decoration that can take the focus (`presentation-role-conflict`).
REVIEWED = frozenset({"list", "listitem", "presentation-role-conflict"})

# Streamlit fades what a running script has not drawn again yet, to a third within a second and a half; axe would take
# the colours of that moment for the page's.
UNFADED = '[data-stale="true"] { opacity: 1 !important; transition: none !important; }'


def refused(page: Page) -> dict[str, str]:
    """For each rule broken, beside those reviewed, the first three elements that break it."""
    page.add_style_tag(content=UNFADED)
    return {
        violation["id"]: "; ".join(node["html"][:220] for node in violation["nodes"][:3])
        for violation in Axe().run(page).response["violations"]
        if violation["id"] not in REVIEWED
    }
