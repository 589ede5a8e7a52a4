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
from ppml_core.experiment.plans import learners_for
from ppml_core.experiment.scenario import Scenario, Step
from ppml_core.learn.base import Learner
from ppml_core.settings import settings_of

GLOBAL, LOCAL = "full_domain", "local"
KS = (2, 3, 5, 10, 20, 50, 100)
SUPPRESSED = {GLOBAL: (0.0, 0.05, 0.1), LOCAL: (0.0,)}
EPSILONS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
MAP_LEARNERS = ("logistic_regression", "dp_gd")
MAP_REGRESSORS = ("linear_regression", "dp_gd")
MAP_MEASURES = ("accuracy", "roc_auc", "r2", "mae")
SMALL_KS, SMALL_EPSILONS = (2, 5, 10, 20, 50), (0.1, 1.0, 10.0)
FIRST_KS, FIRST_EPSILONS = (None, 5, 20), (None, 1.0)
MAP_ATTACK = ("membership_inference", {"attack": "lira_offline", "shadows": 8, "n": 4_000})
MEMORISES = "decision_tree"


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


def map_attack() -> tuple[Step, ...]:
    """Membership in the released model: the risk that all scenarios of a map share (EVIDENCE 14)."""
    return (Step.of(Attack, *MAP_ATTACK),)


def small_map_plan(dataset: str, schema: Schema, behind_local: bool = False) -> list[Scenario]:
    """A map that is there in a minute or two: 46 scenarios where learners and columns allow, one repeat each.

    Global and local recoding at five k, learnt plainly and at three epsilons; the learners alone, and one that learns
    its people by heart. Membership is attacked, behind local recoding only where that is asked for: each shadow model
    recodes anew, which by local means takes longer than all the rest.
    """
    offered = learners_for(schema)
    plain = [name for name in ("logistic_regression", "linear_regression") if name in offered][:1]
    private = [name for name in ("dp_gd", "dp_sufficient_statistics") if name in offered][:1]
    alone = plain + [name for name in (MEMORISES,) if name in offered]
    attack = map_attack()
    plan: list[tuple[Scenario, Mapping[str, Sequence[Any]]]] = []
    chains: list[str] = [GLOBAL, LOCAL] if schema.with_role("quasi_identifier") else []
    for learner in [*alone, *private]:
        budgets: dict[str, Sequence[Any]] = (
            {"learner.epsilon": SMALL_EPSILONS} if "epsilon" in _settings(learner) else {}
        )
        plan.append((Scenario.of(dataset, learner, repeats=1, attack=attack), budgets))
        for name in chains if learner != MEMORISES else ():
            attacked = attack if name == GLOBAL or behind_local else ()
            base = Scenario.of(dataset, learner, {}, [(name, {})], repeats=1, attack=attacked)
            plan.append((base, {"anonymize.k": SMALL_KS, **budgets}))
    return mixed(plan)


def first_map_plan(dataset: str, schema: Schema) -> list[Scenario]:
    """Of the small map what is there in half a minute: the learners alone, and two releases by global recoding."""
    return [
        one
        for one in small_map_plan(dataset, schema)
        if one.attack and one.setting("anonymize.k") in FIRST_KS
        and (not one.anonymize or one.setting("learner.epsilon") in FIRST_EPSILONS)
    ]  # fmt: skip


def _settings(learner: str) -> set[str]:
    return set(settings_of(method(Learner, learner)))


def _found_by(attacks: Sequence[Step]) -> set[str]:
    return {name for step in attacks for name in step.make(Attack).measures()}
