"""`ppml federate keys`, `server` and `node`: federated training among real sites, and the walk-through to it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ppml_core.cli.output import Bar, OneLineParser, check_target_folder, names, say, write_whole
from ppml_core.errors import BadInput

WALK = """\
Among real sites, in this order:
  1. All agree on one schema.toml with public bounds and categories; expected_rows in it is about how many people all
     sites have together.
  2. The server's operator makes an authority and the server's certificate, for the names under which sites reach it:
       ppml federate keys --server fl.example.org,10.0.0.7 --out keys
     keys/ca.pem goes to every site; keys/server.key stays.
  3. Each site makes its key and sends the .pub file, one line, to the server's operator, by a way that both trust:
       ppml federate keys --node ward7 --out keys
  4. The server starts first. The order of the public keys is the order of the clients' numbers:
       ppml federate server --listen 0.0.0.0:9092 --schema schema.toml --keys keys --nodes ward7.key.pub,ward8.key.pub,
                            ward9.key.pub --rounds 20 --secagg --out model.skops
  5. Each site starts its node, which reads its own file and nothing else; only sites reach out, to that one port:
       ppml federate node --data ward7.csv --schema schema.toml --server fl.example.org:9092 --authority keys/ca.pem
                          --key keys/ward7.key --secagg
A node with --secagg never answers in the clear, whatever the server asks. The server waits for all nodes, leads the
rounds, writes the model and leaves; the nodes notice and end. A node that falls silent is left out until it is back.
Everything travels over TLS; a node trusts ca.pem alone, the server lets in the listed keys alone, and a node runs the
client that it has installed, never code that a server sends. Whoever makes an update is not hidden from the server, and
without --secagg or noise an update tells of the people behind it. Certificates last for a year."""


def site_arguments(command: argparse.ArgumentParser) -> None:
    """What follows `ppml federate` instead of a dataset."""
    command.epilog = WALK
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    roles = command.add_subparsers(dest="role", metavar="keys | server | node", parser_class=OneLineParser)
    keys = _role(roles, "keys", run_keys, "make the certificate of a server, or the key of a node")
    one = keys.add_mutually_exclusive_group(required=True)
    one.add_argument("--server", type=names, metavar="NAMES", help="names and addresses of the server, with commas")
    one.add_argument("--node", metavar="NAME", help="the node's name, which becomes the file's")
    keys.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="the folder to write to")

    server = _role(roles, "server", run_server, "lead the rounds among nodes that come by themselves")
    add = server.add_argument
    add("--listen", default="0.0.0.0:9092", metavar="HOST:PORT", help="where nodes reach the server (0.0.0.0:9092)")
    add("--schema", type=Path, required=True, help="the schema that all sites share, with expected_rows")
    add("--keys", type=Path, required=True, metavar="FOLDER", help="where ca.pem, server.pem and server.key are")
    add("--nodes", type=names, required=True, metavar="FILES", help="the nodes' .pub files, with commas")
    add("--learner", default="logistic_regression", help="what is trained (logistic_regression)")
    add("--rounds", help="times that the model goes to the clients and back (20)")
    add("--strategy", help="fedavg, fedprox, fedadam, median or trimmed_mean (fedavg)")
    add("--secagg", action="store_true", help="the server learns the sum of a round's updates only")
    add("--dp", help="who adds noise: none, central or local (none)")
    add("--unit", help=argparse.SUPPRESS)
    add("--epsilon", help="privacy budget ε (1)")
    add("--delta", help="privacy budget δ")
    add("--set", action="append", default=[], metavar="NAME=VALUE", help="any other setting of the venue federated")
    add("--test", type=Path, metavar="FILE", help="the server's own people, to measure accuracy on")
    add("--out", type=Path, metavar="FILE", help="the model, as ppml train writes it")
    patience_argument(server)
    add("--wait", type=float, default=600.0, metavar="SECONDS", help="how long to wait for all nodes (600)")

    node = _role(roles, "node", run_node, "answer a server with what the people in one file teach")
    add = node.add_argument
    add("--data", type=Path, required=True, metavar="FILE", help="the node's own people: CSV, Parquet or Excel")
    add("--schema", type=Path, required=True, help="the schema that all sites share")
    add("--server", required=True, metavar="HOST:PORT", help="where the server is, by a name in its certificate")
    add("--authority", type=Path, required=True, metavar="FILE", help="ca.pem, from the server's operator")
    add("--key", type=Path, required=True, metavar="FILE", help="this node's private key")
    add("--secagg", action="store_true", help="answer masked only, whatever the server asks for")
    add("--wait", type=float, default=600.0, metavar="SECONDS", help="how long to wait for the server (600)")


def patience_argument(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--patience", type=float, default=60.0, metavar="SECONDS",
        help="how long a node may take to answer before it is left out (60); among processes only",
    )  # fmt: skip


def check_seconds(**seconds: float) -> None:
    """Raises BadInput for a time that is none."""
    for name, value in seconds.items():
        if not 1 <= value <= 1e6:
            raise BadInput(f"--{name} takes seconds, at least 1, not {value:g}.")


def run_keys(arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.federated.deploy.certificates import write_authority, write_node_key

    folder = arguments.out
    if not folder.resolve().parent.is_dir():
        raise BadInput(f"{folder} cannot be made: the folder {folder.resolve().parent} does not exist.")
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"{folder} is no folder: name another --out.")
    folder.mkdir(mode=0o700, exist_ok=True)
    if arguments.node is not None:
        if not arguments.node.replace("-", "").replace("_", "").isalnum():
            raise BadInput(f"a node's name is letters, digits, - and _, not {arguments.node!r}.")
        key = write_node_key(folder, arguments.node)
        return {"key": str(key), "public_key": f"{key}.pub", "next": "send the public key to the server's operator"}
    if not arguments.server:
        raise BadInput("--server takes the names under which nodes reach the server, with commas between.")
    made = write_authority(folder, [*dict.fromkeys([*arguments.server, "localhost", "127.0.0.1"])])
    return {name: str(path) for name, path in made.items()} | {"next": f"send {made['authority'].name} to every node"}


def run_server(arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.catalog import method
    from ppml_core.cli.federate import plan_of
    from ppml_core.data.reading import read_dataset
    from ppml_core.experiment.federate import TestPeople, written
    from ppml_core.experiment.federate_deployed import as_row, deployed, followed, whole
    from ppml_core.federated.deploy.certificates import need_flower
    from ppml_core.federated.deploy.schema_model import model_of_schema
    from ppml_core.federated.deploy.sites import serve
    from ppml_core.learn.base import Learner
    from ppml_core.learn.model_file import model_bytes

    need_flower()
    check_seconds(patience=arguments.patience, wait=arguments.wait)
    if arguments.out:
        check_target_folder(arguments.out)
    arguments.clients, arguments.partition, arguments.dirichlet = str(len(arguments.nodes)), None, None
    plan, learner = plan_of(arguments), method(Learner, arguments.learner)()
    model = model_of_schema({"method": learner.name(), "settings": learner.values()}, arguments.schema)
    people = TestPeople(model, read_dataset(arguments.test, schema=arguments.schema)) if arguments.test else None
    keys = {"authority": "ca.pem", "certificate": "server.pem", "key": "server.key"}
    files = {name: arguments.keys / file for name, file in keys.items()}
    nodes = [Path(name) for name in arguments.nodes]
    rounds = serve(
        learner, plan, model, arguments.schema, arguments.listen, files, nodes, arguments.patience, arguments.wait, say
    )
    laps = followed(rounds, plan, Bar("rounds"))
    found = [as_row(lap) | (written(people.accuracy(lap.answer)) if people else {}) for lap in laps]
    result = whole(plan, learner, model, laps, found, people, None)
    if arguments.out:
        content = model_bytes(model.fitted(laps[-1].answer), {"federated": plan.values()})
        write_whole(arguments.out, lambda path: path.write_bytes(content))
        result["out"] = str(arguments.out)
    if plan.dp != "none":
        note = "the noise is enough for the budget, but comes from NumPy's generator, not from one made for releases"
        result |= {"guarantee": None, "guarantee_note": note}
    return result | {"deployment": deployed(laps, sum(lap.seconds for lap in laps))}


def run_node(arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.federated.deploy.sites import take_part

    check_seconds(wait=arguments.wait)
    return take_part(
        arguments.data, arguments.schema, arguments.server, arguments.authority, arguments.key, arguments.secagg,
        arguments.wait, say,
    )  # fmt: skip


def _role(roles: Any, name: str, run: Callable[..., Any], help: str) -> argparse.ArgumentParser:
    role: argparse.ArgumentParser = roles.add_parser(name, help=help, description=help)
    role.set_defaults(run=run)
    role.add_argument("--json", action="store_true", help="print one JSON document")
    return role
