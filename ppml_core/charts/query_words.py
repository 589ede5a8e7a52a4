"""Answers of the query desks as plain values with their words: cells to draw, why, what was charged, what leaks.

In: what a desk answered. Out: `Answered`, which a page keeps and draws, and tables of a ledger.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import pandas as pd

from ppml_core.catalog import method
from ppml_core.charts.answers import Said, Told, answer_chart
from ppml_core.charts.template import Chart, Mode
from ppml_core.charts.words import budget, power
from ppml_core.data.schema import Schema
from ppml_core.evidence import Guarantee
from ppml_core.queries.desk import Answer, Past
from ppml_core.queries.engine import labels_of
from ppml_core.queries.ledger import UNITS, Entry, Session, rounded_down
from ppml_core.queries.policies.base import Policy
from ppml_core.queries.private import Preview, PrivateAnswer
from ppml_core.queries.query import EVERYONE, Query, bins_of, keys_of
from ppml_core.queries.words import condition_text, text_of

EVERYBODY = "all"
MOST_PAST = 8


@dataclass(frozen=True)
class Answered:
    """An answer that a page keeps: `cells` (label, value, low, high), `rulings` (policy, allowed, why, rests on)."""

    asked: str
    title: str
    allowed: bool
    private: bool
    why: str
    unit: str
    cells: tuple[tuple[str, float | None, float | None, float | None], ...] = ()
    rulings: tuple[tuple[str, bool, str, str], ...] = ()
    leaks: tuple[str, ...] = ()
    standing: str = ""

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        return cls(**values)

    def chart(self, mode: Mode = "light") -> Chart:
        cells = [Told(*cell) for cell in self.cells]
        return answer_chart(cells, Said(self.title, self._in_words(), self.unit, self.standing, self.private), mode)

    def _in_words(self) -> str:
        if len(self.cells) != 1:
            gaps = sum(value is None for _, value, _, _ in self.cells)
            withheld = f", {gaps} of them withheld" if gaps else ""
            widths = [high - low for _, _, low, high in self.cells if low is not None and high is not None]
            around = f", each within {max(widths) / 2:,.3g} {self.unit} with 95 %" if widths else ""
            return f"{len(self.cells):,} cells{withheld}{around}. {self.why}"
        _, value, low, high = self.cells[0]
        if value is None:
            return f"There is no number. {self.why}"
        if low is None or high is None:
            return f"{value:,.6g} {self.unit}. {self.why}"
        places = _places(high - low)
        return (
            f"{value:,.{places}f} {self.unit}, with 95 % between {low:,.{places}f} and {high:,.{places}f}. {self.why}"
        )


def restricted_answer(answer: Answer, schema: Schema) -> Answered:
    """What a desk of policies said: exact numbers, coarse ones, or a denial."""
    labels = _labels(answer.query, schema)
    cells = tuple((label, cell.value, None, None) for label, cell in zip(labels, answer.cells, strict=False))
    rulings = tuple(
        (_title(ruling.policy), ruling.decision.allowed, ruling.decision.why, ruling.decision.rests_on)
        for ruling in answer.rulings
    )
    return Answered(
        asked=text_of(answer.query), title=question_of(answer.query), allowed=answer.allowed, private=False,
        why=_reason(rulings), unit=_unit(answer.query, schema), cells=cells, rulings=rulings, leaks=answer.leaks,
        standing="Internal: no guarantee covers this answer; what such answers give away is measured below.",
    )  # fmt: skip


def private_answer(answer: PrivateAnswer, told: Preview, session: Session, schema: Schema) -> Answered:
    """What a desk with a budget said; `standing` is its guarantee in words."""
    cells = tuple(
        (label, cell.value, cell.low, cell.high)
        for label, cell in zip(_labels(answer.query, schema), answer.cells, strict=True)
    )
    promise, alone = answer.guarantee, _alone(answer.epsilon, session)
    return Answered(
        asked=text_of(answer.query), title=question_of(answer.query), allowed=True, private=True,
        why=f"{told.mechanism[:1].upper()}{told.mechanism[1:]}, charged {session.price(answer.epsilon)}"
        f"{alone and f' ({alone})'}; {_left(answer.left, session)}.",
        unit=_unit(answer.query, schema), cells=cells,
        standing=answer.note if promise is None else f"May be published: {promised(promise)} for this answer, drawn "
        f"from the operating system's entropy; all of {session.analyst}'s answers together: "
        f"ε = {answer.spent:.4g}.",
    )  # fmt: skip


def _alone(epsilon: float, session: Session) -> str:
    """The ε that a question promises away by itself, in words; "" where that is its ε."""
    return f"alone ε = {session.alone(epsilon):.4g} at δ = {power(session.delta)}" if session.delta else ""


def _left(epsilon: float, session: Session) -> str:
    told = rounded_down(epsilon, 4)
    return f"at most ε = {told} can be asked for next" if session.delta else f"ε = {told} is left"


def promised(guarantee: Guarantee) -> str:
    """
    >>> promised(Guarantee(1.0, 1e-6, "add_or_remove_one"))
    'ε = 1, δ = 10⁻⁶, add-or-remove-one'
    """
    delta = f", δ = {power(guarantee.delta)}" if guarantee.delta else ""
    return f"ε = {guarantee.epsilon:.4g}{delta}, {guarantee.neighbours.replace('_', '-')}"


def question_of(query: Query) -> str:
    """The query as a question.

    >>> question_of(Query("mean", "age", group_by=("sex",)))
    'What is the mean of age, by sex?'
    """
    groups = f", by {' and '.join(query.group_by)}" if query.group_by else ""
    among = "" if query.where == EVERYONE else f" where {condition_text(query.where)}"
    among = among.replace('"', "").replace("'", "")
    among = f"{among[:117]}…" if len(among) > 118 else among
    if query.function == "count":
        return f"How many people are there{among}{groups}?"
    if query.function == "histogram":
        return f"How is {query.column} distributed{among}?"
    name = f"{100 * (query.argument or 0):g} % quantile" if query.function == "quantile" else query.function
    return f"What is the {name} of {query.column}{among}{groups}?"


def preview_facts(query: Query, told: Preview, session: Session, spent: float) -> list[tuple[str, str, str]]:
    """Cost and error bar before anything is spent."""
    width = "none known" if told.half_width is None else f"± {told.half_width:,.3g}"
    sums = told.people and query.function in ("mean", "variance")
    for_whom = f", if {told.people:,} people fulfil the filter" if sums else ""
    cells = "the number" if told.cells == 1 else f"each of {told.cells:,} numbers"
    delta = f", δ = {power(session.delta)}" if session.delta else ""
    alone = _alone(told.epsilon, session)
    return [
        (session.price(told.epsilon), "this question would cost", f"{told.mechanism}{alone and f', {alone}'}"),
        (width, f"95 % error bar of {cells}", f"{told.unit}{for_whom}"),
        (
            f"ε = {rounded_down(told.left, 3)}",
            f"what {session.analyst} could still ask at once",
            f"spent {spent:.3g} of {budget(session.epsilon)}{delta}",
        ),
    ]


def history_table(past: Sequence[Past]) -> pd.DataFrame:
    """An analyst's last questions to a desk of policies, the latest first."""
    rows = [
        (f"{one.number}. {_plain(one.text)}", "answered" if one.allowed else "denied", one.why)
        for one in reversed(past[-MOST_PAST:])
    ]
    return pd.DataFrame(rows, columns=["asked", "decision", "why"])


def ledger_table(entries: Sequence[Entry], session: Session) -> pd.DataFrame:
    """An analyst's last charges, the latest first; costs in the currency of the budget."""
    rows = [(f"{one.number}. {_plain(one.text)}", _charge(one.cost, session)) for one in reversed(entries[-MOST_PAST:])]
    return pd.DataFrame(rows, columns=["asked", "charged"])


def budgets_table(spent: Sequence[tuple[Session, float, float]]) -> pd.DataFrame:
    """Analysts with what they spent: (session, spent as ε, share of the budget used, 0..1)."""
    rows = [
        (
            one.analyst,
            f"ε = {budget(one.epsilon)}" + (f", δ = {power(one.delta)}" if one.delta else ""),
            f"{told:.4g}",
            share,
        )
        for one, told, share in spent
    ]
    return pd.DataFrame(rows, columns=["analyst", "budget", "ε spent", "used"])


def together_sentence(together: Guarantee | None, analysts: int) -> str:
    """What analysts who share their answers know, as a guarantee."""
    if together is None:
        return "Nothing has been spent on this table yet. Budgets are separate; answers can be shared."
    who = "the one analyst has" if analysts == 1 else f"all {analysts} analysts together have"
    return (
        f"Should they share their answers, {who} been told no more than {promised(together)}. "
        "A second name is a second budget: who may open one is for the desk's owner to check."
    )


def rulings_table(rulings: Sequence[tuple[str, bool, str, str]]) -> pd.DataFrame:
    """Each policy's decision and what it rests on."""
    rows = [(name, "allows" if allowed else "denies", why, rests) for name, allowed, why, rests in rulings]
    return pd.DataFrame(rows, columns=["policy", "decision", "why", "rests on"])


def leaking(policies: Sequence[Policy]) -> list[str]:
    """What each policy does not stop, in its own words."""
    return [f"{policy.title}: {policy.leaks}" for policy in policies if policy.leaks]


def _labels(query: Query, schema: Schema) -> list[str]:
    if query.function == "histogram":
        bins = bins_of(query, schema)
        numeric = schema[query.column or ""].kind == "numeric"
        return list(labels_of([float(edge) for edge in bins])) if numeric else [str(label) for label in bins]
    return [", ".join(key) or EVERYBODY for key in keys_of(query, schema)]


def _unit(query: Query, schema: Schema) -> str:
    if query.function in ("count", "histogram"):
        return "people"
    unit = schema[query.column or ""].unit or str(query.column)
    return f"{unit}²" if query.function == "variance" else unit


def _title(policy: str) -> str:
    return str(method(Policy, policy).title)


def _reason(rulings: Sequence[tuple[str, bool, str, str]]) -> str:
    """
    >>> _reason([("Rate limit", True, "answer 1 of 20", "public")])
    'Rate limit: answer 1 of 20.'
    """
    denied = [f"Denied by {name}: {why}" for name, allowed, why, _ in rulings if not allowed]
    told = denied or [f"{name}: {why}" for name, _, why, _ in rulings if why]
    return f"{'; '.join(told) or 'No policy restricts the query'}."


def _plain(text: str) -> str:
    return text.replace('"', "")


def _charge(cost: int, session: Session) -> str:
    return f"{'ρ' if session.delta else 'ε'} = {cost / UNITS:.4g}"


def _places(width: float) -> int:
    return 0 if width >= 2 else 2 if width >= 0.05 else 4
