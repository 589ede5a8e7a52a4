"""The whole road from people to a model, walked again on many parts of one table: what shadow models are made of.

In: anonymizers and a learner, a table, masks that say who is trained on. Out: models, or only what they say of people
(`answers`), so that a hundred forests need not be kept at once. Anonymizers are fitted anew on every part. A model's
numbers depend on its mask and its generator alone, not on what is trained beside it or in how many processes.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np

from ppml_core.anonymize.base import Anonymizer, Recoding
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput
from ppml_core.evidence import Guarantee
from ppml_core.learn.base import Array, Fitted, Learner, Masks
from ppml_core.workers import FreshProcesses, Progress, leave_with

SIDE_BY_SIDE = 64


def unheard(done: int, total: int) -> None:
    """For work whose progress nobody follows."""


@dataclass(frozen=True)
class ChainTrainer:
    """Anonymizers in order, then the learner; more than one process only where asked for.

    `progress` hears (done, total) models and may raise to stop. Raises what anonymizers and learner raise (Unreachable,
    NotApplicable, BadInput), and BadInput where a release has nobody in it.
    """

    learner: Learner
    anonymize: tuple[Anonymizer, ...] = ()
    processes: int = 1
    progress: Progress = unheard

    def __call__(self, people: Dataset, masks: Masks, rngs: Sequence[np.random.Generator]) -> list[Fitted]:
        """One model per row of `masks` (models, people); each takes raw people, whatever it was trained on."""
        if not self.anonymize:
            return self.learner.fit_subsets(people, masks, rngs)
        return [self._walked(people, mask, rng) for mask, rng in zip(masks, rngs, strict=True)]

    def answers(self, people: Dataset, masks: Masks, rngs: Sequence[np.random.Generator], asked: Dataset) -> Array:
        """What each of those models says of `asked`, shape (models, people asked, classes); models are not kept."""
        width = 1 if self.anonymize or not self.learner.fits_subsets_together() else self._share(len(masks))
        parts = [slice(start, start + width) for start in range(0, len(masks), width)]
        jobs = [(masks[part], list(rngs[part])) for part in parts]
        if len(masks) != len(rngs):
            raise ValueError(f"{len(masks)} masks and {len(rngs)} generators")
        several = self.processes > 1 and len(jobs) > 1
        said: list[Array] = []
        for found in self._in_processes(people, asked, jobs) if several else self._in_turn(people, asked, jobs):
            said += list(found)
            self.progress(len(said), len(masks))
        return np.array(said)

    def _share(self, models: int) -> int:
        return max(1, min(SIDE_BY_SIDE, math.ceil(models / self.processes)))

    def _walked(self, people: Dataset, mask: np.ndarray, rng: np.random.Generator) -> Fitted:
        release = people.take(np.flatnonzero(mask))
        recodings: list[Recoding] = []
        for step in self.anonymize:
            recodings.append(step.fit(release, rng))
            release = recodings[-1].release
        if not len(release):
            raise BadInput("the anonymizer left nobody in a part of the table: allow less suppression or a smaller k.")
        model = Recoded(self.learner.fit(release, rng), recodings)
        model.guarantee, model.guarantee_note = _of_the_chain(self.anonymize, recodings, model.model)
        return model

    def _in_turn(self, people: Dataset, asked: Dataset, jobs: Sequence[Job]) -> Iterator[list[Array]]:
        for masks, rngs in jobs:
            yield [model.predict_proba(asked) for model in self(people, masks, rngs)]

    def _in_processes(self, people: Dataset, asked: Dataset, jobs: Sequence[Job]) -> Iterator[list[Array]]:
        quiet = ChainTrainer(self.learner, self.anonymize)
        context = FreshProcesses()
        with ProcessPoolExecutor(
            self.processes, mp_context=context, initializer=_start, initargs=(quiet, people, asked, os.getpid())
        ) as pool:
            try:
                yield from pool.map(_work, jobs)
            finally:
                pool.shutdown(wait=True, cancel_futures=True)


Job = tuple[Masks, list[np.random.Generator]]

_given: tuple[ChainTrainer, Dataset, Dataset] | None = None


def _start(trainer: ChainTrainer, people: Dataset, asked: Dataset, parent: int) -> None:
    global _given
    _given = trainer, people, asked
    leave_with(parent)


def _work(job: Job) -> list[Array]:
    if _given is None:
        raise RuntimeError("a worker was asked before it was given a table")
    trainer, people, asked = _given
    return [model.predict_proba(asked) for model in trainer(people, *job)]


class Recoded(Fitted):
    """A model as it is asked about raw people: each is recoded as the release was that it was trained on."""

    def __init__(self, model: Fitted, recodings: Sequence[Recoding]) -> None:
        self.model, self.recodings = model, tuple(recodings)
        self.classes, self.guarantee, self.guarantee_note = model.classes, model.guarantee, model.guarantee_note
        self.warnings, self.noise, self.seconds = model.warnings, model.noise, model.seconds

    @classmethod
    def of(cls, model: Fitted, recodings: Sequence[Recoding]) -> Fitted:
        return cls(model, recodings) if recodings else model

    def predict_proba(self, data: Dataset) -> Array:
        for recoding in self.recodings:
            data = recoding.transform(data)
        return self.model.predict_proba(data)


def _of_the_chain(
    steps: Sequence[Anonymizer], recodings: Sequence[Recoding], model: Fitted
) -> tuple[Guarantee | None, str]:
    """The first guarantee on the road covers what follows; a step that reads rows without any voids it (EVIDENCE 1)."""
    for step, recoding in zip(steps, recodings, strict=True):
        if recoding.guarantee is not None:
            return recoding.guarantee, ""
        if not step.fixed_in_advance:
            return None, f"The step before, {step.title}, read every row."
    return model.guarantee, model.guarantee_note
