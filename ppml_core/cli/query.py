"""`ppml query TABLE SQL`: a question about a table, restricted or private; `ppml query attack NAME`: breaking in."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import Any

from ppml_core.cli.set_flags import with_set
from ppml_core.cli.tables import read_table_of, schema_arguments
from ppml_core.cli.whole_numbers import seed_argument
from ppml_core.errors import BadInput

ATTACK = "attack"
DELTA = "the budget's δ (0: Laplace noise): Gaussian noise, where a question at --epsilon costs ρ = ε²/2"
OWN_SESSION = "charged to a session of its own; --budget keeps a ledger over calls"


def query_arguments(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("table", metavar="TABLE", help="a bundled name or a path; or the word attack, then an attack's name")
    add("question", metavar="SQL", help="select count(*) where …, or tracker, general_tracker, difference, average, …")
    schema_arguments(command)
    add("--policy", action="append", default=[], metavar="NAME=V", help="a restriction, min_size=50; may be repeated")
    add("--epsilon", type=float, help="answer privately at this ε; of an attack: the whole budget of a trial")
    add("--budget", type=float, help="the analyst's budget ε on this table, kept in the store over calls")
    add("--delta", type=float, default=0.0, help=DELTA)
    add("--analyst", default="analyst", help="whose budget it is (analyst)")
    add("--preview", action="store_true", help="tell cost and error bar, spend nothing")
    add("--dataset", help="of an attack: the table (clinic)")
    add("--secret", metavar="COLUMN=VALUE", help="of an attack: what is sought (the target's positive class)")
    add("--trials", type=int, help="of an attack: how often it is tried (200, fewer where a trial takes long)")
    add("--set", action="append", default=[], metavar="NAME=V", help="of an attack: a setting of it")
    seed_argument(command, "what policies, targets and trials are drawn from (1); not private answers")


def run_query(arguments: argparse.Namespace) -> dict[str, Any]:
    if arguments.policy and arguments.epsilon is not None:
        raise BadInput("give --policy for restriction or --epsilon for private answers, not both.")
    if arguments.table == ATTACK:
        return _attack(arguments)
    for flag in ("dataset", "secret", "trials", "set"):
        if getattr(arguments, flag) not in (None, []):
            raise BadInput(f"--{flag} goes with an attack: ppml query attack NAME.")
    if arguments.epsilon is None:
        if arguments.budget is not None or arguments.delta or arguments.preview:
            raise BadInput("--budget, --delta and --preview go with --epsilon.")
        return _restricted(arguments)
    return _private(arguments)


def _restricted(arguments: argparse.Namespace) -> dict[str, Any]:
    import numpy as np

    from ppml_core.queries.desk import RestrictedDesk, read_policies
    from ppml_core.queries.engine import Engine
    from ppml_core.queries.sql import parse_query
    from ppml_core.queries.words import text_of

    policies = read_policies(arguments.policy)
    data = read_table_of(arguments, arguments.table)
    query = parse_query(arguments.question, data.schema, data.name)
    answer = RestrictedDesk(Engine(data), policies, np.random.default_rng([arguments.seed])).ask(query)
    return {
        "query": text_of(query),
        "allowed": answer.allowed,
        "why": answer.why,
        "value": answer.value,
        "cells": [_cell(query, cell.key, {"value": cell.value}) for cell in answer.cells],
        "policies": [policy.text() for policy in policies],
        "rests_on": {ruling.policy: ruling.decision.rests_on for ruling in answer.rulings},
        "leaks": [*answer.leaks, *(f"{policy.name()}: {policy.leaks}" for policy in policies if policy.leaks)],
        "guarantee": None,
    }


def _people_of(table: str) -> str:
    """What the ledger knows a table by: its people and not what its columns are said to mean, so that another schema
    or other roles open no budget anew."""
    import hashlib

    from ppml_core.data.bundled import load
    from ppml_core.data.bundled import names as bundled_names

    if table in bundled_names():
        return load(table).fingerprint
    with Path(table).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _private(arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.queries.engine import Engine
    from ppml_core.queries.ledger import Journal, MemoryJournal, Session
    from ppml_core.queries.noise import OpenDPNoise
    from ppml_core.queries.private import PrivateDesk
    from ppml_core.queries.sql import parse_query
    from ppml_core.queries.words import text_of
    from ppml_core.store import Store, StoredJournal

    if arguments.delta and arguments.budget is None:
        raise BadInput("--delta is that of a budget: give --budget as well.")
    data = read_table_of(arguments, arguments.table)
    query = parse_query(arguments.question, data.schema, data.name)
    budget = arguments.epsilon if arguments.budget is None else arguments.budget
    session = Session(arguments.analyst, _people_of(arguments.table), budget, arguments.delta)
    noise = OpenDPNoise()
    journal: Journal = MemoryJournal() if arguments.budget is None else StoredJournal(Store())
    desk = PrivateDesk(Engine(data), journal, noise, session)
    told = dataclasses.asdict(desk.preview(query, arguments.epsilon))
    if arguments.preview:
        return {"query": text_of(query), **told}
    answer = desk.ask(query, arguments.epsilon)
    together = desk.together()
    only = answer.cells[0] if len(answer.cells) == 1 else None
    return {
        "query": text_of(query),
        "allowed": True,
        "why": f"{told['mechanism']} for {session.charged(arguments.epsilon)}",
        "value": answer.value,
        "low": None if only is None else only.low,
        "high": None if only is None else only.high,
        "cells": [
            _cell(query, cell.key, {"value": cell.value, "low": cell.low, "high": cell.high}) for cell in answer.cells
        ],
        "error_bar": {"half_width": told["half_width"], "unit": told["unit"], "people": told["people"]},
        "guarantee": None if answer.guarantee is None else dataclasses.asdict(answer.guarantee),
        "analyst": arguments.analyst,
        "epsilon": arguments.epsilon,
        "spent": answer.spent,
        "left": answer.left,
        "budget": {"epsilon": session.epsilon, "delta": session.delta},
        "collusion": None if together is None else dataclasses.asdict(together),
        "note": OWN_SESSION if arguments.budget is None else answer.note,
    }


def _attack(arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.catalog import method
    from ppml_core.queries.attacks.base import QueryAttack, Secret
    from ppml_core.queries.attacks.channels import attacked, game_of
    from ppml_core.queries.desk import read_policies

    if arguments.budget is not None or arguments.delta or arguments.preview:
        raise BadInput("an attack takes --epsilon for the budget of a trial, and no --budget, --delta or --preview.")
    if arguments.epsilon is not None and not 0 < arguments.epsilon <= 10**6:
        raise BadInput(f"--epsilon must be above 0 and at most 1,000,000, not {arguments.epsilon}.")
    attack = method(QueryAttack, arguments.question).from_values(with_set({}, arguments.set, "attack"))
    policies = read_policies(arguments.policy)
    data = read_table_of(arguments, arguments.dataset or "clinic")
    secret = None
    if arguments.secret:
        column, equals, value = arguments.secret.partition("=")
        if not equals or column not in data.schema.columns or data.schema[column].kind == "numeric":
            raise BadInput(f"--secret takes COLUMN=VALUE with a column of texts, not {arguments.secret!r}.")
        if not (data.table[column].astype(str) == value).any():
            raise BadInput(f"--secret: nobody in {data.name} has {value!r} in {column!r}.")
        secret = Secret(column, (value,))
    trials = attack.trials if arguments.trials is None else arguments.trials
    if not 1 <= trials <= 1_000_000:
        raise BadInput(f"--trials must be between 1 and 1,000,000, not {trials}.")
    found = attacked(attack, game_of(data, policies, arguments.epsilon, secret), trials, arguments.seed)
    return {
        "attack": attack.text(),
        "dataset": data.name,
        "secret": found.secret,
        "success": dataclasses.asdict(found.success),
        "guessing": found.guessing,
        "predicted": found.predicted,
        "bound": found.bound,
        "queries": found.queries,
        "most_queries": found.most_queries,
        "denied": found.denied,
        "trials": found.trials,
        "policies": [policy.text() for policy in policies],
        "epsilon": found.epsilon,
        "seed": arguments.seed,
        "first_trial": [{"query": text, "answer": answer} for text, answer in found.log],
        "note": "internal: measured on private people",
    }


def _cell(query: Any, key: tuple[str, ...], numbers: dict[str, Any]) -> dict[str, Any]:
    named = dict(zip(query.group_by, key, strict=True)) if query.group_by else {"bin": key[0]} if key else {}
    return named | numbers
