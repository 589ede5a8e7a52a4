"""Several learners behind the same anonymizers, walked side by side: a shadow table is recoded once for all of them.

In: the roads, and for each the generator that its attack starts from. Out: a `Trainer` for each road. The numbers are
those of each road walked alone; what is shared is time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from ppml_core.attacks.trainer import ChainTrainer
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput, NotApplicable, Unreachable
from ppml_core.learn.base import Array, Fitted, Learner, Masks

Start = Callable[[], np.random.Generator]


@dataclass(eq=False)
class SideBySide:
    """Roads with the same anonymizers, none of which uses randomness; `starts` give each attack's generator anew."""

    roads: Sequence[ChainTrainer]
    starts: Sequence[Start]
    _walked: tuple[Dataset, Masks, Dataset, dict[int, Array]] | None = field(default=None, repr=False)

    def trainers(self) -> list[Seat]:
        return [Seat(self, place) for place in range(len(self.roads))]

    def said(self, people: Dataset, masks: Masks, asked: Dataset) -> dict[int, Array]:
        """Answers by place, of all roads that could be walked; the first to ask has all of them walked."""
        known = self._walked
        if known is None or known[0] is not people or known[1] is not masks or known[2] is not asked:
            known = self._walked = people, masks, asked, self._walk(people, masks, asked)
        return known[3]

    def _walk(self, people: Dataset, masks: Masks, asked: Dataset) -> dict[int, Array]:
        rngs = [start().spawn(len(masks)) for start in self.starts]
        found: dict[int, list[Array]] = {place: [] for place in range(len(self.roads))}
        for number, mask in enumerate(masks):
            release, moved = people.take(np.flatnonzero(mask)), asked
            try:
                for step in self.roads[0].anonymize:
                    recoding = step.fit(release, rngs[0][number])
                    release, moved = recoding.release, recoding.transform(moved)
            except (BadInput, NotApplicable, Unreachable):
                return {}
            for places in self._alike():
                models = self._trained(places, release, [rngs[place][number] for place in places])
                for place, model in models:
                    found[place].append(model.predict_proba(moved))
        return {place: np.array(said) for place, said in found.items() if len(said) == len(masks)}

    def _alike(self) -> Iterator[list[int]]:
        """Places of learners of one class, which train together."""
        classes: dict[type[Learner], list[int]] = {}
        for place, road in enumerate(self.roads):
            classes.setdefault(type(road.learner), []).append(place)
        yield from classes.values()

    def _trained(
        self, places: Sequence[int], release: Dataset, rngs: Sequence[np.random.Generator]
    ) -> list[tuple[int, Fitted]]:
        """The models, or none where one of the learners refuses: each is then asked alone, and refuses for itself."""
        learners = [self.roads[place].learner for place in places]
        if not len(release):
            return []
        try:
            return list(zip(places, type(learners[0]).fit_many(learners, release, rngs), strict=True))
        except (BadInput, NotApplicable, Unreachable):
            return []


@dataclass(frozen=True, eq=False)
class Seat:
    """One of the roads, as a `Trainer`."""

    together: SideBySide
    place: int

    @property
    def road(self) -> ChainTrainer:
        return self.together.roads[self.place]

    def __call__(self, people: Dataset, masks: Masks, rngs: Sequence[np.random.Generator]) -> list[Fitted]:
        return self.road(people, masks, rngs)

    def answers(self, people: Dataset, masks: Masks, rngs: Sequence[np.random.Generator], asked: Dataset) -> Array:
        """What was found side by side, if the generators are those foreseen; else the road is walked alone."""
        foreseen = self.together.starts[self.place]().spawn(len(masks))
        if all(_state(one) == _state(other) for one, other in zip(rngs, foreseen, strict=True)):
            said = self.together.said(people, masks, asked).get(self.place)
            if said is not None:
                return said
        return self.road.answers(people, masks, rngs, asked)


def _state(rng: np.random.Generator) -> object:
    return rng.bit_generator.state["state"]
