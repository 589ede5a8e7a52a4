"""What the page Query desk works with: the question, the desks that answer it, and what they told so far.

In: the session's table and choices. Out: queries, desks, answers as plain values. A desk of policies lives in the
session. Budgets of a bundled table stand in the store's journal, where `ppml query --budget` finds them as well; those
of an upload end with the session.
"""

from __future__ import annotations

import dataclasses
import tomllib
from typing import Any, cast

import numpy as np
import streamlit as st

from dashboard import session, tables
from dashboard.jobs import Job
from ppml_core.accounting.budget import delta_fault
from ppml_core.calls import write_calls
from ppml_core.catalog import methods
from ppml_core.charts import query_words
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Schema
from ppml_core.errors import PPMLError
from ppml_core.queries.desk import RestrictedDesk
from ppml_core.queries.engine import Engine, engine_of
from ppml_core.queries.ledger import Journal, MemoryJournal, Session
from ppml_core.queries.noise import ABSENT, OpenDPNoise, opendp_is_there
from ppml_core.queries.policies.base import Policy
from ppml_core.queries.private import PrivateDesk
from ppml_core.queries.query import Query
from ppml_core.settings import settings_of
from ppml_core.store import Store, StoredJournal

RESTRICTED, PRIVATE = "Restriction", "Privacy budget"
ANALYSTS = ("Ada", "Bob")
BUDGETS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
COSTS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
DELTAS = (0.0, 1e-6, 1e-7, 1e-9)
FIRST_POLICIES = ("min_size",)
ENGINE_AT_ONCE = 60_000
SETTING = "policy."


def deltas() -> tuple[float, ...]:
    """What a budget's δ may be on this table: 0, and what lies within the limit of its public size."""
    size = tables.dataset().schema.expected_rows
    return tuple(delta for delta in DELTAS if not size or not delta_fault(delta, size))


def first_mode() -> str:
    """The desk that a session begins with: the private one where it can answer."""
    return PRIVATE if opendp_is_there() else RESTRICTED


def mode() -> str:
    return str(st.session_state.get("desk_mode") or first_mode())


def cannot_answer() -> str:
    """Why the private desk answers nothing here; "" where it does, or another desk is open."""
    return "" if mode() == RESTRICTED or opendp_is_there() else ABSENT


def analyst() -> str:
    return str(st.session_state.get("query_analyst") or ANALYSTS[0]).strip()[:40] or ANALYSTS[0]


def analysts() -> list[str]:
    """Those that this session knows; a ledger may hold more, whose names are not told."""
    known = [*ANALYSTS, *st.session_state.get("query_analysts", [])]
    if analyst() not in known:
        st.session_state["query_analysts"] = [*known[len(ANALYSTS) :], analyst()]
        known.append(analyst())
    return known


def policies() -> tuple[Policy, ...]:
    """What restricts the queries now, in order, with the settings of the controls."""
    names = st.session_state.get("desk_policies", FIRST_POLICIES)
    made = []
    for name, cls in ((name, methods(Policy)[name]) for name in names):
        values = {
            setting: st.session_state[key]
            for setting in settings_of(cls)
            if (key := f"{SETTING}{name}.{setting}") in st.session_state
        }
        made.append(cls.from_values(values))
    return tuple(made)


def is_loading() -> bool:
    """Whether a large table has still to be loaded beside the page; starts that."""
    if len(tables.dataset()) <= ENGINE_AT_ONCE or tables.desk().has(_engine_key()):
        return False
    return loading().running


def loading() -> Job:
    data = tables.dataset()
    return tables.desk().work_out(_engine_key(), "the query desk's table", lambda: engine_of(data))


def engine() -> Engine:
    data = tables.dataset()
    return cast(Engine, tables.desk().once(_engine_key(), lambda: engine_of(data)))


def _engine_key() -> tuple[Any, ...]:
    return ("query engine", tables.key())


def restricted_desk() -> RestrictedDesk:
    """The desk of these policies; another choice of policies is another desk, with a memory of its own."""
    chosen, behind = policies(), engine()
    key = ("restricted desk", tables.key(), write_calls(chosen))

    def opened() -> RestrictedDesk:
        return RestrictedDesk(behind, chosen, np.random.default_rng())

    return cast(RestrictedDesk, tables.session_desk().once(key, opened))


def journal() -> Journal:
    """Where budgets are kept: the store for a bundled table, this session for an upload or where there is no store."""
    store = tables.desk().memory
    if isinstance(store, Store):
        return cast(Journal, tables.desk().once("query journal", lambda: StoredJournal(store)))
    return cast(Journal, tables.desk().once("query journal", MemoryJournal))


def budget_session() -> Session:
    """The analyst's budget as it was opened, else as the controls ask for it."""
    opened = next((one for one in budget_sessions() if one.analyst == analyst()), None)
    if opened is not None:
        return opened
    epsilon, delta = st.session_state.get("query_budget", 1.0), st.session_state.get("query_delta", 0.0)
    return Session(analyst(), table_mark(), float(epsilon), float(delta if delta in deltas() else 0.0))


def budget_sessions() -> list[Session]:
    """Every budget that was opened on this table, whoever's."""
    return journal().sessions(table_mark())


def spending() -> list[tuple[Session, float, float]]:
    """Every opened budget with what was spent of it, as ε and as a share of its units."""
    kept = journal()
    told = [(one, kept.spent(one)) for one in budget_sessions()]
    return [(one, one.epsilon_of(units), units / max(one.budget, 1)) for one, units in told]


def is_opened() -> bool:
    return any(one.analyst == analyst() for one in budget_sessions())


def table_mark() -> str:
    """What the ledger knows the table by: as it came. A role that is changed here opens no new budget."""
    if not session.is_upload():
        name = session.dataset_name()
        return load(name).fingerprint if session.edited_schema() else tables.dataset().fingerprint
    brought = session.upload()

    def made() -> str:
        return Dataset(brought["table"], Schema.from_values(tomllib.loads(brought["schema"]))).fingerprint

    return str(tables.session_desk().once(("query table", brought["number"]), made))


def private_desk(opening: bool) -> PrivateDesk:
    """The analyst's window; unless it is `opening`, nothing is written for an analyst who asked nothing yet."""
    kept = journal() if opening or is_opened() else MemoryJournal()
    return PrivateDesk(engine(), kept, OpenDPNoise(), budget_session())


def cost() -> float:
    return float(st.session_state.get("query_epsilon", 0.1))


def ask(query: Query) -> None:
    """Asks, and keeps the answer or the sentence of the refusal; called by the button."""
    try:
        if mode() == PRIVATE:
            desk, epsilon = private_desk(opening=True), cost()
            told = desk.preview(query, epsilon)
            said = query_words.private_answer(desk.ask(query, epsilon), told, desk.session, tables.dataset().schema)
        else:
            said = query_words.restricted_answer(restricted_desk().ask(query, analyst()), tables.dataset().schema)
        _answers()[_place()] = dataclasses.asdict(said)
        st.session_state["query_refused"] = None
    except PPMLError as fault:
        st.session_state["query_refused"] = (_place(), str(fault))


def answer() -> query_words.Answered | None:
    """What this analyst was last told at this desk."""
    found = _answers().get(_place())
    return None if found is None else query_words.Answered.from_values(found)


def refused() -> str:
    """Why the last question was not answered; "" where it was."""
    place, sentence = st.session_state.get("query_refused") or (None, "")
    return sentence if place == _place() else ""


def _answers() -> dict[Any, dict[str, Any]]:
    return cast(dict[Any, dict[str, Any]], st.session_state.setdefault("query_answers", {}))


def _place() -> tuple[Any, ...]:
    under = write_calls(policies()) if mode() == RESTRICTED else ""
    return (tables.key(), mode(), analyst(), under)
