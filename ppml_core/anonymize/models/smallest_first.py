"""The order in which a release gives up classes."""

from __future__ import annotations

import numpy as np

from ppml_core.anonymize.classes import Bools, Floats, Ints


def smallest_first(sizes: Ints, kept: Bools, losses: Floats) -> Ints:
    """Places of the kept classes, the smallest first; among those of one size the one with the larger loss.

    >>> smallest_first(np.array([2, 1, 1]), np.array([True, True, True]), np.array([0.0, 0.1, 0.5])).tolist()
    [2, 1, 0]
    """
    places = np.flatnonzero(kept)
    order: Ints = places[np.lexsort((-losses[places], sizes[places]))]
    return order
