"""What every learner owes, proved once over all of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ppml_core.catalog import methods
from ppml_core.data.bundled import load, names
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import INFERRED
from ppml_core.data.split import split
from ppml_core.errors import BadInput, NotApplicable
from ppml_core.learn.base import Fitted, Learner
from ppml_core.learn.encoding import Encoder
from ppml_core.learn.target import target_of, task_of
from ppml_core.settings import settings_of

LEARNERS = methods(Learner)
PRIVATE = {name: cls for name, cls in LEARNERS.items() if cls.private}
TABLE_OF = {"classification": "adult", "regression": "wage"}
ROWS = 400

each = pytest.mark.parametrize("learner", LEARNERS.values(), ids=list(LEARNERS))
each_private = pytest.mark.parametrize("learner", PRIVATE.values(), ids=list(PRIVATE))


@cache
def parts(name: str) -> tuple[Dataset, Dataset]:
    """A few training and test people of a bundled table."""
    train, test = split(load(name), 1)
    return train.take(np.arange(min(ROWS, len(train)))), test.take(np.arange(min(100, len(test))))


def table_of(learner: type[Learner]) -> tuple[Dataset, Dataset]:
    return parts(TABLE_OF[learner.tasks[0]])


def fitted(learner: type[Learner], data: Dataset, seed: int = 1, **settings: Any) -> Fitted:
    return learner(**settings).fit(data, np.random.default_rng(seed))


def changed(data: Dataset, change: Callable[[str], dict[str, Any]]) -> Dataset:
    """The same table with each input column's meaning changed."""
    columns = {name: dataclasses.replace(data.schema[name], **change(name)) for name in data.schema.inputs}
    return data.with_schema(data.schema.replace_columns(columns))


@each
def test_it_says_what_it_is(learner: type[Learner]) -> None:
    assert learner.title
    assert learner.version >= 1
    assert learner.summary().endswith((".", ".)"))
    assert learner.tasks


@each
@pytest.mark.parametrize("name", names())
def test_every_bundled_table_is_learned_or_declined_in_words(learner: type[Learner], name: str) -> None:
    train, test = parts(name)
    if task_of(train.schema) not in learner.tasks:
        with pytest.raises(NotApplicable, match=target_of(train.schema)):
            fitted(learner, train)
        return
    model = fitted(learner, train)
    predicted = model.predict_proba(test)
    assert np.isfinite(predicted).all()
    if task_of(train.schema) == "regression":
        assert model.classes == ()
        assert predicted.shape == (len(test), 1)
    else:
        assert predicted.shape == (len(test), len(model.classes))
        assert (predicted >= 0).all()
        assert np.allclose(predicted.sum(axis=1), 1)
        assert train.schema.positive is None or model.classes[-1] == train.schema.positive
    assert model.seconds > 0


@each
def test_the_input_stays_as_it_was(learner: type[Learner]) -> None:
    train, test = table_of(learner)
    before, state = (train.table.copy(), test.table.copy()), np.random.get_state()[1].tobytes()  # noqa: NPY002
    fitted(learner, train).predict_proba(test)
    pd.testing.assert_frame_equal(train.table, before[0])
    pd.testing.assert_frame_equal(test.table, before[1])
    assert np.random.get_state()[1].tobytes() == state, "the global generator was touched"  # noqa: NPY002


@each
def test_one_seed_gives_one_model_and_fit_many_the_same(learner: type[Learner]) -> None:
    train, test = table_of(learner)
    first = fitted(learner, train, seed=7).predict_proba(test).tobytes()
    assert fitted(learner, train, seed=7).predict_proba(test).tobytes() == first
    generators = [np.random.default_rng(seed) for seed in (3, 7)]
    batch = learner.fit_many([learner(), learner()], train, generators)
    assert batch[1].predict_proba(test).tobytes() == first


@each_private
def test_private_learners_differ_between_seeds(learner: type[Learner]) -> None:
    train, test = table_of(learner)
    one, other = (fitted(learner, train, seed, epsilon=1e-3).predict_proba(test) for seed in (1, 2))
    assert not np.array_equal(one, other)


@each
def test_settings_out_of_range_are_refused_by_name(learner: type[Learner]) -> None:
    for name, declared in settings_of(learner).items():
        beyond = [declared.low - 1] if declared.low is not None else []
        beyond += [declared.high * 2 + 1] if declared.high is not None else []
        whole = declared.type == "int"
        for value in [int(v) if whole else v for v in beyond] + ["nonsense"]:
            with pytest.raises(BadInput, match=name):
                learner(**{name: value})


@each
def test_people_with_unseen_values_are_predicted(learner: type[Learner]) -> None:
    train, test = table_of(learner)
    odd = test.table.copy()
    for name in train.schema.inputs:
        column = odd[name]
        if pd.api.types.is_numeric_dtype(column):
            odd[name] = column.astype(float) * 1e9
            odd.loc[0, name] = np.nan
        else:
            odd[name] = "never seen before"
    predicted = fitted(learner, train).predict_proba(dataclasses.replace(test, table=odd))
    assert np.isfinite(predicted).all()
    assert len(predicted) == len(test)


@each_private
@pytest.mark.parametrize("epsilon", [1e-3, 0.5, 1e3])
def test_the_guarantee_is_the_budget_that_was_set(learner: type[Learner], epsilon: float) -> None:
    train, test = table_of(learner)
    model = fitted(learner, train, epsilon=epsilon)
    assert model.guarantee is not None
    assert model.guarantee.epsilon == epsilon
    assert model.guarantee_note == ""
    assert np.isfinite(model.predict_proba(test)).all()


@each
def test_plain_learners_promise_nothing(learner: type[Learner]) -> None:
    assert learner.private or fitted(learner, table_of(learner)[0]).guarantee is None


@each_private
def test_no_guarantee_stands_on_inferred_knowledge(learner: type[Learner]) -> None:
    model = fitted(learner, changed(table_of(learner)[0], lambda _: {"source": INFERRED}))
    assert model.guarantee is None
    assert "inferred from the private rows" in model.guarantee_note


@each_private
def test_an_inferred_target_gives_no_guarantee_either(learner: type[Learner]) -> None:
    train, _ = table_of(learner)
    target = dataclasses.replace(train.schema[target_of(train.schema)], source=INFERRED)
    model = fitted(learner, train.with_schema(train.schema.replace_columns({target_of(train.schema): target})))
    assert model.guarantee is None
    assert target_of(train.schema) in model.guarantee_note


@each_private
def test_no_bounds_at_all_are_refused_by_name(learner: type[Learner]) -> None:
    train = changed(table_of(learner)[0], lambda name: {"bounds": None} if name == "hours_per_week" else {})
    with pytest.raises(NotApplicable, match="hours_per_week"):
        fitted(learner, train)


WITH_DELTA = {name: cls for name, cls in PRIVATE.items() if "delta" in settings_of(cls)}


@pytest.mark.parametrize("learner", WITH_DELTA.values(), ids=list(WITH_DELTA))
def test_delta_comes_from_a_public_size_and_one_above_its_limit_is_remarked(learner: type[Learner]) -> None:
    train, _ = table_of(learner)
    train = train.take(np.arange(100))
    unsized = train.with_schema(dataclasses.replace(train.schema, expected_rows=None))
    by_count = fitted(learner, unsized)
    assert by_count.guarantee is None
    assert "expected_rows" in by_count.guarantee_note
    assert any("delta 0.001 is above" in warning for warning in fitted(learner, train, delta=1e-3).warnings)
    small = fitted(learner, train, delta=1e-7)
    assert small.guarantee is not None
    assert not any("delta" in warning for warning in small.warnings)


@each_private
def test_features_do_not_move_with_private_extremes(learner: type[Learner]) -> None:
    """Two tables that share their first people but for the extremes of the last: those people are encoded alike."""
    train, _ = table_of(learner)
    other = train.table.copy()
    other.loc[len(other) - 1, ["age", "hours_per_week", "capital_gain"]] = [90, 99, 99_999]
    other = dataclasses.replace(train, table=other)
    for knots in (1, 8):
        X = [Encoder.of(data.schema, knots).encode(data)[:-1] for data in (train, other)]
        assert X[0].tobytes() == X[1].tobytes()
    models = [fitted(learner, data) for data in (train, other)]
    assert models[0].guarantee == models[1].guarantee
    assert models[0].classes == models[1].classes


@each
def test_a_learner_without_a_release_path_says_so(learner: type[Learner]) -> None:
    if learner.has_release_path():
        assert learner.private
    else:
        with pytest.raises(NotApplicable, match="no release path"):
            learner().fit_release(table_of(learner)[0])
