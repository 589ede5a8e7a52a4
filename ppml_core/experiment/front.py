"""The Pareto front of scenarios under uncertainty, its knee, and its hypervolume.

In: values per scenario and axis, with their intervals. Out: which scenarios are on the front, and one of them that is
a compromise. A scenario is off the front only where another beats it beyond its own interval.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ppml_core.experiment.axes import Axis, Reading

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

KNEE = "farthest from the line between the front's ends, both axes scaled to 0..1 (Das 1999)"


@dataclass(frozen=True)
class Front:
    """What of the scenarios is on the front, the best on the first axis first, and its knee (None without a bulge).

    `line` are the scenarios that no other beats by value: the line to draw. `unbeaten` also holds those that are
    beaten by less than their interval. `gaps` tells why a scenario has no place on the map.
    """

    axes: tuple[Axis, ...]
    line: tuple[str, ...]
    unbeaten: tuple[str, ...]
    knee: str | None
    gaps: Mapping[str, str]
    knee_method: str = KNEE


def front_of(found: Mapping[str, Sequence[Reading]]) -> Front:
    """The front of scenarios (id -> one reading per axis, the same axes for all); those with a gap stay outside."""
    gaps = {
        name: next(reading.reason for reading in row if reading.value is None)
        for name, row in found.items()
        if any(reading.value is None for reading in row)
    }
    names = [name for name in found if name not in gaps]
    axes = tuple(reading.axis for reading in next(iter(found.values()), ()))
    if not names:
        return Front(axes, (), (), None, gaps)
    values, best = costs([found[name] for name in names])
    order = np.lexsort(values.T[::-1])
    alone, beyond = ~dominated(values, values), ~dominated(values, best)
    line = tuple(names[at] for at in order if alone[at])
    knee = knee_of(values[[at for at in order if alone[at]]]) if len(axes) == 2 else None
    unbeaten = tuple(names[at] for at in order if beyond[at])
    return Front(axes, line, unbeaten, None if knee is None else line[knee], gaps)


def costs(rows: Sequence[Sequence[Reading]]) -> tuple[Floats, Floats]:
    """(values, best ends of their intervals), shape (scenarios, axes), lower is better; log axes as logs."""

    def turned(axis: Axis, value: float) -> float:
        plain = float(np.log10(max(value, 1e-12))) if axis.log else value
        return -plain if axis.higher_is_better else plain

    values, best = [], []
    for row in rows:
        ends = [reading.interval for reading in row]
        assert all(end is not None for end in ends)
        values.append([turned(reading.axis, reading.value or 0.0) for reading in row])
        best.append([
            turned(reading.axis, end[1] if reading.axis.higher_is_better else end[0])
            for reading, end in zip(row, ends, strict=True)
            if end is not None
        ])  # fmt: skip
    return np.array(values, dtype=np.float64), np.array(best, dtype=np.float64)


def dominated(values: Floats, best: Floats) -> Bools:
    """Which scenarios are beaten: another is at least as good on every axis as `best`, and better on one.

    Lower is better; shapes (scenarios, axes). With `best` = `values` it is Pareto dominance; with the best ends of the
    intervals it is dominance beyond them.

    >>> dominated(np.array([[0.0, 1.0], [1.0, 1.0]]), np.array([[0.0, 1.0], [1.0, 1.0]])).tolist()
    [False, True]
    """
    as_good = (values[:, None, :] <= best[None, :, :]).all(axis=2)
    better = (values[:, None, :] < best[None, :, :]).any(axis=2)
    return np.asarray((as_good & better & ~np.eye(len(values), dtype=bool)).any(axis=0))


def knee_of(line: Floats) -> int | None:
    """The position on a front (points, 2), lower is better, that is farthest below the line between its ends.

    Das 1999, "On characterizing the knee of the Pareto curve". None where nothing lies below that line.

    >>> knee_of(np.array([[0.0, 1.0], [0.1, 0.1], [1.0, 0.0]]))
    1
    """
    if len(line) < 3:
        return None
    low, high = line.min(axis=0), line.max(axis=0)
    if (high - low).min() <= 0:
        return None
    below = 1 - ((line - low) / (high - low)).sum(axis=1)
    return int(below.argmax()) if below.max() > 1e-9 else None


def hypervolume(points: Floats, reference: Sequence[float]) -> float:
    """The area that points (points, 2), lower is better, dominate up to the reference; exact (Zitzler & Thiele 1999).

    >>> hypervolume(np.array([[0.0, 0.5], [0.5, 0.0]]), (1.0, 1.0))
    0.75
    """
    inside = points[(points < np.asarray(reference)).all(axis=1)] if len(points) else points
    area, ceiling = 0.0, float(reference[1])
    for x, y in inside[np.lexsort((inside[:, 1], inside[:, 0]))] if len(inside) else ():
        if y < ceiling:
            area += (float(reference[0]) - float(x)) * (ceiling - float(y))
            ceiling = float(y)
    return area
