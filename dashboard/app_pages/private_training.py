"""Private training: a learner and a budget in, a curve of measured models out, as fast as they are trained."""

from __future__ import annotations

from collections.abc import Hashable

import pandas as pd
import streamlit as st

from dashboard import closer, controls, frame, public_inputs, session, spending, sweeps, tables, training_on, widgets
from ppml_core.accounting.budget import delta_fault, delta_limit
from ppml_core.accounting.calibration import for_groups
from ppml_core.accounting.shares import SHARE
from ppml_core.anonymize.base import Anonymizer
from ppml_core.catalog import method
from ppml_core.charts import story
from ppml_core.charts.against_epsilon import epsilon_chart
from ppml_core.charts.measures import wording
from ppml_core.charts.words import budget, count, interval, power
from ppml_core.experiment import plans
from ppml_core.experiment.quick import quick_look
from ppml_core.learn.base import Learner
from ppml_core.settings import settings_of

MOST_BESIDE, MOST_ROWS = 3, 1_000
AT_ONCE = 60_000


def page() -> None:
    left, right = st.columns([1.9, 1], gap="large")
    with right:
        training_on.control()
        learner = learner_control()
        epsilon = widgets.epsilon_slider(disabled=not sweeps.has_budget(learner))
        preview = st.container()
        other_controls(learner)
    question, desk, data = sweeps.current_cost_of_guarantee(), tables.desk(), tables.dataset()
    rows = sweeps.known_rows(question, desk, data)
    with left:
        measure = widgets.measure_control(plans.measures_for(data.schema))
        points = sweeps.epsilon_points(question, rows, measure, learner)
        curves = sweeps.beside(learner, points, measure, sweeps.compared(learner))
        baselines = sweeps.with_anonymized(sweeps.epsilon_baselines(question, rows, measure, learner), measure)
        widgets.chart(
            epsilon_chart(curves, baselines, measure, widgets.short_title(data), epsilon, widgets.mode()),
            key="epsilon_curve",
        )
    with preview:
        if not sweeps.trained_on():
            widgets.guarded_part(lambda: quick_answer(epsilon, measure))
    with right:
        run_controls(question)
        for other in sweeps.compared(learner):
            widgets.run_missing(sweeps.others_cost(other), sweeps.title_of(other), f"Run {sweeps.title_of(other)} too")
        widgets.label("What it promises")
        said = sweeps.remarks(question)
        widgets.guarded_part(lambda: promise(learner, points, baselines, measure, epsilon, question.release, said))
        widgets.guarded_part(lambda: ledger(learner, points, question))
        for warning in said.warnings:
            widgets.aside(f"Warning: {warning}")
    below, _ = st.columns([1.9, 1], gap="large")
    with below:
        if sweeps.has_budget(learner):
            training_on.split_part(learner)
        if question.release:
            widgets.guarded_part(training_on.table_part)
        closer.part()
        widgets.part("public_inputs", "What does the guarantee stand on?", public_inputs.part)


def promise(
    learner: str, points: pd.DataFrame, baselines: pd.DataFrame, measure: str, epsilon: float, release: str,
    said: plans.Remarks,
) -> None:  # fmt: skip
    """What is proved at this budget, for a person with as many rows as one may have."""
    guarantee, point = sweeps.guarantee_at(learner, points, epsilon, release), sweeps.point_at(points, epsilon)
    if guarantee is not None and guarantee.unit == "record":
        rows = st.number_input(
            "Rows that one person has, at most", 1, MOST_ROWS, 1, key="rows_per_person", persist_state="session",
            help=controls.told(
                "The training protects a row. Whoever has several is protected less, by as much as group privacy says.",
                "group privacy",
            ),
        )  # fmt: skip
        guarantee = for_groups(guarantee, rows)
    widgets.story(*story.epsilon_story(point, baselines, measure, guarantee, *said.no_guarantee[:1]))
    if point is not None:
        widgets.aside(story.guarantee_line(guarantee))


def quick_answer(epsilon: float, measure: str) -> None:
    """What noisy sums give at this budget, at once: it moves with the slider, whatever has been computed.

    The sums of a large table are added up beside the page, once.
    """
    data, delta, desk = tables.dataset(), session.delta(), tables.desk()
    if len(data) > AT_ONCE and not desk.has(_sums_key()):
        job = desk.work_out(_sums_key(), "sums", lambda: quick_look(data, epsilon, delta, measure))
        widgets.aside(job.error or "Adding up the table once, for answers at once.")
        return
    asked = ("quick look", tables.key(), epsilon, delta, measure)
    found = desk.once(asked, lambda: quick_look(data, epsilon, delta, measure))
    if found is not None:
        say = interval(found.value, found.low, found.high)
        widgets.aside(f"At once, from noisy sums: {wording(measure).noun} {say} at ε = {budget(epsilon)}. Internal.")


def ledger(learner: str, points: pd.DataFrame, question: sweeps.Question) -> None:
    """What the models or tables behind the curve would cost, were they all handed out, and all others with them."""
    release = question.release
    known = sweeps.spent(learner, points, release)
    if known is not None:
        runs, whole = known
        made = "tables" if release else "models"
        widgets.aside(
            f"Ledger: the {count(runs)} private {made} of this curve together would cost ε = {whole.epsilon:.3g}"
            + (f", δ = {power(whole.delta)}" if whole.delta else "")
            + ". They are for exploration: none of them may leave, and choosing ε by the curve is not charged."
        )
    everything = spending.spent(dict(question.parts)[""])
    if sum(one.trainings for one in everything) > (known[0] if known else 0):
        told = "; ".join(
            f"{count(one.trainings)} at ε = {one.guarantee.epsilon:.3g}"
            + (f", δ = {power(one.guarantee.delta)}" if one.guarantee.delta else "")
            + f", {story.RELATIONS[one.guarantee.neighbours]}, per {one.guarantee.unit}"
            for one in everything
        )
        widgets.aside(
            f"All private trainings that this session asked for on this table, together: {told}. "
            f"Not counted: {spending.NOT_COUNTED}."
        )


def _sums_key() -> Hashable:
    return ("sums of a quick look", tables.key())


def learner_control() -> str:
    offered, field = sweeps.offered_learners(), session.learner_field()
    widgets.keep_within(field, offered, sweeps.current_learner())
    about = method(Learner, sweeps.current_learner()).summary()
    chosen = str(
        widgets.choose(
            "Learner", offered, field, controls.told_of_method(about, sweeps.current_learner()), sweeps.title_of
        )
    )
    private = plans.learners_for(tables.dataset().schema, private=True)
    others = [name for name in private if name != chosen and plans.sweeps_epsilon(name)]
    st.multiselect(
        "Beside it on the chart", others, key="beside", format_func=sweeps.title_of, max_selections=MOST_BESIDE,
        persist_state="session", help=controls.told(
            "Private learners on the people themselves, with their own default settings.", "differential privacy"
        ),
    )  # fmt: skip
    return chosen


def other_controls(learner: str) -> None:
    release = session.release()
    settings = {learner: settings_of(method(Learner, learner))}
    if release:
        settings = {release: settings_of(method(Anonymizer, release)), **settings}
    if any("delta" in declared for declared in settings.values()):
        delta_control()
    st.select_slider(
        "Repeats", session.REPEATS, session.first("repeats"), key="repeats", format_func=budget,
        help=controls.told("Independent trainings per point: more of them narrow the band.", "estimate"),
    )  # fmt: skip
    for used, declared in settings.items():
        rest = {
            name: setting
            for name, setting in declared.items()
            if name not in ("epsilon", "delta") and not name.endswith(SHARE)
        }
        if rest:
            with st.expander(f"More settings: {'the private table' if used == release else 'the learner'}",
                             key=f"more_settings_{used == release}"):  # fmt: skip
                for name, setting in rest.items():
                    controls.control(
                        setting, f"{session.SETTING}{used}.{name}", columns=tables.dataset().schema.inputs
                    )  # fmt: skip


def delta_control() -> None:
    """δ within the limit of the table's public size, and what the limit is."""
    size = tables.dataset().schema.expected_rows
    offered = [session.AUTO, *(delta for delta in session.DELTAS if not size or not delta_fault(delta, size))]
    widgets.keep_within("delta", offered, session.AUTO)
    widgets.choose(
        "δ, chance that the guarantee fails",
        offered,
        "delta",
        controls.told(
            "Keep it below one in ten times the number of people, so that nobody can be given away whole.", "delta"
        ),
        lambda value: "chosen for the table's size" if value == session.AUTO else power(value),
    )
    if size:
        widgets.aside(
            f"At most {power(delta_limit(size))} here: "
            f"one in ten that a single one of the {count(size)} people is given away."
        )


def run_controls(question: sweeps.Question) -> None:
    desk, data = tables.desk(), tables.dataset()
    job = desk.find(question.key)
    if job is None or not job.running:
        complete = sweeps.is_complete(question, sweeps.known_rows(question, desk, data))
        st.button(
            "All points are computed" if complete else "Run the sweep",
            key="run", type="primary", disabled=complete, on_click=sweeps.start,
            args=(question, desk, data, "cost of a guarantee"), width="stretch",
        )  # fmt: skip
    widgets.job_line(job)


def is_running() -> bool:
    learner = sweeps.current_learner()
    asked = [sweeps.current_cost_of_guarantee(), *(sweeps.others_cost(name) for name in sweeps.compared(learner))]
    jobs = [tables.desk().find(key) for key in (*(question.key for question in asked), _sums_key())]
    return closer.is_running() or training_on.is_running() or any(job is not None and job.running for job in jobs)


frame.show(page, waiting=is_running)
