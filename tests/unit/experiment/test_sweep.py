"""Same scenario, same seed, same rows: alone or in a batch, in one process or several, whole or resumed."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from patience import PATIENCE

from ppml_core.catalog import method
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.experiment.results import estimate_of, summarise
from ppml_core.experiment.scenario import Scenario, expand
from ppml_core.experiment.sweep import Forgetful, batches_of, points_asked, run, sweep
from ppml_core.learn.base import Learner
from ppml_core.store import Store

AXES = {"learner.epsilon": [0.3, 1, 3]}


@pytest.fixture(scope="module")
def credit() -> Dataset:
    return load("german_credit")


@pytest.fixture(scope="module")
def base() -> Scenario:
    return Scenario.of("german_credit", "dp_gd", repeats=3)


def same(left: pd.DataFrame, right: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(left.drop(columns="seconds"), right.drop(columns="seconds"), check_exact=True)


def test_rows_carry_the_contract(credit: Dataset, base: Scenario) -> None:
    rows = sweep(expand(base, AXES), credit, swept=list(AXES))
    expected = {
        "scenario_id", "repeat", "seed", "measure", "value", "unit", "protocol", "guarantee_epsilon",
        "guarantee_delta", "guarantee_neighbours", "seconds", "error", "learner.epsilon",
    }  # fmt: skip
    assert expected <= set(rows.columns)
    test_rows = rows[rows["measure"].isin(["accuracy", "roc_auc", "log_loss"])]
    assert len(test_rows) == 3 * 3 * 3
    assert {"train_accuracy", "baseline_majority_accuracy"} <= set(rows["measure"])
    assert rows["error"].isna().all()
    covered = rows[rows["measure"].isin(["accuracy", "roc_auc", "log_loss", "train_accuracy"])]
    assert (covered["guarantee_epsilon"] == covered["learner.epsilon"]).all()
    assert rows[rows["measure"].str.startswith("baseline")]["guarantee_epsilon"].isna().all()
    assert set(covered["guarantee_neighbours"]) == {"add_or_remove_one"}
    assert set(rows["protocol"]) == {"raw test people"}


def test_alone_and_in_a_batch(credit: Dataset, base: Scenario) -> None:
    scenarios = expand(base, AXES)
    together = sweep(scenarios, credit, swept=["learner.epsilon"])
    alone = pd.concat([sweep([scenario], credit, swept=["learner.epsilon"]) for scenario in reversed(scenarios)])
    order = ["learner.epsilon", "repeat", "measure"]
    same(together.sort_values(order, ignore_index=True), alone.sort_values(order, ignore_index=True))


@pytest.mark.parametrize(("processes", "sizes"), [(1, [64, 6]), (2, [35, 35]), (3, [24, 24, 22])])
def test_each_process_gets_its_share_of_models_that_train_together(
    credit: Dataset, processes: int, sizes: list[int]
) -> None:
    points = points_asked([Scenario.of("german_credit", "dp_network", repeats=70)], credit.fingerprint)
    assert [len(batch.points) for batch in batches_of(points, processes)] == sizes


@pytest.mark.slow
def test_in_one_process_and_in_two(credit: Dataset, base: Scenario) -> None:
    scenarios = [*expand(base, AXES), Scenario.of("german_credit", "random_forest", repeats=2)]
    same(sweep(scenarios, credit), sweep(scenarios, credit, processes=2))


def test_a_guarantee_disappears_behind_a_fitted_anonymizer(credit: Dataset, base: Scenario) -> None:
    protected = Scenario.of("german_credit", "dp_gd", anonymize=[("full_domain", {"k": 3})], repeats=2)
    only_names = Scenario.of("german_credit", "dp_gd", anonymize=[("drop_identifiers", {})], repeats=2)
    rows = sweep([base, protected, only_names], credit)
    own = rows[rows["measure"] == "accuracy"]
    kept = own.groupby("scenario_id")["guarantee_epsilon"].apply(lambda values: values.notna().all())
    assert kept[base.id]
    assert kept[only_names.id], "roles are public, so dropping columns reads no row"
    behind = rows[rows["scenario_id"] == protected.id]
    assert behind[["guarantee_epsilon", "guarantee_delta", "guarantee_neighbours"]].isna().all(axis=None)
    assert {"baseline_raw_accuracy", "release_prosecutor_max", "test_unmatched_share"} <= set(behind["measure"])
    assert behind["protocol"].str.contains("transform").all()


def test_the_raw_baseline_is_the_raw_result(credit: Dataset, base: Scenario) -> None:
    protected = Scenario.of("german_credit", "dp_gd", anonymize=[("full_domain", {"k": 3})], repeats=3)
    rows = sweep([base, protected], credit)
    raw = rows.query("scenario_id == @base.id and measure == 'accuracy'")["value"].tolist()
    beside = rows.query("scenario_id == @protected.id and measure == 'baseline_raw_accuracy'")["value"].tolist()
    assert raw == beside


def test_the_majority_baseline_is_the_majority(credit: Dataset, base: Scenario) -> None:
    rows = run(base, credit)
    share = rows.query("measure == 'baseline_majority_accuracy'")["value"].iloc[0]
    assert 0.6 < share < 0.8
    assert rows.query("measure == 'baseline_majority_roc_auc'")["value"].iloc[0] == 0.5


def test_what_is_known_is_not_computed_again(credit: Dataset, base: Scenario) -> None:
    class Counting(Forgetful):
        kept = 0

        def keep(self, *arguments: object) -> None:
            self.kept += 1
            super().keep(*arguments)  # type: ignore[arg-type]

    memory = Counting()
    first = sweep(expand(base, AXES), credit, memory)
    assert memory.kept == 9
    same(first, sweep(expand(base, AXES), credit, memory))
    assert memory.kept == 9
    import dataclasses

    sweep([dataclasses.replace(scenario, repeats=4) for scenario in expand(base, AXES)], credit, memory)
    assert memory.kept == 12, "more repeats add to what is known"


def test_another_table_is_another_point(credit: Dataset, base: Scenario) -> None:
    memory = Forgetful()
    sweep([base], credit, memory)
    known = len(memory.records)
    sweep([base], credit.take(np.arange(900)), memory)
    assert len(memory.records) == 2 * known


def test_a_failing_point_is_a_gap_with_its_reason(credit: Dataset, base: Scenario) -> None:
    impossible = Scenario.of(
        "german_credit", "dp_gd", anonymize=[("full_domain", {"k": 100_000, "suppression_limit": 0.0})], repeats=2
    )
    rows = sweep([base, impossible], credit)
    gaps = rows[rows["scenario_id"] == impossible.id].query("not measure.str.startswith('baseline')")
    assert gaps["value"].isna().all()
    assert gaps["error"].str.contains("no generalization reaches").all()
    assert rows.query("scenario_id == @base.id")["value"].notna().all()
    summary = summarise(rows)
    assert summary.query("scenario_id == @impossible.id and measure == 'accuracy'")["failed"].item() == 2


def test_a_broken_point_names_the_kind_of_fault_and_no_cell(
    credit: Dataset, base: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("could not convert string to float: 'Jane Doe'")

    monkeypatch.setattr(method(Learner, "dp_gd"), "fit_many", classmethod(broken))
    said = set(sweep([base], credit)["error"].dropna())
    assert said == {"something broke that should not have (ValueError)."}


def test_regression_has_its_own_measures() -> None:
    rows = run(Scenario.of("wage", "random_forest", {"n_estimators": 20}, repeats=2), load("wage"))
    assert {"r2", "mae", "train_r2", "baseline_mean_mae"} <= set(rows["measure"])
    assert "accuracy" not in set(rows["measure"])
    assert rows.query("measure == 'mae'")["value"].mean() < rows.query("measure == 'baseline_mean_mae'")["value"].mean()


def test_cancelling_keeps_what_is_finished(credit: Dataset) -> None:
    scenario = Scenario.of("german_credit", "logistic_regression", repeats=6)
    memory = Forgetful()
    rows = sweep([scenario], credit, memory, cancelled=lambda: len(memory.records) >= 2)
    assert sorted(rows["repeat"].unique()) == [0, 1]
    same(run(scenario, credit, memory), run(scenario, credit))


def test_intervals_cover_seeds_and_people() -> None:
    people_only = estimate_of([0.8], [0.01])
    seeds_only = estimate_of([0.79, 0.80, 0.81], [0.0, 0.0, 0.0])
    both = estimate_of([0.79, 0.80, 0.81], [0.01, 0.01, 0.01])
    assert people_only is not None
    assert seeds_only is not None
    assert both is not None
    assert people_only.high == pytest.approx(0.8196)
    assert seeds_only.high == pytest.approx(0.8 + 4.303 * 0.01 / 3**0.5, abs=1e-4)
    assert both.width > max(people_only.width, seeds_only.width)
    assert estimate_of([float("nan")], [0.1]) is None


WRITER = """
import sys, time
from ppml_core.data.bundled import load
from ppml_core.experiment.scenario import Scenario
from ppml_core.experiment.sweep import sweep
from ppml_core.store import Store

scenario = Scenario.of("german_credit", "random_forest", {"n_estimators": 40}, repeats=12)
def told(done, total):
    print(done, flush=True)
    while done == int(sys.argv[2]):
        time.sleep(1)
sweep([scenario], load("german_credit"), Store(sys.argv[1]), progress=told)
"""
STOPS, NEVER = "8", "-1"


@pytest.mark.slow
def test_a_killed_sweep_resumes(credit: Dataset, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'killed.sqlite'}"
    process = subprocess.Popen([sys.executable, "-c", WRITER, url, STOPS], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) >= 4:
            break
    process.kill()
    assert process.wait() == -signal.SIGKILL, "it was at work"
    process.stdout.close()
    store = Store(url)
    survived = len(store)
    assert 4 <= survived <= int(STOPS)
    computed: list[int] = []
    scenario = Scenario.of("german_credit", "random_forest", {"n_estimators": 40}, repeats=12)
    resumed = sweep([scenario], credit, store, progress=lambda done, total: computed.append(done))
    assert computed == list(range(survived, 13)), "it begins at what is finished"
    same(resumed, run(scenario, credit))
    store.close()


@pytest.mark.slow
def test_writers_do_not_wait_for_one_another(credit: Dataset, base: Scenario, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shared.sqlite'}"
    code = WRITER.replace("random_forest", "dp_gd").replace(', {"n_estimators": 40}', "")
    command = [sys.executable, "-c", code, url, NEVER]
    writers = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [writer.wait(PATIENCE) for writer in writers] == [0, 0]
    store = Store(url)
    assert len(store) == 12
    store.close()


@pytest.mark.parametrize("name", ["clinic", "actg175", "wage"])
def test_every_bundled_table_goes_the_whole_road(name: str) -> None:
    """Test people hold dates and values that no training person has; they are recoded all the same."""
    learner = "random_forest" if name == "wage" else "dp_gd"
    rows = run(Scenario.of(name, learner, anonymize=[("full_domain", {"k": 3})], repeats=1), load(name))
    assert rows["error"].isna().all(), rows["error"].dropna().iloc[0]
    assert {"release_prosecutor_max", "baseline_raw_r2" if name == "wage" else "baseline_raw_accuracy"} <= set(
        rows["measure"]
    )
