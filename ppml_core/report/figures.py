"""Measured figures in words: by title, with interval, baselines and control, and accuracy in people per thousand."""

from __future__ import annotations

from ppml_core.attacks.base import scale_of
from ppml_core.catalog import methods
from ppml_core.charts.words import count, decimals, interval, people_per_thousand, percent, signed
from ppml_core.evidence import Estimate
from ppml_core.experiment.axes import named_risks
from ppml_core.experiment.scenario import Scenario
from ppml_core.measures.base import Measure
from ppml_core.report.exploration import Exploration, Line
from ppml_core.report.markup import Standing
from ppml_core.report.withheld import LEAST_TOLD
from ppml_core.settings import words

TITLES = {
    "release_unique_share_with_kept": "People unique with the kept columns too",
    "release_loss": "Loss of the release",
    "release_granularity": "Detail that is left",
    "release_suppressed": "People left out",
    "test_unmatched_share": "Test people who look like nobody in the release",
}
THINGS = {"model": "the trained model", "table": "the anonymized table", "synthetic": "the made-up table"}
RISK_STARTS = ("release_prosecutor", "release_unique", "release_certain", "release_linkage")
SHARES = ("share of", "probability")
NONE = "–"


def title_of(measure: str) -> str:
    """A figure's name as a person reads it."""
    known = {name: cls.title for name, cls in methods(Measure).items()} | TITLES
    known |= {axis.measure: axis.title for axis in named_risks()}
    return known.get(measure) or words(measure).capitalize()


def handed_out(scenario: Scenario) -> str:
    """What the scenario hands out, in words."""
    return " and ".join(THINGS[thing] for thing in scenario.things)


def is_utility(line: Line) -> bool:
    return line.measure in methods(Measure)


def is_risk(line: Line) -> bool:
    """A figure about finding people or learning of them: what an attack reached, or what classes say."""
    if is_utility(line):
        return False
    return line.measure.startswith(RISK_STARTS) or not line.measure.startswith(("release_", "test_"))


def line_of(told: Exploration, measure: str) -> str:
    """One figure of the chosen scenario as a sentence; "" where there is none."""
    line = next((one for one in told.lines() if one.measure == measure), None)
    if line is None or line.estimate is None:
        return ""
    return f"{title_of(measure)}: **{value_of(line)}** ({interval_of(line)})."


def accuracy_in_people(told: Exploration) -> str:
    """Accuracy as people count it, beside the same learner on the raw table and guessing; "" where there is none."""
    line = next((one for one in told.lines() if one.measure == "accuracy"), None)
    if line is None or line.estimate is None or line.withheld:
        return ""
    one = line.estimate
    low, high = (people_per_thousand(min(max(end, 0.0), 1.0)) for end in (one.low, one.high))
    said = f"The model is right for **{people_per_thousand(one.value)} of 1,000** people ({low} to {high})"
    for beside, name in ((line.raw, "the same learner on the raw table"), (line.guess, "guessing the largest class")):
        if beside is not None:
            gap = people_per_thousand(one.value) - people_per_thousand(beside.value)
            much = "as many as" if gap == 0 else f"{count(abs(gap))} {'more' if gap > 0 else 'fewer'} than"
            said += f", {much} {name}"
    return said + "."


def value_of(line: Line) -> str:
    """The value with the digits that its interval supports, or the bound that may be told."""
    if line.estimate is None:
        return NONE
    if line.withheld:
        return _bound(line)
    if line.unit == "people":
        return count(round(line.estimate.value))
    return _number(line.estimate, line)


def interval_of(line: Line) -> str:
    """The 95 % interval, or that the figure was counted."""
    one = line.estimate
    if one is None or line.withheld:
        return NONE
    if one.low == one.high:
        return "counted"
    if _is_share(line) and not is_utility(line):
        least = scale_of(line.measure)[0]
        return f"{signed(max(one.low, least))} to {signed(one.high)}"
    return interval(one.value, one.low, one.high).partition("(")[2].rstrip(")")


def beside_of(line: Line, other: Estimate | None) -> str:
    """A baseline or control, written as the value is."""
    return NONE if other is None else _number(other, line)


def standing_of_choice(told: Exploration) -> Standing:
    """A setting chosen by looking at results is internal, what is proved about it with it (EVIDENCE 3)."""
    return "internal" if len(told.scenarios) > 1 else "publishable"


def _number(one: Estimate, line: Line) -> str:
    if _is_share(line) and not is_utility(line):
        return signed(one.value)
    own = line.estimate or one
    return f"{one.value:.3g}" if own.low == own.high else f"{one.value:.{decimals(own.low, own.high)}f}"


def _is_share(line: Line) -> bool:
    return line.unit.startswith(SHARES) and not line.measure.endswith("auc")


def _bound(line: Line) -> str:
    assert line.estimate is not None
    if line.unit == "people":
        return f"fewer than {LEAST_TOLD}"
    value = line.estimate.value
    return f"under {percent(value)}" if value < 0.5 else f"over {percent(value)}"
