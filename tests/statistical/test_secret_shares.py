"""What training on secret shares reaches on Adult, engine by engine, each run shared by all that is asked of it."""

from __future__ import annotations

import functools
import subprocess
import sys

import numpy as np
import pytest
from patience import PATIENCE
from scipy.stats import chisquare

from ppml_core.data.bundled import load
from ppml_core.errors import Unreachable
from ppml_core.experiment.prepare import parts
from ppml_core.learn.logistic_regression import LogisticRegression
from ppml_core.learn.square_network import SquareNetwork
from ppml_core.mpc.engines import engines, installed
from ppml_core.mpc.plan import PARTIES, Model, Split
from ppml_core.mpc.running import SharedRun, Wanted, run_on_shares
from ppml_core.venues.secret_shares import SecretShares

pytestmark = pytest.mark.slow

ROWS = {"spu": 10_000, "mpyc": 3_000}
SMALL = {"spu": (600, 40), "mpyc": (300, 15)}
BARS = {
    ("spu", "logistic_regression"): 0.835,
    ("spu", "network"): 0.84,
    ("mpyc", "logistic_regression"): 0.82,
    ("mpyc", "network"): 0.83,
}
RUNS = [(engine, model) for engine in installed() for model in engines()[engine].steps]
SECONDS, CORES = 120, 2
DIFFERENCE = 0.01

each_run = pytest.mark.parametrize(("engine", "model"), RUNS)
each_engine = pytest.mark.parametrize("engine", installed())


@functools.cache
def whole_run(engine: str, model: Model) -> SharedRun:
    train, test = parts(load("adult"), 1)
    return run_on_shares(Wanted(model, engine, rows=ROWS[engine]), train, test, np.random.default_rng(1))


@each_run
def test_accuracy_on_people_nobody_trained_on(engine: str, model: Model) -> None:
    run = whole_run(engine, model)
    assert run.plan.people == ROWS[engine]
    assert run.accuracy.value >= BARS[engine, model]
    assert abs(run.accuracy.value - run.exact_accuracy.value) < 0.015


@each_run
def test_probabilities_are_those_of_the_clear_run(engine: str, model: Model) -> None:
    run = whole_run(engine, model)
    assert run.max_probability_difference <= DIFFERENCE
    assert abs(run.accuracy.value - run.clear_accuracy.value) < 0.002


@each_run
def test_costs_are_told_and_the_model_was_never_opened(engine: str, model: Model) -> None:
    run = whole_run(engine, model)
    assert run.outcome.weights == ()
    assert run.outcome.bytes_sent > 8 * 2 * ROWS[engine]
    assert 0 < run.outcome.laps["computing"] < run.outcome.seconds
    assert run.outcome.laps["processor"] * PARTIES / CORES < SECONDS, "whatever else the machine does meanwhile"


SHARING = {
    "spu": """
import numpy as np, spu
io = spu.Io(3, spu.RuntimeConfig(spu.ProtocolKind.ABY3, spu.FieldType.FM64))
pieces = io.make_shares(np.full(8192, float(value), np.float32), spu.Visibility.VIS_SECRET)
held = [b"".join(map(bytes, piece.share_chunks))[-2 * 8 * 8192 :] for piece in pieces]
""",
    "mpyc": """
import sys; sys.argv = ["party"]
import numpy as np
from mpyc import finfields, thresha
field = finfields.GF(2**61 - 1)
pieces = thresha.np_random_split(field, np.full(8192, value, dtype=object), 1, 3)
held = [b"".join(int(share).to_bytes(8, "little")[:7] for share in piece) for piece in pieces]
""",
}


@each_engine
def test_what_a_holder_sends_to_one_other_party_is_uniform_and_new_each_time(engine: str) -> None:
    seen = []
    for value in (0, 1):
        script = f"value = {value}\n{SHARING[engine]}\nprint(*(each.hex() for each in held))"
        said = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=PATIENCE
        )
        for held in said.stdout.split()[-3:]:
            counts = np.bincount(np.frombuffer(bytes.fromhex(held), np.uint8), minlength=256)
            assert counts.sum() >= 7 * 8192
            assert chisquare(counts).pvalue > 1e-5
            seen.append(held)
    assert len(set(seen)) == 6


@each_engine
@pytest.mark.parametrize("split", ["horizontal", "vertical"])
def test_an_opened_model_answers_like_the_learner_it_stands_for(engine: str, split: Split) -> None:
    train, test = parts(load("german_credit"), 1)
    venue = SecretShares(engine=engine, split=split, steps=40)
    model = venue.train(LogisticRegression(), train, np.random.default_rng(1))
    plain = LogisticRegression().fit(train, np.random.default_rng(1))
    ours, theirs = (found.predict_proba(test)[:, 1] for found in (model, plain))
    assert np.corrcoef(ours, theirs)[0, 1] > 0.85
    assert {"bytes", "rounds"} <= set(dict(model.costs))


@each_engine
def test_a_network_is_trained_on_columns_that_nobody_has_all_of(engine: str) -> None:
    train, test = parts(load("german_credit"), 1)
    rows, steps = SMALL[engine]
    wanted = Wanted("network", engine, split="vertical", rows=rows, test_rows=150, steps=steps)
    run = run_on_shares(wanted, train, test, np.random.default_rng(1))
    assert min(run.plan.columns) > 0
    assert sum(run.plan.columns) > max(run.plan.columns)
    assert run.max_probability_difference <= DIFFERENCE
    assert run.accuracy.value > run.majority - 0.1


@each_engine
def test_steps_that_are_too_long_are_told_and_not_answered_with(engine: str) -> None:
    train, _ = parts(load("german_credit"), 1)
    venue = SecretShares(engine=engine, steps=15, learning_rate=50.0)
    with pytest.raises(Unreachable, match="smaller learning_rate"):
        venue.train(SquareNetwork(), train, np.random.default_rng(1))
