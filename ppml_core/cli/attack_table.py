"""`ppml attack linkage|singling_out|linkability|inference|… TABLE`: attacks on a table, or a release of it."""

from __future__ import annotations

import argparse
import dataclasses
import time
from collections.abc import Callable, Sequence
from typing import Any

from ppml_core.cli.flags import model_arguments
from ppml_core.cli.output import names, say
from ppml_core.cli.tables import read_table_of, table_arguments
from ppml_core.cli.whole_numbers import seed_argument
from ppml_core.errors import BadInput

Command = Callable[[Any, str, Callable[..., Any], str], argparse.ArgumentParser]

ATTACKS = {
    "linkage": ("record_linkage", "who knows the quasi-identifiers takes the nearest record"),
    "singling_out": ("singling_out", "statements that are true of one person alone"),
    "linkability": ("linkability", "two halves of what is known, found to be one person's"),
    "inference": ("inference", "a person's value in one column, guessed from the others"),
    "homogeneity": ("homogeneity", "the one sensitive value that is left among look-alikes"),
    "downcoding": ("downcoding", "generalized cells brought down by what finer classes give away"),
    "minimality": ("minimality", "sensitive values, by who knows that no finer release was allowed"),
}
FLAGS: dict[str, tuple[Callable[[str], Any], str]] = {
    "targets": (int, "people who are tried"),
    "attempts": (int, "records that statements are made of"),
    "secret": (str, "the column to guess (the sensitive one, or the target)"),
    "known": (names, "columns that are known, with commas (the quasi-identifiers)"),
    "tolerance": (float, "how near a guessed number must be, as a share of the column's range"),
    "columns": (names, "columns that are used, with commas"),
    "first": (names, "columns that one source has, with commas"),
    "second": (names, "columns that the other source has, with commas"),
    "ruled_out": (int, "values that background knowledge rules out"),
    "worlds": (int, "tables that are tried"),
    "membership": (str, "known, or unknown: then half of the people are not in the table"),
}
OF: dict[str, tuple[str, ...]] = {
    "linkage": ("targets", "columns", "membership"),
    "singling_out": ("attempts", "columns"),
    "linkability": ("targets", "first", "second"),
    "inference": ("targets", "secret", "known", "tolerance"),
    "homogeneity": ("targets", "secret", "ruled_out"),
    "downcoding": (),
    "minimality": ("worlds",),
}
ASKED = ("k", "models")
HALF = 0.5


def table_attack_arguments(kinds: Any, command: Command) -> None:
    """A parser for each of the attacks on tables."""
    for name, (_, help) in ATTACKS.items():
        parser = command(kinds, name, run_table_attack, help)
        table_arguments(parser)
        model_arguments(parser)
        add = parser.add_argument
        add("--method", help="an anonymizer, its release is attacked (with --k or a model full_domain, else the table)")
        add("--set", action="append", default=[], metavar="NAME=V", help="any other setting of the method")
        add("--suppression-limit", type=float, help="largest share left out (the method's own default)")
        seed_argument(parser)
        for flag in OF[name]:
            kind, words = FLAGS[flag]
            add(f"--{flag.replace('_', '-')}", type=kind, help=words)


def run_table_attack(arguments: argparse.Namespace) -> dict[str, Any]:
    """The attack's findings on a release of half of the people; the others are those whom it never saw.

    Where membership is known and nobody else is needed, the release is of all.
    """
    import numpy as np

    from ppml_core.attacks.base import Attack
    from ppml_core.catalog import method

    given = {flag: value for flag in OF[arguments.kind] if (value := getattr(arguments, flag)) is not None}
    lists = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    made = _anonymizer(arguments)
    if arguments.kind == "minimality":
        if made is None or not set(ASKED) <= set(made.values()):
            raise BadInput("minimality is of a release that keeps privacy models: ask for them, such as --k 2 --l 2.")
        if made.values().get("suppression_limit"):
            raise BadInput("minimality is of a release that leaves nobody out: give --suppression-limit 0.")
        lists |= {name: made.values()[name] for name in ASKED}
    attack: Any = method(Attack, ATTACKS[arguments.kind][0]).from_values(lists)
    data = read_table_of(arguments, arguments.table)
    rngs = [np.random.default_rng([arguments.seed, step]) for step in range(3)]
    everybody = arguments.kind == "linkage" and attack.membership == "known"
    members, others = _halves(data, rngs[0], 1.0 if everybody else HALF)
    if made is None:
        release, kept = members, np.arange(len(members))
    else:
        recoding = made.fit(members, rngs[1])
        release, kept = recoding.release, recoding.kept
        if made.synthesizes and "table" in attack.against and "synthetic" not in attack.against:
            raise BadInput(f"no record of {made.name()} belongs to a person, so that nobody's can be found in it.")
    started = time.perf_counter()
    findings = attack.on(members, others, release, np.asarray(kept), rngs[2])
    seconds = time.perf_counter() - started
    say("internal: measured on private people, by whoever knows which of them are behind the release")
    return {
        arguments.kind: _told(findings, arguments.kind),
        "release": {
            "method": None if made is None else made.name(), "settings": {} if made is None else made.values(),
            "rows": len(release), "members": len(members), "others": len(others),
        },
        "settings": attack.values(),
        "seconds": seconds,
    }  # fmt: skip


def _anonymizer(arguments: argparse.Namespace) -> Any:
    """The method that was asked for, or None for the table as it is."""
    from ppml_core.cli.anonymize import method_of, models_of

    asked = arguments.method or arguments.k is not None or models_of(arguments)
    if not asked:
        for flag in ("set", "suppression_limit", "loss", "weight", "levels"):
            if getattr(arguments, flag) not in (None, []):
                raise BadInput(f"--{flag.replace('_', '-')} belongs to an anonymizer: give --method or --k with it.")
        return None
    arguments.method = arguments.method or "full_domain"
    return method_of(arguments)


def _halves(data: Any, rng: Any, share: float) -> tuple[Any, Any]:
    """(members, others), drawn at random; the public size is shared out by the constant share."""
    order = rng.permutation(len(data))
    number = round(share * len(data))
    schema = data.schema
    if schema.expected_rows is not None and share < 1:
        schema = dataclasses.replace(schema, expected_rows=max(1, round(schema.expected_rows * share)))
    data = data.with_schema(schema) if schema is not data.schema else data
    return data.take(sorted(order[:number])), data.take(sorted(order[number:]))


def _told(findings: Sequence[Any], attack: str) -> dict[str, Any]:
    """The first finding, the others under their own names within."""
    first, *rest = ({key: value for key, value in _values(one).items() if value is not None} for one in findings)
    prefix = f"{attack}_"
    return first | {one.measure.removeprefix(prefix): told for one, told in zip(findings[1:], rest, strict=True)}


def _values(finding: Any) -> dict[str, Any]:
    def interval(estimate: Any) -> dict[str, Any]:
        return {"value": estimate.value, "low": estimate.low, "high": estimate.high}

    return {
        **interval(finding.estimate),
        "covers": finding.estimate.covers,
        "unit": finding.unit,
        "baseline": finding.baseline,
        "control": None if finding.control is None else interval(finding.control),
    }
