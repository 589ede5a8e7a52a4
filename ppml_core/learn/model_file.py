"""A trained model as a file: skops, which runs no code when it is read, and a card that says what it is.

In: a Fitted and its card (plain values). Out: one file, and back. Only types of this project, scikit-learn and
diffprivlib are accepted when it is read.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ppml_core.errors import BadInput
from ppml_core.learn.base import Fitted

TRUSTED = ("ppml_core.", "sklearn.", "diffprivlib.")


@dataclass
class SavedModel:
    """The model beside its card."""

    model: Fitted
    card: dict[str, Any]


def model_bytes(model: Fitted, card: Mapping[str, Any]) -> bytes:
    """The file's bytes."""
    from skops import io

    return bytes(io.dumps(SavedModel(model, dict(card))))


def read_model(data: bytes) -> SavedModel:
    """What `model_bytes` wrote. Raises BadInput for a file that is none, or that holds types of other origin."""
    from skops import io

    try:
        unknown = io.get_untrusted_types(data=data)
    except Exception as fault:
        raise BadInput("the file is no saved model.") from fault
    odd = [name for name in unknown if not name.startswith(TRUSTED)]
    if odd:
        raise BadInput(f"the model holds {odd[0]}, which is not read: it could run code.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        saved = io.loads(data, trusted=unknown)
    if not isinstance(saved, SavedModel):
        raise BadInput("the file holds something else than a saved model.")
    return saved
