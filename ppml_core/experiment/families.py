"""The scenarios that a question ranges over: which protections are compared for a table and a learner."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from ppml_core.anonymize.base import Anonymizer
from ppml_core.attacks.base import Attack
from ppml_core.catalog import method, methods
from ppml_core.data.schema import Schema
from ppml_core.errors import BadInput
from ppml_core.experiment.designs import Family, family_of, mixed
from ppml_core.experiment.needs import Need
from ppml_core.experiment.scenario import Scenario, Step
from ppml_core.learn.base import Learner
from ppml_core.settings import settings_of

GLOBAL, LOCAL = "full_domain", "local"
KS = (2, 3, 5, 10, 20, 50, 100)
SUPPRESSED = {GLOBAL: (0.0, 0.05, 0.1), LOCAL: (0.0,)}
EPSILONS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
MAP_LEARNERS = ("logistic_regression", "dp_gd")
MAP_MEASURES = ("accuracy", "roc_auc", "r2", "mae")


def families_for(
    base: Scenario, needs: Sequence[Need], axes: Mapping[str, Sequence[Any]] | None = None
) -> list[Family]:
    """What to search over for a learner: itself, or for a need about a table global and local recoding before it.

    A scenario with anonymizers of its own is the one family. Measures and attacks that a need asks for are added.
    """
    base = with_what_is_needed(base, needs)
    about_table = any(need.axis.things == ("table",) for need in needs)
    if base.anonymize or base.releases or not about_table:
        return [family_of(base, axes)]
    chains = [(Step.of(Anonymizer, name, {}),) for name in (GLOBAL, LOCAL)]
    return [family_of(dataclasses.replace(base, anonymize=chain), axes) for chain in chains]


def with_what_is_needed(base: Scenario, needs: Sequence[Need]) -> Scenario:
    """The scenario with the measures and attacks that the needs are read from; BadInput where one is missing."""
    wanted = [need.axis.measure for need in needs if need.axis.kind == "utility"]
    attacks = list(base.attack)
    for need in needs:
        if not need.axis.attack or need.axis.measure in _found_by(attacks):
            continue
        if need.axis.attack not in methods(Attack):
            raise BadInput(
                f"{need.axis.name} needs an attack called {need.axis.attack}, which this installation lacks."
            )
        attacks.append(Step.of(Attack, need.axis.attack, {}))
    measures = tuple(dict.fromkeys([*base.measures, *wanted]))
    return dataclasses.replace(base, measures=measures, attack=tuple(attacks))


def map_plan(
    dataset: str,
    schema: Schema,
    learners: Sequence[str] = MAP_LEARNERS,
    *,
    repeats: int = 1,
    seed: int = 1,
    attack: Sequence[Step] = (),
) -> list[Scenario]:
    """The risk-utility map's scenarios: k × suppression × local or global × learner × ε, and the learners unprotected.

    With the default learners they are 203: (1 + 7 · 3 + 7) tables, each learnt without privacy and at six epsilons.
    Without quasi-identifiers there is nothing to recode, and the learners stand alone.
    """
    options = {"repeats": repeats, "seed": seed, "attack": tuple(attack), "measures": MAP_MEASURES}
    chains: list[tuple[list[tuple[str, dict[str, Any]]], dict[str, Sequence[Any]]]] = [([], {})]
    if schema.with_role("quasi_identifier"):
        chains += [
            ([(name, {})], {"anonymize.k": KS, "anonymize.suppression_limit": limits})
            for name, limits in SUPPRESSED.items()
        ]
    plan = []
    for learner in learners:
        budgets = {"learner.epsilon": EPSILONS} if "epsilon" in _settings(learner) else {}
        for chain, axes in chains:
            plan.append((Scenario.of(dataset, learner, {}, chain, **options), {**axes, **budgets}))
    return mixed(plan)


def _settings(learner: str) -> set[str]:
    return set(settings_of(method(Learner, learner)))


def _found_by(attacks: Sequence[Step]) -> set[str]:
    return {name for step in attacks for name in step.make(Attack).measures()}
