"""Together apart: one model from people who stay where they are; who sees what, how good it gets, what it costs."""

from __future__ import annotations

import streamlit as st

from dashboard import apart, comparing, controls, frame, session, sweeps, tables, widgets
from ppml_core.charts import together
from ppml_core.charts.inversion import messages_chart, neighbours_chart, sums_chart
from ppml_core.charts.parties import parties_chart
from ppml_core.charts.rounds import rounds_chart
from ppml_core.errors import PPMLError
from ppml_core.experiment.scenario import Scenario

STUDY = (
    "Records are drawn again and again, their updates are seen clear, masked, summed and with noise, or as models that "
    "neighbours send, and read by somebody who knows the model. It takes about half a minute."
)


def page() -> None:
    left, right = st.columns([1.9, 1], gap="large")
    with right:
        technique_control()
    try:
        asked = apart.scenario()
        seen = apart.venue().seen(network=apart.learner() != apart.LEARNER)
    except PPMLError as fault:
        with right:
            widgets.refusal(str(fault))
        return
    with left:
        widgets.chart(parties_chart(seen.scene, widgets.mode()), key="parties")
    apart.start_first()
    with right:
        run_controls(asked)
    with left:
        result(asked)
    widgets.heading("Who learns what?", "Of parties that keep to the protocol and look at all that comes by.")
    widgets.table(seen.table, caption="Who learns what", words=True)
    below, _ = st.columns([1.9, 1], gap="large")
    with below:
        for note in seen.notes:
            widgets.aside(note)
        widgets.part("read_out", "What does an update give away?", read_out)
        widgets.part("techniques", "How do the techniques compare?", comparison)


def technique_control() -> None:
    """The venue and its settings."""
    where = controls.told("Where the computation happens.", "federated learning")
    widgets.choose("Technique", apart.offered(), apart.CHOSEN, where, apart.title_of, first=apart.chosen())
    learners = apart.learners()
    if len(learners) > 1:
        widgets.keep_within(apart.LEARNER_KEY, learners, apart.learner())
        what = controls.told("What is trained or asked there.")
        widgets.choose("Model", learners, apart.LEARNER_KEY, what, sweeps.title_of, first=apart.learner())
    apart.settings_controls()


def run_controls(asked: Scenario) -> None:
    """The button that trains, how far it is, and what came of it in words."""
    job, known = apart.job_of(asked), apart.found(asked)
    if known is None and (job is None or not job.running):
        st.button(
            "Run", key="run_apart", type="primary", on_click=apart.start, args=(asked.to_toml(),), width="stretch",
        )  # fmt: skip
    widgets.job_line(job)
    if known is not None:
        widgets.label("What it cost")
        widgets.facts(together.cost_facts(known), stacked=True)
        widgets.label("What it promises")
        widgets.aside(together.promise(known))
        for warning in known.warnings:
            widgets.aside(warning)
    widgets.label("Use it")
    with st.container(horizontal=True, key="apart_use"):
        st.button(
            "Compare", key="compare_apart", on_click=comparing.pick, args=(asked.to_toml(),),
            disabled=comparing.is_picked(asked), help="Lays this scenario beside others on Compare & report.",
        )  # fmt: skip
        if known is not None:
            st.button("Show on the map", key="map_apart", on_click=apart.show_on_map, args=(asked,),
                      help="Trade-off has it beside everything else, with what it cost.")  # fmt: skip
            st.button("Attack it", key="attack_apart", on_click=apart.attack, args=(asked,),
                      help="Attacks & risk asks whose people were in it, beside the session's own model.")  # fmt: skip
        st.download_button(
            "Scenario file", asked.to_toml(), f"{tables.dataset().name}-{asked.id}.toml", "application/toml",
            key="save_apart", on_click="ignore",
            help="Opened again on Compare & report; `ppml sweep --scenario FILE --out ROWS.parquet` runs it.",
        )  # fmt: skip
    if comparing.is_picked(asked):
        widgets.aside("It lies beside the others on Compare & report.")
    if session.is_upload():
        widgets.aside("Your table stays in this session: parties are simulated here, nothing is sent anywhere.")


def result(asked: Scenario) -> None:
    known = apart.found(asked)
    if known is not None:
        widgets.chart(rounds_chart(known, widgets.mode()), key="apart_rounds")
        return
    job = apart.job_of(asked)
    running = job is not None and job.running
    widgets.heading(
        "How accurate do they become together?",
        "Training, beside the page." if running else "These settings were not run yet: Run trains them.",
    )


def read_out() -> None:
    """The study of inversion: run when it is asked for."""
    known, job = apart.study(), apart.study_job()
    if known is None:
        widgets.aside(STUDY)
        if job is None or not job.running:
            st.button("Read records out of updates", key="run_study", type="primary", on_click=apart.start_study)
        widgets.job_line(job)
        return
    widgets.chart(sums_chart(known, widgets.mode()), key="inversion_sums")
    widgets.chart(messages_chart(known, widgets.mode()), key="inversion_messages")
    widgets.chart(neighbours_chart(known, widgets.mode()), key="inversion_neighbours")
    widgets.aside(f"Read are {len(known.columns)} columns of categories; numbers of a single clear update as well.")


def comparison() -> None:
    """Every run of this session on this table, on one map where the study is there."""
    runs, known = apart.told(), apart.study()
    if not runs:
        widgets.aside("Nothing was run on this table yet.")
        return
    if known is not None:
        widgets.chart(together.comparison_chart(runs, known, widgets.mode()), key="apart_map")
    else:
        widgets.aside("What an onlooker reads is measured above: What does an update give away?")
    widgets.table(together.comparison_table(runs, known), caption="Runs of this session, side by side", words=True)


frame.show(page, waiting=apart.is_running, asked=apart.scenario)
