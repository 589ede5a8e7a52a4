"""The views under the map of the page Trade-off: against ε, against k, over both, and on all axes at once."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from dashboard import mapping, session, sweeps, tables, widgets
from dashboard.controls import told
from ppml_core.charts import story
from ppml_core.charts.against_epsilon import epsilon_chart
from ppml_core.charts.against_k import k_chart, risk_chart
from ppml_core.charts.grid_map import grid_chart
from ppml_core.charts.guess import guess_chart
from ppml_core.charts.parallel import parallel_chart
from ppml_core.charts.words import budget
from ppml_core.experiment import plans
from ppml_core.experiment.map_view import Map

GUARANTEE, LOOK_ALIKES, GRID, PARALLEL = "A guarantee (ε)", "Look-alikes (k)", "k × ε", "All axes"


def part(here: Map) -> None:
    """One view at a time: the others are worked out when they are chosen."""
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        view = widgets.segments(
            "View",
            [GUARANTEE, LOOK_ALIKES, GRID, PARALLEL],
            "view",
            told("Against which setting the scenarios are drawn.", "Pareto front"),
        )
        measure = here.utility.name
        if view in (GUARANTEE, LOOK_ALIKES):
            measure = widgets.measure_control(plans.measures_for(tables.dataset().schema))
    if view == LOOK_ALIKES:
        look_alikes(measure)
    elif view == GRID:
        grid(here)
    elif view == PARALLEL:
        parallel(here)
    else:
        guarantee(measure)


def guarantee(measure: str) -> None:
    question, desk, data = sweeps.current_cost_of_guarantee(), tables.desk(), tables.dataset()
    learner = sweeps.current_learner()
    rows = sweeps.known_rows(question, desk, data)
    left, right = st.columns([1.9, 1], gap="large")
    with right:
        epsilon = widgets.epsilon_slider()
    with left:
        curves = sweeps.all_epsilon_points(question, rows, measure, learner)
        baselines = sweeps.with_anonymized(sweeps.epsilon_baselines(question, rows, measure, learner), measure)
        drawn = epsilon_chart(curves, baselines, measure, widgets.short_title(data), epsilon, widgets.mode())
        widgets.chart(drawn, key="trade_epsilon", on_select=partial(take_epsilon, curves))
    points = sweeps.epsilon_points(question, rows, measure, learner)
    promised = sweeps.guarantee_at(learner, points, epsilon, question.release)
    with right:
        said, point = sweeps.remarks(question), sweeps.point_at(points, epsilon)
        told = story.epsilon_story(point, baselines, measure, promised, *said.no_guarantee[:1])
        widgets.story(*told, title=f"At ε = {budget(epsilon)}")
        widgets.aside("Accuracy is internal: it was measured on private test people. " + story.guarantee_line(promised))
        widgets.run_missing(question, "cost of a guarantee")
    left, right = st.columns([1.9, 1], gap="large")
    proved = plans.guarantees_of(points, learner, sweeps.unit_of(question.release))
    with left:
        if proved:
            widgets.chart(guess_chart(proved, epsilon, widgets.mode()), key="guess", on_select=take_guess)


def look_alikes(measure: str) -> None:
    question, desk, data = sweeps.current_cost_of_look_alikes(), tables.desk(), tables.dataset()
    rows = sweeps.known_rows(question, desk, data)[""]
    learner = plans.k_learner(data.schema)
    left, right = st.columns([1.9, 1], gap="large")
    with right:
        k = widgets.k_slider(sweeps.KS)
    with left:
        points = plans.points_of(rows, measure, plans.K, sweeps.title_of(learner))
        baselines = plans.raw_baselines(rows, measure, sweeps.title_of(learner))
        widgets.chart(
            k_chart(points, baselines, measure, widgets.short_title(data), k, widgets.mode()),
            key="trade_k", on_select=take_k,
        )  # fmt: skip
    with right:
        point, left_over = sweeps.point_at(points, k), tables.risk_at(k)
        widgets.story(*story.k_story(point, baselines, measure, left_over), title=f"At k = {k}")
        widgets.run_missing(question, "cost of look-alikes")
    left, right = st.columns([1.9, 1], gap="large")
    with left:
        if tables.lattice_is_missing():
            tables.start_lattice()
            widgets.aside("Working out the risk that is left at each k.")
        else:
            widgets.chart(risk_chart(tables.risks(sweeps.KS), k, widgets.mode()), key="risk", on_select=take_risk)


def take_epsilon(curves: pd.DataFrame) -> None:
    """Points may stand elsewhere than at what was set, where relations differ."""
    session.take_click("trade_epsilon", "epsilon", curves["x"].tolist(), curves["asked"].tolist())


def take_guess() -> None:
    session.take_click("guess", "epsilon", session.EPSILONS)


def take_k() -> None:
    session.take_click("trade_k", "k", sweeps.KS)


def take_risk() -> None:
    session.take_click("risk", "k", sweeps.KS)


def grid(here: Map) -> None:
    cells = here.grid_cells()
    recodings = list(dict.fromkeys(cells["recoding"]))
    if not recodings:
        widgets.aside("No scenario with both k and ε is on the map yet: compute the map, or open a run that has some.")
        return
    chosen = str(
        widgets.choose(
            "Generalized how",
            recodings,
            "grid_recoding",
            told("The method whose scenarios are drawn.", "generalization"),
            lambda name: session.RECODINGS[name],
        )
    )
    target = session.get("need_utility")
    shown = cells[cells["recoding"] == (chosen if chosen in recodings else recodings[0])]
    drawn = grid_chart(shown, here.utility.name, None if target == session.ANY else float(target), widgets.mode())
    widgets.chart(drawn, key="grid")


def parallel(here: Map) -> None:
    if not here.front.line:
        widgets.aside("No scenario is known on these axes yet: compute the map, or open a run.")
        return
    axes = here.parallel_axes()
    drawn = parallel_chart(
        here.places(axes), axes, here.set_values(), mapping.told(here), widgets.mode()
    )  # fmt: skip
    widgets.chart(drawn, key="parallel")


def is_waiting() -> bool:
    """Whether a curve that may be shown is being computed."""
    asked = (sweeps.current_cost_of_guarantee(), sweeps.current_cost_of_look_alikes())
    jobs = [tables.desk().find(question.key) for question in asked]
    return any(job is not None and job.running for job in jobs) or (
        st.session_state.get("view") == LOOK_ALIKES and tables.lattice_is_missing()
    )
