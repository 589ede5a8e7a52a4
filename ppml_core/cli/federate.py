"""`ppml federate`: a model trained among holders who keep their people, round by round."""

from __future__ import annotations

import argparse
from typing import Any

from ppml_core.cli.federate_sites import check_seconds, patience_argument, site_arguments
from ppml_core.cli.output import Bar
from ppml_core.cli.set_flags import with_set
from ppml_core.cli.tables import read_table_of, schema_arguments
from ppml_core.cli.whole_numbers import seed_argument
from ppml_core.errors import BadInput

SAME_NAME = ("clients", "rounds", "strategy", "dp", "unit", "epsilon", "delta")


def federate_arguments(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--dataset", help="a bundled name or a path")
    schema_arguments(command)
    add("--learner", default="logistic_regression", help="what is trained (logistic_regression)")
    add("--clients", help="holders of people (5)")
    add("--rounds", help="times that the model goes to the clients and back (20)")
    add("--strategy", help="fedavg, fedprox, fedadam, median or trimmed_mean (fedavg)")
    add("--partition", metavar="HOW", help="iid, dirichlet, quantity, or the name of a column (iid)")
    add("--dirichlet", metavar="ALPHA", help="classes dealt out unevenly; the smaller, the more unlike the clients")
    add("--graph", help="no server: holders average over a ring, random or complete graph (venue gossip)")
    add("--secagg", action="store_true", help="the server learns the sum of a round's updates only")
    add("--dp", help="who adds noise: none, central, local or distributed (none)")
    add("--unit", help="what the noise protects: record or client (record)")
    add("--epsilon", help="privacy budget ε (1)")
    add("--delta", help="privacy budget δ")
    add("--set", action="append", default=[], metavar="NAME=VALUE", help="any other setting of the venue federated")
    seed_argument(command)
    add("--deploy", action="store_true", help="among real processes on this machine: a Flower server, a node a client")
    patience_argument(command)
    site_arguments(command)


def run_federate(arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.catalog import method
    from ppml_core.experiment.federate import federate, gossip
    from ppml_core.experiment.federate_deployed import federate_deployed
    from ppml_core.experiment.prepare import parts
    from ppml_core.federated.deploy.certificates import need_flower
    from ppml_core.federated.deploy.limits import refuse
    from ppml_core.learn.base import Learner

    if arguments.dataset is None:
        raise BadInput("give --dataset, or one of keys, server and node (see ppml federate --help).")
    check_seconds(patience=arguments.patience)
    plan = plan_of(arguments)
    if arguments.deploy:
        if arguments.graph is not None:
            raise BadInput("give --deploy or --graph, not both: the deployed training has a server.")
        need_flower()
        refuse(plan)
    learner = method(Learner, arguments.learner)()
    train, test = parts(read_table_of(arguments, arguments.dataset), arguments.seed)
    if arguments.deploy:
        return federate_deployed(plan, learner, train, test, arguments.seed, arguments.patience, Bar("rounds"))
    if arguments.graph is not None:
        return gossip(plan, learner, train, test, arguments.seed, Bar("rounds"))
    return federate(plan, learner, train, test, arguments.seed, Bar("rounds"))


def plan_of(arguments: argparse.Namespace) -> Any:
    """The plan that the flags and every --set ask for. Raises BadInput where one is given twice, or is idle."""
    from ppml_core.federated.gossip import GossipPlan
    from ppml_core.federated.plan import COLUMN, PARTITIONS, Plan

    given: dict[str, Any] = {name: value for name in SAME_NAME if (value := getattr(arguments, name)) is not None}
    if arguments.graph is not None:
        given["graph"] = arguments.graph
    if arguments.secagg:
        given["secagg"] = True
    if arguments.dirichlet is not None:
        if arguments.partition not in (None, "dirichlet"):
            raise BadInput(f"give --dirichlet or --partition {arguments.partition}, not both.")
        given |= {"partition": "dirichlet", "alpha": arguments.dirichlet}
    elif arguments.partition is not None:
        known = arguments.partition in PARTITIONS
        given |= {"partition": arguments.partition} if known else {"partition": COLUMN, "by": arguments.partition}
    given = with_set(given, arguments.set, "venue")
    plan: Plan | GossipPlan = Plan.from_values(given) if arguments.graph is None else GossipPlan.from_values(given)
    plan.refuse_idle(given)
    return plan
