"""What a guarantee allows and what an attack reached, in sentences and dots; words of the regulations beside them.

In: a membership report. Out: grids, paragraphs and tables. What is proved is "at most"; what was measured has its
interval, and says from which odds and what was held fixed (EVIDENCE 8 to 12).
"""

from __future__ import annotations

import math

import pandas as pd

from ppml_core.accounting.odds import best_guess
from ppml_core.attacks.column_sets import ColumnSet
from ppml_core.attacks.membership.report import MembershipReport
from ppml_core.attacks.rates import share
from ppml_core.charts.dot_grid import Grid
from ppml_core.charts.words import at_most, budget, count, interval, percent, power
from ppml_core.evidence import Estimate

ABOUT = "whether you are in the training data"
WHO = "whether you are in the data"
MOST_GROUPS = 12
MOST_ROWS = 10
MOST_OF_A_SIZE = 2
NAMED = 1 / 3


def reached(report: MembershipReport) -> Estimate:
    """Share of right guesses from even odds, with the threshold that names at most `NAMED` of the others.

    Half the members named plus half the others left alone. The threshold was fixed by the others' rate and not by the
    outcome, so nothing is a maximum. The interval adds the errors of both rates in quadrature.
    """
    named = max(spot for spot, rate in enumerate(report.found.roc.fpr) if rate <= NAMED)
    right = share(round(report.found.roc.tpr[named] * report.members), report.members)
    wrong = share(round(report.found.roc.fpr[named] * report.others), report.others)
    value = (right.value + 1 - wrong.value) / 2
    below = math.hypot(right.value - right.low, wrong.high - wrong.value) / 2
    above = math.hypot(right.high - right.value, wrong.value - wrong.low) / 2
    return Estimate(value, value - below, value + above, right.covers)


def grids(report: MembershipReport) -> list[Grid]:
    """Guessing blindly, what the guarantee allows, what the attack reached."""
    found = reached(report)
    made = [Grid("Guessing blindly", 0.5, "baseline", "even odds")]
    if report.bound is not None:
        made.append(Grid("At most, by proof", best_guess(report.bound), "bound", f"ε = {budget(report.bound.epsilon)}"))
    said = f"{percent(found.low)} to {percent(found.high)}"
    return [*made, Grid("Reached by the attack", found.value, "risk", said)]


def membership_story(report: MembershipReport, name: str) -> list[str]:
    """The claim in words, what was reached, and for whom."""
    said = []
    if report.bound is None:
        said.append(f"Nothing is proved about {name}: it carries no guarantee, so no attack is ruled out.")
    else:
        bound = report.bound
        about = WHO if bound.neighbours == "add_or_remove_one" else "which of two people is in the data"
        delta = f", δ = {power(bound.delta)}" if bound.delta else ""
        said.append(
            f"Proved: with ε = {budget(round(bound.epsilon, 3))}{delta}, who starts from even odds is right about "
            f"{about} at most **{at_most(best_guess(bound))}** of the time, and the area under any attack's curve is "
            f"at most **{report.auc_bound:.3f}** in expectation."
        )
    auc = report.found.auc
    said.append(
        f"Reached: shown one member and one other, {report.title} picks the member "
        f"**{interval(auc.value, auc.low, auc.high)}** of the time (area under the curve); with membership by lot, "
        f"{interval(report.null.auc.value, report.null.auc.low, report.null.auc.high)}."
    )
    for at in report.found.at:
        said.append(
            f"Naming at most {percent(at.asked)} of non-members ({count(at.false_positives)} people), it names "
            f"**{percent(at.tpr.value)}** of the members ({percent(at.tpr.low)} to {percent(at.tpr.high)})."
        )
    return said


def held_fixed(report: MembershipReport) -> str:
    """What the numbers are conditional on."""
    chosen = f" Its settings were chosen on {report.chosen_on}." if report.chosen_on else ""
    return (
        f"Held fixed: one model trained on {count(report.members)} people, asked about them and "
        f"{count(report.others)} others; {count(report.shadows)} shadow models. The attacker knows each record and how "
        f"the model is trained.{chosen} Internal: measured on private people."
    )


def exposed_table(report: MembershipReport) -> pd.DataFrame:
    """The members who stand out most, by their row in the table."""
    return pd.DataFrame(
        [(count(one.row), percent(one.others_above)) for one in report.exposed[:MOST_ROWS]],
        columns=["row", "non-members who look as much like members"],
    )


def groups_table(report: MembershipReport) -> pd.DataFrame:
    """Groups whose members are found most often; `share` is 0..1."""
    ordered = sorted(report.groups, key=lambda group: -group.found.low)[:MOST_GROUPS]
    return pd.DataFrame(
        [(f"{group.column.replace('_', ' ')}: {group.value}", group.found.value,
          f"{percent(group.found.low)} to {percent(group.found.high)}", count(group.members)) for group in ordered],
        columns=["group", "found", "interval", "members"],
    )  # fmt: skip


def column_set_table(sets: tuple[ColumnSet, ...], people: int) -> pd.DataFrame:
    """For each number of columns, the sets of that many that single most people out; shares are 0..1."""
    lines = []
    for size in sorted({len(one.columns) for one in sets}):
        alike = sorted((one for one in sets if len(one.columns) == size), key=lambda one: -one.unique)
        lines += [
            (", ".join(one.columns).replace("_", " "), one.unique / people if people else 0.0, one.distinction,
             one.separation) for one in alike[:MOST_OF_A_SIZE]
        ]  # fmt: skip
    return pd.DataFrame(lines, columns=["someone who knows", "singles out", "distinction", "separation"])


REGULATIONS = pd.DataFrame(
    [
        ("Singling out", "WP29 opinion 05/2014, GDPR recital 26", "isolating one person's records",
         "unique people; singling-out attack"),
        ("Linkability", "WP29 opinion 05/2014", "linking records about one person",
         "record linkage; linkability attack"),
        ("Inference", "WP29 opinion 05/2014", "deducing a value from others",
         "certain sensitive values; inference and attribute attacks"),
        ("18 identifiers", "HIPAA 164.514(b)(2)", "columns to be left out for Safe Harbor",
         "columns that look like them"),
        ("Very small risk", "HIPAA 164.514(b)(1)", "an expert's judgement, without a number",
         "every measure here, with its interval"),
        ("0.09 and 0.05", "EMA policy 0070, Health Canada", "conventions for the highest risk of one record",
         "highest, mean, and share of people above"),
    ],
    columns=["word", "where it stands", "what it means", "what is measured here"],
)  # fmt: skip
