"""The report as one HTML file that needs nothing else: sections, charts, plotly.js once, and a policy against requests.

In: scenarios, tidy rows, what may be told of the table. Out: the text of the file. The policy in its head lets run only
the two scripts that this module wrote, by their hash, and lets nothing be fetched.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files

import pandas as pd
from plotly.offline import get_plotlyjs

from ppml_core import __version__
from ppml_core.catalog import method
from ppml_core.charts.against_epsilon import epsilon_chart
from ppml_core.charts.guess import guess_chart
from ppml_core.charts.risk_utility import risk_utility_map
from ppml_core.charts.scenario_words import in_short
from ppml_core.charts.template import CONFIG, Chart, Mode
from ppml_core.experiment.plans import EPSILON, baselines_of, points_of, raw_baselines
from ppml_core.experiment.scenario import Scenario
from ppml_core.learn.base import Learner
from ppml_core.report.about import About
from ppml_core.report.closing import again, limits, methods_and_sources, scenario_file
from ppml_core.report.exploration import Exploration, explore
from ppml_core.report.findings import guarantees, risks, the_map, utility
from ppml_core.report.markup import Html, joined, tag, text
from ppml_core.report.opening import data_and_roles, question, what_was_done
from ppml_core.report.script import script_of

INTERNAL = "Internal"
PLACES = (
    ("question", "Question"), ("data", "Data"), ("done", "What was done"), ("guarantees", "Guarantees"),
    ("risks", "Risks"), ("utility", "Utility"), ("map", "Map"), ("limits", "Limits"), ("methods", "Methods"),
    ("scenario", "Scenario"), ("script", "Script"),
)  # fmt: skip


def report_html(
    scenarios: Sequence[Scenario],
    rows: pd.DataFrame,
    about: About,
    *,
    chosen: str = "",
    utility: str = "",
    risk: str = "",
    question: str = "",
    remarks: Sequence[str] = (),
    made: str = "",
) -> str:
    """The report on these scenarios' tidy rows (`experiment.sweep`), as the text of an HTML file.

    `chosen` is the id of the scenario that it is about: without, the knee of the map, else the most useful one.
    `utility` and `risk` name the map's axes (`experiment.axes`), `question` replaces the usual one, `remarks` say why
    no guarantee stands (`experiment.plans.remarks_of`), `made` is the date. Raises BadInput where there is nothing to
    report, or a name is unknown.
    """
    told = explore(scenarios, rows, about, chosen=chosen, utility=utility, risk=risk)
    return page(told, question=question, remarks=remarks, made=made)


def page(told: Exploration, *, question: str = "", remarks: Sequence[str] = (), made: str = "") -> str:
    """The file of an exploration."""
    light = charts_of(told)
    content = joined(_sections(told, light, question, remarks))
    title = f"{told.about.title}: what privacy costs and what it buys"
    is_internal = str(tag("internal")) in content
    drawing = _file("charts.js")
    library = get_plotlyjs()
    parts = {
        "TITLE": text(title),
        "POLICY": Html(_policy(library, drawing)),
        "STYLE": Html(_file("report.css")),
        "RUNNING": Html(f'<div class="running">{INTERNAL} · {text(title)}</div>' if is_internal else ""),
        "HEAD": _head(title, told, made, is_internal),
        "CONTENT": content,
        "FIGURES": Html(_figures(light, charts_of(told, "dark"))),
        "PLOTLY": Html(library),
        "DRAWING": Html(drawing),
    }
    pieces = _file("report.html.txt").split("<<")
    filled = [pieces[0]]
    for piece in pieces[1:]:
        name, _, rest = piece.partition(">>")
        filled += [parts[name], rest]
    return "".join(filled)


def charts_of(told: Exploration, mode: Mode = "light") -> dict[str, Chart]:
    """The charts of the report by name: `map`, `epsilon` and `guess`, those that there are points for."""
    found: dict[str, Chart] = {}
    if told.front is not None and told.front.line:
        words = {scenario.id: in_short(scenario) for scenario in told.scenarios}
        found["map"] = risk_utility_map(told.found, told.front, words, told.about.title, told.chosen.id, mode)
    learner, budget = told.chosen.learner.method, told.chosen.setting(EPSILON)
    same = [one.id for one in told.scenarios if _but_for_epsilon(one) == _but_for_epsilon(told.chosen)]
    own = told.rows[told.rows["scenario_id"].isin(same)]
    measure, title = told.utility.measure, method(Learner, learner).title
    points = points_of(own, measure, EPSILON, title)
    if len(points) > 1:
        levels = raw_baselines(own, measure, title) if told.chosen.anonymize else baselines_of({}, [own], measure)
        found["epsilon"] = epsilon_chart(points, levels, measure, told.about.title, budget, mode)
    promised = told.guarantees()
    if len(promised) > 1 and told.guarantee is not None:
        found["guess"] = guess_chart(promised, told.guarantee.epsilon, mode)
    return found


def _sections(told: Exploration, charts: Mapping[str, Chart], asked: str, remarks: Sequence[str]) -> list[Html]:
    return [
        question(told, asked), data_and_roles(told), what_was_done(told), guarantees(told, charts, remarks),
        risks(told), utility(told, charts), the_map(told, charts), limits(told), methods_and_sources(told),
        scenario_file(told), again(told, script_of(told)),
    ]  # fmt: skip


def _but_for_epsilon(scenario: Scenario) -> tuple[object, ...]:
    rest = tuple((name, value) for name, value in scenario.learner.settings if name != "epsilon")
    return scenario.anonymize, scenario.learner.method, scenario.venue, rest, scenario.seed


def _head(title: str, told: Exploration, made: str, is_internal: bool) -> Html:
    number = len(told.scenarios)
    line = [made, f"{number} {'scenario' if number == 1 else 'scenarios'}", f"PPML Explorer {__version__}"]
    looked = ", and the settings were chosen by looking at them" if number > 1 else ""
    notice = (
        f"Internal: numbers here were measured on private people{looked}. "
        "Only what is marked publishable tells nothing of any row."
        if is_internal
        else "Every number here is covered by a guarantee or public."
    )
    links = "".join(f'<a href="#{name}">{text(said)}</a>' for name, said in PLACES)
    return Html(
        f'<header><p class="kind">Report of an exploration</p><h1>{text(title)}</h1>'
        f'<p class="aside">{text(" · ".join(part for part in line if part))}</p>'
        f'<p class="notice">{text(notice)}</p><nav aria-label="Sections">{links}</nav></header>'
    )


def _figures(light: Mapping[str, Chart], dark: Mapping[str, Chart]) -> str:
    """The figures in both colours as JSON that cannot end the element that it stands in."""
    written = {
        name: {"light": json.loads(light[name].figure.to_json()), "dark": json.loads(dark[name].figure.to_json())}
        for name in light
    }
    held = {"config": CONFIG | {"responsive": True}, "figures": written}
    return json.dumps(held, separators=(",", ":")).replace("<", "\\u003c")


def _policy(*scripts: str) -> str:
    allowed = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" for script in scripts
    )
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _file(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
