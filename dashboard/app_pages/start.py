"""Start: three doors into prepared scenarios, and the point of it all in one live chart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import streamlit as st

from dashboard import frame, learning, presenting, session, sweeps, tables, widgets
from dashboard.jobs import shared_desk
from ppml_core.charts import story
from ppml_core.charts.against_epsilon import epsilon_chart
from ppml_core.charts.words import budget


@dataclass(frozen=True)
class Door:
    """Where it leads, and what is prepared there: the scenario's values, and what else the page begins with."""

    title: str
    text: str
    action: str
    page: str
    values: Mapping[str, object]
    prepare: Callable[[], None] = lambda: None


DOORS = (
    Door(
        "Explore",
        "Adult census data as they are: who stands out in them today. Beside them a release in which at least ten look "
        "alike, and all that it says about people nevertheless.",
        "Open the data",
        "data_roles",
        {"dataset": "adult", "k": 10, "train_on": session.PEOPLE},
    ),
    Door(
        "Demonstrate",
        "Tell it to others: one chart at a time in large type, what look-alikes (k\u00a0=\u00a010) and a guarantee "
        "(ε\u00a0=\u00a01) cost and buy on Adult, in plain words.",
        "Open the presentation",
        "present",
        {"dataset": "adult", "k": 10, "epsilon": 1.0},
        presenting.begin,
    ),
    Door(
        "Teach",
        "Eight short lessons that break a protection before they trust one. The first opens as a class sees it: the "
        "address is its link, and a handout is there to print.",
        "Open the lessons",
        "lessons",
        {"dataset": "adult"},
        learning.begin_class,
    ),
)
WAY_BACK = "A prepared scenario is open. What was set before is one Undo away."


def page() -> None:
    st.html(
        '<h1 class="hero">What does privacy cost, and what does it buy?</h1>'
        '<p class="lead">Bring a table of people, choose protections, and see on one screen how accurate a model stays '
        "and how exposed the people are.</p>"
    )
    for column, door in zip(st.columns(len(DOORS), gap="large"), DOORS, strict=True):
        with column:
            offer(door)
    st.space("small")
    live_chart()


def offer(door: Door) -> None:
    st.html(f'<p class="door-title">{door.title}</p><p class="door">{door.text}</p>')
    if st.button(door.action, key=f"door_{door.title}", on_click=enter, args=(door,)):
        if session.can_undo():
            session.notify(WAY_BACK)
        st.switch_page(f"app_pages/{door.page}.py")


def enter(door: Door) -> None:
    """Opens what is prepared; undo leads back to what was set before."""
    session.open_scenario(door.values)
    door.prepare()


def live_chart() -> None:
    question, desk, data = sweeps.first_question(), shared_desk(), tables.first_dataset()
    learner, measure = str(session.fields()["learner"].default), "accuracy"
    rows = sweeps.known_rows(question, desk, data)
    points = sweeps.epsilon_points(question, rows, measure, learner)
    baselines = sweeps.epsilon_baselines(question, rows, measure, learner)
    left, right = st.columns([1.9, 1], gap="large")
    with right:
        epsilon = widgets.epsilon_slider()
    with left:
        drawn = epsilon_chart(points, baselines, measure, widgets.short_title(data), epsilon, widgets.mode())
        widgets.chart(drawn, key="first_curve")
    with right:
        guarantee, point = sweeps.guarantee_at(learner, points, epsilon), sweeps.point_at(points, epsilon)
        widgets.story(*story.epsilon_story(point, baselines, measure, guarantee), title=f"At ε = {budget(epsilon)}")
        widgets.aside(story.guarantee_line(guarantee))
        widgets.job_line(desk.find(question.key))


def is_waiting() -> bool:
    job = shared_desk().find(sweeps.first_question().key)
    return job is None or job.running


frame.show(page, waiting=is_waiting)
