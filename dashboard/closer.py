"""One setting looked at closely: who pays for the privacy, what the model makes of each column, and its file."""

from __future__ import annotations

import json
from collections.abc import Hashable
from functools import partial

import streamlit as st

from dashboard import spending, sweeps, tables, widgets
from dashboard.controls import told
from ppml_core.charts.effect import effect_chart
from ppml_core.charts.group_losses import group_chart
from ppml_core.experiment.closer import Closer, look_closer
from ppml_core.experiment.scenario import Scenario
from ppml_core.learn.target import target_of, task_of

SHOWN = "effect_column"


def part() -> None:
    """A button that trains at the chosen budget, then charts and the download."""
    desk, job = tables.desk(), tables.desk().find(_key())
    if not desk.has(_key()):
        widgets.heading("Who pays, and what did it learn?", "Not looked at yet for these settings.")
        st.button(
            "Look closer at this setting", key="look_closer", on_click=_start,
            disabled=job is not None and job.running and not job.error,
        )  # fmt: skip
        if job is not None and job.error:
            widgets.refusal(job.error)
        elif job is not None:
            widgets.aside("Training, beside a model without privacy …")
        return
    found: Closer = desk.once(_key(), _work())
    _groups(found)
    _effects(found)
    _download(found)


def is_running() -> bool:
    job = tables.desk().find(_key())
    return job is not None and job.running


def _groups(found: Closer) -> None:
    schema = tables.dataset().schema
    unit = (schema[target_of(schema)].unit or "in its unit") if task_of(schema) == "regression" else ""
    widgets.chart(group_chart(found.groups, found.reference, found.seeds, unit, widgets.mode()), key="group_losses")


def _effects(found: Closer) -> None:
    if not found.effects:
        widgets.aside("This learner is no sum over columns, so that no curve per column can be drawn.")
        return
    schema = tables.dataset().schema
    name = widgets.choose(
        "Column",
        list(found.effects),
        SHOWN,
        told("Whose part in the model's answer is drawn.", "additive model"),
        first=next(iter(found.effects)),
    )
    effect = found.effects.get(str(name), next(iter(found.effects.values())))
    classes = found.trained.model.classes
    answer_of = f"log-odds of {classes[-1]}" if classes else f"predicted {target_of(schema)}"
    drawn = effect_chart(effect, answer_of, schema[effect.column].unit, widgets.mode())
    widgets.chart(drawn, key="effect")


def _download(found: Closer) -> None:
    trained = found.trained
    name = f"{tables.dataset().name}-{trained.scenario.learner.method}"
    widgets.label("Take it with you")
    with st.container(horizontal=True):
        st.download_button(
            "Download the model (skops)", data=trained.file, file_name=f"{name}.skops", key="save_model",
            mime="application/octet-stream", on_click="ignore",
        )  # fmt: skip
        st.download_button(
            "Download its card (JSON)", data=partial(json.dumps, trained.card(), indent=2, ensure_ascii=False),
            file_name=f"{name}-card.json", key="save_card", mime="application/json", on_click="ignore",
        )  # fmt: skip
    widgets.aside(
        f"{trained.note or 'No guarantee: the learner has none.'} A model that may leave is trained with "
        "ppml train --release, which draws its noise from the operating system and keeps no seed."
    )


def _start() -> None:
    spending.looked_closer(_scenario())
    tables.desk().work_out(_key(), "a closer look", _work())


def _work() -> partial[Closer]:
    return partial(look_closer, _scenario(), tables.dataset())


def _scenario() -> Scenario:
    """The learner at the chosen budget, as a point of the sweep."""
    return sweeps.current_point()


def _key() -> Hashable:
    return spending.closer_key(_scenario())
