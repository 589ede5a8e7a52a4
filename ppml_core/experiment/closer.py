"""One setting looked at closely: several trainings beside a model without privacy, for groups, effects and the file."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from ppml_core.data.dataset import Dataset
from ppml_core.experiment.effects import Effect, effects_of
from ppml_core.experiment.group_losses import GroupLoss, group_losses
from ppml_core.experiment.plans import reference_plan
from ppml_core.experiment.prepare import prepare
from ppml_core.experiment.scenario import Scenario
from ppml_core.experiment.training import Trained, measured
from ppml_core.learn.base import Learner

SEEDS = 10


@dataclass(frozen=True, eq=False)
class Closer:
    """`trained` is the first repeat's model; `effects` is empty for models that are no sum over columns."""

    trained: Trained
    groups: tuple[GroupLoss, ...]
    effects: dict[str, Effect]
    reference: str
    seeds: int


def look_closer(scenario: Scenario, data: Dataset, seeds: int = SEEDS) -> Closer:
    """Trains the scenario's first `seeds` repeats and the first reference without privacy on the same people."""
    learner = scenario.trainee()
    scenario = dataclasses.replace(scenario, repeats=seeds if learner.private else 1)
    prepared = prepare(scenario, data, 0)
    rngs = [scenario.rng(repeat, "learner") for repeat in range(scenario.repeats)]
    models = type(learner).fit_many([learner] * scenario.repeats, prepared.train, rngs)
    plan = dataclasses.replace(reference_plan(scenario.dataset, data.schema)[0], seed=scenario.seed)
    beside = prepare(plan, data, 0)
    reference: Learner = plan.learner.make(Learner)
    plain = reference.fit(beside.train, plan.rng(0, "learner"))
    scores = [model.predict_proba(prepared.test) for model in models]
    return Closer(
        trained=measured(scenario, data, 0, prepared, models[0], released=False),
        groups=group_losses(beside.test, scores, plain.predict_proba(beside.test)),
        effects=effects_of(models, data.schema) if models[0].additive else {},
        reference=reference.title,
        seeds=scenario.repeats,
    )
