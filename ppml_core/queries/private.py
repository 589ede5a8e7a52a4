"""The desk that answers with differential privacy: a budget for each analyst, the error told before it is spent.

In: a loaded `Engine`, a journal, a source of noise, a session. Out: a `Preview` that costs nothing and reads no row,
and `PrivateAnswer`s. Laplace noise where the budget is pure ε (Dwork, McSherry, Nissim, Smith 2006), Gaussian noise
where it is (ε, δ), accounted as concentrated DP (Bun, Steinke 2016); quantiles by selection with the score of Smith
2011. Refusals depend on the query, the schema and what was charged, never on a row (EVIDENCE 7). The relation is
add_or_remove_one. Not covered: how long an answer takes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from scipy.stats import norm

from ppml_core.accounting.budget import delta_fault
from ppml_core.errors import BadInput, Unreachable
from ppml_core.evidence import Guarantee
from ppml_core.queries.engine import Engine
from ppml_core.queries.ledger import Entry, Journal, Session, collusion, opened, rounded_down
from ppml_core.queries.noise import Noise
from ppml_core.queries.plans import Plan, plan_of
from ppml_core.queries.query import Query, checked
from ppml_core.queries.words import text_of

EXPLORATORY = "No guarantee: this noise grows from a seed and can be drawn again."
NEVER_MORE = 0.05

Interval = tuple[float, float | None, float | None]


@dataclass(frozen=True)
class Preview:
    """What a query would cost and how far off it would be, from public numbers alone.

    `half_width` is that of the 95 % interval of each cell over the noise: for a mean or variance where as many people
    as `people` fulfil the filter (None where the schema tells no size), for a quantile in people between the answer
    and the true rank. `left` is the largest ε that could be asked for before. Where the budget has a δ, such an ε sets
    the noise, and what it costs is `Session.charged`.
    """

    epsilon: float
    half_width: float | None
    unit: str
    mechanism: str
    cells: int
    people: int | None
    fits: bool
    left: float


@dataclass(frozen=True)
class PrivateCell:
    """One noisy number with its 95 % interval over the noise (None where it has none of its own)."""

    key: tuple[str, ...]
    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class PrivateAnswer:
    """What an analyst gets. `guarantee` is this answer's alone; None, with a `note`, where a seed gives the noise."""

    query: Query
    cells: tuple[PrivateCell, ...]
    epsilon: float
    number: int
    spent: float
    left: float
    guarantee: Guarantee | None
    note: str = ""

    @property
    def value(self) -> float | None:
        return self.cells[0].value if len(self.cells) == 1 else None


class PrivateDesk:
    """One analyst's window. Several desks may share a journal, in threads or processes.

    Raises BadInput where the budget's delta is above what the public size of the table allows.
    """

    def __init__(self, engine: Engine, journal: Journal, noise: Noise, session: Session) -> None:
        size = engine.schema.expected_rows
        if size is not None and (fault := delta_fault(session.delta, size)):
            raise BadInput(f"{fault}.")
        self.engine = engine
        self.session = opened(journal, session)
        self._journal = journal
        self._noise = noise

    @property
    def spent(self) -> float:
        """As ε at the session's δ."""
        return self.session.epsilon_of(self._journal.spent(self.session))

    @property
    def left(self) -> float:
        """The largest ε that one further query could have."""
        return self.session.affordable(max(0, self.session.budget - self._journal.spent(self.session)))

    def history(self) -> list[Entry]:
        return self._journal.entries(self.session)

    def together(self) -> Guarantee | None:
        """What all analysts of this table have been told, should they share it."""
        sessions = self._journal.sessions(self.session.table)
        return collusion(sessions, [self._journal.spent(session) for session in sessions])

    def preview(self, query: Query, epsilon: float) -> Preview:
        """Cost and error bar before anything is spent. Raises what `ask` would raise, but for a spent budget."""
        plan = plan_of(checked(query, self.engine.schema), self.engine.schema)
        cost = self.session.cost(epsilon)
        people = self.engine.schema.expected_rows
        return Preview(
            epsilon=epsilon,
            half_width=self._half_width(plan, epsilon, people),
            unit=_unit(query),
            mechanism="selection" if plan.candidates else "Gaussian noise" if self.session.delta else "Laplace noise",
            cells=len(plan.keys),
            people=people,
            fits=self._journal.spent(self.session) + cost <= self.session.budget,
            left=self.left,
        )

    def ask(self, query: Query, epsilon: float) -> PrivateAnswer:
        """The noisy answer, charged. Raises Unreachable where the budget does not reach; nothing is drawn then."""
        plan = plan_of(checked(query, self.engine.schema), self.engine.schema)
        cost = self.session.cost(epsilon)
        if self._journal.spent(self.session) + cost > self.session.budget:
            raise self._exhausted(epsilon)
        exact = self._exact(plan)
        entry = self._journal.charge(
            self.session, cost, text_of(query), lambda: json.dumps(self._draw(plan, exact, epsilon))
        )
        if entry is None:
            raise self._exhausted(epsilon)
        return self._answer(plan, entry, epsilon)

    def _exhausted(self, epsilon: float) -> Unreachable:
        left, session = self.left, self.session
        asked, has = f"ε = {epsilon:g}", f"ε = {rounded_down(left, 6)} left of {session.epsilon:g}"
        if session.delta:
            asked += f", which costs {session.charged(epsilon)}"
            advice = f": ask for ε = {rounded_down(left, 6)} at most" if left else ""
            has = f"ρ = {left**2 / 2:.4g} left of ε = {session.epsilon:g}{advice}"
        return Unreachable(
            f"the budget is exhausted: this query asks for {asked}, and {session.analyst!r} has {has}.", best=left
        )

    def _answer(self, plan: Plan, entry: Entry, epsilon: float) -> PrivateAnswer:
        drawn: list[list[float]] = json.loads(entry.answer)
        cells = tuple(
            PrivateCell(key, *self._with_interval(plan, noisy, epsilon))
            for key, noisy in zip(plan.keys, drawn, strict=True)
        )
        releases = self._noise.releases
        return PrivateAnswer(
            query=plan.query,
            cells=cells,
            epsilon=epsilon,
            number=entry.number,
            spent=self.spent,
            left=self.left,
            guarantee=self._guarantee(entry.cost) if releases else None,
            note="" if releases else EXPLORATORY,
        )

    def _guarantee(self, cost: int) -> Guarantee:
        epsilon = self.session.epsilon_of(cost)
        return Guarantee(epsilon, self.session.delta, "add_or_remove_one")

    def _exact(self, plan: Plan) -> list[list[int]]:
        """For each cell the exact parts, or the scores of a quantile's candidates."""
        query = plan.query
        if query.function == "histogram":
            return self._histogram(plan)
        if plan.candidates:
            return self._scores(plan)
        found = self.engine.sums([part.expression for part in plan.parts], query)
        return [list(found.get(key, (0,) * len(plan.parts))) for key in plan.keys]

    def _histogram(self, plan: Plan) -> list[list[int]]:
        return [[int(cell.people)] for cell in self.engine.cells(plan.query)]

    def _scores(self, plan: Plan) -> list[list[int]]:
        """Minus the distance of each candidate's rank from the wanted one, in hundredths of a person.

        |(1 - q) · below - q · above|, whose sensitivity is max(q, 1 - q): Smith 2011, as OpenDP writes it.
        """
        share = _hundredths(plan.query)
        numbers = self.engine.numbers(plan.query)
        scores = []
        for key in plan.keys:
            values = np.sort(np.clip(numbers.get(key, np.zeros(0)), plan.candidates[0], plan.candidates[-1]))
            below = np.searchsorted(values, plan.candidates, side="left")
            above = len(values) - np.searchsorted(values, plan.candidates, side="right")
            scores.append([int(one) for one in -np.abs((100 - share) * below - share * above)])
        return scores

    def _draw(self, plan: Plan, exact: list[list[int]], epsilon: float) -> list[list[float]]:
        if plan.candidates:
            scale = _at_least(2 * _score_sensitivity(plan.query), Fraction(repr(epsilon)))
            return [[plan.candidates[self._noise.select(scores, scale)]] for scores in exact]
        columns = [
            self._noisy([cell[at] for cell in exact], self._scale(plan, at, epsilon)) for at in range(len(plan.parts))
        ]
        return [list(noisy) for noisy in zip(*columns, strict=True)]

    def _noisy(self, exact: list[int], scale: float) -> list[float]:
        return self._noise.gaussian(exact, scale) if self.session.delta else self._noise.laplace(exact, scale)

    def _scale(self, plan: Plan, at: int, epsilon: float) -> float:
        """Laplace scale or Gaussian deviation of one part, rounded up so that all parts together cost at most ε."""
        sensitivity, parts = plan.parts[at].sensitivity, len(plan.parts)
        cost = Fraction(repr(float(epsilon)))
        if not self.session.delta:
            return _at_least(sensitivity * parts, cost)
        return float(np.nextafter(math.sqrt(parts) * sensitivity / float(cost) * (1 + 1e-12), math.inf))

    def _half_width(self, plan: Plan, epsilon: float, people: int | None) -> float | None:
        if plan.candidates:
            most = _score_sensitivity(plan.query) / 100
            return 2 * most / epsilon * math.log(len(plan.candidates) / NEVER_MORE)
        if len(plan.parts) > 1 and people is None:
            return None
        return self._off_by(plan, epsilon, float(people or 1))

    def _with_interval(self, plan: Plan, noisy: Sequence[float], epsilon: float) -> Interval:
        if plan.candidates:
            return noisy[0], None, None
        value = plan.value(noisy)
        half = self._off_by(plan, epsilon, max(noisy[0], 1.0))
        return value, value - half, value + half

    def _off_by(self, plan: Plan, epsilon: float, people: float) -> float:
        """How far noise moves one cell with chance .95 at least; `people` divides the sums of a mean or variance.

        Of a ratio S/N, |S/N - s/n| <= (|S - s| + most · |N - n|) / N, with an equal part of .05 for each sum.
        """
        widths = [
            self._spread(self._scale(plan, at, epsilon), NEVER_MORE / len(plan.parts)) for at in range(len(plan.parts))
        ]
        if len(widths) == 1:
            return widths[0] * plan.step
        mean = min((widths[1] + plan.most * widths[0]) / people, 2.0 * plan.most)
        if plan.query.function == "mean":
            return plan.step * mean
        squares = (widths[2] + plan.most**2 * widths[0]) / 2 / people
        return plan.step**2 * min(squares + 2 * plan.most * mean, float(plan.most**2))

    def _spread(self, scale: float, chance: float) -> float:
        """What the size of the noise exceeds with that chance."""
        return scale * (float(norm.isf(chance / 2)) if self.session.delta else math.log(1 / chance))


def _unit(query: Query) -> str:
    if query.function == "quantile":
        return "people between the answer's rank and the one asked for"
    return "people" if query.function in ("count", "histogram") else str(query.column)


def _hundredths(query: Query) -> int:
    share = round(100 * (query.argument or 0.0))
    if abs(share / 100 - (query.argument or 0.0)) > 1e-9:
        raise BadInput(f"private quantiles are asked in whole hundredths, not {query.argument}.")
    return share


def _score_sensitivity(query: Query) -> int:
    share = _hundredths(query)
    return max(share, 100 - share)


def _at_least(sensitivity: int, epsilon: Fraction) -> float:
    """The smallest float b with sensitivity / b <= epsilon exactly."""
    exact = Fraction(sensitivity) / epsilon
    scale = float(exact)
    while Fraction(scale) < exact:
        scale = float(np.nextafter(scale, math.inf))
    return scale
