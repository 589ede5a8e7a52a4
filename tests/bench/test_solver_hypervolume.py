"""The search against plain grids on Adult: what front it finds with 60 evaluations, told as a hypervolume.

Every way chooses its front on the people it may search on; the fronts are then computed again on ten fresh seeds and
the untouched test people, and it is that area which counts. Printed with -s.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.experiment.axes import Axis, axis_of, readings
from ppml_core.experiment.designs import Family, mixed, span_of, thinned
from ppml_core.experiment.front import costs, front_of, hypervolume
from ppml_core.experiment.scenario import Scenario
from ppml_core.experiment.search import Evaluator, Tried, people_to_search_on, search
from ppml_core.experiment.solve import FRESH
from ppml_core.experiment.sweep import Forgetful, sweep

pytestmark = pytest.mark.bench

EVALUATIONS = 60
SEEDS = 10
EPSILONS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


@pytest.fixture(scope="module")
def adult() -> Dataset:
    return load("adult")


def scenario(learner: str) -> Scenario:
    return Scenario.of("adult", learner, repeats=1, measures=("accuracy",))


def area(
    found: Sequence[Tried], axes: Sequence[Axis], data: Dataset, memory: Forgetful, worst: Sequence[float]
) -> float:
    """The hypervolume of the front that was found, as fresh seeds and untouched people see it."""
    front = set(front_of({entry.scenario.id: entry.readings(axes) for entry in found}).line)
    evaluate = Evaluator(data, memory)
    chosen = [Tried(entry.scenario) for entry in found if entry.scenario.id in front]
    for entry in chosen:
        entry.rows += [evaluate(entry.scenario, FRESH + seed) for seed in range(SEEDS)]
    return hypervolume(costs([entry.readings(axes) for entry in chosen])[0], worst)


def computed(scenarios: Sequence[Scenario], searched: Dataset, memory: Forgetful) -> list[Tried]:
    rows = sweep(scenarios, searched, memory)
    parts = dict(iter(rows.groupby("scenario_id", sort=False)))
    return [Tried(one, [parts[one.id]]) for one in scenarios]


def compare(
    data: Dataset, families: Sequence[Family], grid: Sequence[Scenario], axes: Sequence[Axis], worst: Sequence[float]
) -> tuple[float, float, float]:
    """Areas of 60 searched points, of as many of the grid, and of the whole grid."""
    memory, searched = Forgetful(), people_to_search_on(data, 1)
    whole = computed(grid, searched, memory)
    few = computed(thinned(grid, EVALUATIONS), searched, memory)
    found = search(families, axes, Evaluator(searched, memory), EVALUATIONS)
    assert len(found) <= EVALUATIONS
    areas = [area(entries, axes, data, memory, worst) for entries in (found, few, whole)]
    print(
        f"\nhypervolume of {axes[0].name} and {axes[1].name}: {EVALUATIONS} searched {areas[0]:.4f}, "
        f"{EVALUATIONS} of the grid {areas[1]:.4f}, the grid of {len(grid)} {areas[2]:.4f}; "
        f"searched / grid {areas[0] / areas[2]:.1%}, fewer / grid {areas[1] / areas[2]:.1%}"
    )
    return areas[0], areas[1], areas[2]


def test_accuracy_and_epsilon(adult: Dataset) -> None:
    """Two private learners with two settings of their own each."""
    descent, sums = scenario("dp_gd"), scenario("dp_sufficient_statistics")
    grid = mixed([
        (descent, {"learner.epsilon": EPSILONS, "learner.steps": (20, 80, 200), "learner.clip_norm": (0.1, 0.3, 1.0)}),
        (descent, {"learner.epsilon": EPSILONS, "learner.steps": (40, 120), "learner.clip_norm": (0.2, 0.5)}),
        (sums, {"learner.epsilon": EPSILONS, "learner.ridge": (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)}),
    ])  # fmt: skip
    assert len(grid) == 200
    families = [
        Family(descent, tuple(span_of(descent, f"learner.{name}") for name in ("epsilon", "steps", "clip_norm"))),
        Family(sums, tuple(span_of(sums, f"learner.{name}") for name in ("epsilon", "ridge"))),
    ]
    axes = [axis_of("accuracy"), axis_of("epsilon")]
    searched, fewer, whole = compare(adult, families, grid, axes, (-0.76, 2.0))
    assert searched >= 0.95 * whole
    assert fewer > 0


def test_readings_are_those_of_the_search(adult: Dataset) -> None:
    """A sweep and the search's own evaluator see the same numbers."""
    one, searched = scenario("dp_gd"), people_to_search_on(adult, 1)
    accuracy = axis_of("accuracy")
    swept = readings(accuracy, sweep([one], searched))[one.id].value
    assert Tried(one, [Evaluator(searched, Forgetful())(one, 0)]).readings([accuracy])[0].value == swept
