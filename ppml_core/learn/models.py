"""Fitted models that learners share, the warnings of the libraries underneath, and one thread for the arithmetic."""

from __future__ import annotations

import importlib
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType
from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController

from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput, NotApplicable
from ppml_core.learn.base import Array, Fitted
from ppml_core.learn.encoding import Encoder

SEEDS = 2**31 - 1
FOLDS = 5
FOR_PROGRAMMERS = (DeprecationWarning, PendingDeprecationWarning, FutureWarning)


@dataclass
class Watch:
    """Seconds and warnings of one piece of work."""

    seconds: float = 0.0
    warnings: tuple[str, ...] = ()


@contextmanager
def watched() -> Iterator[Watch]:
    """Runs the block on one thread (more threads would add in another order), timed, its warnings kept as sentences.

    Warnings that speak to programmers (deprecations) are dropped.
    """
    watch, start = Watch(), time.perf_counter()
    with warnings.catch_warnings(record=True) as caught, one_thread():
        warnings.simplefilter("always")
        yield watch
    watch.seconds = time.perf_counter() - start
    heard = (" ".join(str(w.message).split()) for w in caught if not issubclass(w.category, FOR_PROGRAMMERS))
    watch.warnings = tuple(dict.fromkeys(heard))


_counting = threading.Lock()
_inside = 0
_limits: list[tuple[int, Any]] = []


@contextmanager
def one_thread() -> Iterator[None]:
    """The block's arithmetic on one thread, so that a sum does not depend on how many cores there are.

    The limit is the whole process's: of several threads that ask for it, the last to leave lifts it. Libraries are
    looked for anew only where a module was imported since.
    """
    global _inside
    modules = len(sys.modules)
    with _counting:
        _inside += 1
        if not _limits or _limits[-1][0] != modules:
            _limits.append((modules, _threads(modules).limit(limits=1)))
    try:
        yield
    finally:
        with _counting:
            _inside -= 1
            while not _inside and _limits:
                _limits.pop()[1].restore_original_limits()


@lru_cache(maxsize=2)
def _threads(modules: int) -> ThreadpoolController:
    return ThreadpoolController()


def imported(name: str) -> ModuleType:
    """A library's module, without the warning filters that importing it leaves behind."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module(name)


def seed_of(rng: np.random.Generator) -> int:
    """A seed for a library that wants one; the global generator is never touched."""
    return int(rng.integers(SEEDS))


@dataclass
class LibraryModel(Fitted):
    """A scikit-learn style model behind an encoder; `form` is the shape of features it takes."""

    model: Any
    encoder: Encoder
    form: str = "sparse"

    def predict_proba(self, data: Dataset) -> Array:
        X = encoded(self.encoder, data, self.form)
        with one_thread():
            if not self.classes:
                return np.asarray(self.model.predict(X), dtype=np.float64).reshape(-1, 1)
            found = np.asarray(self.model.predict_proba(X), dtype=np.float64)
        probabilities = np.zeros((len(data), len(self.classes)))
        probabilities[:, np.asarray(self.model.classes_, dtype=np.int64)] = found
        return probabilities


def encoded(encoder: Encoder, data: Dataset, form: str) -> Any:
    """Features in the form a library takes: "sparse", "dense", "dense32" or "columns"."""
    if form == "sparse":
        return encoder.encode_sparse(data)
    if form == "columns":
        return encoder.encode_columns(data)
    return encoder.encode(data, np.float32 if form == "dense32" else np.float64)


def require_all_classes(y: np.ndarray, classes: tuple[str, ...], how_many: int | None = None) -> None:
    """Raises BadInput where fewer than `how_many` classes (all of them by default) occur among the training people."""
    present = np.unique(y)
    if len(present) >= (len(classes) if how_many is None else how_many):
        return
    absent = next(label for code, label in enumerate(classes) if code not in present)
    raise BadInput(f"no training person has the class {absent!r}, so this learner cannot be trained on them.")


def with_one_of_each(X: Any, y: np.ndarray, classes: int) -> tuple[Array, np.ndarray]:
    """The rows and a made-up one of zeros for each class, so that no refusal tells which classes occur.

    Rows that are the same in every table change nothing about neighbouring ones.
    """
    return np.vstack([X, np.zeros((classes, X.shape[1]))]), np.concatenate([y, np.arange(classes)])


def calibrating(model: Any, how: str | None, y: np.ndarray) -> Any:
    """The classifier with its probabilities calibrated on predictions for parts of the training people it did not see.

    `how` is "sigmoid" (Platt 1999), "isotonic" (Zadrozny, Elkan 2002) or None for the model as it is. The model itself
    learns from everybody. Raises NotApplicable where a class has one person only.
    """
    if how is None:
        return model
    from sklearn.calibration import CalibratedClassifierCV

    rarest = int(np.unique(y, return_counts=True)[1].min())
    if rarest < 2:
        raise NotApplicable("calibration needs two training people of each class at least: set calibrated to none.")
    return CalibratedClassifierCV(model, method=how, cv=min(FOLDS, rarest), ensemble=False)
