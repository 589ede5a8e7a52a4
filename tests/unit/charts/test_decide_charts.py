"""Charts of a decision: proved points and baselines on the map, k × ε with its target, all axes, a point told."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
import pytest

from ppml_core.charts.curves import Baseline
from ppml_core.charts.grid_map import grid_chart
from ppml_core.charts.parallel import parallel_chart
from ppml_core.charts.point_story import interval_of, numbers, point_story, side_by_side, value_of
from ppml_core.charts.risk_utility import risk_utility_map
from ppml_core.charts.template import Mode
from ppml_core.evidence import Estimate, Guarantee
from ppml_core.experiment.axes import Reading, axis_of
from ppml_core.experiment.differences import Difference
from ppml_core.experiment.front import front_of

MODES: list[Mode] = ["light", "dark"]


def reading(axis: str, value: float, width: float = 0.01) -> Reading:
    return Reading(axis_of(axis), Estimate(value, value - width, value + width, "people"))


def gap(axis: str) -> Reading:
    return Reading(axis_of(axis), reason="no table is handed out")


FOUND = {
    "plain": [reading("accuracy", 0.86), reading("linkage", 0.5)],
    "private": [reading("accuracy", 0.84), reading("linkage", 0.1)],
    "worse": [reading("accuracy", 0.7), reading("linkage", 0.6)],
    "model": [reading("accuracy", 0.85), gap("linkage")],
}


@pytest.mark.parametrize("mode", MODES)
def test_a_guarantee_is_told_by_the_mark_and_not_by_colour_alone(mode: Mode) -> None:
    levels = [Baseline("no privacy 0.86", 0.86), Baseline("guessing 0.76", 0.76)]
    told = {name: name for name in FOUND}
    chart = risk_utility_map(FOUND, front_of(FOUND), told, "people", None, mode, proved={"private"}, levels=levels)
    go.Figure(chart.figure.to_dict())
    traces = [trace for trace in chart.figure.to_dict()["data"] if "beaten" in trace["name"]]
    marks = {
        name: mark
        for trace in traces
        for name, mark in zip(trace["customdata"], trace["marker"]["symbol"], strict=True)
    }
    assert marks == {"plain": "circle", "private": "diamond", "worse": "circle-open"}
    said = [note["text"] for note in chart.figure.to_dict()["layout"]["annotations"]]
    assert {"no privacy 0.86", "guessing 0.76"} <= set(said)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("target", [None, 0.82])
def test_the_grid_shows_every_pair_and_where_the_target_is_met(mode: Mode, target: float | None) -> None:
    cells = pd.DataFrame(
        {"k": [2, 2, 5, 5], "epsilon": [0.1, 1.0, 0.1, 1.0], "value": [0.81, 0.85, 0.79, 0.83]},
    )
    cells = cells.assign(low=cells["value"] - 0.012, high=cells["value"] + 0.012)
    chart = grid_chart(cells, "accuracy", target, mode)
    go.Figure(chart.figure.to_dict())
    kinds = [trace["type"] for trace in chart.figure.to_dict()["data"]]
    assert kinds == (["heatmap"] if target is None else ["heatmap", "contour"])
    assert ("2 of 4 pairs" in chart.answer) == (target is not None)
    if target is None:
        assert "0.85 (0.84 to 0.86), at k = 2" in chart.answer
        assert "intervals of 1 of the other 3 pairs meet" in chart.answer
    else:
        assert "1 with their whole interval" in chart.answer
    assert all(" to " in cell for cell in chart.table.iloc[:, -1])
    assert "No pair" in grid_chart(cells.iloc[:0], "accuracy", target, mode).answer


@pytest.mark.parametrize("mode", MODES)
def test_all_axes_at_once_leave_out_gaps_and_say_so(mode: Mode) -> None:
    axes = [axis_of(name) for name in ("accuracy", "linkage", "seconds", "bytes")]
    sent = [Reading(axes[3], reason="nothing is sent"), reading("bytes", 2e6, 0.0)]
    places = {
        "one": [reading("accuracy", 0.8612345), reading("linkage", 0.5), reading("seconds", 0.1, 0.0), sent[0]],
        "two": [reading("accuracy", 0.84), reading("linkage", 0.2), reading("seconds", 2.0, 0.0), sent[1]],
        "three": [reading("accuracy", 0.84), gap("linkage"), reading("seconds", 2.0, 0.0), sent[0]],
    }
    given = pd.DataFrame({"k": [5.0, None, None], "ε": [None, None, None]}, index=list(places), dtype=float)
    chart = parallel_chart(places, axes, given, {"one": "first"}, mode)
    go.Figure(chart.figure.to_dict())
    (lines,) = chart.figure.to_dict()["data"]
    assert [one["label"] for one in lines["dimensions"]] == [
        axes[0].title,
        axes[1].title,
        "k",
        *(a.title for a in axes[2:]),
    ]
    assert len(lines["line"]["color"]) == 2
    assert "1 more" in chart.answer
    k, sent_axis = lines["dimensions"][2], lines["dimensions"][4]
    assert (k["ticktext"], sent_axis["ticktext"][0]) == (["5", "none"], "2.0 MB")
    assert chart.table["scenario"][0] == "first"
    assert "0.86 (0.85 to 0.87)" in set(chart.table[axes[0].title])
    parallel_chart({}, axes, given.iloc[:0], {}, mode)


def test_a_point_is_told_in_people_and_only_proofs_are_publishable() -> None:
    utility, risk = FOUND["private"]
    levels = pd.DataFrame({"text": ["raw"], "value": [0.852], "kind": ["no_privacy"]})
    said = "\n".join(point_story(utility, risk, levels, Guarantee(1.0, 1e-6, "add_or_remove_one", mu=0.2)))
    assert "840 of 1,000" in said
    assert "12 fewer" in said
    assert "at most **" in said
    proved = Reading(axis_of("epsilon"), proved=1.0)
    table = numbers([utility, gap("membership.auc"), proved])
    assert dict(zip(table["what"], table["standing"], strict=True)) == {
        "Accuracy": "internal",
        "Proved ε": "internal",
    }, "chosen by looking"
    assert list(numbers([utility, proved], alone=True)["standing"]) == ["internal", "publishable"]
    assert "nothing is proved" in point_story(utility, risk, levels, None, "a step read every row")[-1].lower()


def test_a_gap_below_zero_keeps_its_sign_at_both_ends() -> None:
    (row,) = numbers([reading("attribute.gap", -0.01, 0.03)]).to_dict("records")
    assert (row["value"], row["95 % interval"]) == ("−1.0\u00a0%", "−4.0\u00a0% to 2.0\u00a0%")
    (row,) = numbers([reading("linkage", 0.01, 0.03)]).to_dict("records")
    assert row["95 % interval"] == "0\u00a0% to 4.0\u00a0%"


def test_side_by_side_marks_what_is_beyond_noise() -> None:
    first, other = FOUND["plain"][0], FOUND["private"][0]
    beyond = Difference(first.axis, other, first, Estimate(-0.02, -0.03, -0.01, "people"))
    within = Difference(first.axis, other, first, Estimate(-0.02, -0.05, 0.01, "people"))
    own = Difference(first.axis, first, first, Estimate(0.0, 0.0, 0.0, "people"))
    table = side_by_side({"a": "Raw", "b": "One", "c": "Two"}, {"a": [own], "b": [beyond], "c": [within]})
    (row,) = table.to_dict("records")
    assert row["Raw"] == f"{value_of(first)}\n{interval_of(first)}"
    assert "worse" in row["One"]
    assert interval_of(other) in row["One"]
    assert "within noise" in row["Two"]
    assert row["standing"] == "internal"
