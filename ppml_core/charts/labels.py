"""Where direct labels go: beside their own line, clear of other lines, of each other and of the frame.

In: lines and texts in axis units, with the range of both axes. Out: one position per text. The plot's width in the
browser is not known here; a narrow one is assumed, for what is clear there is clear on a wide screen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

WIDTH = 330.0
CHARACTER = 6.7
LINE = 17.0
RISE = 11.0
RISES = (RISE, -RISE, 2 * RISE, -2 * RISE)
SAMPLES = 60


@dataclass(frozen=True)
class Line:
    """A drawn line: points in axis units (NaN is a gap), and the text that names it ("" for none)."""

    x: Array
    y: Array
    text: str = ""


@dataclass(frozen=True)
class Place:
    """Where a text stands: its anchor in axis units, `rise` pixels above (or below) it."""

    x: float
    y: float
    rise: float


@dataclass(frozen=True)
class Frame:
    """The ranges of both axes (as drawn: log axes in log units) and the height of the plot in pixels."""

    x: tuple[float, float]
    y: tuple[float, float]
    height: float

    def pixels(self, x: Array, y: Array) -> Array:
        """Points as pixels from the lower left corner, shape (points, 2)."""
        across = (np.asarray(x) - self.x[0]) / (self.x[1] - self.x[0]) * WIDTH
        up = (np.asarray(y) - self.y[0]) / (self.y[1] - self.y[0]) * self.height
        return np.column_stack([across, up])


def place(lines: Sequence[Line], frame: Frame, upright: Sequence[float] = ()) -> list[Place | None]:
    """One place per line (None without text or points), chosen greedily to cross as little as possible.

    `upright` are the places of vertical rules.

    >>> flat = Line(np.array([0.0, 1.0]), np.array([0.5, 0.5]), "flat")
    >>> place([flat], Frame((0, 1), (0, 1), 300))[0].y
    0.5
    """
    drawn = [_sampled(line, frame) for line in lines]
    drawn += [frame.pixels(np.full(SAMPLES, x), np.linspace(*frame.y, SAMPLES)) for x in upright]
    taken: list[tuple[float, float, float, float]] = []
    places: list[Place | None] = []
    for number, line in enumerate(lines):
        best: tuple[float, Place, tuple[float, float, float, float]] | None = None
        for candidate in _candidates(line):
            box = _box(candidate, line.text, frame)
            cost = _cost(box, number, drawn, taken, frame) + 0.2 * (abs(candidate.rise) - RISE)
            if best is None or cost < best[0]:
                best = (cost, candidate, box)
        if best is not None:
            taken.append(best[2])
        places.append(None if best is None else best[1])
    return places


def _candidates(line: Line) -> list[Place]:
    present = np.isfinite(line.x) & np.isfinite(line.y)
    if not line.text or not present.any():
        return []
    x, y = line.x[present], line.y[present]
    along = np.linspace(x[0], x[-1], 13) if len(x) > 1 else x
    heights = np.interp(along, x, y)
    return [Place(float(a), float(b), rise) for a, b in zip(along, heights, strict=True) for rise in RISES]


def _sampled(line: Line, frame: Frame) -> Array:
    present = np.isfinite(line.x) & np.isfinite(line.y)
    if not present.any():
        return np.zeros((0, 2))
    along = np.linspace(line.x[present][0], line.x[present][-1], SAMPLES)
    return frame.pixels(along, np.interp(along, line.x[present], line.y[present]))


def _box(candidate: Place, text: str, frame: Frame) -> tuple[float, float, float, float]:
    (x, y) = frame.pixels(np.array([candidate.x]), np.array([candidate.y]))[0]
    half = CHARACTER * len(text) / 2
    middle = y + candidate.rise
    return x - half, middle - LINE / 2, x + half, middle + LINE / 2


def _cost(
    box: tuple[float, float, float, float],
    number: int,
    drawn: Sequence[Array],
    taken: Sequence[tuple[float, float, float, float]],
    frame: Frame,
) -> float:
    left, bottom, right, top = box
    outside = max(0.0, -left) + max(0.0, right - WIDTH) + 3 * (max(0.0, -bottom) + max(0.0, top - frame.height))
    crossed = 0.0
    for other, points in enumerate(drawn):
        x, y = points[:, 0], points[:, 1]
        inside = (x > left - 4) & (x < right + 4) & (y > bottom + 1) & (y < top - 1)
        crossed += float(inside.sum()) * (1.5 if other == number else 2.0)
    covered = sum(
        max(0.0, min(right, r) - max(left, a)) * max(0.0, min(top, t) - max(bottom, b)) for a, b, r, t in taken
    )
    middle = abs((left + right) / 2 - WIDTH * 0.6) / WIDTH
    return 10 * outside + 6 * crossed + covered + middle
