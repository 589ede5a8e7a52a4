"""Who learns what in a federated training, in words: one row per onlooker, as the plan makes it.

Everybody keeps to the protocol and looks at all that comes by. The computation is protected, not its output: the model
can be attacked like any other (EVIDENCE 19).
"""

from __future__ import annotations

from ppml_core.evidence import PROTECTS, Threat
from ppml_core.federated.gossip import GossipPlan
from ppml_core.federated.plan import Plan

NEIGHBOUR_NOTES = (
    "Nobody sees everything. Masks need three neighbours at least, so that a sum hides somebody.",
    PROTECTS,
)
ALL_ROUNDS = "the model of every round"


def threats_of(plan: Plan) -> tuple[Threat, ...]:
    """The table for that plan.

    >>> [threat.who for threat in threats_of(Plan())]
    ['one client', 'the server', 'the server and a client together', 'two clients together', 'whoever gets the model']
    """
    masked, noise = plan.secagg, plan.dp
    seen = "the sum of a round's updates and who took part" if masked else "every client's update of every round"
    if noise == "local":
        seen += ", each with the client's own noise"
    elif noise == "distributed":
        seen += ", noise included"
    elif noise == "central":
        seen += ", before it adds the noise"
    told = (
        "no row; what a sum over all gives away"
        if masked
        else "no row; what an update gives away of the rows behind it, which for one record is everything"
    )
    others = "the sum of the others' updates" if masked else "nothing more than the server alone"
    third = "with three clients, the third one's update: the change of the model less their own"
    return (
        Threat("one client", "its own rows", ALL_ROUNDS, "how the model changed from round to round", "the model"),
        Threat("the server", told, ALL_ROUNDS, seen, "the model"),
        Threat("the server and a client together", "that client's rows", ALL_ROUNDS, others, "the model"),
        Threat("two clients together", "their own rows", ALL_ROUNDS, third, "the model"),
        Threat(
            "whoever gets the model", "what the model lets be inferred: membership and attribute attacks apply",
            "the last one", "nothing", "what it answers",
        ),
    )  # fmt: skip


def threats_among_neighbours(plan: GossipPlan) -> tuple[Threat, ...]:
    """The table where there is no server."""
    seen = {
        "none": "its neighbours' models of every round as they are: their first updates exactly, later ones where it "
        "gets all models that a neighbour averaged",
        "noise": "its neighbours' models of every round, each with its holder's noise",
        "masks": "the weighted sum of its neighbours' models of every round",
    }[plan.protection]
    row, rows = "its own rows", "their own rows"
    if plan.protection == "none":
        row, rows = f"{row}, and what neighbours' models give away", f"{rows}, and what neighbours' models give away"
    both = {
        "none": "what each sees, and another one's later updates exactly, once both together get all models that it "
        "averaged",
        "noise": "what each sees, nothing more",
        "masks": "all that lies between them: in a sum of three, the third one's model",
    }[plan.protection]
    return (
        Threat("one holder", row, "its own, which becomes everybody's", seen, "the model"),
        Threat("two holders together", rows, "their own", both, "the model"),
        Threat("a holder further away", "nothing directly", "its own", "what spreads through the graph", "the model"),
        Threat(
            "whoever gets the model", "what the model lets be inferred: membership and attribute attacks apply",
            "the last one", "nothing", "what it answers",
        ),
    )  # fmt: skip


def notes_of(plan: Plan | GossipPlan) -> tuple[str, ...]:
    """What holds beside the table, in sentences."""
    notes = []
    if isinstance(plan, GossipPlan):
        return NEIGHBOUR_NOTES
    if plan.secagg:
        notes.append(
            f"Secure aggregation reveals the sum once {plan.least_survivors} of a round's clients have answered, never "
            "of fewer than 3; the others open the masks of one that drops out (Bonawitz et al. 2017)."
        )
    if plan.dp != "none":
        notes.append(
            "Noise protects against everybody who sees values that have it in; who sees them without is above."
        )
    notes.append(
        "Everybody follows the protocol and looks at what comes by. A client that lies can spoil the model, and how "
        "long anything takes is not covered."
    )
    notes.append(PROTECTS)
    return tuple(notes)
