"""What a person may ask of a recoding, written as texts: weights of attributes and ranges of levels."""

from __future__ import annotations

import math
from collections.abc import Mapping

from ppml_core.errors import BadInput


def read_weights(text: str) -> dict[str, float]:
    """Weights written as name=number with ; between. Raises BadInput naming the part that cannot be read.

    >>> read_weights("age=2; marital status=0.5")
    {'age': 2.0, 'marital status': 0.5}
    """
    weights = {}
    for name, value in _pairs(text, "weights are written like age=2; sex=1"):
        try:
            weights[name] = float(value)
        except ValueError:
            raise BadInput(f"the weight of {name!r} must be a number, not {value!r}.") from None
        if not math.isfinite(weights[name]) or weights[name] < 0:
            raise BadInput(f"the weight of {name!r} must be a number of at least 0, not {value!r}.")
    return weights


def read_levels(text: str) -> dict[str, tuple[int, int]]:
    """Ranges of levels written as name=low..high, or name=level, with ; between.

    >>> read_levels("age=1..3; sex=0")
    {'age': (1, 3), 'sex': (0, 0)}
    """
    ranges = {}
    for name, value in _pairs(text, "levels are written like age=1..3; sex=0"):
        low, dots, high = value.partition("..")
        try:
            ranges[name] = (int(low), int(high) if dots else int(low))
        except ValueError:
            raise BadInput(f"the levels of {name!r} must be written like 1..3 or 2, not {value!r}.") from None
    return ranges


def write_pairs(pairs: Mapping[str, object]) -> str:
    """The text that the readers here give back."""
    return "; ".join(f"{name}={value}" for name, value in pairs.items())


def _pairs(text: str, how: str) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    for part in text.split(";"):
        if not part.strip():
            continue
        name, equals, value = part.rpartition("=")
        if not equals or not name.strip():
            raise BadInput(f"{how}, not {part.strip()!r}.")
        if name.strip() in found:
            raise BadInput(f"{name.strip()!r} is given twice in {text!r}.")
        found[name.strip()] = value.strip()
    return list(found.items())
