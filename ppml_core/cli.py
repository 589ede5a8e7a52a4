"""The command line: `ppml risk`, `anonymize`, `sweep`, `datasets`, `methods`. Names and JSON keys are a contract.

With `--json`, stdout is one JSON document; progress and warnings go to stderr. An error is one line on stderr and exit
code 2, and nothing is left half written.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from ppml_core import __version__
from ppml_core.data.dataset import Dataset
from ppml_core.data.reading import read_dataset
from ppml_core.errors import BadInput, PPMLError

LONGEST_NAME = 200


class OneLineParser(argparse.ArgumentParser):
    """Says what is wrong in one line instead of a page of usage."""

    def error(self, message: str) -> NoReturn:
        raise BadInput(f"{message} (see {self.prog} --help)")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit code (0, or 2 after an error told on stderr)."""
    try:
        arguments = _parser().parse_args(argv)
        result = arguments.run(arguments)
    except PPMLError as fault:
        print(f"ppml: {' '.join(str(fault).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("ppml: stopped; finished points are kept", file=sys.stderr)
        return 130
    _show(result, arguments.json)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(prog="ppml", description="What privacy costs and what it buys.")
    parser.add_argument("--version", action="version", version=f"ppml {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=OneLineParser)
    commands.add_parser("dashboard", help="open the dashboard (also without a command)", add_help=False)
    _command(commands, "datasets", _datasets, "list the bundled tables")
    _command(commands, "methods", _methods, "list every method with its settings")

    risk = _command(commands, "risk", _risk, "re-identification risk of a table")
    _table_arguments(risk)
    risk.add_argument("--threshold", type=float, default=0.2, help="count people whose risk is strictly above (0.2)")

    anonymize = _command(commands, "anonymize", _anonymize, "generalize a table to k-anonymity")
    _table_arguments(anonymize)
    anonymize.add_argument("--k", type=int, default=5, help="smallest class of look-alikes (5)")
    anonymize.add_argument("--suppression-limit", type=float, default=0.05, help="largest share left out (0.05)")
    anonymize.add_argument("--keep-suppressed", action="store_true", help="keep suppressed rows, with * in them")
    anonymize.add_argument("--out", type=Path, required=True, help="the CSV file to write")

    sweep = _command(commands, "sweep", _sweep, "train over many settings and repeats")
    sweep.add_argument("--scenario", type=Path, help="a scenario file (TOML)")
    sweep.add_argument("--dataset", help="a bundled name or a path")
    _schema_arguments(sweep)
    sweep.add_argument("--learner", help="a learner's name (see ppml methods)")
    sweep.add_argument("--epsilon", help="one or more, with commas")
    sweep.add_argument("--delta", help="one or more, with commas")
    sweep.add_argument("--k", help="one or more, with commas: k-anonymize the training part first")
    sweep.add_argument("--set", action="append", default=[], metavar="learner.NAME=V[,V…]", help="any other setting")
    sweep.add_argument("--repeats", type=int, help="fits with seeds of their own (5)")
    sweep.add_argument("--seed", type=int, help="what all randomness grows from (1)")
    sweep.add_argument("--processes", type=int, default=1, help="how many to work in (1)")
    sweep.add_argument("--out", type=Path, required=True, help="the Parquet file to write")
    return parser


def _command(commands: Any, name: str, run: Callable[..., Any], help: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=help, description=help)
    command.set_defaults(run=run)
    command.add_argument("--json", action="store_true", help="print one JSON document")
    return command


def _table_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("table", metavar="TABLE", help="a bundled name (see ppml datasets) or a path")
    _schema_arguments(command)


def _schema_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--schema", type=Path, help="a schema file; default schema.toml beside the table, else inferred"
    )
    command.add_argument("--qi", type=_names, help="the quasi-identifiers, with commas")
    command.add_argument("--sensitive", type=_names, help="the sensitive attributes, with commas")


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _read(arguments: argparse.Namespace, table: str) -> Dataset:
    return read_dataset(table, schema=arguments.schema, qi=arguments.qi, sensitive=arguments.sensitive)


def _datasets(_: argparse.Namespace) -> Any:
    from ppml_core.data.bundled import describe

    return describe()


def _methods(_: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.anonymize.base import Anonymizer
    from ppml_core.catalog import methods
    from ppml_core.learn.base import Learner
    from ppml_core.measures.base import Measure
    from ppml_core.settings import settings_of

    kinds = {"anonymizers": Anonymizer, "learners": Learner, "measures": Measure}
    return {
        plural: {
            name: {
                "title": cls.title,
                "summary": cls.summary(),
                "settings": {
                    key: {"default": declared.default, "accepts": declared.allowed(), "help": declared.help}
                    for key, declared in settings_of(cls).items()
                },
            }
            for name, cls in methods(kind).items()
        }
        for plural, kind in kinds.items()
    }


def _risk(arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.attacks.linkage import risk_report

    return risk_report(_read(arguments, arguments.table), arguments.threshold).values()


def _anonymize(arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.anonymize.transforms.drop_identifiers import DropIdentifiers
    from ppml_core.anonymize.transforms.full_domain import FullDomain
    from ppml_core.data.export import as_written

    method = FullDomain(k=arguments.k, suppression_limit=arguments.suppression_limit)
    _check_target_folder(arguments.out)
    data = _read(arguments, arguments.table)
    rng = np.random.default_rng()
    without = DropIdentifiers().fit(data, rng)
    if without.dropped:
        _say(f"left out the identifiers {', '.join(without.dropped)}")
    fitted = method.fit(without.release, rng)
    published = fitted.with_suppressed() if arguments.keep_suppressed else fitted.release
    separator = data.schema.delimiter or ","
    table = as_written(published.table)
    _write_whole(arguments.out, lambda path: table.to_csv(path, index=False, sep=separator, encoding="utf-8"))
    return {**fitted.statistics, "rows": len(data), "out": str(arguments.out)}


def _sweep(arguments: argparse.Namespace) -> dict[str, Any]:
    from ppml_core.data.checks import check_target
    from ppml_core.experiment.plans import remarks_of
    from ppml_core.experiment.scenario import expand
    from ppml_core.experiment.sweep import sweep
    from ppml_core.store import Store

    base = _base_scenario(arguments)
    axes = _axes(arguments)
    _check_target_folder(arguments.out)
    scenarios = expand(base, axes)
    data = _read(arguments, base.dataset)
    _warn_of_delta(scenarios, data)
    check_target(data)
    store = Store()
    started = time.perf_counter()
    with np.errstate(all="ignore"):
        rows = sweep(scenarios, data, store, swept=list(axes), processes=arguments.processes, progress=_Bar())
    seconds = time.perf_counter() - started
    for note in sorted(set(rows["error"].dropna())):
        _say(f"not computed: {note}")
    said = remarks_of(scenarios, data, store)
    for remark in (*said.no_guarantee, *said.warnings):
        _say(f"note: {remark}")
    _write_whole(arguments.out, lambda path: rows.to_parquet(path, index=False))
    measured = rows[rows["measure"].isin(base.measures)]
    lost = measured.groupby(["scenario_id", "repeat"])["value"].apply(lambda values: values.isna().all())
    return {
        "points": len(scenarios),
        "rows": len(rows),
        "failed": int(lost.sum()),
        "seconds": seconds,
        "out": str(arguments.out),
    }


def _base_scenario(arguments: argparse.Namespace) -> Any:
    import dataclasses

    from ppml_core.experiment.scenario import Scenario, scenario_from_toml

    given = {name: value for name in ("repeats", "seed") if (value := getattr(arguments, name)) is not None}
    if arguments.scenario:
        if arguments.dataset or arguments.learner:
            raise BadInput("give --scenario, or --dataset and --learner, not both.")
        try:
            text = arguments.scenario.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as fault:
            raise BadInput(f"the scenario {arguments.scenario} cannot be read: {fault}.") from fault
        base = dataclasses.replace(scenario_from_toml(text), **given)
    elif arguments.dataset and arguments.learner:
        base = Scenario.of(arguments.dataset, arguments.learner, **given)
    else:
        raise BadInput("give --scenario F.toml, or both --dataset and --learner.")
    if arguments.k and not any("k" in dict(step.settings) for step in base.anonymize):
        chain = Scenario.of(base.dataset, base.learner.method, anonymize=[("full_domain", {})]).anonymize
        base = dataclasses.replace(base, anonymize=(*base.anonymize, *chain))
    return base


def _axes(arguments: argparse.Namespace) -> dict[str, list[str]]:
    """Dotted setting -> its values as texts; the scenario parses and checks them."""
    axes = {}
    for flag, dotted in (("k", "anonymize.k"), ("epsilon", "learner.epsilon"), ("delta", "learner.delta")):
        given = getattr(arguments, flag)
        if given is not None:
            axes[dotted] = list(dict.fromkeys(_names(given)))
            if not axes[dotted]:
                raise BadInput(f"--{flag} takes one or more numbers with commas between, not {given!r}.")
    for assignment in arguments.set:
        dotted, equals, values = assignment.partition("=")
        if not equals or not _names(values):
            raise BadInput(f"--set takes learner.NAME=V[,V…] or anonymize.NAME=V[,V…], not {assignment!r}.")
        if dotted.strip() in axes:
            raise BadInput(f"{dotted.strip()} is given twice.")
        axes[dotted.strip()] = list(dict.fromkeys(_names(values)))
    return axes


def _warn_of_delta(scenarios: Sequence[Any], data: Dataset) -> None:
    from ppml_core.accounting.budget import delta_limit

    if data.schema.expected_rows is None:
        return
    limit = delta_limit(data.schema.expected_rows)
    largest = max((scenario.setting("learner.delta") or 0.0 for scenario in scenarios), default=0.0)
    if largest > limit:
        _say(
            f"delta {largest:g} is above 1/(10 x expected rows) = {limit:.2g}: "
            f"a guarantee that weak should not be published"
        )


def _check_target_folder(path: Path) -> None:
    if len(path.name.encode()) > LONGEST_NAME:
        raise BadInput(f"{path.name[:30]}… cannot be written: the name is longer than {LONGEST_NAME} bytes.")
    if not path.resolve().parent.is_dir():
        raise BadInput(f"{path} cannot be written: the folder {path.resolve().parent} does not exist.")
    if path.is_dir():
        raise BadInput(f"{path} cannot be written: it is a folder.")


def _write_whole(path: Path, write: Callable[[Path], Any]) -> None:
    """Writes beside the target and moves into place, so that a reader never sees half a file."""
    try:
        handle, name = tempfile.mkstemp(dir=path.resolve().parent, prefix=".ppml.")
    except OSError as fault:
        raise BadInput(f"{path} cannot be written: {fault.strerror}.") from fault
    os.close(handle)
    beside = Path(name)
    try:
        write(beside)
        umask = os.umask(0)
        os.umask(umask)
        beside.chmod(0o666 & ~umask)
        beside.replace(path)
    except OSError as fault:
        raise BadInput(f"{path} cannot be written: {fault.strerror}.") from fault
    finally:
        beside.unlink(missing_ok=True)


class _Bar:
    """A progress bar on stderr: drawn in place on a terminal, in tenths elsewhere."""

    def __init__(self) -> None:
        self.shown = -1

    def __call__(self, done: int, total: int) -> None:
        tenths = 10 * done // total if total else 10
        if sys.stderr.isatty():
            end = "\n" if done >= total else ""
            print(f"\r[{'#' * tenths:<10}] {done}/{total} points", end=end, file=sys.stderr, flush=True)
        elif tenths != self.shown:
            _say(f"{done}/{total} points")
        self.shown = tenths


def _say(text: str) -> None:
    print(f"ppml: {text}", file=sys.stderr)


def _show(result: Any, as_json: bool) -> None:
    plain = _plain(result)
    if as_json:
        print(json.dumps(plain, allow_nan=False, ensure_ascii=False))
        return
    for line in _lines(plain):
        print(line)


def _plain(value: Any) -> Any:
    """The value as JSON knows it: NumPy numbers become Python's, NaN and infinity become null."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _lines(value: Any, indent: str = "") -> list[str]:
    """The same for a reader at a terminal."""
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        return pd.DataFrame(value).to_string(index=False).splitlines()
    if isinstance(value, list):
        return [indent + ", ".join(str(item) for item in value)]
    if not isinstance(value, dict):
        return [f"{indent}{value:.6g}" if isinstance(value, float) else f"{indent}{value}"]
    lines = []
    for key, item in value.items():
        if isinstance(item, dict):
            lines += [f"{indent}{key}", *_lines(item, indent + "  ")]
        else:
            lines.append(f"{indent}{key}: {' '.join(_lines(item))}")
    return lines
