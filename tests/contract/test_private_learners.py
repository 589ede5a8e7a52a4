"""What every private learner owes beside its audit: a sensitivity test, and features that no private row moves."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from ppml_core.catalog import methods
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.data.split import split
from ppml_core.learn.base import Fitted, Learner

PRIVATE = {name: learner for name, learner in methods(Learner).items() if learner.private}
UNIT = Path(__file__).parent.parent / "unit" / "learn"

# Where one row of a small table is removed or replaced in every way, extremes at the bounds among them.
BRUTE_FORCE = {
    "diffprivlib_decision_tree": ("neighbouring_tables", "one_replaced_person_changes_the_labels_of_leaves"),
    "diffprivlib_k_means": ("diffprivlib_chains", "one_replaced_person_moves_sums_and_counts"),
    "diffprivlib_logistic_regression": ("neighbouring_tables", "no_weights_of_the_library_s_logistic_regression"),
    "diffprivlib_naive_bayes": ("neighbouring_tables", "one_replaced_person_moves_the_library_s_naive_bayes"),
    "diffprivlib_pca_logistic_regression": ("diffprivlib_chains", "no_direction_is_likelier_than_epsilon_allows"),
    "diffprivlib_random_forest": ("neighbouring_tables", "one_replaced_person_changes_the_labels_of_leaves"),
    "dp_additive": ("dp_additive", "one_person_moves_every_sum_by_the_clip_at_most"),
    "dp_boosting": ("dp_boosting", "one_person_moves_sums_and_counts_by_the_stated_length"),
    "dp_gd": ("gradients", "leaving_out_one_person_moves_a_sum_by_at_most_the_clip"),
    "dp_network": ("dp_network", "one_person_moves_all_sums_together_by_the_clip_at_most"),
    "dp_selected": ("neighbouring_tables", "one_person_moves_the_score_of_a_run_by_one_at_most"),
    "dp_sufficient_statistics": ("dp_sufficient_statistics", "one_person_moves_both_sums_by_the_stated_sensitivity"),
    "local_naive_bayes": ("local_naive_bayes", "no_answer_says_more_than_epsilon"),
    "objective_perturbation": ("objective_perturbation", "no_weights_are_likelier_than_epsilon_allows"),
    "output_perturbation": ("output_perturbation", "replacing_one_person_moves_the_minimum_by_the_stated_length"),
}

# What a fitted model knows of the columns; none of it may come from a row.
PUBLIC = ("encoder", "ground", "features", "columns", "classes")


@pytest.mark.parametrize("name", PRIVATE)
def test_every_private_learner_has_a_test_of_its_sensitivity(name: str) -> None:
    assert name in BRUTE_FORCE, f"write a test over neighbouring tables for {name}, and name it here"
    file, test = BRUTE_FORCE[name]
    assert f"def test_{test}" in (UNIT / f"test_{file}.py").read_text()


def known(model: Fitted) -> dict[str, str]:
    """Every public part of a model, written out to the last digit."""
    found = {part: getattr(model, part) for part in PUBLIC if hasattr(model, part)}
    inside = getattr(model, "model", None)
    found |= {part: getattr(inside, part) for part in ("bounds", "encoder", "data_norm") if hasattr(inside, part)}
    with np.printoptions(threshold=1_000_000, floatmode="unique"):
        return {part: repr(value) for part, value in found.items()}


def extremes(data: Dataset, share: float) -> Dataset:
    """The same people, one of whom stands at that share of every column's bounds; the others within the middle."""
    table = data.table.copy()
    for name in data.schema.inputs:
        bounds = data.schema[name].bounds
        if bounds is not None:
            low, high = bounds
            middle = table[name].clip(low + 0.4 * (high - low), low + 0.6 * (high - low)).astype(float)
            middle.iloc[0] = low + share * (high - low)
            table[name] = middle
    return dataclasses.replace(data, table=table)


@pytest.mark.parametrize("name", PRIVATE)
def test_what_a_model_knows_of_the_columns_is_the_same_whatever_the_extremes(name: str) -> None:
    """Byte by byte, on tables whose private minimum and maximum differ in every number."""
    learner = PRIVATE[name]
    train = split(load("adult" if "classification" in learner.tasks else "wage"), 1)[0].take(np.arange(60))
    models = [learner().fit(extremes(train, share), np.random.default_rng(0)) for share in (0.0, 0.5, 1.0)]
    first, *others = (known(model) for model in models)
    assert len(first) >= 2
    for other in others:
        assert other == first
