"""The arguments that name a table, its meaning and its roles, and the reading of it."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

from ppml_core.cli.output import names
from ppml_core.data.dataset import Dataset
from ppml_core.data.reading import read_dataset
from ppml_core.errors import BadInput


def table_arguments(command: argparse.ArgumentParser) -> None:
    """TABLE and what goes with it."""
    command.add_argument("table", metavar="TABLE", help="a bundled name (see ppml datasets) or a path")
    schema_arguments(command)


def schema_arguments(command: argparse.ArgumentParser) -> None:
    """Schema and roles."""
    command.add_argument(
        "--schema", type=Path, help="a schema file; default schema.toml beside the table, else inferred"
    )
    command.add_argument("--qi", type=names, help='the quasi-identifiers, with commas ("a,b" is one)')
    command.add_argument("--sensitive", type=names, help="the sensitive attributes, with commas")


def read_table_of(arguments: argparse.Namespace, table: str) -> Dataset:
    """The named table with the roles that were asked for, and its population where one is named."""
    check_roles(arguments)
    data = read_dataset(table, schema=arguments.schema, qi=arguments.qi, sensitive=arguments.sensitive)
    population = getattr(arguments, "population", None)
    if not population:
        return data
    others = read_dataset(population, schema=arguments.schema, qi=data.quasi_identifiers)
    return dataclasses.replace(data, population=others)


def check_roles(arguments: argparse.Namespace) -> None:
    """Raises BadInput where a column is given two roles."""
    twice = sorted(set(arguments.qi or ()) & set(arguments.sensitive or ()))
    if twice:
        raise BadInput(f"{twice[0]!r} is named by --qi and by --sensitive: a column has one role.")
