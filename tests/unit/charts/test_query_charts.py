"""Charts of the query desk: valid figures with all their words, gaps said, predictions and bounds where they belong."""

from __future__ import annotations

import plotly.graph_objects as go
import pytest

from ppml_core.charts.answers import MOST, Said, Told, answer_chart
from ppml_core.charts.query_attacks import defence_chart, log_table, reconstruction_chart
from ppml_core.charts.query_words import promised, question_of
from ppml_core.charts.restricted_models import VIEWS, restricted_chart
from ppml_core.charts.template import Chart, Mode
from ppml_core.evidence import Estimate, Guarantee
from ppml_core.experiment.restricted_view import RestrictedFound
from ppml_core.queries.attacks.base import Outcome
from ppml_core.queries.attacks.board import rows_of
from ppml_core.queries.attacks.tracker import Tracker
from ppml_core.queries.policies.min_size import MinSize
from ppml_core.queries.policies.rounding import Rounding
from ppml_core.queries.query import OneOf, Query
from ppml_core.queries.restrictions.label_only import LabelOnly

SAID = Said("How many?", "So many.", "people", "Internal.", private=True)


def outcome(share: float, predicted: float | None = None, epsilon: float | None = None) -> Outcome:
    return Outcome(
        attack="tracker", success=Estimate.of_share(share, 50, "targets"), predicted=predicted,
        bound=0.731 if epsilon == 1 else None, queries=3, most_queries=4, denied=1, trials=50, secret="ill = yes",
        epsilon=epsilon, log=(("SELECT count(*)", 12.0), ("SELECT count(*)", None)),
    )  # fmt: skip


def charts(mode: Mode) -> list[Chart]:
    faced = [
        (row, outcome(0.7, 0.697, 1.0) if row.defence.epsilon else outcome(1.0), "") for row in rows_of([MinSize()], 1)
    ]
    missing = [(row, None, "no quasi-identifiers") for row, _, _ in faced]
    cells = [Told(f"<{place}>", float(place), place - 1.0, place + 1.0) for place in range(MOST + 5)]
    found = [
        RestrictedFound(None, *(Estimate(0.8, 0.75, 0.85, "people"),) * 4, answers=100),
        RestrictedFound(LabelOnly(), Estimate(0.6, 0.55, 0.65, "people"), left_out=("40 answers left of 100.",)),
    ]
    return [
        defence_chart(Tracker(), faced, 2000, mode),
        defence_chart(Tracker(), missing, 2000, mode),
        reconstruction_chart([(20.0, outcome(0.6, 0.6, 40)), (0.0, outcome(1.0, 1.0))], mode),
        answer_chart(cells, SAID, mode),
        answer_chart([Told("a", None), Told("b", 3.0)], Said("?", "!", "people", "", private=False), mode),
        *(restricted_chart(found, view, "a forest", mode) for view in VIEWS),
    ]


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_chart_is_a_valid_figure_with_all_its_words(mode: Mode) -> None:
    for chart in charts(mode):
        go.Figure(chart.figure.to_dict())
        assert chart.question.endswith("?")
        assert all((chart.answer, chart.alt, chart.how_to_read))
        assert len(chart.table)


def test_a_row_says_what_runs_what_was_predicted_and_what_is_proved() -> None:
    rows = rows_of([MinSize(), Rounding()], 0.5)
    assert [row.name for row in rows if row.runs] == ["All that run, together"]
    chart = charts("light")[0]
    assert "in 3 answered and 1 denied queries" in chart.answer
    assert chart.table["predicted"].notna().sum() == chart.table["at most"].notna().sum() == 1


def test_the_reconstruction_curve_carries_what_all_answers_cost() -> None:
    figure = charts("light")[2].figure
    assert list(figure.layout.xaxis.ticktext) == ["exact<br>ε = ∞", "scale 20<br>ε = 40"]


def test_what_is_withheld_or_could_not_run_is_a_gap_with_a_word() -> None:
    withheld, labels = charts("light")[4], charts("light")[6]
    assert [note.text for note in withheld.figure.layout.annotations] == ["withheld"]
    assert any("needs more answers than it gives" in note.text for note in labels.figure.layout.annotations)


def test_words() -> None:
    assert question_of(Query("quantile", "age", OneOf("sex", ("f",)), argument=0.5)) == (
        "What is the 50 % quantile of age where sex IN (f)?"
    )
    assert promised(Guarantee(0.5, 0.0, "add_or_remove_one")) == "ε = 0.5, add-or-remove-one"
    assert log_table(outcome(1.0))["told"].tolist() == ["12", "denied"]
