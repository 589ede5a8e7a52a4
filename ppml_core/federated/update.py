"""What travels between clients and server: a model's weights, and how far a client moved them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Weights = list[npt.NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class Update:
    """What a client sends: how far its weights moved, arrays shaped like the weights, and how many rows moved them.

    With record-level noise the change is minus the sum of its people's clipped gradients. With noise of any kind `rows`
    is 1 for everybody: how many rows a client has is private then.
    """

    client: int
    change: Weights
    rows: int
