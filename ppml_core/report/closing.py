"""The last sections of a report: what is not protected, the methods with their sources, and how to do it again."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from ppml_core.anonymize.base import Anonymizer
from ppml_core.attacks.base import Attack
from ppml_core.catalog import method
from ppml_core.experiment.front import KNEE
from ppml_core.report.exploration import Exploration
from ppml_core.report.figures import is_risk, is_utility
from ppml_core.report.markup import Html, aside, code, items, prose, section, table
from ppml_core.report.sources import cited

ANALYSIS = (
    ("Pareto front", "A scenario is beaten only where another is better beyond the ends of its 95 % interval."),
    ("Knee", f"{KNEE[0].upper()}{KNEE[1:]}."),
    ("Intervals over seeds and people", "Student's t over repeats and the standard error over test people, added in "
     "quadrature; shares of people by Wilson 1927."),
    ("Odds behind a guarantee", "Kairouz, Oh, Viswanath 2015, Theorem 2.1; with μ, Dong, Roth, Su 2022, section 2.2."),
)  # fmt: skip


def limits(told: Exploration) -> Html:
    """What the protection does not cover, and what the numbers do not say."""
    return section("limits", "Limits: what is not protected", items(list(_limits(told))))


def _limits(told: Exploration) -> Iterator[str]:
    chosen, schema = told.chosen, told.about.schema
    attacked = {step.method for step in chosen.attack}
    if told.guarantee is None:
        yield "There is no differential-privacy guarantee: a better attack than those tried may learn more."
    elif told.guarantee.neighbours == "add_or_remove_one" and told.guarantee.unit != "client":
        yield "The guarantee is about one person's record being there; for the value of one answer it is weaker."
    if told.guarantee is not None:
        yield "What a model learns of people in general (smokers fall ill) is told of everybody, in the data or not."
        if told.guarantee.unit == "client":
            yield "The guarantee is per client: all that one holder of people contributes."
        else:
            yield "The guarantee is per person. What a family or a group shares is protected less, the larger it is."
    for step in chosen.anonymize:
        cls = method(Anonymizer, step.method)
        if told.guarantee is None and not cls.fixed_in_advance:
            yield f"{cls.title}: its rule is about this table; other columns or a second release tell more."
    kept = [name for name in schema.with_role("feature") if name != schema.target]
    if kept and "model" not in chosen.things:
        yield f"{len(kept)} columns are released as they are, and were not counted as known to an attacker."
    if schema.with_role("sensitive"):
        yield "k look-alikes that share a sensitive value give it away without anybody being found."
    if "model" in chosen.things and "membership_inference" not in attacked:
        yield "No membership attack was run on the chosen model: what it tells of its training people is not measured."
    yield "Attacks were those named here, with the knowledge named there. Risk from an attack not tried is not zero."
    yield "Every figure is of this table, this split and these settings; intervals cover seeds and test people alone."
    if len(told.scenarios) > 1:
        yield "The settings were chosen by looking at results on these people. That is not charged to any budget."
    yield "Timing, memory and what the machine gives away while it computes are out of scope."


def methods_and_sources(told: Exploration) -> Html:
    """Every method that was used, what it gives, and what its docstring cites."""
    lines = told.lines()
    measured = [line.measure for line in lines if is_utility(line)]
    rows = [
        (one.title, one.kind, _plain(one.summary), "; ".join(one.sources) or "–", str(one.version))
        for one in cited(told.scenarios, measured)
    ]
    used = {method(Attack, step.method).title for one in told.scenarios for step in one.attack}
    parts = [
        table("Methods that were used", ("method", "kind", "what it gives", "sources", "version"), rows),
        table("How results were compared", ("what", "how"), ANALYSIS),
    ]
    if not used and any(is_risk(line) for line in lines):
        parts.append(aside("Record linkage is measured for every table that is handed out, without being asked for."))
    return section("methods", "Methods with sources", *parts)


def scenario_file(told: Exploration) -> Html:
    """The chosen scenario as the command line takes it."""
    content = told.chosen.to_toml()
    return section(
        "scenario", "The scenario file",
        prose("ppml sweep --scenario scenario.toml --out rows.parquet computes it again; the dashboard opens it too."),
        _download("scenario.toml", "application/toml", content),
        code(content, "The scenario file"),
    )  # fmt: skip


def again(told: Exploration, script: str) -> Html:
    """The script, to read and to keep."""
    said = (
        "It computes the chosen point again and says whether every number is the same; with --all it computes every "
        "scenario. It reproduces this exploration, never a release."
    )
    if not told.about.is_bundled:
        said += " The table is not in it: it asks for the file and checks its fingerprint."
    return section(
        "script", "A script that does it again", prose(said), _download("reproduce.py", "text/x-python", script),
        code(script, "The Python script"),
    )  # fmt: skip


def _download(name: str, kind: str, content: str) -> Html:
    packed = base64.b64encode(content.encode()).decode()
    return Html(f'<p class="download"><a download="{name}" href="data:{kind};base64,{packed}">Save {name}</a></p>')


def _plain(said: str) -> str:
    return said.replace("`", "")
