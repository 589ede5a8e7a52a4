"""What a person needs of a scenario ("accuracy at least .83, ε at most 1"), from text and against readings."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ppml_core.errors import BadInput
from ppml_core.experiment.axes import Axis, Reading, axis_of

WRITTEN = re.compile(r"\s*([A-Za-z][\w.]*)\s*(>=|<=|≥|≤)\s*([-+]?[0-9.]+(?:[eE][-+]?\d+)?)\s*([^\s\d]*)\s*")
UNITS = {
    "share": {"": 1.0, "%": 0.01},
    "s": {"": 1.0, "s": 1.0, "ms": 1e-3, "min": 60.0, "h": 3600.0},
    "bytes": {"": 1.0, "B": 1.0, "kB": 1e3, "MB": 1e6, "GB": 1e9},
}


@dataclass(frozen=True)
class Need:
    """At least, or at most, `limit` on an axis, always towards its better side."""

    axis: Axis
    limit: float

    @property
    def text(self) -> str:
        """
        >>> need_of("prosecutor.max <= 20%").text
        'prosecutor.max <= 0.2'
        """
        return f"{self.axis.name} {'>=' if self.axis.higher_is_better else '<='} {self.limit:g}"

    def miss(self, value: float | None) -> float:
        """By how much a value misses it, 0 where it is met, infinity for a gap; on a log axis in powers of ten."""
        if value is None:
            return math.inf
        if self.axis.log:
            gap = math.log10(max(value, 1e-12)) - math.log10(max(self.limit, 1e-12))
        else:
            gap = value - self.limit
        return max(0.0, -gap if self.axis.higher_is_better else gap)

    def short_by(self, value: float) -> float:
        """By how much a value misses it, in the axis's own unit."""
        return max(0.0, self.limit - value if self.axis.higher_is_better else value - self.limit)

    def sentence(self, reading: Reading, bound: float | None = None) -> str:
        """How a reading stands to the need, in words; `bound` is the one-sided bound that must meet it."""
        name = self.axis.name
        if reading.value is None:
            return f"{name} is not known: {reading.reason}"
        if self.miss(reading.value) > 0:
            return f"it misses {name} by {self.short_by(reading.value):.3g}"
        if bound is not None and self.miss(bound) > 0:
            side = "at least" if self.axis.higher_is_better else "at most"
            return f"{name} meets the need as measured, but is shown to be only {side} {bound:.4g}"
        return f"it meets {name}"


def need_of(text: str) -> Need:
    """A need from `NAME>=NUMBER` or `NAME<=NUMBER`, with a unit after the number or without.

    Raises BadInput for an unknown name or unit, a limit that cannot be, or a direction in which nothing is gained.

    >>> need_of("accuracy>=83%").limit
    0.83
    """
    found = WRITTEN.fullmatch(text)
    if found is None:
        raise BadInput(f"a need is written NAME>=NUMBER or NAME<=NUMBER, as in accuracy>=0.83, not {text!r}.")
    name, sign, number, unit = found.groups()
    axis = axis_of(name)
    known = _units(axis)
    if unit not in known:
        offered = ", ".join(one for one in known if one) or "none"
        raise BadInput(f"{axis.name} has no unit {unit!r}; it may be {offered}.")
    limit = round(_number(number, text) * known[unit], 12)
    towards = ">=" if axis.higher_is_better else "<="
    if {"≥": ">=", "≤": "<="}.get(sign, sign) != towards:
        better = "higher" if axis.higher_is_better else "lower"
        raise BadInput(f"{axis.name} is better where it is {better}: write {axis.name}{towards}{number}{unit}.")
    low, high = axis.accepts
    if not low <= limit <= high:
        span = f"between {low:g} and {high:g}" if math.isfinite(high) else f"at least {low:g}"
        raise BadInput(f"{axis.name} lies {span}; a need of {limit:g} says nothing.")
    return Need(axis, limit)


def needs_of(texts: Sequence[str]) -> tuple[Need, ...]:
    """Every need, one per axis. Raises BadInput without any, or where an axis is named twice."""
    needs = tuple(need_of(text) for text in texts)
    if not needs:
        raise BadInput("give at least one need, as in --need accuracy>=0.83.")
    names = [need.axis.name for need in needs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise BadInput(f"{twice} is needed twice: keep the stricter one.")
    return needs


def _number(number: str, text: str) -> float:
    try:
        return float(number)
    except ValueError:
        raise BadInput(f"{number!r} in the need {text!r} is no number.") from None


def _units(axis: Axis) -> dict[str, float]:
    if axis.unit in UNITS:
        return UNITS[axis.unit]
    if axis.kind == "proved":
        return {"": 1.0}
    return UNITS["share"] if axis.accepts != (-math.inf, math.inf) else {"": 1.0}
