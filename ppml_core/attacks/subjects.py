"""A subject to attack, drawn from one table: a model of some of its people, and others whom it never saw."""

from __future__ import annotations

import numpy as np

from ppml_core.attacks.base import Subject, Trainer
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput
from ppml_core.learn.target import with_classes

MOST_MEMBERS = 5_000


def drawn_subject(data: Dataset, train: Trainer, rng: np.random.Generator, n: int | None = None) -> Subject:
    """A model of n people drawn from the table; up to 2n further ones are the others. None is up to a third of them.

    What was trained on is not handed out: the release is that of the members as they are. Raises BadInput for an n that
    leaves nobody else.
    """
    data = with_classes(data)
    n = min(MOST_MEMBERS, len(data) // 3) if n is None else n
    if not 1 <= n < len(data):
        raise BadInput(f"n must be at least 1 and below the table's {len(data):,} people, not {n}.")
    order = rng.permutation(len(data))
    members, others = data.take(order[:n]), data.take(order[n : 3 * n])
    model = train(members, np.ones((1, n), dtype=bool), rng.spawn(1))[0]
    return Subject(members, others, members, np.arange(n), model, train, ("model",), model.guarantee)
