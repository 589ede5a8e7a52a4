"""`ppml synthesize`: a table of people who do not exist, from noisy counts of those who do."""

from __future__ import annotations

import argparse
import dataclasses
import time
from pathlib import Path
from typing import Any

from ppml_core.cli.output import check_target_folder, say, write_whole
from ppml_core.cli.set_flags import with_set
from ppml_core.cli.tables import read_table_of, table_arguments
from ppml_core.cli.whole_numbers import seed_argument

EXPLORATORY = "No guarantee for what is handed out: the noise can be reproduced. Made for exploration."


def synthesize_arguments(command: argparse.ArgumentParser) -> None:
    table_arguments(command)
    command.add_argument("--epsilon", required=True, help="privacy budget ε of the synthetic table")
    command.add_argument("--delta", help="privacy budget δ (the largest power of ten that the public size allows)")
    command.add_argument("--rows", type=int, help="people to make up (the schema's expected_rows)")
    command.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="any other setting")
    seed_argument(command, "what the noise grows from (1)")
    command.add_argument("--out", type=Path, required=True, help="the CSV file to write")


def run_synthesize(arguments: argparse.Namespace) -> dict[str, Any]:
    import numpy as np

    from ppml_core.anonymize.transforms.dp_synthetic import DPSynthetic
    from ppml_core.data.export import spreadsheet_csv

    check_target_folder(arguments.out)
    given = {name: value for name in ("epsilon", "delta", "rows") if (value := getattr(arguments, name)) is not None}
    method = DPSynthetic.from_values(with_set(given, arguments.set, "anonymize"))
    data = read_table_of(arguments, arguments.table)
    start = time.perf_counter()
    made = method.fit(data, np.random.default_rng([arguments.seed]))
    seconds = time.perf_counter() - start
    content = spreadsheet_csv(made.release.table, ",")
    write_whole(arguments.out, lambda path: path.write_bytes(content))
    for note in made.statistics["notes"]:
        say(note)
    return {
        "out": str(arguments.out),
        "rows": len(made.release),
        "columns": list(made.release.table.columns),
        "settings": method.values(),
        "guarantee": None if made.guarantee is None else dataclasses.asdict(made.guarantee),
        "guarantee_note": made.guarantee_note or EXPLORATORY,
        "released": False,
        "exploratory": True,
        "pairs": made.statistics["pairs"],
        "notes": made.statistics["notes"],
        "seconds": seconds,
    }
