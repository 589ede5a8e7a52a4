"""Compiles the kernels of a fresh checkout beside the first tests, so that none of them waits for it.

In: nothing. Out: numba's cache on disk, filled by every anonymizer, learner and attack on a small table.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ppml_core.anonymize.base import Anonymizer
from ppml_core.attacks.table_attack import TableAttack
from ppml_core.catalog import methods
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.errors import PPMLError
from ppml_core.learn.base import Learner
from ppml_core.settings import Method, settings_of


def every(kind: type[Method], **given: object) -> Iterator[Method]:
    """Each method with its default settings, then with each other word that one of them may be."""
    for cls in methods(kind).values():
        known = settings_of(cls)
        own = {name: value for name, value in given.items() if name in known}
        others = [{name: word} for name, declared in known.items() for word in declared.choices]
        for values in ({}, *others):
            with contextlib.suppress(PPMLError):
                yield cls.from_values(own | values)


def main() -> None:
    os.nice(5)
    warnings.simplefilter("ignore")
    people = load("clinic").take(np.arange(300))
    halves = people.take(np.arange(150)), people.take(np.arange(150, 300))
    with tempfile.TemporaryDirectory() as folder:
        key = Path(folder) / "key"
        key.write_bytes(bytes(range(32)))
        work(people, halves, str(key))


def work(people: Dataset, halves: tuple[Dataset, Dataset], key: str) -> None:
    for anonymizer in every(Anonymizer, key_file=key):
        with contextlib.suppress(PPMLError):
            anonymizer.fit(people, np.random.default_rng(1)).transform(people)
    for learner in every(Learner, steps=2, n_estimators=2):
        with contextlib.suppress(PPMLError):
            learner.fit(people, np.random.default_rng(1))
    for attack in every(TableAttack):
        with contextlib.suppress(PPMLError):
            attack.on(*halves, halves[0], np.arange(150), np.random.default_rng(1))


if __name__ == "__main__":
    main()
