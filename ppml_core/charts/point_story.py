"""One scenario of the map in words and numbers: how good, how exposed, what is proved, what it costs.

In: readings and the guarantee behind them. Out: paragraphs, and one line per axis that says whether its number may be
published: only what a guarantee covers may, all that was measured on private people is internal (EVIDENCE 3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from ppml_core.charts.story import RELATIONS, UNITS, accuracy_story, guarantee_story
from ppml_core.charts.words import interval, people_per_thousand, percent, repeats, signed, size
from ppml_core.evidence import Estimate, Guarantee
from ppml_core.experiment.axes import Axis, Reading
from ppml_core.experiment.differences import Difference

PUBLISHABLE, INTERNAL = "publishable", "internal"
NOTE = (
    "Internal: measured on private people, or chosen by looking at what was. Publishable is what a guarantee covers, "
    "of a setting that was fixed beforehand and a model drawn afresh by ppml train --release."
)


def point_story(
    utility: Reading, risk: Reading, baselines: pd.DataFrame, guarantee: Guarantee | None, remark: str = ""
) -> list[str]:
    """Paragraphs about one scenario; `remark` says why nothing is proved."""
    said = [_utility(utility, baselines)]
    if risk.axis.kind == "risk":
        said.append(risk_sentence(risk))
    if guarantee is None:
        why = f": {remark.rstrip('.')}" if remark else ""
        return [*said, f"Nothing is proved about what the model gives away{why}."]
    relation, unit = RELATIONS[guarantee.neighbours], UNITS.get(guarantee.unit, guarantee.unit)
    return [*said, *guarantee_story(guarantee), f"The ε behind it is said for {relation} neighbours, per {unit}."]


def risk_sentence(risk: Reading) -> str:
    """The measured risk with its interval, or why there is none."""
    name = risk.axis.title
    if risk.estimate is None:
        return f"{name}: no figure, for {risk.reason.rstrip('.')}."
    return f"{name}: **{value_of(risk)}** ({interval_of(risk)})."


def numbers(found: Sequence[Reading], *, alone: bool = False) -> pd.DataFrame:
    """One line per axis that has a value: what, value, 95 % interval, standing.

    `alone` says that there was nothing to choose from: a setting that was chosen by looking is internal throughout.
    """
    rows = [
        (
            reading.axis.title, value_of(reading), interval_of(reading),
            PUBLISHABLE if alone and reading.proved is not None else INTERNAL,
        )
        for reading in found
        if reading.value is not None
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["what", "value", "95 % interval", "standing"])


def side_by_side(titles: Mapping[str, str], found: Mapping[str, Sequence[Difference]]) -> pd.DataFrame:
    """One line per axis, one column per scenario: the value, under it its interval and the difference to the first."""
    names = list(found)
    rows = []
    for place, first in enumerate(found[names[0]] if names else ()):
        cells = [found[name][place] for name in names]
        if all(cell.here.value is None for cell in cells):
            continue
        row = {"what": first.axis.title}
        for name, cell in zip(names, cells, strict=True):
            row[titles[name]] = "\n".join(_lines(cell, is_first=name == names[0]))
        rows.append(row | {"standing": INTERNAL})
    return pd.DataFrame(rows)


def _lines(cell: Difference, is_first: bool) -> list[str]:
    """A value, its interval, and the difference to the first scenario; for a gap its reason."""
    if cell.here.value is None:
        return ["–", cell.here.reason.rstrip(".")]
    told = [value_of(cell.here), interval_of(cell.here)]
    return told if is_first or cell.here.proved is not None else [*told, *_difference(cell)]


def _difference(cell: Difference) -> list[str]:
    """The difference to the first scenario and whether it is more than noise; nothing where the first has a gap."""
    if cell.estimate is None:
        return []
    gap = cell.estimate.value
    sign = "+" if gap > 0 else "−" if gap < 0 else "±"
    amount = percent(abs(gap)) if _is_share(cell.axis) else f"{abs(gap):.2g}"
    verdict = ("better" if cell.better else "worse") if cell.beyond_noise else "within noise"
    return [f"{sign}{amount}, {verdict}"]


def paired_sentence(title: str, gap: Estimate) -> str:
    """How many people of 1,000 a model is right about beyond another, both asked about the same people.

    >>> paired_sentence("B", Estimate(-0.012, -0.02, -0.004, "people", 3))
    '**B** is right about **12 of 1,000** people fewer than the first (4 to 20), over 3 repeats: beyond noise.'
    """
    low, middle, high = (people_per_thousand(one) for one in (gap.low, gap.value, gap.high))
    word = "fewer" if middle < 0 else "more"
    ends = (f"{-high} to {-low}" if middle < 0 else f"{low} to {high}").replace("-", "−")
    verdict = "within noise" if gap.low <= 0 <= gap.high else "beyond noise"
    return (
        f"**{title}** is right about **{abs(middle)} of 1,000** people {word} than the first ({ends}), over "
        f"{repeats(gap.repeats)}: {verdict}."
    )


def value_of(reading: Reading) -> str:
    """The value as a person reads it, with the digits its interval supports."""
    if reading.estimate is None:
        return "–" if reading.proved is None else f"{reading.proved:.3g}"
    one = reading.estimate
    if _is_share(reading.axis):
        return signed(one.value)
    if reading.axis.unit == "bytes":
        return size(one.value)
    return f"{one.value:.3g}" if one.low == one.high else interval(one.value, one.low, one.high).partition(" ")[0]


def interval_of(reading: Reading) -> str:
    """The 95 % interval, or that there is none."""
    if reading.estimate is None:
        return "proved"
    one = reading.estimate
    if one.low == one.high:
        return "counted"
    if _is_share(reading.axis):
        least = reading.axis.accepts[0]
        return f"{signed(max(one.low, least))} to {signed(max(one.high, least))}"
    return interval(one.value, one.low, one.high).partition("(")[2].rstrip(")")


def _is_share(axis: Axis) -> bool:
    return axis.kind == "risk" and not axis.name.endswith("auc")


def _utility(reading: Reading, baselines: pd.DataFrame) -> str:
    if reading.estimate is None:
        return f"{reading.axis.title}: no figure, for {reading.reason.rstrip('.')}."
    one = reading.estimate
    point = pd.Series({"value": one.value, "low": one.low, "high": one.high, "error": ""})
    return accuracy_story(point, baselines, reading.axis.name)
