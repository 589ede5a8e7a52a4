"""Numbers as whole numbers modulo 2^64, in which sums are exact and a mask hides a number altogether.

In: arrays of float64. Out: uint64 of the same values in steps of 2^-24, negative ones from the top. A value whose sum
over the clients might not fit is refused: a sum never wraps or is cut silently.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ppml_core.errors import NotApplicable
from ppml_core.federated.model import GRID
from ppml_core.federated.update import Weights

Ring = npt.NDArray[np.uint64]
LARGEST = 2.0**62


def to_ring(arrays: Sequence[npt.NDArray[np.float64]], summed: int) -> Ring:
    """All numbers in one vector; `summed` is how many such vectors will be added up.

    Raises NotApplicable where a number is not finite or too large for that.
    """
    flat = np.concatenate([np.ravel(np.asarray(one, dtype=np.float64)) for one in arrays])
    most = LARGEST * GRID / summed
    worst = float(np.max(np.abs(flat), initial=0.0)) if np.isfinite(flat).all() else np.inf
    if not worst <= most:
        raise NotApplicable(
            f"a number of an update is {worst:.3g}, and a masked sum of {summed} holds {most:.3g} at most: "
            f"set a smaller learning_rate."
        )
    return np.round(flat / GRID).astype(np.int64).astype(np.uint64)


def from_ring(total: Ring, like: Sequence[npt.NDArray[np.float64]]) -> Weights:
    """The numbers of a sum, in arrays of those shapes."""
    flat = total.astype(np.int64).astype(np.float64) * GRID
    ends = np.cumsum([one.size for one in like])[:-1]
    return [part.reshape(np.shape(one)) for part, one in zip(np.split(flat, ends), like, strict=True)]
