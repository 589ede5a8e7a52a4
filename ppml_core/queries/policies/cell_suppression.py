"""Cell suppression: small cells of a table are withheld, and others so that they cannot be worked out."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from ppml_core.queries.engine import Cell
from ppml_core.queries.policies.base import Asked, Decision, Policy
from ppml_core.settings import setting

Sizes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class CellSuppression(Policy):
    """Withholds cells of 1 to `smallest` - 1 people, and further ones until no line of the table has a single gap.

    Primary and complementary suppression of Cox 1980, "Suppression methodology and statistical disclosure control",
    by the smallest partner in each line: with its margins known, no single cell follows by subtraction, and what a
    line withholds together is at least `smallest` people where the line has as many. An answer of one number about so
    few people is denied. Bounds that several lines give together are not worked out.
    """

    title: ClassVar[str] = "Cell suppression"
    leaks: ClassVar[str] = "which cells are withheld tells where few people are; other tables may give them away"
    smallest: int = setting(10, 2, None, slider=(2, 50), help="cells of fewer people are withheld", unit="people")

    def decide(self, asked: Asked) -> Decision:
        if asked.query.group_by or asked.query.function == "histogram":
            return Decision(True, "small cells are withheld, and partners with them", "private rows")
        if 0 < int(asked.rows.sum()) < self.smallest:
            return Decision(False, f"an answer about 1 to {self.smallest - 1} people is withheld", asked.ground)
        return Decision(True, f"the answer is not about 1 to {self.smallest - 1} people", asked.ground)

    def change(self, cells: tuple[Cell, ...], asked: Asked) -> tuple[Cell, ...]:
        if not (asked.query.group_by or asked.query.function == "histogram"):
            return cells
        shape = [len(asked.engine.schema[name].categories or ()) for name in asked.query.group_by] or [len(cells)]
        sizes = np.array([cell.people for cell in asked.exact]).reshape(shape)
        gaps = withheld(sizes, self.smallest).ravel()
        return tuple(
            dataclasses.replace(cell, value=None if gap else cell.value) for cell, gap in zip(cells, gaps, strict=True)
        )


def withheld(sizes: Sizes, smallest: int) -> npt.NDArray[np.bool_]:
    """Which cells of a table of people are withheld; lines run along each dimension.

    >>> withheld(np.array([[3, 40, 50], [30, 20, 60]]), 10).astype(int).tolist()
    [[1, 1, 0], [1, 1, 0]]
    """
    gaps = (sizes > 0) & (sizes < smallest)
    grown = True
    while grown:
        grown = False
        for axis in range(sizes.ndim):
            lines, holes = np.moveaxis(sizes, axis, -1), np.moveaxis(gaps, axis, -1)
            for at in np.ndindex(lines.shape[:-1]):
                partner = _partner(lines[at], holes[at], smallest)
                if partner is not None:
                    holes[(*at, partner)] = True
                    grown = True
    return np.asarray(gaps)


def _partner(line: Sizes, holes: npt.NDArray[np.bool_], smallest: int) -> int | None:
    """The smallest cell that a line must withhold beside those it does; None where that is none or there is none."""
    if not holes.any() or (holes.sum() > 1 and line[holes].sum() >= smallest):
        return None
    free = np.flatnonzero(~holes & (line > 0))
    if not len(free):
        free = np.flatnonzero(~holes) if holes.sum() == 1 else free
    return int(free[line[free].argmin()]) if len(free) else None
