"""The report and the script of what was explored, made when their button is pressed.

A file is made outside any session, so that it is told everything: `asked` gathers that while the page is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from datetime import UTC, datetime
from importlib.util import find_spec
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

from dashboard import tables
from dashboard.jobs import Desk
from ppml_core.charts.pictures import Format, picture
from ppml_core.data.dataset import Dataset
from ppml_core.experiment.map_view import Map
from ppml_core.experiment.plans import remarks_of
from ppml_core.experiment.scenario import Scenario
from ppml_core.experiment.sweep import sweep
from ppml_core.report import Exploration, about, charts_of, explore, script_of
from ppml_core.report.page import page

Asked = tuple[list[Scenario], Dataset, Desk, str, str]
Made = Callable[[], tuple[Exploration, tuple[str, ...]]]


def asked(first: Sequence[Scenario], here: Map) -> Asked:
    """What the report is about: the first of these, beside them and everything on the map; the map's axes."""
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


def report(made: Made, question: str = "") -> bytes:
    """One HTML file; `question` is what was asked, in a person's own words."""
    told, remarks = made()
    return page(told, question=question, remarks=remarks, made=f"{datetime.now(UTC):%Y-%m-%d}").encode()


def can_draw() -> bool:
    """Whether the extra for pictures is installed."""
    return find_spec("kaleido") is not None


def charts_key(asked: Asked, here: Map, format: Format) -> Hashable:
    """What drawn charts are known by: more points on the map are other charts."""
    scenarios, _, _, *axes = asked
    return ("charts", tables.key(), scenarios[0].id, tuple(axes), len(here.rows), format)


def charts(made: Made, format: Format) -> bytes:
    """A ZIP file with each chart of the report as a picture. Raises BadInput where no browser can draw them."""
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        for name, chart in charts_of(made()[0]).items():
            archive.writestr(f"{name}.{format}", picture(chart, format))
    return packed.getvalue()


def script(made: Made) -> bytes:
    """A Python script that computes it again."""
    return script_of(made()[0]).encode()
