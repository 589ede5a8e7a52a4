"""Attacks on the desk as jobs: one defence after another, each kept as soon as it is known."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from functools import partial
from typing import Any, cast

import streamlit as st

from dashboard import controls, querying, session, tables, widgets
from dashboard.jobs import Job
from ppml_core.catalog import method, methods
from ppml_core.charts.query_attacks import defence_chart, log_table, reconstruction_chart
from ppml_core.data.dataset import Dataset
from ppml_core.errors import NotApplicable
from ppml_core.queries.attacks import board
from ppml_core.queries.attacks.base import Outcome, QueryAttack
from ppml_core.queries.attacks.board import Row

FIRST = "tracker"
RECONSTRUCTION = (
    "Counts over random halves of 200 people are solved for everybody's secret at once, against exact answers and "
    "against six scales of noise. It takes about a minute."
)
ORDER = ("tracker", "general_tracker", "difference", "average", "reconstruct")


def part() -> None:
    """One attack against every defence; the tracker runs by itself once, all else when asked."""
    widgets.label("Break it")
    offered = sorted(methods(QueryAttack), key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))
    name = str(widgets.choose(
        "Attack", offered, "query_attack", controls.told("How answers are put together into a secret.", "tracker"),
        lambda name: str(method(QueryAttack, name).title), first=FIRST,
    ))  # fmt: skip
    attack = method(QueryAttack, name)()
    rows, data = _rows(), people()
    known = [(row, *_known(attack, row)) for row in rows]
    missing = any(found is None and not why for _, found, why in known)
    job = tables.desk().find(_job_key(attack))
    if session.first_time("tracker") and missing and name == FIRST and job is None:
        start(attack)
        job = tables.desk().find(_job_key(attack))
    widgets.chart(defence_chart(attack, known, len(data), widgets.mode()), key="query_defences")
    if missing and (job is None or not job.running):
        st.button("Run the attack", key="run_query_attack", type="primary", on_click=start, args=(attack,))
    if missing or (job is not None and job.error):
        widgets.job_line(job)
    first = next((found for row, found, _ in known if row.runs and found is not None), None)
    if first is not None and first.log:
        with st.expander("What the attacker asked, once", key="query_attack_log"):
            widgets.table(log_table(first), caption="Queries of the first trial and what was told")
            widgets.aside(
                f"Sought: whether {first.secret}, of one person. The difference of the answers is the secret."
            )


def reconstruction() -> None:
    """The curve over the scale of the noise, with what all answers cost."""
    key, job = _curve_key(), tables.desk().find(_curve_key())
    told = [(scale, _value((key, scale))) for scale in board.SCALES if tables.desk().has((key, scale))]
    if reasons := [found for _, found in told if isinstance(found, str)]:
        raise NotApplicable(reasons[0])
    known = [(scale, cast(Outcome, found)) for scale, found in told]
    if known:
        widgets.chart(reconstruction_chart(known, widgets.mode()), key="query_reconstruction")
    else:
        widgets.aside(RECONSTRUCTION)
    if len(known) < len(board.SCALES) and (job is None or not job.running):
        st.button("Reconstruct a column", key="run_reconstruction", on_click=start_curve)
    if len(known) < len(board.SCALES):
        widgets.job_line(job)


def start(attack: QueryAttack) -> None:
    """Attacks what is missing, beside the page."""
    data, rows = people(), [row for row in _rows() if _known(attack, row)[0] is None]
    steps = [(_key(attack, row), partial(board.faced, data, attack, row.defence)) for row in rows]
    _start(_job_key(attack), f"{attack.title.lower()} attack on the query desk", "defences", steps)


def start_curve() -> None:
    data, key = people(), _curve_key()
    steps = [((key, scale), partial(board.reconstructed, data, scale)) for scale in board.SCALES]
    _start(key, "reconstruction of a column", "scales", steps)


def is_running() -> bool:
    attack = method(QueryAttack, str(st.session_state.get("query_attack") or FIRST))()
    jobs = [tables.desk().find(key) for key in (_job_key(attack), _curve_key())]
    return any(job is not None and job.running for job in jobs)


def people() -> Dataset:
    """Whom the attacked desk is about: the table, or part of a large one."""
    data = tables.dataset()
    return cast(Dataset, tables.desk().once(("attacked people", tables.key()), lambda: board.drawn(data)))


def _start(key: Hashable, title: str, unit: str, steps: Iterable[tuple[Hashable, Callable[[], Outcome]]]) -> None:
    desk, todo = tables.desk(), list(steps)

    def work(job: Job) -> None:
        job.counted = unit
        for done, (step, make) in enumerate(todo):
            if job.cancelled:
                return
            job.report(done, len(todo))
            desk.once(step, partial(_told, make))
        job.report(len(todo), len(todo))

    desk.start(key, title, work)


def _told(make: Callable[[], Outcome]) -> Outcome | str:
    """The outcome, or in words why there is none."""
    try:
        return make()
    except NotApplicable as fault:
        return str(fault)


def _rows() -> list[Row]:
    """The defences with the desk's own settings; the budget is the one that the analyst has."""
    budget = querying.budget_session().epsilon
    return board.rows_of(querying.policies(), budget, querying.mode() == querying.PRIVATE)


def _known(attack: QueryAttack, row: Row) -> tuple[Outcome | None, str]:
    key, desk = _key(attack, row), tables.desk()
    if not desk.has(key):
        return None, ""
    found = _value(key)
    return (None, found) if isinstance(found, str) else (found, "")


def _value(key: Hashable) -> Any:
    return tables.desk().once(key, lambda: None)


def _key(attack: QueryAttack, row: Row) -> Hashable:
    return ("query attack", tables.key(), attack.text(), row.defence.text())


def _job_key(attack: QueryAttack) -> Hashable:
    return ("query attacks", tables.key(), attack.text(), tuple(row.defence.text() for row in _rows()))


def _curve_key() -> Hashable:
    return ("reconstruction curve", tables.key())
