"""What is seen of a release, as numbers: everything that a model or a table shows, and the best single score of it.

In: releases of many runs. Out: a matrix (runs, numbers), and scores. No knowledge of any one method is used, so that a
method that comes later is seen as fully as those that are here.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ppml_core.anonymize.base import Recoding
from ppml_core.anonymize.synthetic.domain import domain_of
from ppml_core.attacks.audits.worlds import Pair
from ppml_core.learn.base import Fitted

Floats = npt.NDArray[np.float64]

MOST_NUMBERS = 400
MOST_DEPTH = 5
LARGEST = 1e12
RIDGE = 1e-3
NOT_TOLD = ("guarantee", "guarantee_note", "warnings", "noise", "seconds", "costs", "classes", "ground")


def of(made: Fitted | Recoding, pair: Pair) -> Floats:
    """Whatever was released."""
    return of_table(made, pair) if isinstance(made, Recoding) else of_model(made, pair)


def of_model(model: Fitted, pair: Pair) -> Floats:
    """Its answers about the people asked, as log odds, then all numbers in its file: weights, counts, bounds, steps."""
    shares = model.predict_proba(pair.asked)
    if model.classes:
        held = np.clip(shares, 1e-12, 1.0)
        shares = (np.log(held) - np.log(np.clip(1 - held, 1e-12, 1.0)))[:, 1:]
    carried = list(itertools.islice(_numbers(model, 0), MOST_NUMBERS))
    return np.concatenate([shares.ravel(), np.clip(carried, -LARGEST, LARGEST)])


def of_table(recoding: Recoding, pair: Pair) -> Floats:
    """The last record, people per value of each column, and people like the canary in every column but none or one."""
    release = recoding.release
    domain, _ = domain_of(pair.second)
    codes = {name: coded.codes(release) for name, coded in domain.items() if name in release.table}
    own = {name: coded.codes(pair.canary)[0] for name, coded in domain.items() if name in codes}
    same = np.array([codes[name] == own[name] for name in codes])
    alike = [same.all(axis=0).sum(), *(np.delete(same, place, axis=0).all(axis=0).sum() for place in range(len(same)))]
    counts = [np.bincount(codes[name], minlength=domain[name].size)[: domain[name].size] for name in codes]
    last = same[:, -1] if len(release) == len(pair.second) else np.zeros(len(same))
    return np.concatenate([np.asarray(alike), *counts, last, [last.all()], [len(release)]]).astype(np.float64)


def as_matrix(views: Sequence[Floats]) -> Floats:
    """Rows of one length: runs that show fewer numbers (trees of another shape) get zeros at the end."""
    width = min(max(len(view) for view in views), MOST_NUMBERS)
    matrix = np.zeros((len(views), width))
    for row, view in enumerate(views):
        matrix[row, : min(len(view), width)] = view[:width]
    return np.nan_to_num(matrix, nan=0.0, posinf=LARGEST, neginf=-LARGEST)


def best_direction(first: Floats, second: Floats) -> Floats:
    """The direction that parts two clouds of views best: Fisher's linear discriminant, with a little ridge."""
    centred = np.concatenate([first - first.mean(axis=0), second - second.mean(axis=0)])
    scale = centred.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    spread = (centred / scale).T @ (centred / scale) / len(centred)
    apart = (second.mean(axis=0) - first.mean(axis=0)) / scale
    weights = np.linalg.solve(spread + RIDGE * np.eye(len(spread)), apart)
    return np.asarray(weights / scale)


def _numbers(value: Any, depth: int) -> Iterator[float]:
    """Every number in a fitted object: fields of dataclasses, and what scikit-learn marks with a last underscore."""
    if isinstance(value, bool | np.bool_ | str | bytes) or value is None:
        return
    if isinstance(value, int | float | np.number):
        yield float(value)
    elif isinstance(value, np.ndarray):
        if np.issubdtype(value.dtype, np.number):
            yield from value.ravel()[:MOST_NUMBERS].astype(np.float64)
    elif isinstance(value, list | tuple):
        for item in value[:MOST_NUMBERS]:
            yield from _numbers(item, depth)
    elif dataclasses.is_dataclass(value) and depth < MOST_DEPTH:
        for entry in dataclasses.fields(value):
            if entry.name not in NOT_TOLD:
                yield from _numbers(getattr(value, entry.name), depth + 1)
    elif depth < MOST_DEPTH:
        for name, item in sorted(vars(value).items() if hasattr(value, "__dict__") else ()):
            if name.endswith("_") and not name.startswith("_"):
                yield from _numbers(item, depth + 1)
