"""The order in which a release gives up classes: the smallest first."""

from __future__ import annotations

import numpy as np

from ppml_core.anonymize.classes import Bools, Floats, Ints


def without_smallest(kept: Bools, sizes: Ints, losses: Floats, number: int) -> Bools:
    """The kept classes less that many of the smallest; among those of one size the ones with the larger loss go.

    >>> every = np.array([True, True, True])
    >>> without_smallest(every, np.array([2, 1, 1]), np.array([0.0, 0.1, 0.5]), 1).tolist()
    [True, True, False]
    """
    if number <= 0:
        return kept
    places = np.flatnonzero(kept)
    largest = np.partition(sizes[places], number - 1)[number - 1]
    left: Bools = kept & (sizes >= largest)
    of_that_size = np.flatnonzero(left & (sizes == largest))
    more = number - int(kept.sum() - left.sum())
    left[of_that_size[np.argsort(-losses[of_that_size], kind="stable")[:more]]] = False
    return left
