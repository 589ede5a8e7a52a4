"""DP synthetic data: what one person moves, what the steps cost together, and tables that fit their schema."""

from __future__ import annotations

import dataclasses
import math
from typing import cast

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from ppml_core.accounting.concentrated import epsilon_of_rho, rho_of
from ppml_core.anonymize.base import Anonymizer
from ppml_core.anonymize.synthetic.domain import Coded, domain_of
from ppml_core.anonymize.synthetic.marginals import draw, marginal, onto_people
from ppml_core.anonymize.synthetic.model import PARTS, Model
from ppml_core.anonymize.transforms import dp_synthetic
from ppml_core.anonymize.transforms.dp_synthetic import DPSynthetic
from ppml_core.anonymize.transforms.randomized_response import RandomizedResponse
from ppml_core.data.bundled import load, names
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import INFERRED
from ppml_core.data.split import split
from ppml_core.errors import NotApplicable
from ppml_core.evidence import Guarantee, Neighbours
from ppml_core.experiment.cards import table_card
from ppml_core.experiment.scenario import Scenario
from ppml_core.experiment.sweep import run
from ppml_core.learn.logistic_regression import LogisticRegression
from ppml_core.mechanisms import system
from ppml_core.mechanisms.draws import Draws, Floats, SeededDraws, SystemDraws, Whole


def adult(rows: int = 300) -> Dataset:
    return split(load("adult"), 1)[0].take(np.arange(rows))


def model_of(data: Dataset) -> Model:
    return Model.of(domain_of(data)[0], data.schema.target, data)


def test_one_person_moves_every_count_by_one() -> None:
    data = adult(40)
    whole = model_of(data)
    for person in range(40):
        less = model_of(data.take(np.delete(np.arange(40), person)))
        for names_ in (("age",), ("age", "sex")):
            assert np.abs(whole._count(names_) - less._count(names_)).sum() == 1


def test_one_person_moves_every_score_by_one_at_most() -> None:
    """By brute force over removals, with what was measured before held as it is; whole numbers, so exactly."""
    data = adult(40)
    whole = model_of(data)
    whole.measure({"singles": 1.0}, SeededDraws(np.random.default_rng(0)))
    longest = 0
    for person in range(40):
        less = model_of(data.take(np.delete(np.arange(40), person)))
        less.singles, less.target_counts = whole.singles, whole.target_counts
        for pair in (("age", "sex"), ("education", "occupation"), ("race", "hours_per_week")):
            longest = max(longest, abs(whole.distance(pair) - less.distance(pair)))
    assert 0.9 * PARTS < longest <= PARTS


@pytest.mark.parametrize(("neighbours", "apart"), [("add_or_remove_one", 1), ("replace_one", 4)])
def test_all_steps_together_cost_the_budget(neighbours: str, apart: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Noise of every count and epsilon of every choice are watched, and added up as concentrated DP."""
    spent: list[float] = []

    class Watched(SeededDraws):
        def noisy(self, counts: Whole, noise: float) -> Floats:
            spent.append(1 / (2 * noise**2))
            return super().noisy(counts, noise)

        def choose(self, scores: Whole, moved: int, epsilon: float) -> int:
            assert moved == PARTS
            spent.append(epsilon**2 / 8)
            return super().choose(np.append(scores[:-1], -PARTS * 10**9), moved, epsilon)

    monkeypatch.setattr(dp_synthetic, "SeededDraws", Watched)
    made = DPSynthetic(epsilon=2.0, delta=1e-6, neighbours=neighbours).fit(adult(), np.random.default_rng(0))
    features = len(made.release.schema.columns) - 1
    assert len(spent) == features + 2 * (features - 1)
    assert sum(spent) == pytest.approx(rho_of(2.0, 1e-6) / apart)
    assert epsilon_of_rho(sum(spent), 1e-6) <= 2.0
    assert made.guarantee is not None
    assert (made.guarantee.epsilon, made.guarantee.delta, made.guarantee.neighbours) == (2.0, 1e-6, neighbours)


@pytest.mark.parametrize("draws", [SeededDraws(np.random.default_rng(0)), SystemDraws()])
def test_choices_follow_the_exponential_mechanism(draws: Draws) -> None:
    scores, trials = PARTS * np.array([0, 2, 1]), 3000
    drawn = np.bincount([draws.choose(scores, PARTS, 1.0) for _ in range(trials)], minlength=3) / trials
    expected = np.exp([0.0, 1.0, 0.5]) / np.exp([0.0, 1.0, 0.5]).sum()
    assert np.abs(drawn - expected).max() < 0.05


@pytest.mark.parametrize("pairs", [True, False])
@pytest.mark.parametrize(("neighbours", "apart"), [("add_or_remove_one", 1), ("replace_one", 4)])
def test_a_release_costs_the_budget_as_opendp_adds_it_up(
    pairs: bool, neighbours: str, apart: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of it where every round chooses a pair; a round without one would save its part."""

    used: list[SystemDraws] = []

    class Choosing(SystemDraws):
        def __init__(self) -> None:
            super().__init__()
            used.append(self)

        def choose(self, scores: Whole, moved: int, epsilon: float) -> int:
            return super().choose(np.append(scores[:-1], -PARTS * 10**9), moved, epsilon)

    monkeypatch.setattr(dp_synthetic, "SystemDraws", Choosing)
    made = DPSynthetic(epsilon=2.0, delta=1e-6, pairs=pairs, rows=10, neighbours=neighbours).fit_release(adult())
    assert made.statistics["rho"] == rho_of(2.0, 1e-6)
    assert apart * used[0].spent == pytest.approx(rho_of(2.0, 1e-6))
    assert epsilon_of_rho(apart * used[0].spent, 1e-6) <= 2.0
    assert made.guarantee == Guarantee(2.0, 1e-6, cast(Neighbours, neighbours))


def test_what_leaves_has_as_much_noise_as_it_says() -> None:
    draws, counts = SystemDraws(), np.arange(4000).reshape(2, 2000)
    noise = draws.noisy(counts, 7.5) - counts
    assert noise.shape == counts.shape
    assert noise.std() == pytest.approx(7.5, rel=0.05)
    assert abs(noise.mean()) < 0.5
    assert draws.spent == pytest.approx(1 / (2 * 7.5**2))
    assert draws.choose(np.array([0, 5000]), 1, 1.0) == 1
    assert draws.spent == pytest.approx(1 / (2 * 7.5**2) + 1 / 8)


def test_a_card_tells_a_budget_only_where_steps_shared_it() -> None:
    data = adult()
    left_out = [name for name in data.schema.columns if name not in ("age", data.schema.target)]
    ignored = {name: dataclasses.replace(data.schema[name], role="ignore") for name in left_out}
    alone = data.with_schema(data.schema.replace_columns(ignored))
    for table, shared in ((data, True), (alone, False)):
        method = DPSynthetic(epsilon=1.0, delta=1e-6, rows=10)
        card = table_card(method, method.fit_release(table), table.schema, released=True)
        assert (card["budget"] is not None) == shared


def test_nothing_leaves_where_something_private_was_read() -> None:
    data = adult()
    inferred = dataclasses.replace(data.schema["age"], source=INFERRED)
    with pytest.raises(NotApplicable, match="nothing is released: bounds or categories of 'age' were inferred"):
        DPSynthetic().fit_release(data.with_schema(data.schema.replace_columns({"age": inferred})))
    unsized = data.with_schema(dataclasses.replace(data.schema, expected_rows=None))
    with pytest.raises(NotApplicable, match="expected_rows"):
        DPSynthetic(rows=10, delta=1e-6).fit_release(unsized)
    with pytest.raises(NotApplicable, match=r"delta 1e-05 is above"):
        DPSynthetic(delta=1e-5).fit_release(data)


def test_without_opendp_no_table_is_released(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> object:
        raise ImportError(name)

    data = adult(10)
    monkeypatch.setattr(system.importlib, "import_module", absent)
    with pytest.raises(NotApplicable, match="pip install"):
        DPSynthetic().fit_release(data)


def test_a_model_trained_on_a_released_table_is_good_on_real_people() -> None:
    """Adult at epsilon 1: at least .83 accuracy and .89 AUC in the mean of three releases."""
    train, test = split(load("adult"), 1)
    truth = test.table["income"].to_numpy() == ">50K"
    reached = []
    for _ in range(3):
        made = DPSynthetic(epsilon=1.0, delta=1e-6).fit_release(train)
        shares = LogisticRegression().fit(made.release, np.random.default_rng(0)).predict_proba(test)[:, 1]
        reached.append((((shares > 0.5) == truth).mean(), roc_auc_score(truth, shares)))
    assert np.mean(reached, axis=0)[0] >= 0.83
    assert np.mean(reached, axis=0)[1] >= 0.89


@pytest.mark.parametrize("name", names())
def test_made_up_people_fit_their_schema(name: str) -> None:
    train, test = split(load(name), 1)
    made = DPSynthetic(rows=200).fit(train.take(np.arange(min(len(train), 500))), np.random.default_rng(0))
    release = made.release
    assert len(release) == 200
    assert len(made.kept) == 0
    for column, meaning in release.schema.columns.items():
        values = release.table[column]
        assert meaning.role not in ("identifier", "ignore")
        if meaning.categories is not None:
            assert set(values.dropna()) <= set(meaning.categories)
        elif meaning.bounds is not None:
            assert meaning.bounds[0] <= values.min() <= values.max() <= meaning.bounds[1]
        assert meaning.missing or values.notna().all()
    assert list(made.transform(test).table.columns) == list(release.table.columns)


def test_nothing_of_the_domain_is_read_off_the_rows() -> None:
    """Other extremes, the same codes; and the number of people is the public one."""
    data = adult(50)
    changed = data.table.copy()
    changed["age"], changed["capital_gain"], changed["race"] = 90, 99_999, "White"
    other = dataclasses.replace(data, table=changed).take(np.arange(20))
    assert domain_of(data)[0] == domain_of(other)[0]
    made = [DPSynthetic().fit(d, np.random.default_rng(0)).release for d in (data, other)]
    assert len(made[0]) == len(made[1]) == data.schema.expected_rows


def test_what_was_inferred_voids_the_guarantee() -> None:
    data = adult()
    inferred = dataclasses.replace(data.schema["age"], source=INFERRED)
    voided = DPSynthetic(rows=10).fit(
        data.with_schema(data.schema.replace_columns({"age": inferred})), np.random.default_rng(0)
    )
    assert voided.guarantee is None
    assert "'age'" in voided.guarantee_note
    unsized = data.with_schema(dataclasses.replace(data.schema, expected_rows=None))
    assert DPSynthetic(rows=10).fit(unsized, np.random.default_rng(0)).guarantee is None
    assert DPSynthetic(rows=10, delta=1e-6).fit(unsized, np.random.default_rng(0)).guarantee is not None
    large = DPSynthetic(rows=10, delta=1e-5).fit(data, np.random.default_rng(0))
    assert any("delta 1e-05 is above" in note for note in large.statistics["notes"])


@pytest.mark.parametrize("epsilon", [1e-3, 1e3])
@pytest.mark.parametrize("rows", [1, 10])
def test_extremes_make_people_all_the_same(epsilon: float, rows: int) -> None:
    method = DPSynthetic(epsilon=epsilon, rows=50)
    assert len(method.fit(adult(rows), np.random.default_rng(0)).release) == 50
    assert len(method.fit_release(adult(rows)).release) == 50


def test_a_model_trained_on_made_up_people_is_good_on_real_ones_and_keeps_the_guarantee() -> None:
    """Adult at epsilon 1: at least .83 accuracy and .89 AUC, with the choice of pairs in the guarantee."""
    step = [("dp_synthetic", {"epsilon": 1.0, "delta": 1e-6})]
    rows = run(Scenario.of("adult", "logistic_regression", {}, step, repeats=3), load("adult"))
    reached = rows.groupby("measure")["value"].mean()
    assert reached["accuracy"] >= 0.83
    assert reached["roc_auc"] >= 0.89
    own = rows[rows["measure"] == "accuracy"]
    assert (own["guarantee_epsilon"] == 1.0).all()
    assert (own["guarantee_delta"] == 1e-6).all()
    assert rows[rows["measure"] == "baseline_raw_accuracy"]["guarantee_epsilon"].isna().all()


def test_counts_become_people_without_bias() -> None:
    rng = np.random.default_rng(1)
    true = np.array([500.0, 0, 0, 0, 100, 0, 0, 0, 0, 0])
    found = np.array([onto_people(true + 20 * rng.standard_normal(10), 600.0) for _ in range(300)])
    assert (found >= 0).all()
    assert np.allclose(found.sum(axis=1), 600)
    assert abs(found.mean(axis=0)[0] - 500) < 25


def test_codes_are_drawn_by_their_shares() -> None:
    rng = np.random.default_rng(0)
    shares = np.array([[1.0, 3.0], [1.0, 0.0]])
    drawn = draw(shares, np.repeat([0, 1], 4000), rng)
    assert abs(drawn[:4000].mean() - 0.75) < 0.03
    assert (drawn[4000:] == 0).all()
    assert marginal([np.array([0, 1, 1]), np.array([2, 0, 0])], [2, 3]).tolist() == [[0, 0, 1], [2, 0, 0]]


def test_numbers_come_back_within_their_bin() -> None:
    coded = Coded("x", None, (0.0, 1.0, 10.0, 99.0), whole=True)
    codes = np.repeat([0, 1, 2], 500)
    values = coded.values(codes, np.random.default_rng(0))
    assert pd.api.types.is_integer_dtype(values.dtype)
    assert set(values[:500]) == {0}
    assert set(values[500:1000]) == set(range(1, 10))
    assert values[1000:].between(10, 99).all()
    assert values.max() == 99
    assert math.isclose(values[1000:].mean(), 54.5, abs_tol=5)


@pytest.mark.parametrize("method", [DPSynthetic(rows=50, pairs=False), RandomizedResponse()])
def test_the_type_of_the_cells_does_not_show(method: Anonymizer) -> None:
    """One empty cell turns a whole column into floats: what is released of it is of the schema's type all the same."""
    data = adult(60)
    floats = dataclasses.replace(data, table=data.table.astype({"age": float, "hours_per_week": float}))
    made = [method.fit(people, np.random.default_rng(0)).release.table for people in (data, floats)]
    pd.testing.assert_frame_equal(made[0], made[1])
    assert pd.api.types.is_integer_dtype(made[0]["age"])


def test_an_empty_cell_changes_nobody_elses_answer() -> None:
    data = adult(60)
    emptied = data.table.astype({"age": float})
    emptied.loc[59, "age"] = np.nan
    other = dataclasses.replace(data, table=emptied)
    made = [RandomizedResponse().fit(people, np.random.default_rng(0)).release.table[:59] for people in (data, other)]
    pd.testing.assert_frame_equal(made[0], made[1])


def test_numbers_with_decimals_are_said_so_by_their_bounds() -> None:
    wage, age = (domain_of(load("wage"))[0][name] for name in ("wage", "age"))
    assert (wage.whole, age.whole) == (False, True)
