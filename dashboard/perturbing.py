"""Perturbation on top of the release: which methods, their settings, and what an attack still finds after each."""

from __future__ import annotations

from collections.abc import Hashable
from functools import partial

import pandas as pd
import streamlit as st

from dashboard import anonymizing, controls, session, tables, widgets
from ppml_core.anonymize.base import Anonymizer
from ppml_core.calls import write_calls
from ppml_core.catalog import methods
from ppml_core.data.export import spreadsheet_csv
from ppml_core.evidence import EXPLORATORY, Estimate
from ppml_core.experiment.chain import Chained, chain
from ppml_core.settings import settings_of

CHOSEN = "perturb_methods"
SEED = 0


def part(shown: anonymizing.Shown) -> None:
    """Methods in order, a button that runs and attacks them, and the table of stages."""
    offered = {name: cls for name, cls in methods(Anonymizer).items() if cls.perturbs}
    asked = {step.name(): step for step in anonymizing.perturbing_steps()}
    if st.session_state.get(CHOSEN) != list(asked):
        st.session_state[CHOSEN] = list(asked)
    st.multiselect(
        "Methods, in this order", list(offered), key=CHOSEN, on_change=_write,
        format_func=lambda name: str(offered[name].title),
        help=controls.told("Each changes values of what the one before it left.", "noise addition"),
    )  # fmt: skip
    for name, step in asked.items():
        with st.expander(step.title, key=f"perturb_{name}"):
            widgets.aside(type(step).summary())
            for setting in settings_of(type(step)).values():
                key = f"perturb.{name}.{setting.name}"
                anonymizing.start_at(key, getattr(step, setting.name))
                controls.control(setting, key, columns=list(shown.data.table.columns), on_change=_write)
    if not asked:
        widgets.aside("Choose a method: numbers or categories become others, so that what is found may be false.")
        return
    if not tables.desk().has(_key()):
        job = tables.desk().find(_key())
        st.button("Perturb, and measure what is still found", key="run_perturb", on_click=_start, args=(shown,))
        if job is not None and job.error:
            widgets.refusal(job.error)
        elif job is not None:
            widgets.aside("Perturbing and attacking the release …")
        return
    _result(tables.desk().once(_key(), _work(shown)), shown)


def is_running() -> bool:
    """Whether a chain is being worked out for the settings as they are."""
    if not str(session.get("perturb")):
        return False
    job = tables.desk().find(_key())
    return job is not None and job.running


def _result(found: Chained, shown: anonymizing.Shown) -> None:
    rows = [
        (
            stage.title,
            f"{stage.people:,}",
            "" if stage.changed_share is None else f"{stage.changed_share:.1%}".replace("%", " %"),
            _share(stage.linkage.success),
            _share(stage.linkage.control),
        )
        for stage in found.stages
    ]
    names = ["after", "people", "cells changed", "people found", "control"]
    last = found.stages[-1].linkage
    widgets.table(pd.DataFrame(rows, columns=names), caption="What an attacker still finds after each step")
    widgets.aside(
        f"Measured on {last.targets:,} drawn people whose quasi-identifiers the attacker knows, with 95 % intervals; "
        f"guessing finds {last.baseline:.2g}; the control is the same attack on random others. One draw of the noise. "
        "Someone who knows how it was drawn may find more. "
        "The charts above show the release before perturbation, and k is not promised for what is perturbed. "
        + widgets.INTERNAL
    )
    widgets.aside(EXPLORATORY)
    st.download_button(
        "Download the perturbed release as CSV", key="save_perturbed", mime="text/csv", on_click="ignore",
        data=partial(spreadsheet_csv, found.release.table, found.release.schema.delimiter or ","),
        file_name=f"{shown.data.name}-k{shown.k}-perturbed.csv",
    )  # fmt: skip


def _start(shown: anonymizing.Shown) -> None:
    tables.desk().work_out(_key(), "a perturbed release", _work(shown))


def _work(shown: anonymizing.Shown) -> partial[Chained]:
    return partial(_chained, shown, anonymizing.title(shown), anonymizing.perturbing_steps())


def _chained(shown: anonymizing.Shown, title: str, asked: tuple[Anonymizer, ...]) -> Chained:
    return chain(shown.data, title, shown.recoding(), asked, SEED)


def _key() -> Hashable:
    return (
        "perturbed",
        tables.key(),
        anonymizing.anonymizer(),
        str(session.get("node")),
        anonymizing.perturbing_steps(),
    )


def _write() -> None:
    """Writes the methods and their settings into the scenario."""
    offered, before = methods(Anonymizer), {step.name(): step.values() for step in anonymizing.perturbing_steps()}
    made = []
    for name in st.session_state[CHOSEN]:
        values = dict(before.get(name, {}))
        for setting in settings_of(offered[name]):
            key = f"perturb.{name}.{setting}"
            if name in before and key in st.session_state:
                values[setting] = st.session_state[key]
        made.append(offered[name].from_values(values))
    session.put("perturb", write_calls(made))


def _share(found: Estimate) -> str:
    return f"{found.value:.1%} ({found.low:.1%} to {found.high:.1%})".replace("%", " %")
