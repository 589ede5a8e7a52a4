"""The model that three parties trained on shares and then opened: from there on a model like any other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from ppml_core.data.dataset import Dataset
from ppml_core.learn.base import Array, Fitted
from ppml_core.learn.models import one_thread
from ppml_core.mpc.cutting import Encoding
from ppml_core.mpc.descent import Weights, logits
from ppml_core.mpc.engines import engines
from ppml_core.mpc.running import Wanted, train_on_shares, weights_in_clear
from ppml_core.workers import Waiting, patient


@dataclass
class OpenedModel(Fitted):
    """Weights behind an encoding. It was trained with a polynomial and is asked with the true sigmoid."""

    weights: Weights
    encoding: Encoding

    def predict_proba(self, data: Dataset) -> Array:
        with one_thread():
            z = logits(self.encoding.features(data), self.weights)
        return np.column_stack([expit(-z), expit(z)])


def opened_model(wanted: Wanted, data: Dataset, rng: np.random.Generator, waiting: Waiting = patient) -> OpenedModel:
    """Trains on shares of the people and opens the model to all parties; says which engine ran."""
    trained = train_on_shares(wanted, data, rng, waiting)
    outcome, plan = trained.outcome, trained.plan
    who = f"{plan.people:,} people were trained on by {engines()[trained.engine].title}."
    return OpenedModel(
        weights=outcome.weights,
        encoding=trained.encoding,
        classes=trained.encoding.classes,
        warnings=(*trained.encoding.encoder.notes, who),
        seconds=outcome.seconds,
        costs=(("rounds", float(plan.steps)), ("bytes", float(outcome.bytes_sent))),
    )


def clear_model(wanted: Wanted, data: Dataset, rng: np.random.Generator) -> OpenedModel:
    """The model that the same people, steps and public numbers give in floats, without parties."""
    encoding, plan, weights = weights_in_clear(wanted, data, rng)
    return OpenedModel(
        weights,
        encoding,
        classes=encoding.classes,
        warnings=encoding.encoder.notes,
        costs=(("rounds", float(plan.steps)),),
    )
