"""The desk that answers with a trained model's predictions, restricted.

In: a `Fitted`, restrictions in order. Out: a `RestrictedModel`, itself a `Fitted`, so that whatever attacks a model can
attack the desk; and a `PredictionDesk` that counts each analyst's answers.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence

from ppml_core.data.dataset import Dataset
from ppml_core.errors import NotApplicable, Unreachable
from ppml_core.learn.base import Array, Fitted
from ppml_core.queries.restrictions.base import Restriction


class RestrictedModel(Fitted):
    """A model as its askers see it. Raises NotApplicable for one that predicts numbers."""

    def __init__(self, model: Fitted, restrictions: Sequence[Restriction]) -> None:
        if not model.classes:
            raise NotApplicable("answers of a model that predicts numbers are not restricted: there are no classes.")
        self.model, self.restrictions = model, tuple(restrictions)
        self.classes, self.guarantee, self.guarantee_note = model.classes, model.guarantee, model.guarantee_note
        self.warnings, self.noise, self.seconds = model.warnings, model.noise, model.seconds

    def predict_proba(self, data: Dataset) -> Array:
        said = self.model.predict_proba(data)
        for restriction in self.restrictions:
            said = restriction.restricted(said)
        return said

    @property
    def labels_only(self) -> bool:
        return any(restriction.labels_only for restriction in self.restrictions)


class PredictionDesk:
    """Answers about people, with the fewest answers that any restriction allows for each analyst."""

    def __init__(self, model: Fitted, restrictions: Sequence[Restriction]) -> None:
        self.model = RestrictedModel(model, restrictions)
        limits = [limit for restriction in restrictions if (limit := restriction.most()) is not None]
        self.limit = min(limits) if limits else None
        self._given: Counter[str] = Counter()
        self._lock = threading.Lock()

    def left(self, analyst: str = "analyst") -> int | None:
        """How many people the analyst may still ask about; None for any number."""
        return None if self.limit is None else self.limit - self._given[analyst]

    def ask(self, people: Dataset, analyst: str = "analyst") -> Array:
        """Shape (people, classes). Raises Unreachable, and answers about nobody, where that exceeds the limit."""
        with self._lock:
            left = self.left(analyst)
            if left is not None and len(people) > left:
                raise Unreachable(
                    f"{analyst!r} asks about {len(people):,} people and has {left:,} answers left of {self.limit:,}.",
                    best=left,
                )
            self._given[analyst] += len(people)
        return self.model.predict_proba(people)
