"""Start: three doors into prepared scenarios, and the point of it all in one live chart."""

from __future__ import annotations

import streamlit as st

from dashboard import frame, session, sweeps, tables, widgets
from dashboard.jobs import shared_desk
from ppml_core.charts import story
from ppml_core.charts.against_epsilon import epsilon_chart
from ppml_core.charts.words import budget

DOORS: tuple[tuple[str, str, str, str, dict[str, object]], ...] = (
    (
        "Explore",
        "Look at a table of people: who stands out in it today, and what a release would still say about them.",
        "Open the data",
        "data_roles.py",
        {},
    ),
    (
        "Demonstrate",
        "Tell it to others: one chart at a time in large type, what a guarantee costs and buys, in plain words.",
        "Open the presentation",
        "present.py",
        {"epsilon": 1.0},
    ),
    (
        "Teach",
        "Eight short lessons that break a protection before they trust one, with a link and a handout for a class.",
        "Open the lessons",
        "lessons.py",
        {},
    ),
)


def page() -> None:
    st.html(
        '<h1 class="hero">What does privacy cost, and what does it buy?</h1>'
        '<p class="lead">Bring a table of people, choose protections, and see on one screen how accurate a model stays '
        "and how exposed the people are.</p>"
    )
    for column, door in zip(st.columns(len(DOORS), gap="large"), DOORS, strict=True):
        with column:
            open_door(*door)
    st.space("small")
    live_chart()


def open_door(title: str, text: str, action: str, target: str, values: dict[str, object]) -> None:
    st.html(f'<p class="door-title">{title}</p><p class="door">{text}</p>')
    if st.button(action, key=f"door_{title}", on_click=session.open_scenario, args=(values,)):
        st.switch_page(f"app_pages/{target}")


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
