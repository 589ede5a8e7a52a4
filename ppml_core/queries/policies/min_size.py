"""Minimum query-set size: neither too few people nor all but too few."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ppml_core.queries.policies.base import Asked, Decision, Policy
from ppml_core.settings import setting


@dataclass(frozen=True)
class MinSize(Policy):
    """Answers only about at least `size` people and at most all but `size`; in a table that holds for every cell.

    Denning, Denning, Schwartz 1979, "The tracker", section 2 (k <= |C| <= n - k); a tracker gets around it.
    """

    title: ClassVar[str] = "Minimum size"
    leaks: ClassVar[str] = "a tracker answers about one person with sums and differences of allowed queries"
    size: int = setting(
        10, 1, None, slider=(1, 200), help="fewest people in a query, and left out of it", unit="people"
    )

    def decide(self, asked: Asked) -> Decision:
        people = len(asked.engine)
        in_cells = bool(asked.query.group_by) or asked.query.function == "histogram"
        sizes = [cell.people for cell in asked.exact] if in_cells else [int(asked.rows.sum())]
        if all(self.size <= size <= people - self.size for size in sizes):
            return Decision(True, f"every set has {self.size} people or more, and leaves as many out", asked.ground)
        why = f"a set of fewer than {self.size} people, or of all but fewer, is not answered"
        return Decision(False, why, asked.ground)
