"""Exact auditing of sums: denied is what, with the answers before, would determine one person's value."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from ppml_core.queries.policies.base import Asked, Decision, Policy
from ppml_core.queries.query import And, Atom, Condition, Missing, Not, OneOf, Or, columns_of
from ppml_core.settings import setting

Block = npt.NDArray[np.float64]

NEAR = 1e-9
MOST_NUMBERS = 4_000_000


@dataclass(frozen=True)
class SumAudit(Policy):
    """Answers sums and counts as long as no person's secret follows from the answered ones by linear algebra.

    The full-rank test of Chin and Özsoyoglu 1982, "Auditing and inference control in statistical databases", section 3:
    each answer is an equation in the people's unknown values, and a value is determined exactly when its unit vector
    lies in the row space of the equations, that is, when the projection onto that space has 1 at its place. Values
    within 1e-9 of that count as determined. The test sees the query sets, which follow from public attributes, and
    never an answer, so that a denial can be foretold (Kenthapadi, Mishra, Nissim 2005). A count with a condition on
    the secret is a sum as well: of 0 and 1, or of one such number for each category and person.
    """

    title: ClassVar[str] = "Exact sum auditing"
    leaks: ClassVar[str] = "values known to be 0 or 1 follow from fewer sums than linear algebra needs"
    tolerance: float = setting(NEAR, 1e-12, 0.5, help="how near to determined counts as determined", log=True)

    def short(self) -> str:
        return self.title

    def decide(self, asked: Asked) -> Decision:
        equation = _equation(asked)
        if isinstance(equation, str):
            return Decision(False, equation)
        if equation is None:
            return Decision(True, "the query touches no secret")
        space = asked.memory.get((self.name(), *equation.about)) or Space(equation.rows.shape)
        if space.largest_with(equation.rows) > 1 - self.tolerance:
            return Decision(False, "with the answers given before, this one would determine a single person's value")
        return Decision(True, "no single person's value follows from the answers so far and this one")

    def remember(self, asked: Asked) -> None:
        equation = _equation(asked)
        if isinstance(equation, Equation):
            key = (self.name(), *equation.about)
            space = asked.memory.setdefault(key, Space(equation.rows.shape))
            space.add(equation.rows)


@dataclass(frozen=True, eq=False)
class Equation:
    """The coefficients of one answer, shape (people, unknowns of each), about a secret column or its categories."""

    about: tuple[str, str]
    rows: Block


class Space:
    """What the answered equations span: an orthonormal basis and, per person, the block of its projection."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        people, unknowns = shape
        self._basis: Block = np.zeros((0, people * unknowns))
        self._used = 0
        self._blocks: Block = np.zeros((people, unknowns, unknowns))

    def largest_with(self, rows: Block) -> float:
        """The largest eigenvalue of a person's block if this equation were answered; 1 means determined."""
        new = self._new(rows)
        if new is None:
            return self._largest(self._blocks)
        part = new.reshape(rows.shape)
        return self._largest(self._blocks + part[:, :, None] * part[:, None, :])

    def add(self, rows: Block) -> None:
        new = self._new(rows)
        if new is None:
            return
        if self._used == len(self._basis):
            self._basis = np.vstack([self._basis, np.zeros((max(16, self._used), self._basis.shape[1]))])
        self._basis[self._used] = new
        self._used += 1
        part = new.reshape(rows.shape)
        self._blocks += part[:, :, None] * part[:, None, :]

    def _new(self, rows: Block) -> Block | None:
        """The direction in which the equation leaves the space, of length 1; None where it stays inside."""
        flat = rows.ravel()
        length = float(np.linalg.norm(flat))
        if length == 0:
            return None
        rest = flat / length
        basis = self._basis[: self._used]
        for _ in range(3):  # one pass leaves rounding behind; three leave none that matters
            rest = rest - (basis @ rest) @ basis
        left = float(np.linalg.norm(rest))
        return None if left < 1e-10 else np.asarray(rest / left)

    @staticmethod
    def _largest(blocks: Block) -> float:
        if blocks.shape[1] == 1:
            return float(blocks.max(initial=0.0))
        return float(np.linalg.eigvalsh(blocks).max(initial=0.0))


def _equation(asked: Asked) -> Equation | str | None:
    """What the answer would say about secrets: None for nothing, a sentence where it is no sum of theirs."""
    query, secrets, engine = asked.query, asked.secrets, asked.engine
    filtered = sorted(set(columns_of(query.where)) & secrets)
    summed = query.column in secrets
    if not filtered and not summed and not secrets & set(query.group_by):
        return None
    if query.group_by or query.function in ("variance", "quantile", "histogram"):
        return f"only single sums, means and counts of secrets are audited, not {query.function} or groups"
    if summed and not filtered:
        return Equation(("values", str(query.column)), asked.rows.astype(float)[:, None])
    if summed or query.function != "count" or len(filtered) > 1:
        return "a filter on one secret is audited for counts alone"
    column = engine.schema[filtered[0]]
    if not column.categories:
        return f"counts by {filtered[0]!r} are audited where the schema names its categories"
    if len(engine) * (len(column.categories) - 1) > MOST_NUMBERS:
        return "the table is too large to be audited"
    values: list[str | None] = [*column.categories, *([None] if column.missing else [])]
    fulfilled = np.column_stack([engine.rows(known(query.where, filtered[0], value)) for value in values])
    return Equation(("categories", filtered[0]), _against_last(fulfilled.astype(float)))


def _against_last(fulfilled: Block) -> Block:
    """Coefficients of all values but one: each person has exactly one, so that the others say the last."""
    return np.asarray(fulfilled[:, :-1] - fulfilled[:, -1:])


def known(condition: Condition, name: str, value: str | None) -> Condition:
    """The condition for people whose column has that value: comparisons of the column become true or false.

    >>> from ppml_core.queries.query import Compare
    >>> known(Or((Compare("a", "=", "x"), Compare("b", "=", "y"))), "b", "y")
    Or(parts=(Compare(column='a', operator='=', value='x'), And(parts=())))
    """
    if isinstance(condition, Not):
        return Not(known(condition.part, name, value))
    if isinstance(condition, And | Or):
        return dataclasses.replace(condition, parts=tuple(known(part, name, value) for part in condition.parts))
    if condition.column != name:
        return condition
    return And(()) if _holds(condition, value) else Or(())


def _holds(atom: Atom, value: str | None) -> bool:
    if isinstance(atom, Missing):
        return value is None
    if value is None:
        return False
    if isinstance(atom, OneOf):
        return value in atom.values
    return (value == atom.value) if atom.operator == "=" else (value != atom.value)
