"""A likelihood-ratio attack on logistic regression, end to end, against its shadow models alone in scikit-learn."""

from __future__ import annotations

import time

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression as Library
from threadpoolctl import threadpool_limits

from ppml_core.attacks.membership.attacking import report_of
from ppml_core.attacks.membership.game import play, truth_of
from ppml_core.attacks.membership.lira_offline import LiraOffline
from ppml_core.attacks.membership.lira_online import LiraOnline
from ppml_core.attacks.trainer import ChainTrainer
from ppml_core.data.bundled import load
from ppml_core.learn.encoding import Encoder
from ppml_core.learn.logistic_regression import LogisticRegression

PEOPLE, SHADOWS = 5_000, 64


@pytest.mark.bench
@pytest.mark.parametrize("attack", [LiraOffline, LiraOnline])
def test_an_attack_takes_a_quarter_of_its_shadow_models_one_by_one(
    attack: type[LiraOffline | LiraOnline], capsys: pytest.CaptureFixture[str]
) -> None:
    """Ours: people drawn, target and shadow models, their answers, settings chosen, report. Theirs: the fits alone.

    CPU seconds of one thread, which other work on the machine disturbs least.
    """
    data, trainer = load("adult"), ChainTrainer(LogisticRegression())
    report_of(attack(), play(data, trainer, 4, np.random.default_rng(0), 200), np.random.default_rng(0))
    with threadpool_limits(1):
        start, used = time.perf_counter(), time.process_time()
        game = play(data, trainer, SHADOWS, np.random.default_rng(1), PEOPLE, with_public=False)
        report_of(attack(), game, np.random.default_rng(1))
        ours, ours_used = time.perf_counter() - start, time.process_time() - used
        X, y = Encoder.of(game.people.schema, 8).encode_sparse(game.people), truth_of(game.people)
        start, used = time.perf_counter(), time.process_time()
        for mask in game.shadows.inside:
            Library(C=1.0, max_iter=1000).fit(X[mask], y[mask])
        theirs, theirs_used = time.perf_counter() - start, time.process_time() - used
    with capsys.disabled():
        print(f"\n{attack.name()}: {ours:.2f} s against {theirs:.2f} s (CPU {ours_used:.2f} and {theirs_used:.2f})")
    assert ours_used < theirs_used / 4
