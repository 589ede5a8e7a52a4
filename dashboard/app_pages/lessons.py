"""Lessons: one claim on a screen, a thing to move, what happens then, two questions, and where to use it."""

from __future__ import annotations

from functools import partial

import streamlit as st

from dashboard import controls, frame, learning, widgets
from ppml_core.lessons.base import Lesson, Question
from ppml_core.settings import settings_of


def page() -> None:
    learning.choose_control()
    cls = learning.current()
    st.html(f'<h1 class="hero">{cls.number}. {cls.title}</h1>')
    st.html(f'<p class="lead">{cls.claim}</p>')
    left, right = st.columns([1.9, 1], gap="large")
    with right:
        widgets.label("Move")
        widgets.aside(cls.do)
        for name, setting in settings_of(cls).items():
            controls.control(setting, learning.key_of(cls, name), title=learning.title_of(name))
    lesson = learning.lesson()
    if learning.is_missing(lesson):
        with left:
            work_out(lesson)
    else:
        found = learning.found(lesson)
        with left:
            widgets.chart(lesson.chart(found, widgets.mode()), key="lesson")
        with right:
            widgets.facts(found.facts, stacked=True)
    with right:
        learning.seed_control()
    text, _ = st.columns([1.9, 1], gap="large")
    with text:
        widgets.story(f"**Why.** {lesson.why}")
        for place, question in enumerate(cls.questions):
            ask(place, question)
        take_along(lesson)


def work_out(lesson: Lesson) -> None:
    """What stands in the chart's place meanwhile. The questions stay: an answer given now is kept."""
    job = learning.start(lesson)
    if not job.error:
        widgets.heading("Working it out", f"On the table {lesson.dataset}, beside the page: a few seconds.")
    widgets.job_line(job)


def ask(place: int, question: Question) -> None:
    """A question, what was answered, and why the right answer holds."""
    key, given = learning.answer_key(place), learning.answer(place)
    st.radio(
        f"**Question {place + 1}.** {question.text}", range(len(question.answers)), index=given, key=key,
        format_func=question.answers.__getitem__,
        help=controls.told("Why the right answer holds is told with yours.", learning.current().terms[0]),
    )  # fmt: skip
    chosen = st.session_state.get(key)
    if chosen is not None:
        verdict = "Right." if chosen == question.right else f"Not so. It is: {question.answers[question.right]}"
        widgets.notice(f"{verdict} {question.why}")


def take_along(lesson: Lesson) -> None:
    """The way into a scenario, the handout, the sources and terms."""
    door = lesson.door()
    with st.container(horizontal=True, gap="small", key="lesson_ways"):
        if st.button(door.text, key="lesson_door", type="primary", on_click=learning.use, args=(lesson,)):
            st.switch_page(f"app_pages/{door.page}.py")
        st.download_button(
            "Handout to print", data=partial(learning.handout, lesson), file_name=f"lesson-{lesson.number}.html",
            mime="text/html", key="lesson_handout", on_click="ignore",
        )  # fmt: skip
    learning.turn_control()
    widgets.label("Sources")
    st.markdown("\n".join(f"- {source.who}: [{source.what}]({source.address})" for source in lesson.sources))
    widgets.label("Words used here")
    st.markdown(" · ".join(learning.term_link(term) for term in lesson.terms))


frame.show(page, waiting=learning.is_waiting, link=learning.link)
