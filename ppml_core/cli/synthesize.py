"""`ppml synthesize`: a table of people who do not exist, from noisy counts of those who do."""

from __future__ import annotations

import argparse
import dataclasses
import functools
import json
import time
from pathlib import Path
from typing import Any

from ppml_core.cli.output import check_target_folder, plain, say, write_whole
from ppml_core.cli.persons import for_a_person, records_argument
from ppml_core.cli.set_flags import with_set
from ppml_core.cli.tables import read_table_of, table_arguments
from ppml_core.cli.whole_numbers import first_seed, free_seed_argument
from ppml_core.evidence import EXPLORATORY

CARD = ".card.json"


def synthesize_arguments(command: argparse.ArgumentParser) -> None:
    table_arguments(command)
    command.add_argument("--epsilon", required=True, help="privacy budget ε of the synthetic table")
    command.add_argument("--delta", help="privacy budget δ (the largest power of ten that the public size allows)")
    command.add_argument("--rows", type=int, help="people to make up (the schema's expected_rows)")
    command.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="any other setting")
    free_seed_argument(command, "what the noise grows from (1); not with --release")
    records_argument(command)
    command.add_argument(
        "--release", action="store_true", help="noise and choices from the operating system: for what may leave"
    )
    command.add_argument("--out", type=Path, required=True, help="the CSV file to write, beside it its card (JSON)")


def run_synthesize(arguments: argparse.Namespace) -> dict[str, Any]:
    import numpy as np

    from ppml_core.anonymize.transforms.dp_synthetic import DPSynthetic
    from ppml_core.data.export import spreadsheet_csv
    from ppml_core.experiment.cards import table_card

    seed = first_seed(arguments)
    check_target_folder(arguments.out)
    card_file = arguments.out.with_suffix(CARD)
    check_target_folder(card_file)
    given = {name: value for name in ("epsilon", "delta", "rows") if (value := getattr(arguments, name)) is not None}
    method = DPSynthetic.from_values(with_set(given, arguments.set, "anonymize"))
    data = read_table_of(arguments, arguments.table)
    start = time.perf_counter()
    made = method.fit_release(data) if arguments.release else method.fit(data, np.random.default_rng([seed]))
    seconds = time.perf_counter() - start
    for_them = for_a_person(made.guarantee, arguments.records_per_person, data.schema.expected_rows)
    card = table_card(method, made, data.schema, released=arguments.release)
    told = json.dumps(plain(card), ensure_ascii=False, indent=2).encode()
    for target, content in ((arguments.out, spreadsheet_csv(made.release.table, ",")), (card_file, told)):
        write_whole(target, functools.partial(Path.write_bytes, data=content))
    for note in made.statistics["notes"]:
        say(note)
    return {
        "out": str(arguments.out),
        "card": str(card_file),
        "rows": len(made.release),
        "columns": list(made.release.table.columns),
        "settings": method.values(),
        "guarantee": None if made.guarantee is None else dataclasses.asdict(made.guarantee),
        **for_them,
        "guarantee_note": "" if arguments.release else made.guarantee_note or EXPLORATORY,
        "released": arguments.release,
        "exploratory": not arguments.release,
        "pairs": made.statistics["pairs"],
        "notes": made.statistics["notes"],
        "seconds": seconds,
    }
