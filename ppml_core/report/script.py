"""The Python script that computes again what a report shows, and says whether the numbers are the same.

It holds settings, roles and the chosen scenario's figures; never a cell, nor a list that was read off the table: whose
table it is must bring the file, which is recognised by its fingerprint.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from ppml_core import __version__
from ppml_core.experiment.scenario import Scenario
from ppml_core.report.about import About
from ppml_core.report.exploration import Exploration

SLOT = re.compile(r"<<([A-Z]+)>>")


def script_of(told: Exploration) -> str:
    """The script; run with `--help` it says what it takes."""
    others = families_of(told.scenarios) if len(told.scenarios) > 1 else []
    parts = {
        "VERSION": repr(__version__),
        "SCENARIO": _lines(told.chosen.to_toml()),
        "REPORTED": _dict(told.exact),
        "FINGERPRINT": repr(told.about.fingerprint),
        "BUNDLED": repr(told.about.name if told.about.is_bundled else ""),
        "ROLES": _dict({name: column.role for name, column in told.about.schema.columns.items()}),
        "FACTS": _dict(_facts(told.about)),
        "FAMILIES": _families(others),
    }
    script = files(__package__).joinpath("reproduce.py.txt").read_text(encoding="utf-8")
    return SLOT.sub(lambda found: parts[found[1]], script)


Changes = dict[str, list[Any]] | list[dict[str, Any]]


def families_of(scenarios: Sequence[Scenario]) -> list[tuple[Scenario, Changes]]:
    """The scenarios as few bases: each with the values of a whole grid, or with what changes scenario by scenario."""
    groups: dict[Any, list[Scenario]] = {}
    for scenario in scenarios:
        groups.setdefault(_family(scenario), []).append(scenario)
    found = []
    for group in groups.values():
        dotted = [scenario.dotted() for scenario in group]
        differing = [name for name in dotted[0] if any(one[name] != dotted[0][name] for one in dotted)]
        found.append((group[0], _grid([{name: _plain(one[name]) for name in differing} for one in dotted])))
    return found


def _grid(changes: list[dict[str, Any]]) -> Changes:
    """The changes as values per setting where they are every combination of them, else as they are."""
    axes: dict[str, list[Any]] = {name: [] for name in changes[0]}
    for change in changes:
        for name, value in change.items():
            axes[name] += [] if value in axes[name] else [value]
    is_whole = math.prod(len(values) for values in axes.values()) == len(changes)
    return axes if is_whole else changes


def _family(scenario: Scenario) -> tuple[Any, ...]:
    chain = tuple(step.method for step in scenario.anonymize)
    rest = scenario.dataset, scenario.seed, scenario.repeats, scenario.measures, scenario.releases, scenario.attack
    venue = scenario.venue.method if scenario.venue else None
    return chain, scenario.learner.method, venue, rest


def _facts(about: About) -> dict[str, Any]:
    """What else of a schema a person may have set, and is no cell."""
    schema = about.schema
    named = ("title", "source", "license", "target", "split", "expected_rows")
    return {name: getattr(schema, name) for name in named}


def _lines(text: str) -> str:
    """A text as Python literals, one per line: nothing in it can end the literal."""
    return "(\n" + "".join(f"    {line!r}\n" for line in text.splitlines(keepends=True)) + ")"


def _dict(values: Mapping[str, Any]) -> str:
    if not values:
        return "{}"
    return "{\n" + "".join(f"    {name!r}: {value!r},\n" for name, value in values.items()) + "}"


def _families(families: Sequence[tuple[Scenario, Changes]]) -> str:
    if not families:
        return "[]"
    written = [
        f"    (\n        {_indented(_lines(base.to_toml()))},\n        {_indented(_changes(changes))},\n    ),\n"
        for base, changes in families
    ]
    return "[\n" + "".join(written) + "]"


def _changes(changes: Changes) -> str:
    return _dict(changes) if isinstance(changes, dict) else "[\n" + "".join(f"    {row!r},\n" for row in changes) + "]"


def _indented(text: str) -> str:
    return text.replace("\n", "\n        ")


def _plain(value: Any) -> Any:
    """As JSON would carry it, so that the literal is plain Python."""
    return json.loads(json.dumps(value))
