"""The Pareto front under uncertainty: known answers, and what a front owes whatever the points."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppml_core.evidence import Estimate
from ppml_core.experiment.axes import Axis, Reading, axis_of
from ppml_core.experiment.front import costs, dominated, front_of, hypervolume, knee_of

ACCURACY, RISK = axis_of("accuracy"), axis_of("prosecutor.max")


def at(axis: Axis, value: float, half: float = 0.0) -> Reading:
    return Reading(axis, Estimate(value, value - half, value + half, "people"))


def placed(accuracy: float, risk: float, half: float = 0.0) -> tuple[Reading, Reading]:
    return at(ACCURACY, accuracy, half), at(RISK, risk)


def test_a_point_is_beaten_only_beyond_its_interval() -> None:
    found = {
        "best": placed(0.85, 0.2),
        "close": placed(0.848, 0.2, half=0.003),
        "beaten": placed(0.84, 0.2, half=0.003),
        "safer": placed(0.80, 0.1),
    }
    front = front_of(found)
    assert front.line == ("best", "safer")
    assert set(front.unbeaten) == {"best", "close", "safer"}


def test_the_knee_is_where_much_is_gained_for_little() -> None:
    found = {"a": placed(0.85, 0.5), "b": placed(0.84, 0.1), "c": placed(0.80, 0.08), "d": placed(0.6, 0.01)}
    front = front_of(found)
    assert front.knee == "b"
    assert "Das 1999" in front.knee_method
    assert knee_of(np.array([[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]])) is None, "a straight line has none"
    assert front_of({"a": placed(0.85, 0.5)}).knee is None


def test_gaps_stay_outside_with_their_reason() -> None:
    found = {"a": placed(0.8, 0.1), "b": (at(ACCURACY, 0.9), Reading(RISK, reason="no table is handed out"))}
    front = front_of(found)
    assert front.line == ("a",)
    assert front.gaps == {"b": "no table is handed out"}
    assert front_of({"b": found["b"]}).line == ()


def test_epsilon_counts_in_ratios() -> None:
    proved = axis_of("epsilon")
    rows = costs([[Reading(proved, proved=10.0), at(ACCURACY, 0.8, 0.01)]])
    assert rows[0].tolist() == [[1.0, -0.8]]
    assert rows[1].tolist() == [[1.0, -0.81]], "what is proved has no width"


points = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=12)


@given(points)
def test_the_area_is_the_counted_one(drawn: list[tuple[int, int]]) -> None:
    values = np.array(drawn, dtype=float)
    cells = {(x, y) for x in range(10) for y in range(10) if (values <= (x, y)).all(axis=1).any()}
    assert hypervolume(values, (10.0, 10.0)) == pytest.approx(len(cells))
    front = values[~dominated(values, values)]
    assert hypervolume(front, (10.0, 10.0)) == pytest.approx(len(cells)), "only the front counts"


@given(points, st.integers(0, 3))
def test_wider_intervals_beat_fewer(drawn: list[tuple[int, int]], half: int) -> None:
    values = np.array(drawn, dtype=float)
    sure, unsure = dominated(values, values), dominated(values, values - half)
    assert not (unsure & ~sure).any()
    assert not sure.all(), "somebody is always on the front"


def test_nothing_inside_the_reference_has_no_area() -> None:
    assert hypervolume(np.zeros((0, 2)), (1.0, 1.0)) == 0.0
    assert hypervolume(np.array([[1.0, 0.0]]), (1.0, 1.0)) == 0.0
