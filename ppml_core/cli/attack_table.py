"""`ppml attack linkage|singling_out|linkability|inference|… TABLE`: attacks on a table, or a release of it."""

from __future__ import annotations

import argparse
import dataclasses
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ppml_core.cli.flags import model_arguments
from ppml_core.cli.output import Command, say
from ppml_core.cli.tables import read_table_of, table_arguments
from ppml_core.cli.whole_numbers import seed_argument
from ppml_core.errors import BadInput

if TYPE_CHECKING:
    from ppml_core.attacks.table_attack import TableAttack
    from ppml_core.settings import Setting


HALF = 0.5


def table_attack_arguments(kinds: Any, command: Command) -> None:
    """A parser for each of the attacks on tables, with a flag for each setting that is the attacker's to choose."""
    for name, cls in _attacks().items():
        parser = command(kinds, name, run_table_attack, cls.summary())
        table_arguments(parser)
        model_arguments(parser)
        add = parser.add_argument
        add("--method", help="an anonymizer, its release is attacked (with --k or a model full_domain, else the table)")
        add("--set", action="append", default=[], metavar="NAME=V", help="any other setting of the method")
        add("--suppression-limit", type=float, help="largest share left out (the method's own default)")
        seed_argument(parser)
        for declared in _chosen(cls):
            commas = ", with commas" if declared.type == "columns" else ""
            help = f"{declared.help}{commas} ({_usual(declared)})".replace("%", "%%")
            add(f"--{declared.name.replace('_', '-')}", help=help)


def _attacks() -> dict[str, type[TableAttack]]:
    from ppml_core.attacks.table_attack import TableAttack
    from ppml_core.catalog import methods

    return {cls.short_name(): cls for cls in methods(TableAttack).values()}


def _chosen(cls: type[TableAttack]) -> list[Setting]:
    """The settings that are the attacker's to choose."""
    from ppml_core.settings import settings_of

    return [declared for name, declared in settings_of(cls).items() if name not in cls.decided]


def _usual(declared: Setting) -> str:
    choices = f"{', '.join(declared.choices)}; " if declared.choices else ""
    return f"{choices}{declared.default if declared.default not in ('', (), None) else 'none'}"


def run_table_attack(arguments: argparse.Namespace) -> dict[str, Any]:
    """The attack's findings on a release of half of the people; the others are those whom it never saw.

    Where membership is known and nobody else is needed, the release is of all.
    """
    import numpy as np

    cls = _attacks()[arguments.kind]
    given = {one.name: value for one in _chosen(cls) if (value := getattr(arguments, one.name)) is not None}
    made = _anonymizer(arguments)
    attack = cls.from_values(given | cls.decided_by(None if made is None else made.values()))
    data = read_table_of(arguments, arguments.table)
    rngs = [np.random.default_rng([arguments.seed, step]) for step in range(3)]
    members, others = _halves(data, rngs[0], HALF if attack.needs_others() else 1.0)
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
        arguments.kind: told(findings, arguments.kind),
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


def told(findings: Sequence[Any], attack: str) -> dict[str, Any]:
    """The first finding, the others under their own names within."""
    first, *rest = ({key: value for key, value in _values(one).items() if value is not None} for one in findings)
    prefix = f"{attack}_"
    return first | {one.measure.removeprefix(prefix): told for one, told in zip(findings[1:], rest, strict=True)}


def _values(finding: Any) -> dict[str, Any]:
    return {
        **finding.estimate.values(),
        "covers": finding.estimate.covers,
        "unit": finding.unit,
        "baseline": finding.baseline,
        "control": None if finding.control is None else finding.control.values(),
    }
