"""Charts of attacks: bounds where there is one, steps and no slopes, controls beside success, nothing invented."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pytest

from ppml_core.accounting.curves import highest_tpr
from ppml_core.accounting.gaussian import mu_of
from ppml_core.accounting.odds import best_guess
from ppml_core.attacks.base import Finding
from ppml_core.attacks.membership.report import MembershipReport, auc_bound_of, bound_of, most_exposed, nulled
from ppml_core.attacks.rates import separation
from ppml_core.charts.attack_roc import attack_roc
from ppml_core.charts.attack_story import exposed_table, grids, membership_story, reached
from ppml_core.charts.attack_success import attack_success
from ppml_core.charts.dot_grid import dot_grid
from ppml_core.charts.template import Mode
from ppml_core.evidence import Estimate, Guarantee
from ppml_core.experiment.release_attacks import Tried

PRIVATE = Guarantee(1.0, 1e-5, "add_or_remove_one", mu=mu_of(1.0, 1e-5))


def report(shift: float, guarantee: Guarantee | None = None) -> MembershipReport:
    rng = np.random.default_rng(3)
    inside = np.arange(4000) % 2 == 0
    scores = rng.normal(size=4000) + shift * inside
    bound = bound_of(guarantee, "independently")
    return MembershipReport(
        attack="rmia", title="RMIA", settings=(), chosen_on="", members=2000, others=2000, shadows=16,
        drawn="independently", found=separation(scores, inside), null=nulled(scores, inside, rng),
        exposed=most_exposed(scores, inside, np.arange(4000)), groups=(), bound=bound, auc_bound=auc_bound_of(bound),
        seconds=1.0,
    )  # fmt: skip


REPORTS = {"forest": report(1.5), "private <b>": report(0.0, PRIVATE)}


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("log", [False, True])
def test_the_bound_and_what_is_impossible_are_drawn_for_the_model_that_has_one(mode: Mode, log: bool) -> None:
    drawn = attack_roc(REPORTS, log=log, control=True, mode=mode)
    go.Figure(drawn.figure.to_dict())  # every property is one that plotly knows
    names = [trace.name for trace in drawn.figure.data]
    assert [name for name in names if name.startswith("bound of")] == ["bound of private &lt;b&gt;"]
    bound = next(trace for trace in drawn.figure.data if trace.name.startswith("bound of"))
    assert np.allclose(bound.y, highest_tpr(PRIVATE, np.array(bound.x)))
    assert all(trace.line.shape == "hv" for trace in drawn.figure.data if trace.name in ("forest", "private &lt;b&gt;"))
    assert any(name.startswith("control") for name in names)
    assert len(drawn.table) == 4, "two rates for each model"


def test_an_empty_chart_says_so() -> None:
    assert attack_roc({}).answer == "No attack has been run yet."


def test_right_guesses_are_read_at_a_rate_that_was_fixed_beforehand() -> None:
    found = reached(REPORTS["forest"])
    assert 0.72 < found.value < 0.80, "a shift of 1.5: Phi(1.5 - .43) and two thirds, halved"
    assert found.low < found.value < found.high
    nothing = reached(report(0.0))
    assert nothing.low < 0.5 < nothing.high


def test_dots_are_the_shares() -> None:
    shown = grids(REPORTS["private <b>"])
    assert [grid.role for grid in shown] == ["baseline", "bound", "risk"]
    assert shown[1].share == best_guess(PRIVATE)
    drawn = dot_grid(shown, "whether you are in the data", name="private <b>")
    filled = [len(trace.x) for trace in drawn.figure.data if trace.name.endswith("right")]
    assert filled == [50, 55, round(100 * shown[2].share)]
    assert drawn.standing.startswith("Internal")
    assert dot_grid(shown[:2], "whether you are in the data").standing == "", "a bound is proved, not measured"
    go.Figure(drawn.figure.to_dict())


def test_the_story_says_what_is_proved_and_what_is_not() -> None:
    assert "Nothing is proved" in membership_story(REPORTS["forest"], "forest")[0]
    told = " ".join(membership_story(REPORTS["private <b>"], "x"))
    assert "at most **55" in told
    assert "in expectation" in told


def test_the_most_exposed_are_told_by_row_alone() -> None:
    table = exposed_table(REPORTS["forest"])
    assert list(table.columns) == ["row", "non-members who look as much like members"]
    assert len(table) == 10


def test_success_stands_beside_its_control_and_gaps_have_reasons() -> None:
    finding = Finding(
        "x_success", Estimate(0.6, 0.5, 0.7, "people"), "share", 0.1, Estimate(0.2, 0.1, 0.3, "people")
    )  # fmt: skip
    drawn = attack_success([Tried("Linkage", "as it is", finding), Tried("Linkage", "release", None, "nobody is left")])
    go.Figure(drawn.figure.to_dict())
    assert "40" in drawn.answer
    assert list(drawn.table["success"])[1] == "nobody is left"
    assert sum(trace.name.startswith("control") for trace in drawn.figure.data) == 1
