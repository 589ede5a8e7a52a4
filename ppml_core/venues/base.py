"""What every venue owes: settings, one verb that takes a learner to where the people are, and who learns what there.

In: a learner and the people. Out: a fitted model that says what the road to it cost. A venue protects the computation,
not its output: the model that comes out is attacked like any other (EVIDENCE 19).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.data.dataset import Dataset
from ppml_core.learn.base import Fitted, Learner, Masks
from ppml_core.learn.models import one_thread
from ppml_core.settings import Method
from ppml_core.venues.seen import Form, Seen
from ppml_core.workers import Waiting, patient


class Venue(Method, ABC):
    """A place of computation. `extra` names the optional dependencies that it needs, "" for none; `network` the learner
    that is a network there, "" where it trains none. `asks_freely` is False where asking the model is what costs.

    Settings are public. What a run cost is in `Fitted.costs`: seconds, bytes, rounds. Where `repeats_exactly` is False
    the place computes with randomness that nobody may hand in (masks, rounding on shares): the same generator then
    gives a model and costs that are alike, not the same to the byte.
    """

    extra: ClassVar[str] = ""
    network: ClassVar[str] = ""
    repeats_exactly: ClassVar[bool] = True
    asks_freely: ClassVar[bool] = True

    @property
    @abstractmethod
    def form(self) -> Form:
        """In which form what leaves a holder travels to whoever computes."""

    @abstractmethod
    def seen(self, network: bool = False) -> Seen:
        """Who learns what as it is set, with a linear model or a network: drawing, table, sentences."""

    @abstractmethod
    def walk(
        self, learner: Learner, data: Dataset, rng: np.random.Generator, waiting: Waiting = patient
    ) -> Generator[Fitted]:
        """The learner's model after each round in which somebody there could look at it; the last one is the result.

        `waiting()` is called while other processes work, and may raise to stop them. Between two rounds the walk may be
        left: nothing that it started outlives it. Seconds count its own work, not what is done with a model meanwhile.
        Raises NotApplicable where the place does not have that learner, or its extra is not installed.
        """

    @property
    def looks(self) -> int:
        """How many models `walk` shows."""
        return int(getattr(self, "rounds", 1))

    def train(self, learner: Learner, data: Dataset, rng: np.random.Generator) -> Fitted:
        """The learner's model, made in this place; the same numbers for the same generator. Raises as `walk`."""
        with one_thread():
            for model in self.walk(learner, data, rng):
                last = model
        return last

    def train_in_clear(self, learner: Learner, data: Dataset, rng: np.random.Generator) -> Fitted:
        """What `train` gives but for the roundings of its protection: the same steps in floats, without its processes.

        Shadow models are made so: an attack on the output looks at the model, not at the road to it (EVIDENCE 19). A
        venue whose training hides nothing behind processes trains as ever.
        """
        return self.train(learner, data, rng)

    def holders(self, data: Dataset, rng: np.random.Generator) -> list[Dataset]:
        """Each holder's people as `walk` deals them with the same generator; empty where one holder has them all."""
        return []

    def with_server(self) -> Venue | None:
        """The same training with a server in the middle, where this one has none to be held against it."""
        return None


@dataclass(frozen=True)
class Trainee(Learner):
    """A learner that is trained in a venue: for all who train, a learner like any other."""

    title: ClassVar[str] = "Learner in a venue"

    learner: Learner
    venue: Venue

    def fit(self, data: Dataset, rng: np.random.Generator) -> Fitted:
        return self.venue.train(self.learner, data, rng)

    def fit_subsets(self, data: Dataset, masks: Masks, rngs: Sequence[np.random.Generator]) -> list[Fitted]:
        """One by one, each as the venue would make it, in the clear."""
        pairs = zip(masks, rngs, strict=True)
        return [self.venue.train_in_clear(self.learner, data.take(np.flatnonzero(mask)), rng) for mask, rng in pairs]

    @classmethod
    def fits_subsets_together(cls) -> bool:
        return False
