"""A model that is asked on ciphertexts: trained in the clear by its owner, never shown to the people who ask."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ppml_core.data.dataset import Dataset
from ppml_core.encrypted.ckks import library
from ppml_core.encrypted.inference import Answer, infer
from ppml_core.encrypted.serving import Served, served
from ppml_core.encrypted.threats import LINEAR, NETWORK
from ppml_core.evidence import PROTECTS
from ppml_core.learn.base import Array, Fitted, Learner
from ppml_core.learn.models import seed_of
from ppml_core.settings import setting
from ppml_core.venues import scenes
from ppml_core.venues.base import Venue
from ppml_core.venues.seen import Form, Seen
from ppml_core.workers import Waiting, patient

LEVELS = ("128", "192", "256")


@dataclass(frozen=True)
class EncryptedInference(Venue):
    """The learner's model in a server process that answers rows under the asker's key, by CKKS.

    Linear classifiers and the network with square activation. What is proved about the training stands: encryption
    protects the asking, not the training and not the output. The noise that hides the weights is drawn again for the
    same generator: for experiments. Costs are those of the first table that the model is asked about; of one block of
    rows where it was not asked yet.
    """

    title: ClassVar[str] = "Encrypted inference"
    extra: ClassVar[str] = "encrypted"
    network: ClassVar[str] = "square_network"
    asks_freely: ClassVar[bool] = False

    security_bits: str = setting("128", choices=LEVELS, help="security level that the ciphertexts reach", unit="bits")

    @property
    def form(self) -> Form:
        return "encrypted"

    def seen(self, network: bool = False) -> Seen:
        scene = scenes.encrypted_prediction(network)
        return Seen.by_item(scene, (NETWORK if network else LINEAR).rows(), (PROTECTS,))

    def walk(
        self, learner: Learner, data: Dataset, rng: np.random.Generator, waiting: Waiting = patient
    ) -> Generator[EncryptedModel]:
        """One model: nobody there sees it on its way."""
        library()
        fitted = self.train_in_clear(learner, data, rng)
        yield EncryptedModel(fitted, learner, int(self.security_bits), seed_of(rng), waiting)

    def train_in_clear(self, learner: Learner, data: Dataset, rng: np.random.Generator) -> Fitted:
        fitted = learner.fit(data, rng)
        served(fitted, learner)
        return fitted


def _shown(fitted: Fitted) -> tuple[str, ...]:
    """What the asker is told of the training people, where features were read off them."""
    inferred = getattr(getattr(fitted, "encoder", None), "inferred", ())
    if not inferred:
        return ()
    named = ", ".join(repr(name) for name in inferred[:3]) + (" …" if len(inferred) > 3 else "")
    return (f"whoever asks needs the bounds or categories of {named}, which were read off the training rows.",)


class EncryptedModel(Fitted):
    """A model of which only answers are seen. Every question starts a server and a client process.

    `seconds` counts the first question in. `waiting` is called while the two work, and may raise to end them.
    """

    def __init__(
        self, trained: Fitted, learner: Learner, security_bits: int, seed: int | None, waiting: Waiting = patient
    ) -> None:
        self.trained, self.learner, self.security_bits = trained, learner, security_bits
        self.seed, self.waiting = seed, waiting
        self.first: tuple[tuple[str, float], ...] = ()
        self.classes, self.guarantee = trained.classes, trained.guarantee
        self.guarantee_note, self.noise = trained.guarantee_note, trained.noise
        self.warnings, self.seconds = trained.warnings + _shown(trained), trained.seconds

    def predict_proba(self, data: Dataset) -> Array:
        return self.ask(self.halves.rows(data)).probabilities

    @property
    def halves(self) -> Served:
        """What the server has and what the client has."""
        return served(self.trained, self.learner)

    def ask(self, X: Any) -> Answer:
        """Logits of rows of features, with what they cost."""
        answer = infer(self.halves.model, X, security_bits=self.security_bits, seed=self.seed, waiting=self.waiting)
        if not self.first:
            self.first, self.seconds = answer.costs, self.seconds + answer.seconds
        return answer

    @property
    def costs(self) -> tuple[tuple[str, float], ...]:  # type: ignore[override]
        if not self.first:
            self.ask(np.zeros((1, self.halves.model.shape[0])))
        return self.first
