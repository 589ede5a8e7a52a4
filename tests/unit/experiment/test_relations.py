"""Curves for different neighbours are drawn under one relation, and the chart tells both."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ppml_core.charts.against_epsilon import epsilon_chart
from ppml_core.experiment.relations import under_one_relation

NO_BASELINES = pd.DataFrame(columns=["text", "value", "kind"])


def curve(title: str, neighbours: str, delta: float, epsilons: tuple[float, ...] = (0.1, 1.0, 10.0)) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "series": title, "x": epsilons, "value": 0.8, "low": 0.79, "high": 0.81, "repeats": 3, "error": "",
            "guarantee_epsilon": epsilons, "guarantee_delta": delta, "guarantee_neighbours": neighbours,
        }
    )  # fmt: skip


OURS = ("dp_gd", curve("ours", "add_or_remove_one", 1e-5))
THEIRS = ("diffprivlib_logistic_regression", curve("theirs", "replace_one", 0.0))


def test_gradient_descent_at_one_stands_at_two_and_a_bit_beside_diffprivlib() -> None:
    found = under_one_relation([OURS, THEIRS])
    ours = found[found["series"] == "ours"].set_index("asked")["x"]
    assert ours[1.0] == pytest.approx(2.15, abs=0.005)
    theirs = found[found["series"] == "theirs"]
    assert (theirs["x"] == theirs["asked"]).all()
    assert set(found["relation"]) == {"replace_one"}


def test_one_relation_alone_is_left_as_it_is() -> None:
    found = under_one_relation([OURS, ("dp_additive", curve("other", "add_or_remove_one", 1e-5))])
    assert (found["x"] == found["asked"]).all()
    assert set(found["relation"]) == {"add_or_remove_one"}


def test_what_promises_nothing_once_converted_is_left_out() -> None:
    found = under_one_relation([("dp_network", curve("net", "add_or_remove_one", 1e-5, (1.0, 50.0))), THEIRS])
    assert list(found.loc[found["series"] == "net", "x"]) == [2.0]


def test_the_chart_names_both_relations_and_moves_its_mark() -> None:
    drawn = epsilon_chart(under_one_relation([OURS, THEIRS]), NO_BASELINES, "accuracy", "Adult", 1.0)
    assert "replacing one person" in drawn.figure.layout.xaxis.title.text
    assert "stands at 2.15" in drawn.how_to_read
    assert {"epsilon as set", "epsilon, replacing one"} <= set(drawn.table.columns)
    assert any(np.isclose(float(shape.x0), 2.15, atol=0.01) for shape in drawn.figure.layout.shapes if shape.x0)


def test_a_chart_of_one_relation_says_nothing_of_it() -> None:
    drawn = epsilon_chart(under_one_relation([OURS]), NO_BASELINES, "accuracy", "Adult", 1.0)
    assert "replacing" not in drawn.figure.layout.xaxis.title.text + drawn.how_to_read
