"""Learning without a server: holders train on their own people and average with their neighbours in a graph.

In: a model, a `GossipPlan`, the holders' rows, a seed. Out: every holder's model after each round. A round is a local
update as in `client`, then the average with the neighbours (Lian et al. 2017, Algorithm 1) by Metropolis weights, under
which everybody's mean stays what it is and every connected graph agrees in the end (Xiao, Boyd 2004, section 4). Every
holder counts alike, however many people it has.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ppml_core.accounting.budget_settings import delta_setting, epsilon_setting
from ppml_core.data.dataset import Dataset
from ppml_core.errors import NotApplicable
from ppml_core.federated.client import local_update
from ppml_core.federated.engine import NUMBER_BYTES, readied, timed
from ppml_core.federated.masking import secure_sum
from ppml_core.federated.model import Model, Rows
from ppml_core.federated.plan import LEAST_SURVIVORS, Plan, alpha_setting, by_setting, generator, partition_setting
from ppml_core.federated.privacy import Privacy, privacy_of
from ppml_core.federated.ring import from_ring, to_ring
from ppml_core.federated.update import Weights
from ppml_core.learn.base import Fitted, Learner
from ppml_core.settings import Method, setting

Matrix = npt.NDArray[np.float64]
GRAPHS = ("ring", "random", "complete")
CHORDS = 2
SEES = {
    "none": "a holder's neighbours see its model as it is",
    "noise": "nobody outside a holder sees anything without noise",
    "masks": "a holder sees the weighted sum of its neighbours' models, and no single one",
}


@dataclass(frozen=True)
class GossipPlan(Method):
    """The settings of a training without a server; all holders know them."""

    clients: int = setting(8, 3, 1000, slider=(3, 50), help="holders of people, each with its own rows", log=True)
    rounds: int = setting(20, 1, 10_000, slider=(1, 100), help="times that everybody averages with its neighbours")
    graph: str = setting("random", choices=GRAPHS, help="who is whose neighbour; random is a ring with random chords")
    partition: str = partition_setting()
    alpha: float = alpha_setting()
    by: str = by_setting()
    local_epochs: int = setting(1, 1, 1000, slider=(1, 20), help="times a holder goes through its rows in a round")
    batch: int = setting(128, 1, 1_000_000, slider=(8, 1024), help="rows in a local step", unit="rows", log=True)
    learning_rate: float | None = setting(
        None, 1e-5, 1e4, slider=(0.25, 64.0), log=True, help="length of a local step; none is the model's own"
    )
    protection: str = setting(
        "none", choices=("none", "noise", "masks"), help="what keeps neighbours from seeing a holder's model as it is"
    )
    epsilon: float = epsilon_setting("privacy budget ε of the noise", steps=(), needs=("protection", ("noise",)))
    delta: float | None = delta_setting(("protection", ("noise",)))

    def __post_init__(self) -> None:
        super().__post_init__()
        self.plan()

    def plan(self) -> Plan:
        """What a holder does in a round, in the terms of a client; raises BadInput where that makes no sense."""
        shared = ("clients", "rounds", "partition", "alpha", "by", "local_epochs", "batch", "learning_rate")
        noise = {"dp": "local", "epsilon": self.epsilon, "delta": self.delta} if self.protection == "noise" else {}
        return Plan.from_values({name: getattr(self, name) for name in shared} | noise)


@dataclass(frozen=True, eq=False)
class Meeting:
    """Every holder's model after a round, the one that each sent to its neighbours in it, and the bytes of it."""

    number: int
    models: list[Weights]
    sent: list[Weights]
    bytes: int

    @property
    def disagreement(self) -> float:
        """The largest distance of a holder's model from the mean of all."""
        flat = np.array([np.concatenate([one.ravel() for one in model]) for model in self.models])
        return float(np.linalg.norm(flat - flat.mean(axis=0), axis=1).max())


def neighbours_in(graph: str, clients: int, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Who is whose neighbour, a symmetric matrix without a diagonal, connected.

    >>> neighbours_in("ring", 4, np.random.default_rng(1)).sum(axis=0).tolist()
    [2, 2, 2, 2]
    """
    near = np.zeros((clients, clients), dtype=bool)
    if graph == "complete":
        near[:] = True
    else:
        places = np.arange(clients)
        near[places, (places + 1) % clients] = True
        if graph == "random":
            near |= rng.random(near.shape) < CHORDS / clients
        near |= near.T
    np.fill_diagonal(near, False)
    return near


def metropolis(near: npt.NDArray[np.bool_]) -> Matrix:
    """1 / (1 + the larger of two neighbours' degrees), the rest for oneself: symmetric, rows add up to 1.

    Xiao, Boyd 2004, section 4.
    """
    degree = near.sum(axis=1)
    weights = np.where(near, 1.0 / (1 + np.maximum(degree[:, None], degree[None, :])), 0.0)
    return np.asarray(weights + np.diag(1 - weights.sum(axis=1)))


def meetings(model: Model, asked: GossipPlan, parts: Sequence[Rows], seed: int) -> Iterator[Meeting]:
    """Round after round. Raises NotApplicable where masks would hide a sum of fewer than three neighbours."""
    plan, size = asked.plan(), model.size
    privacy = privacy_of(plan, model)
    near = neighbours_in(asked.graph, asked.clients, generator(seed, "graph"))
    if asked.protection == "masks" and near.sum(axis=1).min() < LEAST_SURVIVORS:
        raise NotApplicable(
            f"masks hide a model in the sum of {LEAST_SURVIVORS} neighbours at least, and somebody in this graph has "
            f"{int(near.sum(axis=1).min())}: set graph to complete, or protection to noise."
        )
    mixing = metropolis(near)
    models = [model.initial(seed) for _ in range(asked.clients)]
    speeds = [[np.zeros_like(one) for one in models[0]] for _ in models]
    for number in range(1, asked.rounds + 1):
        for at, (weights, rows) in enumerate(zip(models, parts, strict=True)):
            change = local_update(model, plan, weights, rows, seed, at, number, privacy).change
            speeds[at] = _speed(change, speeds[at], privacy, asked.clients)
        moved = [[w + v for w, v in zip(*pair, strict=True)] for pair in zip(models, speeds, strict=True)]
        sent = NUMBER_BYTES * size * int(near.sum())
        if asked.protection == "masks":
            models, sent = _masked_averages(moved, mixing, generator(seed, "masks", number))
        else:
            models = [_weighed(moved, row) for row in mixing]
        yield Meeting(number, models, moved, sent)


def walked(learner: Learner, asked: GossipPlan, data: Dataset, seed: int) -> Generator[Fitted]:
    """The first holder's model after each round; the last with guarantee, noise, and costs: rounds and bytes."""
    plan = asked.plan()
    model, parts, spent = readied(learner, plan, data, seed)
    privacy, sent = privacy_of(plan, model), 0
    for one, seconds in timed(meetings(model, asked, parts, seed), spent):
        sent += one.bytes
        if one.number < plan.rounds:
            yield model.fitted(one.models[0], seconds=seconds)
    noise = privacy.told(plan) if privacy else (("seen", SEES[asked.protection]),)
    fitted = model.fitted(one.models[0], privacy.guarantee if privacy else None, noise, seconds)
    fitted.costs = (("rounds", one.number), ("bytes", sent))
    yield fitted


def _speed(change: Weights, last: Weights, privacy: Privacy | None, clients: int) -> Weights:
    """How far a holder moves; with noise so that all together move as the server's model would."""
    if privacy is None:
        return change
    return [privacy.momentum * v + clients * privacy.step * one for v, one in zip(last, change, strict=True)]


def _weighed(models: Sequence[Weights], weights: npt.NDArray[np.float64]) -> Weights:
    used: list[int] = np.flatnonzero(weights).tolist()
    return [np.sum([weights[at] * models[at][k] for at in used], axis=0) for k in range(len(models[0]))]


def _masked_averages(moved: list[Weights], mixing: Matrix, rng: np.random.Generator) -> tuple[list[Weights], int]:
    """Each holder's own model and the masked sum of its neighbours', weighed by them before they send it."""
    found, sent = [], 0
    for at, row in enumerate(mixing):
        others: list[int] = [other for other in np.flatnonzero(row).tolist() if other != at]
        vectors = {other: to_ring([row[other] * one for one in moved[other]], len(others)) for other in others}
        opened = secure_sum(vectors, others, LEAST_SURVIVORS, rng)
        total = from_ring(opened.total, moved[at])
        found.append([row[at] * own + one for own, one in zip(moved[at], total, strict=True)])
        sent += opened.bytes
    return found, sent
