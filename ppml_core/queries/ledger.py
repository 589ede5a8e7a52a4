"""What each analyst may spend on a table and has spent: whole numbers, added exactly, never above the budget.

In: a `Session`, its budget as public numbers. Out: charges that either fit or are refused, and a history. Amounts are
whole multiples of 1e-12 of ε (pure) or ρ (concentrated); costs are rounded up and budgets down, so that the sum of
charges is exact whatever their number. Charges are a filter in the sense of Rogers, Roth, Ullman, Vadhan 2016: the next
cost may be chosen after seeing the answers, and what is spent in all stays within the budget; for pure ε that is
Theorem 3.6 there, for ρ Feldman, Zrnic 2021, Theorem 4.3 (zCDP is all orders of Rényi DP at once).

The order of a charge, in one transaction: the amount is added where it fits; the answer is drawn; both are written; the
transaction is committed; only then is the answer handed out. Killed before the commit, nothing was charged and nothing
left; killed after it, the answer is charged and stands in the journal, where its analyst can read it again.
"""

from __future__ import annotations

import hashlib
import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Context
from fractions import Fraction
from typing import Literal, Protocol

from ppml_core.accounting.concentrated import epsilon_of_rho, rho_of
from ppml_core.errors import BadInput
from ppml_core.evidence import Guarantee

UNITS = 10**12
MOST_AMOUNT = 10**6

Currency = Literal["epsilon", "rho"]


@dataclass(frozen=True)
class Session:
    """One analyst's budget on one table: (ε, 0) spent in ε, or (ε, δ) spent in ρ of concentrated DP.

    Its key holds analyst and table alone, so that nobody gets a fresh budget by asking again.

    >>> Session("ada", "a table's fingerprint", 1.0).budget == UNITS
    True
    """

    analyst: str
    table: str
    epsilon: float
    delta: float = 0.0

    def __post_init__(self) -> None:
        if not (0 < self.epsilon <= MOST_AMOUNT and math.isfinite(self.epsilon)):
            raise BadInput(f"the budget ε must be above 0 and at most {MOST_AMOUNT:,}, not {self.epsilon}.")
        if not 0 <= self.delta < 1:
            raise BadInput(f"the budget δ must be at least 0 and below 1, not {self.delta}.")

    @property
    def key(self) -> str:
        return hashlib.sha256(f"{self.table}\n{self.analyst}".encode()).hexdigest()[:32]

    @property
    def currency(self) -> Currency:
        return "rho" if self.delta else "epsilon"

    @property
    def budget(self) -> int:
        """What may be spent, in units, rounded down."""
        return math.floor(_exact(rho_of(self.epsilon, self.delta) if self.delta else self.epsilon) * UNITS)

    def cost(self, epsilon: float) -> int:
        """What a query of that ε costs, in units, rounded up: ε itself, or ρ = ε²/2 (Bun, Steinke 2016, Prop. 1.4)."""
        if not (epsilon > 0 and math.isfinite(epsilon) and epsilon <= MOST_AMOUNT):
            raise BadInput(f"a query's ε must be above 0 and at most {MOST_AMOUNT:,}, not {epsilon}.")
        exact = _exact(epsilon)
        return math.ceil((exact**2 / 2 if self.delta else exact) * UNITS)

    def affordable(self, units: int) -> float:
        """The largest ε of a query that costs no more than so many units; 0 where there is none."""
        epsilon = math.sqrt(2 * units / UNITS) if self.delta else units / UNITS
        while epsilon > 0 and self.cost(epsilon) > units:
            epsilon = math.nextafter(epsilon, 0.0)
        return epsilon

    def price(self, epsilon: float) -> str:
        """What a query of that ε costs, in the currency of the session: with a δ its ε sets the noise."""
        return f"ρ = {epsilon**2 / 2:.4g}" if self.delta else f"ε = {epsilon:g}"

    def alone(self, epsilon: float) -> float:
        """The ε that a query of that ε promises away by itself, at the session's δ."""
        return self.epsilon_of(self.cost(epsilon))

    def charged(self, epsilon: float) -> str:
        """What a query of that ε costs, in words.

        >>> Session("ada", "a table's fingerprint", 3.0, 1e-5).charged(0.5)
        'ρ = 0.125 (alone ε = 2.166 at δ = 1e-05)'
        """
        alone = f" (alone ε = {self.alone(epsilon):.4g} at δ = {self.delta:g})" if self.delta else ""
        return self.price(epsilon) + alone

    def epsilon_of(self, spent: int) -> float:
        """What has been spent as ε, at the session's δ."""
        if not spent:
            return 0.0
        return epsilon_of_rho(spent / UNITS, self.delta) if self.delta else spent / UNITS


@dataclass(frozen=True)
class Entry:
    """One charge: its place in the session, the query, what it cost in units, and the answer as text."""

    number: int
    text: str
    cost: int
    answer: str


class Journal(Protocol):
    """Keeps sessions and charges; several processes and threads may use it at once."""

    def open(self, session: Session) -> Session:
        """The session under that key, as it was first opened."""
        ...

    def charge(self, session: Session, cost: int, text: str, draw: Callable[[], str]) -> Entry | None:
        """Adds the cost, draws, writes both and commits, or does none of it; None where it exceeds the budget."""
        ...

    def spent(self, session: Session) -> int: ...

    def entries(self, session: Session) -> list[Entry]: ...

    def sessions(self, table: str) -> list[Session]:
        """Every analyst's session on a table."""
        ...


class MemoryJournal:
    """A journal that lives as long as its process: for uploaded tables and for trials."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions: dict[str, Session] = {}
        self._entries: dict[str, list[Entry]] = {}
        self._spent: dict[str, int] = {}

    def open(self, session: Session) -> Session:
        with self._lock:
            self._entries.setdefault(session.key, [])
            self._spent.setdefault(session.key, 0)
            return self._sessions.setdefault(session.key, session)

    def charge(self, session: Session, cost: int, text: str, draw: Callable[[], str]) -> Entry | None:
        with self._lock:
            entries, spent = self._entries[session.key], self._spent[session.key]
            if spent + cost > self._sessions[session.key].budget:
                return None
            entry = Entry(len(entries) + 1, text, cost, draw())
            self._spent[session.key] = spent + cost
            entries.append(entry)
            return entry

    def spent(self, session: Session) -> int:
        with self._lock:
            return self._spent.get(session.key, 0)

    def entries(self, session: Session) -> list[Entry]:
        with self._lock:
            return list(self._entries.get(session.key, []))

    def sessions(self, table: str) -> list[Session]:
        with self._lock:
            return [session for session in self._sessions.values() if session.table == table]


def opened(journal: Journal, session: Session) -> Session:
    """The session, or BadInput where the analyst's budget on this table was fixed otherwise before."""
    there = journal.open(session)
    if there != session:
        raise BadInput(
            f"the budget of {session.analyst!r} on this table was opened with ε = {there.epsilon:g}, "
            f"δ = {there.delta:g} and cannot be made ε = {session.epsilon:g}, δ = {session.delta:g}."
        )
    return there


def collusion(sessions: Sequence[Session], spent: Sequence[int]) -> Guarantee | None:
    """What analysts who share their answers have been told together; None where nothing was spent.

    Pure ε adds up. Where a session is concentrated, ρ adds up, with ε²/2 for a pure one, and δ is the smallest of the
    sessions': neither is more than what was spent in each.

    >>> two = [Session("ada", "t", 1.0), Session("bob", "t", 2.0)]
    >>> collusion(two, [UNITS // 2, UNITS]).epsilon
    1.5
    """
    if not any(spent):
        return None
    deltas = [session.delta for session in sessions if session.delta]
    if not deltas:
        return Guarantee(sum(spent) / UNITS, 0.0, "add_or_remove_one")
    delta = min(deltas)
    rho = sum(
        amount / UNITS if session.delta else (amount / UNITS) ** 2 / 2
        for session, amount in zip(sessions, spent, strict=True)
    )
    return Guarantee(epsilon_of_rho(rho, delta), delta, "add_or_remove_one")


def rounded_down(epsilon: float, digits: int) -> str:
    """In so many significant digits, never more than there is: who asks for what is written gets it.

    >>> rounded_down(0.24721059, 6), rounded_down(0.3, 4), rounded_down(1.9999, 3)
    ('0.24721', '0.3', '1.99')
    """
    return f"{float(Context(digits, ROUND_FLOOR).create_decimal(repr(float(epsilon)))):.{digits}g}"


def _exact(number: float) -> Fraction:
    """The decimal that a person wrote: 0.1 is one tenth."""
    return Fraction(repr(float(number)))
