"""Our gradient descent and additive model against the best of diffprivlib, paired over 20 splits, one relation.

Everything is said for replacing one person, with the table's own δ for ours and none for the library, whose ε is pure;
the library's row count is public. Its best is whichever of its learners has the highest mean over the splits, which is
kind to it. The interval is Student's t over the splits, which share people, and so is somewhat too narrow. Of
census_kdd 20,000 people are drawn once and split anew each time, since the library takes minutes for a model of all.
"""

from __future__ import annotations

import dataclasses
from functools import cache

import numpy as np
import pytest
from scipy import stats

from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.experiment.scenario import Scenario, expand
from ppml_core.experiment.sweep import sweep

SPLITS = range(1, 21)
SAMPLED = 20_000
OURS = ("dp_gd", "dp_additive")
# Where the library is detectably better: nowhere, since small tables have bins and steps of their own. How those were
# chosen is told in statistical/test_other_tables; before, the additive model was worse on the two small tables.
WORSE: dict[str, set[tuple[str, float]]] = {"german_credit": set(), "actg175": set(), "census_kdd": set()}
EPSILONS = (1.0, 3.0)
LIBRARY: list[tuple[str, dict[str, object]]] = [
    ("diffprivlib_logistic_regression", {"C": 0.01}),
    ("diffprivlib_logistic_regression", {"C": 1.0}),
    ("diffprivlib_naive_bayes", {}),
    ("diffprivlib_random_forest", {}),
    ("diffprivlib_decision_tree", {}),
]


@cache
def people(name: str) -> Dataset:
    """The table; of one that is larger than SAMPLED so many people, whose public size that is, with splits by seed."""
    data = load(name)
    if len(data) <= SAMPLED:
        return data
    drawn = data.take(np.sort(np.random.default_rng(1).permutation(len(data))[:SAMPLED]))
    schema = dataclasses.replace(data.schema, split=None, expected_rows=SAMPLED)
    return dataclasses.replace(drawn, schema=schema, whole=None)


def accuracies(name: str, learner: str, settings: dict[str, object]) -> dict[float, np.ndarray]:
    """One accuracy for each split, in order, at every epsilon."""
    base = [Scenario.of(name, learner, settings, repeats=1, measures=("accuracy",), seed=split) for split in SPLITS]
    plan = [scenario for one in base for scenario in expand(one, {"learner.epsilon": list(EPSILONS)})]
    rows = sweep(plan, people(name), swept=["learner.epsilon"])
    own = rows[rows["measure"] == "accuracy"].sort_values("seed")
    assert set(own["guarantee_neighbours"]) == {"replace_one"}
    return {epsilon: own.loc[own["learner.epsilon"] == epsilon, "value"].to_numpy() for epsilon in EPSILONS}


@pytest.mark.bench
@pytest.mark.parametrize("name", ["german_credit", "actg175", "census_kdd"])
def test_what_is_detectably_worse_than_the_best_of_diffprivlib(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    ours = {learner: accuracies(name, learner, {"neighbours": "replace_one"}) for learner in OURS}
    theirs = {f"{learner} {settings or ''}": accuracies(name, learner, settings) for learner, settings in LIBRARY}
    worse = set()
    for epsilon in EPSILONS:
        best = max(theirs, key=lambda learner: float(theirs[learner][epsilon].mean()))
        for learner, reached in ours.items():
            extra = reached[epsilon] - theirs[best][epsilon]
            half = float(stats.t.ppf(0.975, len(extra) - 1) * extra.std(ddof=1) / np.sqrt(len(extra)))
            with capsys.disabled():
                print(
                    f"\n{name}, ε = {epsilon:g}, replace-one: {learner} {reached[epsilon].mean():.4f}, library "
                    f"({best}) {theirs[best][epsilon].mean():.4f}, difference {extra.mean():+.4f} ± {half:.4f}"
                )
            if extra.mean() + half < 0:
                worse.add((learner, epsilon))
    assert worse == WORSE[name], "what is detectably worse than diffprivlib has changed"
