"""What every strategy owes: one change from many updates, and the step that the server makes with it.

In: the server's weights and the clients' updates. Out: new weights. A strategy keeps nothing: what it must remember
from round to round is a list of arrays that it hands back, so that a server may stop and go on.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from ppml_core.errors import BadInput
from ppml_core.federated.update import Update, Weights
from ppml_core.settings import Method

State = list[Weights]


class Strategy(Method, ABC):
    """Pure functions of public settings. `needs_each` says that a sum of the updates is not enough for it, `holds_near`
    that the plan's `proximal` term holds clients near the server's weights."""

    needs_each: ClassVar[bool] = False
    holds_near: ClassVar[bool] = False

    @abstractmethod
    def combined(self, updates: Sequence[Update]) -> Weights:
        """One change from those of all clients."""

    def stepped(self, weights: Weights, change: Weights, state: State) -> tuple[Weights, State]:
        """The server's weights after that change, and what is to be remembered; `state` is [] in the first round."""
        return [old + moved for old, moved in zip(weights, change, strict=True)], state


def mean_of(updates: Sequence[Update]) -> Weights:
    """The mean of the clients' changes, each weighed by its rows. Raises BadInput where nobody has a row."""
    total = sum(update.rows for update in updates)
    if not total:
        raise BadInput("no client of this round has a row, so that there is nothing to average.")
    weighed = [[update.rows / total * array for array in update.change] for update in updates]
    return [np.sum(arrays, axis=0) for arrays in zip(*weighed, strict=True)]
