"""`ppml solve` and `ppml map`: what meets a need, and everything side by side.

A sweep is one scenario with axes; a map mixes several with axes of their own (global and local recoding, private and
plain learners), so it is a command of its own and its rows stand in one file.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ppml_core.cli.designs import time_limit
from ppml_core.cli.output import Bar, names, say
from ppml_core.cli.scenario import axes_of, base_of
from ppml_core.cli.sweep import check_computing, check_measured, computed, computing_arguments
from ppml_core.cli.tables import read_table_of, schema_arguments
from ppml_core.cli.whole_numbers import free_seed_argument, seed_argument
from ppml_core.errors import BadInput

INTERNAL = "internal: settings chosen by looking at private people, measured on private test people"
OBJECTIVES = "an axis, as in seconds; several with commas, the first counts most (risk, then epsilon, then seconds)"


def solve_arguments(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--scenario", type=Path, help="a scenario file (TOML); its settings that decide privacy are searched")
    add("--dataset", help="a bundled name or a path")
    schema_arguments(command)
    add("--learner", help="a learner's name (see ppml methods)")
    add(
        "--need",
        action="append",
        default=[],
        metavar="NAME>=V",
        help="accuracy>=0.83, prosecutor.max<=20%%, epsilon<=1",
    )
    add("--set", action="append", default=[], metavar="learner.NAME=V[,V…]", help="values of a setting to choose from")
    add("--budget", type=int, default=60, help="evaluations: single fits, known ones too (60)")
    add("--objective", type=names, default=[], metavar="AXIS", help=OBJECTIVES)
    free_seed_argument(command)


def map_arguments(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--dataset", required=True, help="a bundled name or a path")
    schema_arguments(command)
    add(
        "--learners", type=names, help="learners with commas (logistic_regression,dp_gd; linear_regression for numbers)"
    )
    add(
        "--risk", metavar="AXIS", help="the risk axis: membership (the default; attacks each model), linkage, epsilon …"
    )
    add("--utility", default=None, help="the utility axis (accuracy, or r2)")
    add("--repeats", type=int, default=1, help="fits with seeds of their own (1)")
    seed_argument(command)
    add("--points", type=int, help="at most so many scenarios, spread evenly over all")
    add("--minutes", type=float, help="stop after so many minutes; what is computed by then is kept")
    computing_arguments(command)


def run_solve(arguments: argparse.Namespace) -> dict[str, Any]:
    import numpy as np

    from ppml_core.data.checks import check_target
    from ppml_core.experiment.axes import axis_of
    from ppml_core.experiment.families import families_for
    from ppml_core.experiment.needs import needs_of
    from ppml_core.experiment.solve import solve
    from ppml_core.store import Store
    from ppml_core.store.searches import recording_search

    needs = needs_of(arguments.need)
    objective = [axis_of(name) for name in arguments.objective]
    base = base_of(arguments)
    data = read_table_of(arguments, base.dataset)
    check_target(data)
    families = families_for(base, needs, axes_of(arguments.set))
    store, budget, seed = Store(), arguments.budget, base.seed
    with recording_search(store, families, needs, data, budget, seed) as run, np.errstate(all="ignore"):
        found = solve(
            families, needs, data, store,
            budget=budget, objective=objective, seed=seed, progress=Bar(), on_point=run.tried,
        )  # fmt: skip
    say(found.sentence)
    return {
        "run": run.run_id,
        "feasible": found.feasible,
        "best": _checked(found.best),
        "nearest": _checked(found.nearest),
        "evaluations": found.evaluations,
        "needs": [need.text for need in needs],
        "objective": [axis.name for axis in found.objective],
        "looks": found.looks,
        "sentence": found.sentence,
        "note": INTERNAL,
    }


def run_map(arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.data.checks import check_target
    from ppml_core.experiment.designs import thinned
    from ppml_core.experiment.families import MAP_LEARNERS, MAP_REGRESSORS, map_plan
    from ppml_core.learn.target import task_of
    from ppml_core.store import Store

    if arguments.repeats < 1:
        raise BadInput(f"--repeats must be at least 1, not {arguments.repeats}.")
    check_computing(arguments)
    data = read_table_of(arguments, arguments.dataset)
    check_target(data)
    usual = MAP_REGRESSORS if task_of(data.schema) == "regression" else MAP_LEARNERS
    learners = arguments.learners or usual
    attack = _attack_for(arguments.risk)
    plan = map_plan(
        arguments.dataset, data.schema, learners, repeats=arguments.repeats, seed=arguments.seed, attack=attack
    )
    scenarios = thinned(plan, arguments.points)
    say(_cost(scenarios, attack))
    stop = time_limit(arguments.minutes)
    found = computed(arguments, scenarios, data, Store(), cancelled=stop)
    measures = {name for scenario in scenarios for name in scenario.measures}
    check_measured(arguments, found.rows[found.rows["measure"].isin(measures)], stop)
    return {
        "run": found.run_id, "scenarios": len(scenarios), "rows": len(found.rows), "seconds": found.seconds,
        **_front(found.rows, scenarios, arguments), "out": str(arguments.out), "note": INTERNAL,
    }  # fmt: skip


def _attack_for(risk: str | None) -> tuple[Any, ...]:
    """The attack that the risk axis is read from, membership where none is named; () for what needs none."""
    from ppml_core.attacks.base import Attack
    from ppml_core.experiment.axes import axis_of
    from ppml_core.experiment.families import MAP_ATTACK, map_attack
    from ppml_core.experiment.scenario import Step

    axis = axis_of(risk or "membership")
    if not axis.attack:
        return ()
    return map_attack() if axis.attack == MAP_ATTACK[0] else (Step.of(Attack, axis.attack, {}),)


def _cost(scenarios: Any, attack: Any) -> str:
    """What is going to be computed, before it is."""
    models = sum(scenario.repeats for scenario in scenarios)
    shadows = sum(dict(step.settings).get("shadows", 0) for step in attack)
    if not shadows:
        return f"{models} models."
    return (
        f"{models} models, and {shadows * models:,} shadow models to attack them, each recoded anew: behind "
        "local recoding that takes longest, minutes on a large table. --risk linkage leaves the attack out."
    )


def _front(rows: Any, scenarios: Any, arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.experiment.axes import axis_of, default_risk, readings
    from ppml_core.experiment.front import front_of

    things = tuple({thing for scenario in scenarios for thing in scenario.things if scenario.attack})
    risk = axis_of(arguments.risk) if arguments.risk else default_risk(things)
    utility = axis_of(arguments.utility or _utility_of(rows))
    per_axis = [readings(axis, rows) for axis in (utility, risk)]
    found = {name: [placed[name] for placed in per_axis] for name in per_axis[0]}
    front = front_of(found)
    by_id = {scenario.id: scenario for scenario in scenarios}

    def told(name: str) -> dict[str, Any]:
        return {axis.name: reading.value for axis, reading in zip(front.axes, found[name], strict=True)} | {
            "settings": settings_of_scenario(by_id[name])
        }

    return {
        "axes": [axis.name for axis in front.axes],
        "computed": len(found),
        "front": [told(name) for name in front.line],
        "knee": None if front.knee is None else told(front.knee),
        "knee_method": front.knee_method,
        "gaps": len(front.gaps),
        "gap_reasons": sorted(set(front.gaps.values())),
    }


def _utility_of(rows: Any) -> str:
    """What was measured: gaps name every measure."""
    return "r2" if rows.loc[rows["measure"] == "r2", "value"].notna().any() else "accuracy"


def settings_of_scenario(scenario: Any) -> dict[str, Any]:
    """Dotted names and values, methods among them."""
    methods = {f"anonymize.{at}.method": step.method for at, step in enumerate(scenario.anonymize)}
    used = {name: value for name, value in scenario.dotted().items() if value not in (None, "", ())}
    if scenario.venue is not None:
        methods["venue.method"] = scenario.venue.method
    return {"learner.method": scenario.learner.method} | methods | used


def _checked(found: Any) -> dict[str, Any] | None:
    if found is None:
        return None
    measures = {
        reading.axis.name: {
            "value": reading.value,
            "low": reading.interval[0] if reading.interval else None,
            "high": reading.interval[1] if reading.interval else None,
            "unit": reading.axis.unit,
            "proved": reading.proved is not None,
        } | ({"reason": reading.reason} if reading.value is None else {})
        for reading in (*found.others, *found.readings)
    }  # fmt: skip
    for need, bound in zip(found.needs, found.bounds, strict=True):
        measures[need.axis.name]["bound"] = bound
    return {
        "settings": settings_of_scenario(found.scenario),
        "measures": measures,
        "misses": found.misses,
        "sentences": list(found.sentences),
        "fits": found.fits,
        "confidence": found.confidence,
        "scenario": found.scenario.to_toml(),
    }
