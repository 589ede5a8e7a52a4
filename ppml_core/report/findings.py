"""The middle of a report: what is proved, what attacks measured, what the model is worth, and the map of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ppml_core.catalog import method
from ppml_core.charts import story
from ppml_core.charts.template import Chart
from ppml_core.charts.words import power
from ppml_core.experiment.axes import in_people
from ppml_core.learn.base import Learner
from ppml_core.report.exploration import Exploration, Line
from ppml_core.report.figures import (
    accuracy_in_people,
    beside_of,
    handed_out,
    interval_of,
    is_risk,
    is_utility,
    standing_of_choice,
    title_of,
    value_of,
)
from ppml_core.report.markup import Html, Standing, aside, folded, heading, prose, section, table, tag, text

HEAD = ("figure", "value", "95 % interval", "guessing", "raw table", "control", "unit", "")
FIGURE_NOTE = (
    "Intervals are over noise seeds and test people where several repeats were run, else over people. Guessing: what "
    "someone reaches who sees nothing of what is handed out. Control: the same attack where nothing can leak. Raw "
    "table: the same without protection."
)


def guarantees(told: Exploration, charts: Mapping[str, Chart], remarks: Sequence[str]) -> Html:
    """What is proved about the chosen model, as a pair and as odds, or why nothing is."""
    promised, standing = told.guarantee, standing_of_choice(told)
    if promised is None:
        reasons = list(remarks) or [_why_none(told)]
        return section(
            "guarantees", "Guarantees",
            prose("Nothing is proved about what is handed out: it carries no differential-privacy guarantee."),
            *(prose(_sentence(reason)) for reason in reasons),
            prose("What stands below was measured. A measurement says what these attacks found, not what others will."),
        )  # fmt: skip
    rows = [
        ("ε", f"{promised.epsilon:.4g}", tag(standing)),
        ("δ", power(promised.delta) if promised.delta else "0", tag(standing)),
        ("neighbouring tables", story.RELATIONS[promised.neighbours], ""),
        ("protects", f"one {story.UNITS.get(promised.unit, promised.unit)}", ""),
    ]
    if promised.mu is not None:
        rows.insert(2, ("μ (Gaussian differential privacy)", f"{promised.mu:.4g}", tag(standing)))
    parts = [
        table("What is proved", ("promise", "value", "standing"), rows),
        *(prose(said, standing) for said in story.guarantee_story(promised)),
        prose(
            "It holds for the model trained with these settings, had they been given beforehand. The noise of this "
            "exploration can be drawn again from its seed: a model that is to leave is trained anew by the release "
            "path, and carries the guarantee then."
        ),
    ]
    if len(told.scenarios) > 1:
        parts.append(prose("The settings were chosen by looking at results on this table, which is not charged."))
    return section("guarantees", "Guarantees", *parts, *_chart(charts, "guess"))


def risks(told: Exploration) -> Html:
    """What attacks reached, beside guessing, the raw table and a control."""
    found = [line for line in told.lines() if is_risk(line)]
    if not found:
        said = (
            f"No risk was measured. What was handed out is {handed_out(told.chosen)}, and no attack was run on it: add "
            '[[attack]] method = "membership_inference" to the scenario.'
        )
        if all(line.estimate is None for line in told.lines()):
            said = "No risk was measured: nothing came out that could be handed out, and Utility says why."
        return section("risks", "Measured risks", prose(said))
    parts = [_lines("Measured risks", found), aside(FIGURE_NOTE)]
    return section("risks", "Measured risks", *parts, *_gaps(found))


def utility(told: Exploration, charts: Mapping[str, Chart]) -> Html:
    """What the model is worth, in people per thousand where it classifies, and what the release lost."""
    lines = told.lines()
    parts = [prose(said, "internal")] if (said := accuracy_in_people(told)) else []
    parts.append(_lines("What the model is worth", [line for line in lines if is_utility(line)]))
    lost = [line for line in lines if not is_utility(line) and not is_risk(line)]
    if lost:
        parts += [heading("What the release lost"), _lines("What the release lost", lost)]
    return section("utility", "Utility", *parts, *_chart(charts, "epsilon"), *_gaps(lines, only_utility=True))


def the_map(told: Exploration, charts: Mapping[str, Chart]) -> Html:
    """Every scenario on a risk and a utility axis, what is not beaten, the knee, the chosen point."""
    if "map" not in charts or told.front is None:
        said = "One scenario makes no map: sweep a setting, or run ppml map, to see it beside others."
        if len(told.scenarios) > 1:
            said = "The scenarios have no risk in common that was measured: there is no map of them."
        return section("map", "The map", prose(said))
    parts = list(_chart(charts, "map"))
    knee = told.front.knee
    if knee is not None and knee != told.chosen.id:
        here, there = told.found[told.chosen.id], told.found[knee]
        said = in_people(told.utility, here[0], there[0])
        if said:
            parts.append(prose(f"At the knee instead of the chosen point, {said}.", "internal"))
    for reason in sorted(set(told.front.gaps.values())):
        number = sum(one == reason for one in told.front.gaps.values())
        parts.append(aside(f"Not on the map ({number}): {_sentence(reason)}"))
    return section("map", "The map of risk and utility", *parts)


def _chart(charts: Mapping[str, Chart], name: str) -> tuple[Html, ...]:
    if name not in charts:
        return ()
    drawn = charts[name]
    rows = [[str(value) for value in row] for row in drawn.table.itertuples(index=False)]
    kind: Standing = "internal" if drawn.standing.startswith("Internal") else "publishable"
    standing = tag(kind)
    caption = f"The numbers behind: {drawn.question} ({kind})"
    behind = table(caption, [str(column) for column in drawn.table.columns], rows)
    return (
        Html(
            f"<figure><figcaption><strong>{text(drawn.question)}</strong><span>{text(drawn.answer)} {standing}</span>"
            f'</figcaption><div class="chart" id="chart-{name}" role="group" aria-label="{text(drawn.alt)}"></div>'
            f'<p class="aside">{text(drawn.how_to_read)}</p></figure>'
        ),
        folded("The table behind it", behind),
    )


def _lines(caption: str, lines: Sequence[Line]) -> Html:
    """A table of the figures that have a value; columns in which nothing stands are left out."""
    known = [line for line in lines if line.estimate is not None]
    if not known:
        return prose("None of it has a value.")
    rows: list[list[str | Html]] = [
        [
            title_of(line.measure), value_of(line), interval_of(line), beside_of(line, line.guess),
            beside_of(line, line.raw), beside_of(line, line.control), line.unit, tag("internal"),
        ]
        for line in known
    ]  # fmt: skip
    kept = [at for at in range(len(HEAD)) if at not in (3, 4, 5) or any(row[at] != "–" for row in rows)]
    head = [HEAD[at] or "standing" for at in kept]
    return table(caption, head, [[row[at] for at in kept] for row in rows], quiet=True)


def _gaps(lines: Sequence[Line], *, only_utility: bool = False) -> list[Html]:
    """Why a figure has no value, each reason once."""
    absent: dict[str, list[str]] = {}
    for line in lines:
        if line.estimate is None and line.reason and is_utility(line) >= only_utility:
            absent.setdefault(line.reason, []).append(title_of(line.measure))
    return [aside(f"No value for {', '.join(names)}: {_sentence(reason)}") for reason, names in absent.items()]


def _why_none(told: Exploration) -> str:
    if not method(Learner, told.chosen.learner.method).private and not told.chosen.anonymize:
        return "The learner adds no noise: it is trained on the people as they are"
    return "A step read every row without noise, and no guarantee survives that"


def _sentence(said: str) -> str:
    said = said.strip()
    return said[:1].upper() + said[1:].rstrip(".") + "."
