"""What all private trainings of this session on its table would cost together, were each of them handed out.

In: the sweeps and closer looks that this session asked for. Out: their number and the guarantee of all of them. Counted
are the trainings that are there by now, whoever computed them first, for a point that somebody else computed tells this
session as much. Not counted is what never became a point of a sweep: `NOT_COUNTED`.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import streamlit as st

from dashboard import tables
from ppml_core.accounting.ledger import all_together
from ppml_core.evidence import Guarantee
from ppml_core.experiment.closer import SEEDS, Closer
from ppml_core.experiment.plans import guarantee_behind
from ppml_core.experiment.scenario import Scenario, scenario_from_toml
from ppml_core.experiment.sweep import sweep

ASKED, KNOWN = "asked_private", "known_private"
NOT_COUNTED = "searches for a setting, trainings of Together apart, and shadow models of attacks"


@dataclass(frozen=True)
class Spent:
    """How many private trainings with the same unit of protection, and what all of them together cost."""

    trainings: int
    guarantee: Guarantee


def ask(fingerprint: str, scenarios: Iterable[Scenario]) -> None:
    """Remembers what this session wants trained on the table of that fingerprint, as plain text."""
    _asked(fingerprint).update(dict.fromkeys(one.to_toml() for one in scenarios))


def looked_closer(scenario: Scenario) -> None:
    """Remembers a closer look, which trains the first repeats of a point again."""
    _asked(tables.dataset().fingerprint)[scenario.to_toml()] = closer_key(scenario)


def closer_key(scenario: Scenario) -> Hashable:
    return ("closer", tables.key(), scenario.id)


def spent(shown: Iterable[Scenario]) -> list[Spent]:
    """What was asked for and is there, with what is `shown` beside it, for each unit that is protected.

    Worked out again where something was asked for, or has moved on, since the last time. Raises NotApplicable where so
    many trainings together promise nothing.
    """
    asked = dict.fromkeys(one.to_toml() for one in shown) | _asked(tables.dataset().fingerprint)
    desk = tables.desk()
    mark = (tuple(asked.items()), tuple((job.key, job.done) for job in desk.at_hand()))
    known = st.session_state.get(KNOWN)
    if known is None or known[0] != mark:
        known = st.session_state[KNOWN] = (mark, _guarantees(asked))
    guarantees = [Guarantee(**values) for values in known[1]]
    units = dict.fromkeys(one.unit for one in guarantees)
    parts = [[one for one in guarantees if one.unit == unit] for unit in units]
    return [Spent(len(part), all_together(part)) for part in parts]


def _guarantees(asked: dict[str, Hashable]) -> list[dict[str, Any]]:
    """One for each training that is there, as plain values; a repeat that was trained twice is the same draw."""
    desk, scenarios = tables.desk(), [_scenario(toml) for toml in asked]
    data = tables.dataset()
    rows = sweep(scenarios, data, desk.memory, cancelled=lambda: True)
    trained: dict[str, int] = {}
    found: dict[str, Guarantee] = {}
    for scenario in scenarios:
        own = rows[rows["scenario_id"] == scenario.id] if len(rows) else rows
        behind = guarantee_behind(scenario, own) if len(own) else None
        if behind is not None:
            found[scenario.id], trained[scenario.id] = behind, int(own["repeat"].nunique())
    for toml, closer in asked.items():
        scenario = _scenario(toml)
        if closer is not None and desk.has(closer):
            promised = cast(Closer, desk.once(closer, dict)).trained.guarantee
            if promised is not None:
                found[scenario.id], trained[scenario.id] = promised, max(trained.get(scenario.id, 0), SEEDS)
    return [vars(guarantee) for name, guarantee in found.items() for _ in range(trained[name])]


@lru_cache(maxsize=1_024)
def _scenario(toml: str) -> Scenario:
    return scenario_from_toml(toml)


def _asked(fingerprint: str) -> dict[str, Hashable]:
    """What this session asked for on a table: scenario as TOML -> where its closer look is, if it had one."""
    by_table: dict[str, dict[str, Hashable]] = st.session_state.setdefault(ASKED, {})
    return by_table.setdefault(fingerprint, {})
