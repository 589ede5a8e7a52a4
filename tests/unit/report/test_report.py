"""The report: everything in one file that asks nothing of anybody, aggregates only, and a script that does it again."""

from __future__ import annotations

from html.parser import HTMLParser

import pandas as pd
import pytest

from ppml_core.data.bundled import load
from ppml_core.experiment.scenario import Scenario, expand
from ppml_core.experiment.sweep import sweep
from ppml_core.report import About, about, report_html

MOST_BYTES = 8_000_000
FETCHING = ("src", "srcset", "data", "onload", "onclick", "onerror")
SECTIONS = (
    "question", "data", "done", "guarantees", "risks", "utility", "map", "limits", "methods", "scenario", "script",
)  # fmt: skip
Told = tuple[list[Scenario], pd.DataFrame, About]


class Structure(HTMLParser):
    """Ids, script elements, and attributes that would make a browser fetch something or run it."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.scripts = 0
        self.fetched: list[str] = []

    def handle_starttag(self, element: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.ids += [str(given["id"])] if "id" in given else []
        self.scripts += element == "script"
        self.fetched += [
            f"{element} {name}" for name in given if name in ("src", "srcset", "data", "onload", "onclick")
        ]
        self.fetched += [f"{element} href"] if element in ("link", "base") else []


@pytest.fixture(scope="module")
def curve() -> Told:
    """A private learner at three budgets on a bundled table."""
    data = load("german_credit")
    base = Scenario.of("german_credit", "dp_gd", repeats=2, measures=("accuracy", "roc_auc"))
    scenarios = expand(base, {"learner.epsilon": [0.3, 1.0, 10.0]})
    return scenarios, sweep(scenarios, data), about(data)


def test_one_file_with_everything_in_it_that_fetches_nothing(curve: Told) -> None:
    html = report_html(*curve)
    assert len(html.encode()) < MOST_BYTES
    found = Structure()
    found.feed(html)
    assert [name for name in found.ids if name in SECTIONS] == list(SECTIONS)
    assert found.fetched == []
    assert found.scripts == 3
    assert "default-src 'none'" in html
    assert html.count("plotly.js v") == 1
    assert "Internal ·" in html
