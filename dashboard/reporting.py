"""The report and the script of what was explored, made when their button is pressed.

A file is made outside any session, so that it is told everything: `asked` gathers that while the page is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from dashboard import mapping, tables
from dashboard.jobs import Desk
from ppml_core.data.dataset import Dataset
from ppml_core.experiment.plans import remarks_of
from ppml_core.experiment.scenario import Scenario
from ppml_core.experiment.sweep import sweep
from ppml_core.report import Exploration, about, explore, script_of
from ppml_core.report.page import page

Asked = tuple[list[Scenario], Dataset, Desk, str, str]


def asked(first: Sequence[Scenario]) -> Asked:
    """What the report is about: the first of these, beside them and everything on the map; the map's axes."""
    here = mapping.current_map()
    chosen = {scenario.id: scenario for scenario in first}
    others = [scenario for name, scenario in here.scenarios.items() if name not in chosen]
    return [*chosen.values(), *others], tables.dataset(), tables.desk(), here.utility.name, here.risk.name


def explored(
    scenarios: Sequence[Scenario], data: Dataset, desk: Desk, utility: str, risk: str
) -> tuple[Exploration, tuple[str, ...]]:
    """The exploration, and why no guarantee stands behind the chosen scenario."""
    rows = sweep(scenarios, data, desk.memory, cancelled=lambda: True)
    known = [scenario for scenario in scenarios if scenario.id in set(rows["scenario_id"])]
    remarks = remarks_of(known[:1], data, desk.memory)
    told = explore(known, rows, about(data), chosen=known[0].id, utility=utility, risk=risk)
    return told, remarks.no_guarantee


def report(made: Callable[[], tuple[Exploration, tuple[str, ...]]]) -> bytes:
    """One HTML file."""
    told, remarks = made()
    return page(told, remarks=remarks, made=f"{datetime.now(UTC):%Y-%m-%d}").encode()


def script(made: Callable[[], tuple[Exploration, tuple[str, ...]]]) -> bytes:
    """A Python script that computes it again."""
    return script_of(made()[0]).encode()
