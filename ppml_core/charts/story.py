"""What a figure means for people, in sentences: accuracy per 1,000, odds, and what is not protected.

In: estimates, guarantees, risk figures. Out: paragraphs with **bold** where the number is. Wording follows EVIDENCE: a
bound is "at most", a measurement has its interval, and neither is called safe.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ppml_core.accounting.gaussian import as_replace_one
from ppml_core.accounting.odds import best_guess
from ppml_core.attacks.attribute_damage import AttributeDamage
from ppml_core.attacks.linkage import RiskReport
from ppml_core.attacks.reidentifying import Reidentifying
from ppml_core.charts.measures import wording
from ppml_core.charts.words import at_most, budget, count, interval, people_per_thousand, percent, power
from ppml_core.data.schema import Role, Schema
from ppml_core.errors import PPMLError
from ppml_core.evidence import Guarantee
from ppml_core.experiment.preview import Preview
from ppml_core.experiment.release_view import ReleaseView

UNITS = {"record": "person", "client": "client, all its people together"}
RELATIONS = {"add_or_remove_one": "add-or-remove-one", "replace_one": "replace-one"}
SEEDED = "The models shown are made for exploration: their noise can be reproduced."


def accuracy_story(point: pd.Series, baselines: pd.DataFrame, measure: str) -> str:
    """How good the model is at one point, beside the best model without privacy."""
    say = wording(measure)
    value, low, high = float(point["value"]), float(point["low"]), float(point["high"])
    if not np.isfinite(value):
        return f"There is no result at this setting: {point['error'] or 'it was not computed'}"
    free = baselines.loc[baselines["kind"] == "no_privacy", "value"]
    gap = (float(free.iloc[0]) - value) * (1 if say.higher_is_better else -1) if len(free) else float("nan")
    if measure != "accuracy":
        beside = (
            ""
            if not np.isfinite(gap)
            else f" That is {say.gap(abs(gap))} {'worse' if gap > 0 else 'better'} than without privacy."
        )
        return f"The model's {say.noun} is **{interval(value, low, high)}**.{beside}"
    span = f"{people_per_thousand(low)} to {people_per_thousand(high)}"
    right = f"The model is right for **{people_per_thousand(value)} of 1,000** people ({span})"
    return f"{right}{_beside(gap)}."


def _beside(gap: float) -> str:
    if not np.isfinite(gap):
        return ""
    people = people_per_thousand(abs(gap))
    if people == 0:
        return ", **as many** as the best model without privacy"
    return f", **{people} {'fewer' if gap > 0 else 'more'}** than the best model without privacy"


def guarantee_story(guarantee: Guarantee | None) -> list[str]:
    """What is proved about one person, as odds from one half; one sentence where nothing is."""
    if guarantee is None:
        return ["Nothing is proved about what this model gives away: it carries no guarantee."]
    most = at_most(best_guess(guarantee))
    if guarantee.neighbours == "replace_one":
        return [
            "Someone who knows everything about *you* but one answer, holds two values for equally likely and sees the "
            f"model, picks the right one at most **{most}** of the time.",
        ]
    said = [
        "Someone who guesses whether *you* are in the data, starting from 50\u00a0%, is right at most "
        f"**{most}** of the time."
    ]
    try:
        other = as_replace_one(guarantee)
    except PPMLError:
        return said
    return [*said, f"For the value of one of your answers it is at most **{at_most(best_guess(other))}**."]


def guarantee_line(guarantee: Guarantee | None) -> str:
    """The guarantee as a line of small print: budget, relation, unit; and that it is not that of a seeded model."""
    if guarantee is None:
        return "No guarantee."
    delta = f", δ = {power(guarantee.delta)}" if guarantee.delta else ", δ = 0"
    relation = RELATIONS.get(guarantee.neighbours, guarantee.neighbours)
    unit = UNITS.get(guarantee.unit, guarantee.unit)
    promised = f"ε = {budget(round(guarantee.epsilon, 3))}{delta}, {relation}, per {unit}"
    return f"Guarantee: {promised}, if drawn afresh. {SEEDED}"


def epsilon_story(
    point: pd.Series | None, baselines: pd.DataFrame, measure: str, guarantee: Guarantee | None, remark: str = ""
) -> list[str]:
    """Paragraphs about one epsilon: what the model is worth, and what is proved. `remark` says why nothing is."""
    if point is None:
        return ["This point has not been computed yet."]
    proved = guarantee_story(guarantee)
    if guarantee is None and remark:
        proved = [f"Nothing is proved about what this model gives away: {remark.rstrip('.')}."]
    return [accuracy_story(point, baselines, measure), *proved]


def k_story(point: pd.Series | None, baselines: pd.DataFrame, measure: str, risk: pd.Series | None) -> list[str]:
    """Paragraphs about one k: what a model trained on the release is worth, and the risk that is left in it."""
    said = ["This point has not been computed yet."] if point is None else [accuracy_story(point, baselines, measure)]
    if risk is not None:
        said.append(
            f"Someone who knows that *you* are in the release, and your quasi-identifiers, finds your row at most "
            f"**{percent(float(risk['max']))}** of the time, {percent(float(risk['mean']))} on average."
        )
    return [*said, "k-anonymity is a rule about the table. It proves nothing about a model, and carries no ε."]


def roles_sentence(schema: Schema) -> str:
    """How many columns name, point at, or describe people."""
    named: tuple[tuple[Role, str, str], ...] = (
        ("identifier", "names people", "name people"),
        ("quasi_identifier", "can point at them", "can point at them"),
        ("sensitive", "is sensitive", "are sensitive"),
    )
    counts = [(len(schema.with_role(role)), one, many) for role, one, many in named]
    told = ", ".join(f"{number or 'none'} {one if number == 1 else many}" for number, one, many in counts)
    return f"Of {len(schema.columns)} columns, {told}."


ROLE_HELP = (
    "Identifier: names a person. Quasi identifier: known to others and points at a person in combination. Sensitive: "
    "what must not be learned. Feature: kept as it is. Ignore: not used."
)
KIND_HELP = "How values are read: numbers, ordered or plain categories, dates, or free text."


def risk_sentence(risk: RiskReport) -> str:
    """Risk of the table as it is, in one sentence."""
    known = ", ".join(name.replace("_", " ") for name in risk.quasi_identifiers)
    unique, people = risk.unique_share, risk.rows - risk.starred
    aside = ""
    if risk.starred:
        aside = f" Left aside are {count(risk.starred)} rows of * alone: an earlier release suppressed them."
    if unique == 0:
        return (
            f"Nobody is alone: whoever knows {known} finds at least {count(risk.class_size.min)} people who share them."
            + aside
        )
    return (
        f"Whoever knows a person's {known} singles out {percent(unique)} of the {count(people)} people, "
        f"for nobody else shares their values.{aside}"
    )


def risk_facts(risk: RiskReport) -> list[tuple[str, str, str]]:
    """Three numbers of the table as it is: value, name, note."""
    return [
        (percent(risk.unique_share), "are unique", _with_kept(risk.unique_share_with_kept)),
        (
            percent(risk.prosecutor.mean),
            "mean risk of being found",
            f"highest {percent(risk.prosecutor.max)}, {percent(risk.prosecutor.share_above)} of people above "
            f"{percent(risk.threshold)}",
        ),
        _certain(risk.attribute_disclosure.certain_share),
    ]


def release_facts(shown: Preview | ReleaseView) -> list[tuple[str, str, str]]:
    """Risk and loss of a release: value, name, note."""
    risk = shown.risk()
    return [
        (
            percent(risk.max),
            "highest risk of one person",
            f"mean {percent(risk.mean)}, {percent(risk.share_above)} of people above {percent(risk.threshold)}",
        ),
        _certain(risk.certain_share),
        (
            percent(shown.suppressed_share),
            "left out",
            f"{count(shown.suppressed)} of {count(shown.people)} people",
        ),
        (percent(shown.unique_with_kept()), "unique with the kept columns", "who knows those too finds these people"),
        _detail(shown.granularity),
    ]


def _detail(granularity: float | None) -> tuple[str, str, str]:
    if granularity is None:
        return "–", "detail that is left", "not counted in generalized cells for this method"
    return f"{granularity:.2f}", "detail that is left", "1 is the table as it is, 0 says nothing any more"


def levels_table(shown: Preview) -> pd.DataFrame:
    """Per quasi-identifier: the level it is published at, of how many, and an example."""
    rows = []
    for name, level in shown.node.levels.items():
        tree = dict(zip(shown.lattice.tuples.names, shown.lattice.tuples.trees, strict=True))[name]
        leaf = int(np.argmax(shown.column(name).before))
        became = tree.labels[level][tree.codes[level][leaf]]
        rows.append(
            (name.replace("_", " "), f"{level} of {tree.depth - 1}", f"{tree.leaves[leaf] or '(missing)'} → {became}")
        )
    return pd.DataFrame(rows, columns=["column", "level", "for example"])


def _with_kept(share: float | None) -> str:
    return "the kept columns were not counted" if share is None else f"{percent(share)} with the kept columns too"


def _certain(share: float | None) -> tuple[str, str, str]:
    if share is None:
        return "–", "sensitive value is certain", "no column has the role sensitive"
    return percent(share), "sensitive value is certain", "people whose look-alikes all share it"


def models_sentence(text: str, models: int) -> str:
    """What is asked beside k."""
    if not models:
        return (
            "Only k-anonymity is asked for: it bounds how surely a row is found, not what a class of look-alikes tells."
        )
    return f"Beside k, every class must keep {text.replace(' + ', ' and ')}."


def damage_table(damage: Sequence[AttributeDamage]) -> pd.DataFrame:
    """Per quasi-identifier: people who stop being unique without it, people it singles out alone, pairs it parts."""
    rows = [(one.name, count(one.freed), count(one.unique_alone), percent(one.separation)) for one in damage]
    return pd.DataFrame(
        rows, columns=["column", "no longer unique without it", "unique by it alone", "pairs of people it tells apart"]
    )


def kept_sentence(kept: Sequence[Reidentifying]) -> str:
    """The kept column that makes most people unique again."""
    if not kept or kept[0].unique_share_with <= kept[0].unique_share:
        return "No kept column makes anybody unique who is not already."
    worst = kept[0]
    return (
        f"Kept columns count too: with {worst.column} known as well, {percent(worst.unique_share_with)} of the people "
        f"are unique instead of {percent(worst.unique_share)}."
    )
