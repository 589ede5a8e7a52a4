"""The map of the page Trade-off and what stands beside it: axes, the story of a point, needs and their answer."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard import comparing, controls, mapping, scenarios, session, sweeps, tables, widgets
from ppml_core.charts.measures import wording
from ppml_core.charts.point_story import NOTE, numbers, point_story
from ppml_core.charts.risk_utility import risk_utility_map
from ppml_core.charts.scenario_words import in_short
from ppml_core.charts.words import budget, percent, size
from ppml_core.errors import PPMLError
from ppml_core.experiment import plans
from ppml_core.experiment.axes import Axis, axis_of
from ppml_core.experiment.known import KnownAnswer, offered_limits
from ppml_core.experiment.map_view import Map, risks_of
from ppml_core.experiment.scenario import Scenario
from ppml_core.experiment.solve import Checked, Solution

EXPLORE, NEED = "Explore", "I need…"
CHART = "risk_map"


def part(here: Map) -> None:
    """The map on the left; on the right what is asked, and the story of the point that answers."""
    left, right = st.columns([1.9, 1], gap="large")
    with right:
        needed = (
            widgets.segments(
                "What to do",
                [EXPLORE, NEED],
                "decide_mode",
                controls.told("Look at points one by one, or name what must hold and get the best.", "Pareto front"),
            )
            == NEED
        )
        if needed:
            answer = need_controls(here)
            point = None if answer is None else answer.best or answer.nearest
        else:
            answer, point = None, mapping.shown_point(here)
    with left:
        map_part(here, point)
    with right:
        if answer is not None:
            told_answer(here, answer)
        if point is not None and point in here.scenarios:
            point_part(here, point)
        compute_part(here)


def map_part(here: Map, point: str | None) -> None:
    """The map and its axes; in words alone while it has no point."""
    title = widgets.short_title(tables.dataset())
    drawn = risk_utility_map(
        here.found, here.front, mapping.told(here), title, point, widgets.mode(),
        proved=here.proved(), levels=mapping.levels(here),
    )  # fmt: skip
    if here.front.line:
        widgets.chart(drawn, key=CHART, on_select=take_point)
        axis_controls(here)
    else:
        widgets.heading(drawn.question, "No point is known yet: they appear one by one while the map is computed.")


def compute_part(here: Map) -> None:
    """Buttons for what is missing, with how long it takes, and the run that was opened."""
    asked, beside = mapping.question(), mapping.question_beside()
    size = len(asked.parts[0][1])
    widgets.run_missing(asked, "risk-utility map", "Compute the map")
    if len(here.scenarios) and not mapping.is_complete():
        widgets.aside(f"{size} scenarios and an attack on each model; on Adult under two minutes of one idle core.")
    elif mapping.question_behind_local().parts[0][1]:
        widgets.run_missing(
            mapping.question_behind_local(), "attacks behind local recoding", "Attack local recoding too"
        )
        if not mapping.is_attacked_behind_local():
            widgets.aside(
                "Behind local recoding nobody's membership has been attacked yet: each shadow model recodes anew, on "
                "Adult two to three minutes more of one idle core."
            )
    if beside.parts[0][1]:
        apart = any(scenario.venue for scenario in beside.parts[0][1])
        text = "Attack what ran apart too" if apart else "Compute the chosen setting too"
        widgets.run_missing(beside, "the chosen setting", text)
    if mapping.opened_run():
        st.button("Take the opened run off the map", key="close_run", on_click=mapping.close_run, type="tertiary")


def axis_controls(here: Map) -> None:
    """Which utility stands upwards, and which risk, proof or cost across."""
    up, across = st.columns(2)
    with up:
        _axis("Upwards", "utility_axis", mapping.utilities())
    with across:
        _axis("Across", "risk_axis", risks_of(here.rows))


def _axis(name: str, key: str, offered: list[str]) -> None:
    """One of the axes; the chart says which one the automatic choice is.

    Its word here is always the same: the browser holds a choice by its words, and would go on showing an earlier one.
    """
    options = [session.AUTO, *offered]
    widgets.keep_within(key, options, session.AUTO)
    told = (
        controls.told("Measured risks, what is proved, and costs each have an axis of their own.", "estimate")
        if name == "Across"
        else controls.told("How good the result is.", "Pareto front")
    )
    widgets.choose(name, options, key, told, lambda one: "automatic" if one == session.AUTO else _title(one))


def take_point() -> None:
    """The clicked point is the one whose story is told."""
    points = st.session_state[CHART]["selection"]["points"]
    if points and points[0].get("customdata") is not None:
        clicked = points[0]["customdata"]
        session.put("shown_point", str(clicked[0] if isinstance(clicked, list) else clicked))
        session.put("decide_mode", EXPLORE)


def point_part(here: Map, name: str) -> None:
    """Settings, accuracy in people, risk, odds, cost, standing, and a way to use it."""
    scenario = here.scenarios[name]
    remarks = plans.remarks_of([scenario], tables.dataset(), tables.desk().memory)
    utility, risk = here.found[name]
    widgets.story(
        *point_story(utility, risk, mapping.baselines(here), here.guarantee(name), *remarks.no_guarantee[:1]),
        title=in_short(scenario),
    )
    use_buttons(scenario)
    widgets.part("point_numbers", "Its numbers, and which may be published", lambda: point_numbers(here, name))


def point_numbers(here: Map, name: str) -> None:
    """Every figure that is known of the scenario, with its standing."""
    widgets.table(numbers(here.readings(name), alone=len(here.found) == 1), caption="Numbers of this scenario")
    widgets.aside(NOTE)


def use_buttons(scenario: Scenario, key: str = "point") -> None:
    """Takes the settings into the session, or lays the scenario beside others."""
    in_use = scenario.id == scenarios.current().id
    with st.container(horizontal=True):
        st.button("In use" if in_use else "Use this", key=f"use_{key}", type="primary", disabled=in_use,
                  on_click=scenarios.use, args=(scenario.to_toml(),))  # fmt: skip
        st.button("Compare", key=f"compare_{key}", on_click=comparing.pick, args=(scenario.to_toml(),),
                  disabled=comparing.is_picked(scenario))  # fmt: skip


def need_controls(here: Map) -> KnownAnswer | None:
    """What is needed, by sliders that may each be left open."""
    widgets.label("What must hold")
    better = "at least" if here.utility.higher_is_better else "at most"
    _need(f"{wording(here.utility.name).noun} {better}", "need_utility", offered_limits(here.utility, here.rows))
    if here.risk.kind == "risk":
        _need(f"{here.risk.title}, at most", "need_risk", offered_limits(here.risk, here.rows), percent)
    _need("Proved ε at most", "need_epsilon", sorted(session.EPSILONS, reverse=True), budget)
    for axis in here.costs():
        show = size if axis.unit == "bytes" else budget
        _need(f"{axis.title}, at most", f"need_{axis.name}", offered_limits(axis, here.rows), show)
    now = str(session.get("objective"))
    offered = list(dict.fromkeys([session.AUTO, *mapping.objectives(here), now]))
    widgets.choose(
        "Of those that meet it, the best has", offered, "objective",
        controls.told("What counts among the scenarios that keep every limit.", "Pareto front"), sought,
    )  # fmt: skip
    return mapping.known_answer(here)


def sought(name: str) -> str:
    """What the best scenario has most or least of, in words."""
    if name == session.AUTO:
        return "the lowest risk, then ε, then seconds"
    axis = axis_of(name)
    title = axis.title if axis.kind in ("risk", "proved") else f"{axis.title[:1].lower()}{axis.title[1:]}"
    return f"the {'highest' if axis.higher_is_better else 'lowest'} {title}"


def _need(name: str, key: str, offered: list[float], show: Any = "{:g}".format) -> None:
    options, now = [session.ANY, *offered], session.get(key)
    if now != session.ANY and now not in offered:
        near = min(offered, key=lambda one: abs(one - float(now)), default=None)
        session.put(key, session.ANY if near is None else near)
    st.select_slider(
        f"{name[:1].upper()}{name[1:]}", options, session.first(key), key=key,
        format_func=lambda value: "any" if value == session.ANY else show(value),
        help=controls.told("A limit that a scenario must keep; any is no limit.", "Pareto front"),
    )  # fmt: skip


def told_answer(here: Map, answer: KnownAnswer) -> None:
    """What the known points say at once; a search goes further, and checks on fresh seeds and people."""
    widgets.notice(answer.sentence)
    if answer.feasible:
        widgets.aside(
            f"{answer.meeting} of the known scenarios meet it; the one with {sought(str(session.get('objective')))} is "
            "told. The best of many looks better than it is: search further to have it checked."
        )
    job = tables.desk().find(mapping.search_key(answer.needs))
    if job is None or not job.running:
        title = sweeps.title_of(sweeps.current_learner())
        st.button(f"Search further ({mapping.BUDGET} fits of {title})", key="search_further",
                  on_click=mapping.start_search, args=(answer.needs,), width="stretch")  # fmt: skip
    widgets.job_line(job)
    found = mapping.solution(answer.needs)
    if found is not None:
        told_solution(found)


def told_solution(found: Solution) -> None:
    """The checked answer of a search, with what it is shown to reach."""
    checked = found.best or found.nearest
    widgets.story(f"{found.sentence[:1].upper()}{found.sentence[1:]}", title="The search")
    if checked is None:
        return
    widgets.story(f"**{in_short(checked.scenario)}**", *_bounds(checked))
    use_buttons(checked.scenario, "found")
    widgets.aside(f"{found.evaluations} fits, {found.looks} looks at the test people; bounds account for all of them. "
                  "Internal: settings chosen by looking at private people.")  # fmt: skip


def _bounds(checked: Checked) -> list[str]:
    """What each need is shown to reach on fresh seeds and untouched people."""
    return [
        f"{need.axis.title}: shown to be at {'least' if need.axis.higher_is_better else 'most'} **{bound:.3g}**."
        for need, bound in zip(checked.needs, checked.bounds, strict=True)
        if bound is not None
    ]


def _title(name: str) -> str:
    axis: Axis = axis_of(name)
    return axis.title


def is_waiting() -> bool:
    try:
        return mapping.is_waiting()
    except PPMLError:
        return False
