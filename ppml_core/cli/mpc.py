"""`ppml mpc`: a model trained, and asked, on secret shares of three parties' people."""

from __future__ import annotations

import argparse
import dataclasses
from typing import Any

from ppml_core.cli.tables import read_table_of, schema_arguments
from ppml_core.cli.whole_numbers import check_people, seed_argument

LEARNERS = {"logistic_regression": "logistic_regression", "network": "square_network"}


def mpc_arguments(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--dataset", required=True, help="a bundled name or a path")
    schema_arguments(command)
    add("--model", choices=tuple(LEARNERS), default="logistic_regression", help="what is trained (logistic_regression)")
    add("--rows", help="people drawn for the training (all, up to 40,000 with SPU and 3,000 with MPyC)")
    add("--test-rows", type=int, help="people drawn to be predicted on shares (all, up to 20,000 and 3,000)")
    add("--split", help="horizontal: each party has people; vertical: each has columns (horizontal)")
    add("--engine", help="auto, spu or mpyc (auto)")
    add("--steps", help="gradient steps (SPU 60, network 160; MPyC 40, network 140)")
    add("--batch", help="people in a step (1000; the network with MPyC 250)")
    add("--learning-rate", help="length of a step")
    seed_argument(command, "what split, drawing and first weights grow from (1)")


def run_mpc(arguments: argparse.Namespace) -> dict[str, Any]:
    import numpy as np

    from ppml_core.catalog import method
    from ppml_core.experiment.prepare import parts
    from ppml_core.learn.base import Learner
    from ppml_core.mpc.engines import chosen, engines
    from ppml_core.mpc.running import run_on_shares
    from ppml_core.mpc.threats import notes_of
    from ppml_core.venues.secret_shares import SecretShares

    names = ("rows", "split", "engine", "steps", "batch", "learning_rate")
    venue = SecretShares.from_values({n: value for n in names if (value := getattr(arguments, n)) is not None})
    wanted = venue.wanted(method(Learner, LEARNERS[arguments.model])(), arguments.test_rows)
    chosen(wanted.engine)
    train, test = parts(read_table_of(arguments, arguments.dataset), arguments.seed)
    check_people("--rows", venue.rows, 6, len(train), "training people")
    check_people("--test-rows", arguments.test_rows, 3, len(test), "test people, at least one for each party")
    run = run_on_shares(wanted, train, test, np.random.default_rng([arguments.seed]))
    plan, outcome = run.plan, run.outcome
    return {
        "model": arguments.model,
        "engine": run.engine,
        "engine_title": engines()[run.engine].title,
        "split": plan.split,
        "rows": plan.people,
        "rows_of_parties": list(plan.rows),
        "columns_of_parties": list(plan.columns),
        "steps": plan.steps,
        "accuracy": run.accuracy.value,
        "interval": [run.accuracy.low, run.accuracy.high],
        "test_rows": run.test_people,
        "clear": {"accuracy": run.clear_accuracy.value},
        "exact": {"accuracy": run.exact_accuracy.value},
        "majority": run.majority,
        "max_probability_difference": run.max_probability_difference,
        "bytes": outcome.bytes_sent,
        "seconds": outcome.seconds,
        "seconds_of_parts": outcome.laps,
        "threat_model": [dataclasses.asdict(threat) for threat in run.threats],
        "notes": list(notes_of(run.engine)),
        "measures_note": "internal: measured on private test people",
    }
