"""A model asked or trained on ciphertexts, laid beside the same in the clear: agreement, precision, time and traffic.

In: a learner, training and test people. Out: plain data, as `ppml encrypted --json` prints it. Accuracies are measured
on private test people: internal.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from ppml_core.data.dataset import Dataset
from ppml_core.encrypted.descent import clear_run
from ppml_core.encrypted.threats import TRAINING
from ppml_core.evidence import PROTECTS, wilson
from ppml_core.learn.base import Array, Learner
from ppml_core.learn.logistic_regression import LogisticRegression
from ppml_core.learn.models import one_thread
from ppml_core.learn.target import encode_target
from ppml_core.venues.encrypted_inference import EncryptedInference
from ppml_core.venues.encrypted_training import EncryptedTraining

INTERNAL = "internal: measured on private test people"


def asked_encrypted(
    venue: EncryptedInference, learner: Learner, train: Dataset, test: Dataset, rows: int, seed: int | None
) -> dict[str, Any]:
    """Answers for the first `rows` test people. Without a seed the noise that hides the weights cannot be drawn again.

    `precision` is the largest difference to the clear model: of a logit, and of a probability. Times are of one run.
    """
    with one_thread():
        *_, model = venue.walk(learner, train, np.random.default_rng(1 if seed is None else seed))
    if seed is None:
        model.seed = None
    people, halves = test.take(np.arange(rows)), model.halves
    X, truth = halves.rows(people), encode_target(people, model.classes)
    answer, clear = model.ask(X), model.trained.predict_proba(people)
    told = answer.probabilities
    threats = halves.model.threats
    return {
        "technique": threats.technique,
        "learner": learner.name(), "rows": rows, "features": halves.model.shape[0], "classes": list(model.classes),
        "accuracy": {"encrypted": _share(told, truth), "clear": _share(clear, truth)},
        "accuracy_note": INTERNAL,
        "agreement": float((told.argmax(axis=1) == clear.argmax(axis=1)).mean()),
        "precision": {
            "logit": float(np.abs(answer.logits - halves.model.logits(X)).max()),
            "probability": float(np.abs(told - clear).max()),
        },
        "ms_per_row": 1000 * answer.seconds / rows,
        "seconds": {
            "end_to_end": answer.seconds, "evaluation": answer.evaluation_seconds, "keys": answer.key_seconds,
            "with_start_of_processes": answer.total_seconds,
        },
        "bytes": {"up": answer.bytes_up, "of_which_keys": answer.key_bytes, "down": answer.bytes_down},
        "parameters": answer.parameters,
        "threats": threats.values(),
        "note": PROTECTS,
    }  # fmt: skip


def trained_encrypted(
    venue: EncryptedTraining, learner: LogisticRegression, train: Dataset, test: Dataset, seed: int
) -> dict[str, Any]:
    """Training on ciphertexts beside its clear run (same people, cubic, steps, batches) and beside exact training."""
    with one_thread():
        *_, model = venue.walk(learner, train, np.random.default_rng(seed))
    given, truth = venue.given(learner, train, np.random.default_rng(seed)), encode_target(test, model.classes)
    weights = clear_run(given.X, given.targets, given.plan)
    clear = dataclasses.replace(model, weights=weights).predict_proba(test)
    exact = learner.fit(given.people, np.random.default_rng(seed)).predict_proba(test)
    told = model.predict_proba(test)
    return {
        "technique": TRAINING.technique, "learner": learner.name(),
        "rows": len(given.people), "features": given.X.shape[1],
        "classes": list(model.classes), "plan": given.plan.values(),
        "accuracy": {"encrypted": _share(told, truth), "clear": _share(clear, truth), "exact": _share(exact, truth)},
        "accuracy_note": INTERNAL,
        "agreement": float((told.argmax(axis=1) == clear.argmax(axis=1)).mean()),
        "precision": {
            "weight": float(np.abs(weights - model.weights).max()), "probability": float(np.abs(told - clear).max()),
        },
        "seconds": model.seconds,
        "costs": dict(model.costs),
        "parameters": venue.parameters().values(),
        "threats": TRAINING.values(),
        "warnings": list(model.warnings),
        "note": PROTECTS,
    }  # fmt: skip


def _share(probabilities: Array, truth: np.ndarray) -> dict[str, float]:
    """Accuracy with its 95 % interval over test people."""
    value = float((probabilities.argmax(axis=1) == truth).mean())
    low, high = wilson(value, len(truth))
    return {"value": value, "low": low, "high": high}
