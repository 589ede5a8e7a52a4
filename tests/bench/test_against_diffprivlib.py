"""Our gradient descent against the best of diffprivlib, paired over 20 splits and under one relation.

Everything is said for replacing one person, with the table's own δ for ours and none for the library, whose ε is pure;
the library's row count is public. Its best is whichever of its learners has the highest mean over the splits, which is
kind to it. The interval is Student's t over the splits, which share people, and so is somewhat too narrow.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from ppml_core.data.bundled import load
from ppml_core.experiment.scenario import Scenario, expand
from ppml_core.experiment.sweep import sweep

SPLITS = range(1, 21)
EPSILONS = (1.0, 3.0)
LIBRARY: list[tuple[str, dict[str, object]]] = [
    ("diffprivlib_logistic_regression", {"C": 0.01}),
    ("diffprivlib_logistic_regression", {"C": 1.0}),
    ("diffprivlib_naive_bayes", {}),
    ("diffprivlib_random_forest", {}),
    ("diffprivlib_decision_tree", {}),
]


def accuracies(name: str, learner: str, settings: dict[str, object]) -> dict[float, np.ndarray]:
    """One accuracy for each split, in order, at every epsilon."""
    base = [Scenario.of(name, learner, settings, repeats=1, measures=("accuracy",), seed=split) for split in SPLITS]
    plan = [scenario for one in base for scenario in expand(one, {"learner.epsilon": list(EPSILONS)})]
    rows = sweep(plan, load(name), swept=["learner.epsilon"])
    own = rows[rows["measure"] == "accuracy"].sort_values("seed")
    assert set(own["guarantee_neighbours"]) == {"replace_one"}
    return {epsilon: own.loc[own["learner.epsilon"] == epsilon, "value"].to_numpy() for epsilon in EPSILONS}


@pytest.mark.bench
@pytest.mark.parametrize("name", ["german_credit", "actg175"])
def test_no_worse_than_the_best_of_diffprivlib(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    ours = accuracies(name, "dp_gd", {"neighbours": "replace_one"})
    theirs = {f"{learner} {settings or ''}": accuracies(name, learner, settings) for learner, settings in LIBRARY}
    for epsilon in EPSILONS:
        best = max(theirs, key=lambda learner: float(theirs[learner][epsilon].mean()))
        extra = ours[epsilon] - theirs[best][epsilon]
        half = float(stats.t.ppf(0.975, len(extra) - 1) * extra.std(ddof=1) / np.sqrt(len(extra)))
        with capsys.disabled():
            print(
                f"\n{name}, ε = {epsilon:g}, replace-one: dp_gd {ours[epsilon].mean():.4f}, best of diffprivlib "
                f"({best}) {theirs[best][epsilon].mean():.4f}, difference {extra.mean():+.4f} ± {half:.4f}"
            )
        assert extra.mean() + half >= 0, "diffprivlib is better, and detectably so"
