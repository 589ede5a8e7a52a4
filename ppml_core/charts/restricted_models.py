"""What is still found behind restrictions of a model's answers: membership, labels alone, a copy of the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ppml_core.charts.reached import Reached, Words, reached_chart
from ppml_core.charts.template import Chart, Mode
from ppml_core.charts.words import percent
from ppml_core.experiment.restricted_view import RestrictedFound

FREE = "Full confidences"


@dataclass(frozen=True)
class View:
    """One of the attacks: its name on the page, its axis, and how it is read."""

    title: str
    question: str
    axis: str
    how_to_read: str


VIEWS: dict[str, View] = {
    "membership": View(
        "Membership", "Do restricted answers still tell who was trained on?", "member told from a non-member",
        "Each dot is the chance that the attack scores a member above somebody who was not trained on, from what the "
        "restriction hands out (loss threshold, with shadow models behind the same restriction); one half is guessing.",
    ),
    "labels": View(
        "Labels alone", "Do labels alone tell who was trained on?", "member told from a non-member",
        "Each person is asked about as is and in changed versions; members' labels hold longer (Choquette-Choo et al. "
        "2021). The attack uses labels only, so that no rounding of confidences stands against it. One half is "
        "guessing.",
    ),
    "copied": View(
        "Copying the model", "Can the model be copied by asking it?", "answers in which the copy agrees",
        "A linear copy is made from the answers and judged on people that neither has seen (Tramèr et al. 2016). The "
        "dashed line is a copy made from the same people's true classes, without asking at all: what lies beyond it "
        "was given away.",
    ),
}  # fmt: skip


def restricted_chart(found: Sequence[RestrictedFound], view: str, name: str, mode: Mode = "light") -> Chart:
    """`view` is one of `VIEWS`, `name` the model's."""
    words = VIEWS[view]
    rows = [
        Reached(_title(one), value, runs=False, note="" if value is not None else _reason(one))
        for one in found
        for value in (getattr(one, view),)
    ]
    known = [row for row in rows if row.found is not None]
    own = next((one.own_labels.value for one in found if one.own_labels), 0.5) if view == "copied" else 0.5
    return reached_chart(
        rows,
        Words(
            question=words.question,
            answer=_answer(known, name),
            axis=words.axis,
            how_to_read=f"{words.how_to_read} Lines are 95 % intervals over people; one model, one draw.",
            standing="Internal: measured on private people. A restriction proves nothing, and post-processing neither "
            "helps nor harms a guarantee that the model has.",
            guess="guessing" if view != "copied" else "without asking",
        ),
        own,
        mode,
    )  # fmt: skip


def _answer(known: Sequence[Reached], name: str) -> str:
    shares = [(row.name, row.found.value) for row in known if row.found is not None]
    if not shares:
        return "Nothing has been attacked yet."
    first, least = shares[0], min(shares, key=lambda pair: pair[1])
    if first[1] - least[1] < 0.005:
        return f"{name}: {percent(first[1])} with {first[0].lower()}, and no restriction on the chart lowers it."
    return f"{name}: {percent(first[1])} with {first[0].lower()}, {percent(least[1])} with {least[0].lower()}."


def _title(found: RestrictedFound) -> str:
    restriction = found.restriction
    if restriction is None:
        return FREE
    told = [f"{name} {value:g}" for name, value in restriction.values().items()]
    return f"{restriction.title} ({', '.join(told)})" if told else restriction.title


def _reason(found: RestrictedFound) -> str:
    return "needs more answers than it gives" if any("answers left" in why for why in found.left_out) else "none"
