"""Who learns what, per technique, and the drawing that goes with it: from a venue and its settings to table and scene.

In: a venue. Out: a `Seen`. The words are those of the rooms that do the computing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ppml_core.charts import scenes
from ppml_core.charts.parties import Scene
from ppml_core.encrypted.threats import THREATS
from ppml_core.errors import NotApplicable
from ppml_core.evidence import PROTECTS
from ppml_core.experiment.apart import form_of
from ppml_core.federated.gossip import GossipPlan, neighbours_in
from ppml_core.federated.plan import Plan
from ppml_core.federated.threats import notes_of, threats_among_neighbours, threats_of
from ppml_core.mpc import engines
from ppml_core.mpc import threats as shares
from ppml_core.venues.base import Venue
from ppml_core.venues.federated_encrypted import FederatedEncrypted
from ppml_core.venues.secret_shares import SecretShares

EXAMPLE = 1
ENCRYPTED = {
    "encrypted_inference": "encrypted inference, logistic regression",
    "encrypted_training": "encrypted training of logistic regression",
    "federated_encrypted": "encrypted aggregation of updates",
}
NETWORK = "encrypted inference, network with square activation"
COLUMNS = ["who", "inputs", "model", "intermediates", "output"]
LEARNED = {
    "parties": "the parties", "inputs": "inputs", "model": "the model", "intermediates": "intermediates",
    "output": "the output", "colluding_pair": "a colluding pair", "given_away": "given away by answers",
    "sent_back": "sent back",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Seen:
    """A drawing, a table of who learns inputs, model, intermediates and output, and sentences beneath it."""

    scene: Scene
    table: pd.DataFrame
    notes: tuple[str, ...]


def who_learns(venue: Venue, network: bool = False) -> Seen:
    """For that venue as it is set, with a linear model or a network. Raises NotApplicable for one it does not know."""
    if isinstance(venue, Plan):
        return _federated(venue)
    if isinstance(venue, GossipPlan):
        return _neighbours(venue)
    if isinstance(venue, FederatedEncrypted):
        return _encrypted(ENCRYPTED[venue.name()], scenes.among_key_holders(venue.clients))
    if venue.name() == "encrypted_training":
        return _encrypted(ENCRYPTED[venue.name()], scenes.encrypted_training())
    if venue.name() == "encrypted_inference":
        technique = NETWORK if network else ENCRYPTED[venue.name()]
        return _encrypted(technique, scenes.encrypted_prediction(network))
    if isinstance(venue, SecretShares):
        return _shares(venue, network)
    raise NotApplicable(f"who learns what in {venue.title} is not described here.")


def _federated(plan: Plan) -> Seen:
    form = form_of(plan)
    rows = [(one.who, one.inputs, one.model, one.intermediates, one.output) for one in threats_of(plan)]
    scene = scenes.with_server(plan.clients, form, noise_at_server=plan.dp == "central")
    return Seen(scene, pd.DataFrame(rows, columns=COLUMNS), notes_of(plan))


def _neighbours(plan: GossipPlan) -> Seen:
    rows = [(one.who, one.inputs, one.model, one.intermediates, one.output) for one in threats_among_neighbours(plan)]
    near = neighbours_in(plan.graph, min(plan.clients, scenes.MOST_IN_A_RING), np.random.default_rng(EXAMPLE))
    edges = [(a, b) for a, b in zip(*np.nonzero(np.triu(near)), strict=True)]
    scene = scenes.without_server(plan.clients, plan.graph, form_of(plan), [(int(a), int(b)) for a, b in edges])
    return Seen(scene, pd.DataFrame(rows, columns=COLUMNS), notes_of(plan))


def _encrypted(technique: str, scene: Scene) -> Seen:
    told = THREATS[technique].values()
    rows = [(title, told[key]) for key, title in LEARNED.items() if told.get(key)]
    return Seen(scene, pd.DataFrame(rows, columns=["what", "who learns it"]), (PROTECTS,))


def _shares(venue: SecretShares, network: bool) -> Seen:
    """With the engine that would run; where none is installed, as MPyC does it."""
    try:
        engine = engines.chosen(venue.engine, "network" if network else "logistic_regression")
    except NotApplicable:
        engine = "mpyc"
    rows = [(one.who, one.inputs, one.model, one.intermediates, one.output) for one in shares.threats_of(engine)]
    scene = scenes.on_shares(venue.split, engines.TITLES[engine])
    return Seen(scene, pd.DataFrame(rows, columns=COLUMNS), shares.notes_of(engine))
