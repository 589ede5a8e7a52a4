"""The prediction desk on the page Query desk: a model's answers under each restriction, attacked beside the page."""

from __future__ import annotations

from collections.abc import Hashable
from functools import partial
from typing import cast

import streamlit as st

from dashboard import attacking, tables, widgets
from dashboard.attacking import Target
from dashboard.controls import told
from dashboard.jobs import Job
from ppml_core.charts.restricted_models import VIEWS, restricted_chart
from ppml_core.errors import NotApplicable
from ppml_core.experiment.restricted_view import RestrictedFound, attack_restricted, restrictions

ABOUT = (
    "The model hands out its answers in full, then as labels alone, as the top class, with rounded confidences, and a "
    "limited number of them. Each time it is asked who was trained on, and copied."
)


def part() -> None:
    """What is still found of a model, by restriction; nothing is trained before the button is pressed."""
    targets = {target.name: target for target in attacking.targets()}
    name = str(
        widgets.choose(
            "Model that answers",
            list(targets),
            "restricted_model",
            told("Whose answers are restricted.", "query restriction"),
            str,
            first=list(targets)[-1],
        )
    )
    target = targets.get(name, next(iter(targets.values())))
    found, job = known(target), tables.desk().find(_key(target))
    if found:
        view = widgets.segments(
            "What is attempted",
            list(VIEWS),
            "restricted_attack",
            told("What an attacker is after: who was in the training, or the model itself.", "membership inference"),
            lambda one: VIEWS[one].title,
        )
        widgets.chart(restricted_chart(found, view, target.name, widgets.mode()), key="restricted_models")
    else:
        widgets.aside(ABOUT)
    if len(found) < len(restrictions()) and (job is None or not job.running):
        st.button("Restrict and attack", key="run_restricted", type="primary", on_click=start, args=(target,))
    if len(found) < len(restrictions()):
        widgets.job_line(job)


def known(target: Target) -> list[RestrictedFound]:
    """What is worked out by now. Raises NotApplicable where the model cannot be restricted."""
    desk, key = tables.desk(), _key(target)
    made = [
        cast(RestrictedFound, desk.once((key, place), lambda: None))
        for place in range(len(restrictions()))
        if desk.has((key, place))
    ]
    job = desk.find(key)
    if job is not None and job.error:
        raise NotApplicable(job.error)
    return made


def start(target: Target) -> None:
    desk, data, key, total = tables.desk(), tables.dataset(), _key(target), len(restrictions())

    def work(job: Job) -> None:
        job.counted = "restrictions"
        job.report(0, total)
        for place, one in enumerate(attack_restricted(target.scenario, data)):
            desk.once((key, place), partial(_itself, one))
            job.report(place + 1, total)
            if job.cancelled:
                return

    desk.start(key, f"restricted answers of {target.name}", work)


def is_running() -> bool:
    jobs = [tables.desk().find(_key(target)) for target in attacking.targets()]
    return any(job is not None and job.running for job in jobs)


def _itself(one: RestrictedFound) -> RestrictedFound:
    return one


def _key(target: Target) -> Hashable:
    return ("restricted answers", tables.key(), target.scenario.id)
