"""`ppml pii`: what in a table seems to name people, per column, with the evidence and never a cell."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pandas as pd

from ppml_core.errors import BadInput


def pii_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("table", metavar="TABLE", help="a bundled name (see ppml datasets) or a path")


def run_pii(arguments: argparse.Namespace) -> Any:
    """Per column type, confidence and evidence, or nothing; for a terminal one line a column.

    The columns are looked at as the file gives them, so that no schema decides what is found.
    """
    from ppml_core.data.identifiers import detect, title_of

    findings = detect(table_of(arguments.table))
    if arguments.json:
        return {
            "columns": {
                name: None
                if found is None
                else {"type": found.type, "confidence": found.confidence, "evidence": list(found.evidence)}
                for name, found in findings.items()
            }
        }
    return [
        {"column": name, "type": "-", "confidence": "", "evidence": ""}
        if found is None
        else {
            "column": name,
            "type": title_of(found.type),
            "confidence": f"{found.confidence:.2f}",
            "evidence": " ".join(found.evidence),
        }
        for name, found in findings.items()
    ]


def table_of(name: str) -> pd.DataFrame:
    """A bundled table or a file as it is, whatever a schema says."""
    from ppml_core.data import bundled
    from ppml_core.data.reading import read_table

    if name in bundled.names():
        return bundled.load(name).table
    path = Path(name)
    if not path.exists():
        raise BadInput(f"there is no file {name!r} and no bundled table of that name (see ppml datasets).")
    return read_table(path, path.name)
