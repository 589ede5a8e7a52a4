"""What one party holds, as a file of its own, and what it has learned at the end."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ppml_core.errors import BadInput

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Holding:
    """What one party holds: encoded training rows (or columns), their classes where it has them, and test rows."""

    X: Array
    y: Array | None
    T: Array

    def packed(self, party: int) -> bytes:
        """The bytes of the party's file, which carries the party's number."""
        buffer = BytesIO()
        classes: dict[str, Any] = {} if self.y is None else {"y": self.y}
        np.savez(buffer, party=np.array(party), X=self.X, T=self.T, **classes)
        return buffer.getvalue()


@dataclass(frozen=True, eq=False)
class Opened:
    """What a party learned and what it cost: probabilities of its test people, the model if the plan opens it."""

    predictions: Array
    weights: tuple[Array, ...]
    bytes_sent: int
    seconds: dict[str, float]


def read_holding(path: Path, party: int, sha256: str) -> Holding:
    """The party's own file. Raises BadInput where it hashes to something else or names another party."""
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise BadInput(f"party {party} refuses {path.name}: it is not the file that its manifest names.")
    with np.load(BytesIO(content), allow_pickle=False) as arrays:
        if int(arrays["party"]) != party:
            raise BadInput(f"party {party} refuses {path.name}: it is the file of party {int(arrays['party'])}.")
        return Holding(arrays["X"], arrays.get("y", None), arrays["T"])
