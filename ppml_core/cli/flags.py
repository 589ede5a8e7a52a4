"""The flags of `ppml anonymize` and `ppml lattice`; nothing heavy is imported to parse a command line."""

from __future__ import annotations

import argparse
from pathlib import Path

from ppml_core.cli.large import MEMORY, engine_arguments
from ppml_core.cli.tables import table_arguments
from ppml_core.cli.whole_numbers import free_seed_argument

L_VARIANTS = {
    "distinct": "distinct_l_diversity",
    "entropy": "entropy_l_diversity",
    "recursive": "recursive_l_diversity",
}
T_VARIANTS = {
    "equal": "equal_t_closeness",
    "ordered": "ordered_t_closeness",
    "hierarchical": "hierarchical_t_closeness",
}
BETA_VARIANTS = {"basic": "basic_beta_likeness", "enhanced": "enhanced_beta_likeness"}


def anonymize_arguments(command: argparse.ArgumentParser) -> None:
    table_arguments(command)
    model_arguments(command)
    column_arguments(command)
    command.add_argument("--method", default="full_domain", help="an anonymizer (full_domain; see ppml methods)")
    command.add_argument("--set", action="append", default=[], metavar="NAME=V", help="any other setting of the method")
    command.add_argument("--suppression-limit", type=float, help="largest share left out (the method's own default)")
    free_seed_argument(command, "for methods that draw at random: makes an exploration repeatable")
    command.add_argument("--keep-suppressed", action="store_true", help="keep suppressed rows, with * in them")
    command.add_argument("--mapping", type=Path, help="what each value became: a .json file, or a folder of CSV files")
    command.add_argument(
        "--keep-formulas", action="store_true", help="write cells that a spreadsheet runs as formulas as they are"
    )
    engine_arguments(command, (MEMORY, "duckdb"))
    command.add_argument("--out", type=Path, required=True, help="the CSV file to write (Parquet too with duckdb)")


def column_arguments(command: argparse.ArgumentParser) -> None:
    """What happens to single columns before the method; each flag may be given several times."""
    add = command.add_argument
    add("--drop", action="append", default=[], metavar="COLUMN", help="leave this column out")
    add(
        "--scrub", action="append", default=[], metavar="COLUMN",
        help="replace names and numbers found in this free text, best effort",
    )  # fmt: skip
    add(
        "--pseudonymize", action="append", default=[], metavar="COLUMN",
        help="keep this column as keyed pseudonyms; needs --key-file",
    )  # fmt: skip
    add("--key-file", type=Path, help="at least 16 random bytes (head -c 32 /dev/urandom > FILE), apart from the data")
    add("--pseudonym-mapping", type=Path, metavar="FILE", help="write which value got which pseudonym: names people")


def lattice_arguments(command: argparse.ArgumentParser) -> None:
    table_arguments(command)
    model_arguments(command)
    command.add_argument("--suppression-limit", type=float, default=0.05, help="largest share left out (0.05)")


def model_arguments(command: argparse.ArgumentParser) -> None:
    """Flags of the privacy models, the loss and its weights."""
    add = command.add_argument
    add("--k", type=int, help="smallest class of look-alikes (5 where no other model is asked for)")
    add("--l", type=float, help="l-diversity of the sensitive attributes")
    add("--l-variant", choices=list(L_VARIANTS), default="distinct", help="which l-diversity (distinct)")
    add("--c", type=float, help="c of recursive (c,l)-diversity (4)")
    add("--t", type=float, help="t-closeness of the sensitive attributes")
    add("--t-variant", choices=list(T_VARIANTS), default="equal", help="which distance (equal)")
    add("--beta", type=float, help="beta-likeness of the sensitive attributes")
    add("--beta-variant", choices=list(BETA_VARIANTS), default="basic", help="which beta-likeness (basic)")
    add("--delta-disclosure", type=float, help="delta-disclosure privacy of the sensitive attributes")
    add("--alpha", type=float, help="(alpha,k): largest share of one sensitive value in a class")
    add("--average-risk", type=float, help="largest average risk of re-identification")
    add("--sample-uniqueness", type=float, help="largest share of people alone in their class")
    add("--population-uniqueness", type=float, help="largest share of people estimated to be alone in the population")
    add("--population-size", type=int, help="people in that population (the USA's 317,238,626)")
    add("--k-map", type=int, help="people of the population that each class must match")
    add("--population", help="the table of that population")
    add("--model", action="append", default=[], metavar="NAME(…)", help="any privacy model with its settings")
    add(
        "--loss",
        help="what to lose least of: arx_geometric (default), discernibility, entropy …; see ppml methods",
    )
    add("--weight", action="append", default=[], metavar="NAME=W", help="how much an attribute counts in the loss")
    add("--levels", action="append", default=[], metavar="NAME=LOW..HIGH", help="levels an attribute may take")
