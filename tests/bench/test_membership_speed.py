"""A likelihood-ratio attack on logistic regression, end to end, against its shadow models alone in scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression as Library
from threadpoolctl import threadpool_limits
from timing import least_cpu

from ppml_core.attacks.membership.attacking import report_of
from ppml_core.attacks.membership.game import Game, play, truth_of
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

    On one thread, each as the quickest of three runs; ours finds nothing remembered of the run before.
    """
    data, trainer = load("adult"), ChainTrainer(LogisticRegression())
    report_of(attack(), play(data, trainer, 4, np.random.default_rng(0), 200), np.random.default_rng(0))

    def drawn() -> Game:
        return play(data, trainer, SHADOWS, np.random.default_rng(1), PEOPLE, with_public=False)

    game = drawn()
    X, y = Encoder.of(game.people.schema, 8).encode_sparse(game.people), truth_of(game.people)

    def one_by_one() -> None:
        for mask in game.shadows.inside:
            Library(C=1.0, max_iter=1000).fit(X[mask], y[mask])

    with threadpool_limits(1):
        ours = least_cpu(lambda: report_of(attack(), drawn(), np.random.default_rng(1)), 3)
        theirs = least_cpu(one_by_one, 3)
    with capsys.disabled():
        print(f"\n{attack.name()}: {ours:.2f} CPU s against {theirs:.2f}")
    assert ours < theirs / 4
