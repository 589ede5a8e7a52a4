"""The report: everything in one file that asks nothing of anybody, and says of each number what may be done with it."""

from __future__ import annotations

from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from ppml_core.data.bundled import load, schema_of
from ppml_core.errors import BadInput
from ppml_core.experiment.families import map_plan
from ppml_core.experiment.points import point_of, row_of
from ppml_core.experiment.results import tidy
from ppml_core.experiment.scenario import Scenario, expand
from ppml_core.experiment.sweep import sweep
from ppml_core.report import About, about, explore, report_html
from ppml_core.report.page import charts_of
from ppml_core.report.sources import sources_of

MOST_BYTES = 8_000_000
FETCHING = ("src", "srcset", "data", "onload", "onclick", "onerror")
SECTIONS = (
    "question", "data", "done", "guarantees", "risks", "utility", "map", "limits", "methods", "scenario", "script",
)  # fmt: skip
Told = tuple[list[Scenario], pd.DataFrame, About]


class Structure(HTMLParser):
    """Ids and elements, what would make a browser fetch something, and the cells of each table by caption."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.elements: list[str] = []
        self.fetched: list[str] = []
        self.tables: dict[str, list[list[str]]] = {}
        self.texts = {"caption": "", "cell": ""}
        self.within: list[str] = []
        self.feed(html)

    def handle_starttag(self, element: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.ids += [str(given["id"])] if "id" in given else []
        self.elements.append(element)
        self.fetched += [f"{element} {name}" for name in given if name in FETCHING]
        self.fetched += [f"{element} href"] if element in ("link", "base") else []
        if element in ("caption", "td", "th"):
            self.within = ["caption" if element == "caption" else "cell"]
            self.texts[self.within[0]] = ""
        if element == "tr":
            self.tables.setdefault(self.texts["caption"], []).append([])

    def handle_endtag(self, element: str) -> None:
        if element in ("td", "th"):
            self.tables[self.texts["caption"]][-1].append(self.texts["cell"])
        if element in ("caption", "td", "th"):
            self.within = []

    def handle_data(self, data: str) -> None:
        for name in self.within:
            self.texts[name] += data


@pytest.fixture(scope="module")
def curve() -> Told:
    """A private learner at three budgets on a bundled table."""
    data = load("german_credit")
    base = Scenario.of("german_credit", "dp_gd", repeats=2, measures=("accuracy", "roc_auc"))
    scenarios = expand(base, {"learner.epsilon": [0.3, 1.0, 10.0]})
    return scenarios, sweep(scenarios, data), about(data)


def test_one_file_with_everything_in_it_that_fetches_nothing(curve: Told) -> None:
    html = report_html(*curve, made="2026-01-01")
    found = Structure(html)
    assert len(html.encode()) < MOST_BYTES
    assert [name for name in found.ids if name in SECTIONS] == list(SECTIONS)
    assert found.fetched == []
    assert found.elements.count("script") == 3
    assert html.count("plotly.js v") == 1
    assert "default-src 'none'" in html
    assert {"chart-map", "chart-epsilon", "chart-guess"} <= set(found.ids)


def test_what_is_proved_may_be_published_unless_it_was_chosen_by_looking(curve: Told) -> None:
    scenarios, rows, told = curve
    for chosen, standing in ((scenarios, "internal"), (scenarios[:1], "publishable")):
        tables = Structure(report_html(chosen, rows, told)).tables
        (epsilon,) = [row for row in tables["What is proved"] if row[0] == "ε"]
        assert epsilon[-1] == standing
        measured = tables["What the model is worth"][1:]
        assert len(measured) == 2
        assert {row[-1] for row in measured} == {"internal"}
    assert '<div class="running">Internal ·' in report_html(*curve)


def test_figures_stand_with_interval_guessing_raw_table_and_control() -> None:
    data = load("german_credit")
    chain = [("full_domain", {"k": 5})]
    scenario = Scenario.of("german_credit", "logistic_regression", {}, chain, repeats=1, measures=("accuracy",))
    rows = sweep([scenario], data)
    tables = Structure(report_html([scenario], rows, about(data))).tables
    head, *risks = tables["Measured risks"]
    linkage = dict(zip(head, next(row for row in risks if row[0] == "Record linkage success"), strict=True))
    assert "–" not in linkage.values()
    assert linkage["standing"] == "internal"
    worth = dict(zip(*tables["What the model is worth"], strict=True))
    mean = rows.set_index("measure")["value"]
    assert float(worth["value"]) == pytest.approx(mean["accuracy"], abs=0.01)
    assert float(worth["raw table"]) == pytest.approx(mean["baseline_raw_accuracy"], abs=0.01)
    assert float(worth["guessing"]) == pytest.approx(mean["baseline_majority_accuracy"], abs=0.01)


def test_where_nothing_came_out_no_model_is_said_to_be_handed_out() -> None:
    data = load("german_credit")
    chain = [("full_domain", {"k": 2000})]
    scenario = Scenario.of("german_credit", "logistic_regression", {}, chain, repeats=1, measures=("accuracy",))
    html = report_html([scenario], sweep([scenario], data), about(data))
    assert "nothing came out that could be handed out" in html
    assert "What was handed out is" not in html


def test_hostile_names_are_text(curve: Told) -> None:
    scenarios, rows, told = curve
    bad = "</script><img src=x onerror=alert(1)><<CONTENT>>"
    columns = {**told.schema.columns, bad: told.schema["age"]}
    hostile = About(
        **{**vars(told), "schema": type(told.schema)(columns=columns, title=bad, target=bad, source=bad), "name": bad}
    )
    html = report_html(scenarios, rows, hostile, question=bad)
    found = Structure(html)
    assert "img" not in found.elements
    assert found.elements.count("script") == 3
    assert found.ids.count("question") == 1


def test_the_reason_of_a_gap_is_told_only_of_a_table_that_everybody_has(curve: Told) -> None:
    scenarios, rows, told = curve
    failed = rows.copy()
    lost = (failed["scenario_id"] == scenarios[0].id) & (failed["measure"] == "accuracy")
    failed.loc[lost, ["value", "low", "high", "std_error"]] = np.nan
    failed.loc[lost, "error"] = "no number: 'zq7tokenzq7'"
    own = About(**{**vars(told), "is_bundled": False})
    for chosen in (scenarios[0].id, scenarios[1].id):
        assert "zq7tokenzq7" in report_html(scenarios, failed, told, chosen=chosen)
        assert "zq7tokenzq7" not in report_html(scenarios, failed, own, chosen=chosen)


def test_a_map_of_two_hundred_scenarios_stays_below_eight_megabytes() -> None:
    """With made-up rows: what it costs to tell them is asked here, not to compute them."""
    schema = schema_of("adult")
    scenarios = map_plan("adult", schema)
    assert len(scenarios) >= 200
    rng = np.random.default_rng(1)
    points = [point_of(scenario, 0, "0" * 64) for scenario in scenarios]
    records = {}
    for point in points:
        names = [*point.scenario.measures, "release_linkage_success", "release_prosecutor_max"]
        rows = [row_of(name, float(rng.random()), 0.01, "share of people") for name in names]
        records[point.key] = {"protocol": "", "guarantee": None, "seconds": 0.1, "error": None, "rows": rows}
    told = About("adult", schema, "0" * 64, True, 48842, 32561, 16281, "classification")
    html = report_html(scenarios, tidy(points, records, "0" * 64), told)
    assert len(html.encode()) < MOST_BYTES


def test_the_point_is_chosen_by_hand_or_by_the_knee_and_unknown_names_are_refused(curve: Told) -> None:
    scenarios, rows, told = curve
    assert explore(*curve, chosen=scenarios[0].id).why_chosen == "chosen by hand"
    own = explore(*curve)
    assert own.front is not None
    assert own.chosen.id == own.front.knee or own.why_chosen == "the best by Accuracy"
    for wrong in ({"chosen": "0" * 16}, {"utility": "epsilon"}, {"risk": "accuracy"}, {"risk": "no such"}):
        with pytest.raises(BadInput):
            explore(scenarios, rows, told, **wrong)
    with pytest.raises(BadInput, match="no result to report"):
        explore(scenarios, rows.iloc[:0], told)


def test_charts_are_drawn_in_both_colours(curve: Told) -> None:
    told = explore(*curve)
    light, dark = charts_of(told), charts_of(told, "dark")
    assert set(light) == set(dark) == {"map", "epsilon", "guess"}
    for name, chart in light.items():
        assert chart.figure.to_json() != dark[name].figure.to_json()
        assert chart.answer.endswith(".")
        assert chart.alt
    (points,) = [trace for trace in light["map"].figure.data if trace.name == "not beaten"]
    assert set(points.customdata) <= {scenario.id for scenario in curve[0]}


def test_sources_are_those_that_docstrings_cite() -> None:
    from ppml_core.anonymize.transforms.full_domain import FullDomain
    from ppml_core.learn.logistic_regression import LogisticRegression

    assert sources_of(FullDomain) == ("Samarati 2001", "Sweeney 2002")
    assert sources_of(LogisticRegression) == ()
