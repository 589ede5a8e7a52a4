"""`ppml encrypted`: a model asked on ciphertexts, or trained on them, beside the same in the clear."""

from __future__ import annotations

import argparse
from typing import Any

from ppml_core.cli.tables import read_table_of, schema_arguments
from ppml_core.cli.train import learner_settings
from ppml_core.cli.whole_numbers import check_people, first_seed, free_seed_argument
from ppml_core.errors import BadInput

NAMED = {"network": "square_network"}
ROWS = 1000


def encrypted_arguments(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--dataset", required=True, help="a bundled name or a path")
    schema_arguments(command)
    add("--model", default="logistic_regression", help="logistic_regression, network, or any linear classifier's name")
    add("--rows", type=int, help=f"test people to ask about ({ROWS:,})")
    add("--train", action="store_true", help="train logistic regression on ciphertexts instead of asking a model")
    add("--rounds", help="with --train: gradient steps (30)")
    add("--security-bits", choices=("128", "192", "256"), default="128", help="level that the ciphertexts reach (128)")
    add("--set", action="append", default=[], metavar="NAME=VALUE", help="any setting of the learner")
    free_seed_argument(command, "what split, training and the flooding noise grow from; without it that noise is fresh")


def run_encrypted(arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.catalog import method
    from ppml_core.experiment.encrypted import asked_encrypted, trained_encrypted
    from ppml_core.experiment.prepare import parts
    from ppml_core.learn.base import Learner
    from ppml_core.learn.logistic_regression import LogisticRegression
    from ppml_core.venues.encrypted_inference import EncryptedInference
    from ppml_core.venues.encrypted_training import EncryptedTraining

    if arguments.rounds is not None and not arguments.train:
        raise BadInput("--rounds goes with --train.")
    if arguments.rows is not None and arguments.train:
        raise BadInput("--rows goes without --train: training takes as many people as its batches hold.")
    level = {"security_bits": arguments.security_bits}
    learner = method(Learner, NAMED.get(arguments.model, arguments.model)).from_values(learner_settings(arguments))
    if arguments.train and not isinstance(learner, LogisticRegression):
        raise BadInput(f"--train goes with logistic_regression, not {arguments.model}.")
    data = read_table_of(arguments, arguments.dataset)
    train, test = parts(data, first_seed(arguments))
    if isinstance(learner, LogisticRegression) and arguments.train:
        rounds = {} if arguments.rounds is None else {"rounds": arguments.rounds}
        seed = first_seed(arguments)
        return trained_encrypted(EncryptedTraining.from_values(level | rounds), learner, train, test, seed)
    check_people("--rows", arguments.rows, 1, len(test), "test people")
    rows = min(ROWS, len(test)) if arguments.rows is None else arguments.rows
    return asked_encrypted(EncryptedInference.from_values(level), learner, train, test, rows, arguments.seed)
