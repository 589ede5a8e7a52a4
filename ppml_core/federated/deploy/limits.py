"""What a plan may ask of real processes, and how large an update may be that they mask."""

from __future__ import annotations

import math

from ppml_core.errors import BadInput, NotApplicable
from ppml_core.federated.plan import Plan
from ppml_core.federated.server import Server

MOST_NODES = 20
SPREADS = 12.0


def refuse(plan: Plan) -> None:
    """Raises BadInput or NotApplicable, in a sentence, for a plan that cannot be deployed."""
    if plan.clients > MOST_NODES:
        raise BadInput(f"each client is a process: at most {MOST_NODES} here, not {plan.clients}; leave out --deploy.")
    if plan.dropout:
        raise NotApplicable("drop-outs are played in one process only: leave out --deploy, or end a node's process.")
    if plan.dp == "distributed":
        raise NotApplicable(
            "Flower's secure aggregation rounds after the clients' noise, which no proof here covers: leave out "
            "--deploy, or set dp to local or central."
        )
    if plan.secagg and plan.poisson:
        raise NotApplicable("masked rounds among processes need a fixed number of clients: set poisson to false.")


def largest(plan: Plan, server: Server, most_rows: int) -> float:
    """A bound on any number of an update: what all steps could move it, features being at most 1.

    With noise it is what all people's clipped gradients could add, and some spreads of the client's own noise.
    """
    privacy = server.privacy
    if privacy is None:
        steps = plan.local_epochs * math.ceil(most_rows / plan.batch)
        return steps * (plan.learning_rate or server.model.learning_rate)
    return privacy.clip * server.model.ground.rows + SPREADS * privacy.client_noise
