"""What is presented: one chart after another of the session's scenario, in the order in which it is told.

In: the session's scenario. Out: slides, each drawn when its turn comes; what is not known yet says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from dashboard import anonymizing, attacking, session, sweeps, tables, widgets
from ppml_core.charts import attack_story, story
from ppml_core.charts.against_epsilon import epsilon_chart
from ppml_core.charts.against_k import k_chart
from ppml_core.charts.attack_roc import attack_roc
from ppml_core.charts.class_sizes import class_size_chart
from ppml_core.charts.guess import guess_chart
from ppml_core.charts.template import Chart
from ppml_core.experiment import plans

SLIDE = "slide"
Shown = tuple[Chart, Sequence[str]]


@dataclass(frozen=True)
class Slide:
    """`draw` gives a chart and at most two paragraphs, None while it is not known."""

    name: str
    draw: Callable[[], Shown | None]


def slides() -> list[Slide]:
    """Those that the table allows; attacks only where they were run."""
    found = []
    if tables.dataset().quasi_identifiers:
        found += [Slide("Look-alikes", _look_alikes)]
    found += [Slide("Cost of a guarantee", _guarantee), Slide("What a guarantee buys", _bought)]
    if tables.dataset().quasi_identifiers:
        found += [Slide("Cost of look-alikes", _cost_of_look_alikes)]
    if attacking.reports():
        found += [Slide("What an attack reaches", _attacked)]
    return found


def place() -> int:
    """Which slide is shown, from 0; the link's at first."""
    if SLIDE not in st.session_state:
        asked = st.query_params.get(SLIDE, "1")
        st.session_state[SLIDE] = int(asked) - 1 if asked.isdecimal() else 0
    return min(max(int(st.session_state[SLIDE]), 0), len(slides()) - 1)


def begin() -> None:
    """The first slide is the next one shown."""
    go(0)


def go(to: int) -> None:
    st.session_state[SLIDE] = to


def link() -> dict[str, str]:
    return {SLIDE: str(place() + 1)}


def is_waiting() -> bool:
    """While the chart that is shown is being worked out."""
    asked = (sweeps.current_cost_of_guarantee(), sweeps.current_cost_of_look_alikes())
    jobs = [tables.desk().find(question.key) for question in asked]
    return tables.lattice_is_missing() or any(job is not None and job.running for job in jobs)


def _look_alikes() -> Shown | None:
    if anonymizing.is_missing():
        anonymizing.start()
        return None
    shown = anonymizing.shown()
    chart = class_size_chart(shown.before, shown.after, shown.suppressed, shown.k, widgets.mode())
    return chart, [story.risk_sentence(tables.risk())]


def _guarantee() -> Shown | None:
    question, learner, epsilon = sweeps.current_cost_of_guarantee(), sweeps.current_learner(), _epsilon()
    rows = sweeps.known_rows(question, tables.desk(), tables.dataset())
    points = sweeps.epsilon_points(question, rows, _measure(), learner)
    if points.empty:
        return None
    curves = sweeps.all_epsilon_points(question, rows, _measure(), learner)
    baselines = sweeps.epsilon_baselines(question, rows, _measure(), learner)
    title = widgets.short_title(tables.dataset())
    chart = epsilon_chart(curves, baselines, _measure(), title, epsilon, widgets.mode())
    promised = sweeps.guarantee_at(learner, points, epsilon, question.release)
    return chart, story.epsilon_story(sweeps.point_at(points, epsilon), baselines, _measure(), promised)[:2]


def _bought() -> Shown | None:
    question, learner = sweeps.current_cost_of_guarantee(), sweeps.current_learner()
    rows = sweeps.known_rows(question, tables.desk(), tables.dataset())
    points = sweeps.epsilon_points(question, rows, _measure(), learner)
    proved = plans.guarantees_of(points, learner, sweeps.unit_of(question.release))
    if not proved:
        return None
    return guess_chart(proved, _epsilon(), widgets.mode()), ["No attack does better, however clever it is."]


def _cost_of_look_alikes() -> Shown | None:
    question, k = sweeps.current_cost_of_look_alikes(), int(session.get("k"))
    rows = sweeps.known_rows(question, tables.desk(), tables.dataset())[""]
    title = sweeps.title_of(plans.k_learner(tables.dataset().schema))
    points = plans.points_of(rows, _measure(), plans.K, title)
    if points.empty:
        return None
    baselines = plans.raw_baselines(rows, _measure(), title)
    chart = k_chart(points, baselines, _measure(), widgets.short_title(tables.dataset()), k, widgets.mode())
    return chart, story.k_story(sweeps.point_at(points, k), baselines, _measure(), tables.risk_at(k))[:2]


def _attacked() -> Shown | None:
    reports = attacking.reports()
    name, report = next(iter(reports.items()))
    return attack_roc(reports, mode=widgets.mode()), attack_story.membership_story(report, name)[:2]


def _measure() -> str:
    offered = plans.measures_for(tables.dataset().schema)
    chosen = str(st.session_state.get("measure", offered[0]))
    return chosen if chosen in offered else offered[0]


def _epsilon() -> float:
    return float(session.get("epsilon"))
