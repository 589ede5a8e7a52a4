"""Training on secret shares: three holders compute the model together, and none sees another's people."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import ClassVar, cast

import numpy as np

from ppml_core.data.dataset import Dataset
from ppml_core.errors import NotApplicable
from ppml_core.learn.base import Fitted, Learner
from ppml_core.learn.logistic_regression import LogisticRegression
from ppml_core.learn.square_network import SquareNetwork
from ppml_core.mpc.engines import chosen, engines
from ppml_core.mpc.plan import Split
from ppml_core.mpc.running import Wanted
from ppml_core.mpc.threats import notes_of, threats_of
from ppml_core.settings import setting, words
from ppml_core.venues import scenes
from ppml_core.venues.base import Venue
from ppml_core.venues.seen import Form, Seen
from ppml_core.workers import Waiting, patient

MOST = " and ".join(f"{cls.most_rows:,} with {words(name)}" for name, cls in engines().items())


@dataclass(frozen=True)
class SecretShares(Venue):
    """Three processes train on shares, by SPU (ABY3) or MPyC (Shamir), and open the model at the end.

    Semi-honest parties, at most one of them corrupted. Logistic regression, or the network with square activation,
    with a polynomial in the sigmoid's place and steps in the penalty's. Products are rounded at random, as the
    protocols want it: the same generator gives the same people and steps, and weights that differ in the last digits.
    """

    title: ClassVar[str] = "Secret shares"
    version: ClassVar[int] = 2
    extra: ClassVar[str] = "mpc"
    network: ClassVar[str] = "square_network"
    repeats_exactly: ClassVar[bool] = False

    engine: str = setting(
        "auto", choices=("auto", *engines()), help="who computes; auto takes SPU where it is installed"
    )
    split: str = setting(
        "horizontal", choices=("horizontal", "vertical"),
        help="whether each holder has people of its own, or columns of the same people",
    )  # fmt: skip
    rows: int | None = setting(
        None, 6, 1_000_000, slider=(300, 30_000), log=True, unit="people",
        help=f"people drawn for the training; none is all, up to {MOST}",
    )  # fmt: skip
    steps: int | None = setting(
        None, 1, 10_000, slider=(5, 200), log=True, help="gradient steps; none follows from engine and model"
    )
    batch: int | None = setting(
        None, 1, 1_000_000, slider=(100, 10_000), log=True, unit="people",
        help="people in a step; none follows from engine and model",
    )  # fmt: skip
    learning_rate: float | None = setting(
        None, 1e-3, 100.0, slider=(0.05, 2.0), log=True, help="length of a step; none follows from the schema"
    )

    @property
    def form(self) -> Form:
        return "shares"

    def seen(self, network: bool = False) -> Seen:
        """With the engine that would run; where none is, as the one does it that runs on every Python."""
        try:
            engine = chosen(self.engine)
        except NotApplicable:
            engine = next(name for name, cls in engines().items() if not cls.limits)
        scene = scenes.on_shares(self.split, engines()[engine].title)
        return Seen.by_onlooker(scene, threats_of(engine), notes_of(engine))

    def walk(
        self, learner: Learner, data: Dataset, rng: np.random.Generator, waiting: Waiting = patient
    ) -> Generator[Fitted]:
        """One model: nobody sees it before it is opened."""
        wanted = self.wanted(learner)
        from ppml_core.mpc.opened import opened_model

        yield opened_model(wanted, data, rng, waiting)

    def train_in_clear(self, learner: Learner, data: Dataset, rng: np.random.Generator) -> Fitted:
        wanted = self.wanted(learner)
        from ppml_core.mpc.opened import clear_model

        return clear_model(wanted, data, rng)

    def wanted(self, learner: Learner, test_rows: int | None = None) -> Wanted:
        """The computation that these settings and the learner's ask for. Raises NotApplicable for other learners."""
        if isinstance(learner, SquareNetwork):
            hidden, knots = learner.units, learner.knots
        elif isinstance(learner, LogisticRegression):
            hidden, knots = SquareNetwork().units, learner.knots
            if learner.class_weight != "none" or learner.calibrated is not None:
                raise NotApplicable("on secret shares classes weigh alike and nothing is calibrated: leave both out.")
        else:
            raise NotApplicable(
                f"{learner.title} is not trained on secret shares; logistic_regression and square_network are."
            )
        return Wanted(
            model="network" if isinstance(learner, SquareNetwork) else "logistic_regression",
            engine=self.engine,
            split=cast(Split, self.split),
            rows=self.rows,
            test_rows=test_rows,
            steps=self.steps,
            learning_rate=self.learning_rate,
            batch=self.batch,
            hidden=hidden,
            knots=knots,
        )
