"""Every chart: valid in plotly, words beside it, gaps where points failed, readable where one value is absurd."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from ppml_core.accounting.gaussian import mu_of
from ppml_core.anonymize.lattice import Lattice
from ppml_core.charts.against_epsilon import epsilon_chart
from ppml_core.charts.against_k import k_chart, risk_chart
from ppml_core.charts.before_after import before_after_chart
from ppml_core.charts.class_sizes import class_size_chart
from ppml_core.charts.curves import Axis, Baseline, Curve, draw, y_range
from ppml_core.charts.guess import guess_chart
from ppml_core.charts.labels import Frame, Line, place
from ppml_core.charts.template import PALETTES, Chart, Mode
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Schema
from ppml_core.evidence import Guarantee, Neighbours
from ppml_core.experiment.preview import Preview, preview, risk_by_k

SCHEMA = {
    "columns": {
        "age": {"role": "quasi_identifier", "kind": "numeric", "bounds": [20, 59], "widths": [10, 20]},
        "town": {"role": "quasi_identifier", "categories": ["<b>A</b>", "B", "C"]},
        "ill": {"role": "sensitive", "categories": ["no", "yes"]},
    }
}
AXIS = Axis("test accuracy", lambda value: f"{value:.2f}")


def people(rows: int = 400) -> Dataset:
    rng = np.random.default_rng(3)
    table = pd.DataFrame(
        {
            "age": rng.integers(20, 60, rows),
            "town": rng.choice(["<b>A</b>", "B", "C"], rows),
            "ill": rng.choice(["no", "yes"], rows),
        }
    )
    return Dataset(table, Schema.from_values(SCHEMA), "people")


@pytest.fixture(scope="module")
def shown() -> Preview:
    data = people()
    return preview(data, Lattice.of(data), 5, 0.05)


def points(values: list[float], error: str = "") -> pd.DataFrame:
    value = np.array(values)
    return pd.DataFrame(
        {
            "series": "DP learner",
            "x": [10.0**power for power in range(-1, len(values) - 1)],
            "value": value,
            "low": value - 0.01,
            "high": value + 0.01,
            "repeats": 5,
            "error": ["" if np.isfinite(number) else error for number in values],
        }
    )


BASELINES = pd.DataFrame(
    [("plain, no privacy", 0.85, "no_privacy"), ("always guessing", 0.76, "guessing")],
    columns=["text", "value", "kind"],
)


def charts(shown: Preview, mode: Mode) -> list[Chart]:
    risks = risk_by_k(shown.lattice, (2, 5, 10), 0.05)
    guarantees = [Guarantee(e, 1e-5, "add_or_remove_one", mu=mu_of(e, 1e-5)) for e in (0.1, 1.0, 10.0)]
    return [
        class_size_chart(shown.before, shown.after, shown.node.suppressed, 5, mode),
        before_after_chart(shown.column("age"), mode),
        before_after_chart(shown.column("town"), mode),
        epsilon_chart(points([0.80, 0.83, 0.845]), BASELINES, "accuracy", "People", 1.0, mode),
        k_chart(points([0.80, 0.83, 0.845]), BASELINES, "accuracy", "People", 1.0, mode),
        risk_chart(risks, 5, mode),
        guess_chart(guarantees, 1.0, mode),
    ]


@pytest.mark.parametrize(
    ("relation", "asked", "axis"),
    [
        ("add_or_remove_one", "whether a person is in the training data", "in the data or not"),
        ("replace_one", "everything about a person in the training data but one value", "which of two values"),
    ],
)
def test_a_guess_is_about_what_the_relation_hides(relation: Neighbours, asked: str, axis: str) -> None:
    chart = guess_chart([Guarantee(e, 0.0, relation) for e in (0.1, 1.0)])
    assert asked in chart.how_to_read
    assert axis in str(chart.figure.layout.yaxis.title.text) + str(chart.figure.layout.annotations)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_chart_is_a_valid_figure_with_all_its_words(shown: Preview, mode: Mode) -> None:
    for chart in charts(shown, mode):
        go.Figure(chart.figure.to_dict())  # checks every property, which drawing leaves out
        assert chart.question.endswith("?")
        assert chart.answer.endswith(".")
        assert chart.answer in chart.alt
        assert len(chart.how_to_read) > 80
        assert len(chart.table)
        assert chart.standing


def test_people_in_the_histogram_add_up_to_the_table(shown: Preview) -> None:
    table = class_size_chart(shown.before, shown.after, shown.node.suppressed, 5).table
    assert table["people in the table"].sum() == len(shown.data)
    assert table["people in the release"].sum() + shown.node.suppressed == len(shown.data)


def test_the_histogram_carries_k_and_counts_nobody_below_it(shown: Preview) -> None:
    chart = class_size_chart(shown.before, shown.after, shown.node.suppressed, 5)
    assert any("k = 5" in note.text for note in chart.figure.layout.annotations)
    small = chart.table[chart.table["look-alikes"].isin(["1", "2", "3 to 4"])]
    assert small["people in the release"].sum() == 0


def test_a_release_without_anybody_is_said_so() -> None:
    nobody = np.zeros(0, dtype=np.int64)
    assert "nobody is left" in class_size_chart(np.array([1, 1]), nobody, 2, 100).answer


def test_a_column_keeps_all_its_people_before_and_after(shown: Preview) -> None:
    for name in ("age", "town"):
        column = shown.column(name)
        assert column.before.sum() == len(shown.data)
        assert column.after.sum() == shown.kept


def test_values_of_a_table_are_text_and_never_markup(shown: Preview) -> None:
    figure = before_after_chart(shown.column("town")).figure
    assert "<b>A</b>" not in figure.to_json().replace("\\u003c", "<").replace("\\u003e", ">")


def test_a_failed_point_is_a_gap_with_its_reason() -> None:
    chart = epsilon_chart(points([0.80, np.nan, 0.845], "the fit took too long"), BASELINES, "accuracy", "People")
    lines = {trace.name: trace for trace in chart.figure.data}
    assert not lines["DP learner"].connectgaps
    assert np.isnan(lines["DP learner"].y[1])
    assert "the fit took too long" in lines["no result: DP learner"].text[0]
    assert len([name for name in lines if name.startswith("interval")]) == 1
    assert "no result because" in chart.table


def test_an_absurd_value_does_not_flatten_the_rest() -> None:
    values = np.array([-4e6, 0.21, 0.32, 0.35, 0.36])
    curve = Curve("R²", np.arange(1.0, 6.0), values, values - 0.01, values + 0.01)
    low, high = y_range([curve], [Baseline("guessing", 0.0), Baseline("plain", 0.38)], AXIS)
    assert low > -2
    assert high < 1
    figure = draw([curve], [Baseline("guessing", 0.0)], Axis("x", str), AXIS, "light")
    line = next(trace for trace in figure.data if trace.name == "R²")
    assert line.marker.symbol[0] == "triangle-down"
    assert line.y[0] == pytest.approx(figure.layout.yaxis.range[0])


def test_ordinary_curves_are_shown_whole() -> None:
    values = np.array([0.70, 0.76, 0.805, 0.833, 0.845])
    curve = Curve("a", np.arange(1.0, 6.0), values, values - 0.03, values + 0.03)
    low, high = y_range([curve], [Baseline("guessing", 0.76), Baseline("plain", 0.87)], AXIS)
    assert low <= 0.67
    assert high >= 0.875


def test_curves_differ_by_more_than_colour() -> None:
    curves = [Curve(str(n), np.array([1.0, 2.0]), np.array([0.5, 0.6]) + n / 20) for n in range(3)]
    figure = draw(curves, [], Axis("x", str), AXIS, "light")
    assert len({trace.line.dash for trace in figure.data}) == 3
    assert len({trace.marker.symbol[0] for trace in figure.data}) == 3


def test_labels_keep_clear_of_each_other() -> None:
    flat = [Line(np.array([0.0, 1.0]), np.full(2, y), f"line at {y}") for y in (0.5, 0.52, 0.54)]
    frame = Frame((0, 1), (0, 1), 320)
    spots = place(flat, frame)
    boxes = [(spot.x * 330, spot.y * 320 + spot.rise) for spot in spots if spot]
    for number, (x, y) in enumerate(boxes):
        assert all(abs(x - a) > 60 or abs(y - b) > 12 for a, b in boxes[number + 1 :])


def test_the_answer_says_from_where_on_it_is_level() -> None:
    chart = epsilon_chart(points([0.80, 0.848, 0.849]), BASELINES, "accuracy", "People")
    assert chart.answer.startswith("From ε = 1 on")
    assert "2 people in 1,000" in chart.answer


def test_behind_a_step_that_read_every_row_epsilon_is_that_of_training_only() -> None:
    proved = points([0.80, 0.848, 0.849]).assign(guarantee_epsilon=[0.1, 1.0, 10.0])
    void = proved.assign(guarantee_epsilon=np.nan, series="Behind look-alikes")
    chart, ordinary = (epsilon_chart(some, BASELINES, "accuracy", "People") for some in (void, proved))
    assert ordinary.question == "What does a guarantee cost on People?"
    assert "guarantee" not in chart.question
    assert "training step only" in chart.figure.layout.xaxis.title.text + str(chart.figure.layout.annotations)
    both = epsilon_chart(pd.concat([proved, void]), BASELINES, "accuracy", "People")
    assert "guarantee" in both.question
    assert "Nothing is proved of Behind look-alikes" in both.how_to_read


def test_an_empty_sweep_is_said_so_and_drawn() -> None:
    chart = epsilon_chart(points([]), BASELINES, "accuracy", "People", 1.0)
    assert "No point has been computed" in chart.answer
    go.Figure(chart.figure.to_dict())


def contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_text_and_marks_stand_out_from_the_paper(mode: Mode) -> None:
    colours = PALETTES[mode]
    assert min(contrast(ink, colours.paper) for ink in (colours.text, colours.muted)) >= 4.5
    marks = (colours.utility, colours.risk, colours.bound, colours.highlight, colours.baseline)
    assert min(contrast(mark, colours.paper) for mark in marks) >= 3
