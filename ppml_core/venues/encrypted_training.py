"""Logistic regression trained on ciphertexts: the people's holder has the key, somebody else the computer."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.data.dataset import Dataset
from ppml_core.encrypted.ckks import library
from ppml_core.encrypted.descent import Plan, clear_run
from ppml_core.encrypted.diagonals import padded_width
from ppml_core.encrypted.parameters import Parameters, training_parameters
from ppml_core.encrypted.threats import TRAINING
from ppml_core.encrypted.training import encrypted_training
from ppml_core.errors import NotApplicable
from ppml_core.evidence import PROTECTS
from ppml_core.learn.base import Array, Fitted, Learner
from ppml_core.learn.encoding import Encoder
from ppml_core.learn.logistic_regression import LogisticRegression
from ppml_core.learn.models import one_thread, require_all_classes
from ppml_core.learn.target import encode_target, target_classes
from ppml_core.settings import setting
from ppml_core.venues import scenes
from ppml_core.venues.base import Venue
from ppml_core.venues.seen import Form, Seen
from ppml_core.workers import Waiting, patient

MOST_FEATURES, MOST_DIAGONALS = 512, 2048


@dataclass(frozen=True)
class EncryptedTraining(Venue):
    """Gradient descent of logistic regression, every iteration on ciphertexts; the client refreshes them in each round.

    A cubic stands for the sigmoid (Kim et al. 2018). With more than two classes one against the rest. The learner's
    penalty is kept, the bias included. The client sees the weights of every round, the server none; how many rows and
    features there are is public. People beyond the batches are left out.
    """

    title: ClassVar[str] = "Encrypted training"
    extra: ClassVar[str] = "encrypted"
    version: ClassVar[int] = 2

    rounds: int = setting(30, 1, 1000, slider=(5, 60), help="gradient steps, each followed by a refresh")
    learning_rate: float | None = setting(
        None, 1e-4, 100.0, slider=(0.1, 4.0), log=True,
        help="length of a step; none is the longest that is stable for all rows of public length",
    )  # fmt: skip
    momentum: float = setting(0.8, 0.0, 0.99, slider=(0.0, 0.9), help="share of the last step that is kept")
    interval: float = setting(8.0, 1.0, 64.0, slider=(4.0, 16.0), help="log-odds up to which a cubic is the sigmoid")
    batches: int = setting(1, 1, 16, slider=(1, 4), help="batches of up to as many people as a ciphertext has slots")
    security_bits: str = setting(
        "128", choices=("128", "192", "256"), help="security level that the ciphertexts reach", unit="bits"
    )

    @property
    def form(self) -> Form:
        return "encrypted"

    def seen(self, network: bool = False) -> Seen:
        return Seen.by_item(scenes.encrypted_training(), TRAINING.rows(), (PROTECTS,))

    def walk(
        self, learner: Learner, data: Dataset, rng: np.random.Generator, waiting: Waiting = patient
    ) -> Generator[EncryptedlyTrained]:
        """The model as the client sees it at every refresh."""
        library()
        given = self.given(learner, data, rng)
        for one in encrypted_training(given.X, given.targets, given.plan, int(self.security_bits)):
            yield EncryptedlyTrained(
                one.weights,
                given.encoder,
                classes=given.classes,
                warnings=given.notes,
                seconds=one.seconds,
                costs=one.costs,
            )

    def train_in_clear(self, learner: Learner, data: Dataset, rng: np.random.Generator) -> Fitted:
        given = self.given(learner, data, rng)
        with one_thread():
            weights = clear_run(given.X, given.targets, given.plan)
        return EncryptedlyTrained(weights, given.encoder, classes=given.classes, warnings=given.notes)

    def given(self, learner: Learner, data: Dataset, rng: np.random.Generator) -> Given:
        """What a training with that generator has. Raises NotApplicable for other learners and too wide tables."""
        _check(learner)
        assert isinstance(learner, LogisticRegression)
        encoder, classes = Encoder.reading(data, learner.knots), target_classes(data.schema, data)
        if encoder.width >= MOST_FEATURES:
            raise NotApplicable(
                f"encrypted training has a ciphertext for each feature, {encoder.width:,} here: fewer than "
                f"{MOST_FEATURES} are needed."
            )
        people = data.take(self.chosen(len(data), rng))
        diagonals = len(self.plan(len(people), learner.C, encoder).batches(len(people))) * padded_width(
            encoder.width + 1
        )
        if diagonals > MOST_DIAGONALS:
            raise NotApplicable(
                f"encrypted training would hold {diagonals:,} large ciphertexts of rows, more than {MOST_DIAGONALS:,}: "
                f"lower batches."
            )
        y = encode_target(people, classes)
        require_all_classes(y, classes, 2)
        left_out = f"{len(data) - len(people):,} of {len(data):,} people are left out: raise batches."
        return Given(
            people, with_constant(encoder, people), targets_of(y, len(classes)),
            self.plan(len(people), learner.C, encoder),
            encoder, classes, encoder.notes + ((left_out,) if len(people) < len(data) else ()),
        )  # fmt: skip

    def parameters(self) -> Parameters:
        return training_parameters(int(self.security_bits))

    def plan(self, people: int, C: float, encoder: Encoder) -> Plan:
        """The descent in numbers, for the encrypted and the clear run."""
        return Plan.stable(
            encoder.row_norm**2 + 1, self.learning_rate,
            rounds=self.rounds, momentum=self.momentum, interval=self.interval, ridge=1 / (C * people),
            batch=self.parameters().slots,
        )  # fmt: skip

    def chosen(self, people: int, rng: np.random.Generator) -> np.ndarray:
        """Who is trained on: everybody, or as many as the batches hold, drawn at random."""
        most = self.batches * self.parameters().slots
        return np.arange(people) if people <= most else np.sort(rng.choice(people, most, replace=False))


def _check(learner: Learner) -> None:
    plain = isinstance(learner, LogisticRegression) and learner.class_weight == "none" and learner.calibrated is None
    if not plain:
        raise NotApplicable(
            f"encrypted training has logistic regression without class weights and calibration, not {learner.text()} "
            f"({learner.title})."
        )


def with_constant(encoder: Encoder, data: Dataset) -> Array:
    """Features and a 1 for the bias."""
    return np.column_stack([encoder.encode(data), np.ones(len(data))])


def targets_of(y: np.ndarray, classes: int) -> Array:
    """A column of 0 and 1 for two classes, else one for each class."""
    return y[:, None].astype(np.float64) if classes == 2 else np.eye(classes)[y]


@dataclass(frozen=True, eq=False)
class Given:
    """What the client trains on, and what it says of it."""

    people: Dataset
    X: Array
    targets: Array
    plan: Plan
    encoder: Encoder
    classes: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass
class EncryptedlyTrained(Fitted):
    """Weights (features and constant, outputs) as the client decrypted them."""

    weights: Array
    encoder: Encoder

    def predict_proba(self, data: Dataset) -> Array:
        from scipy.special import expit

        chances = expit(with_constant(self.encoder, data) @ self.weights)
        if chances.shape[1] == 1:
            return np.column_stack([1 - chances, chances])
        return np.asarray(chances / chances.sum(axis=1, keepdims=True))
