"""`--records-per-person`: what a guarantee for a record promises somebody who has several of them."""

from __future__ import annotations

import argparse
import dataclasses
from typing import Any

from ppml_core.errors import BadInput, NotApplicable
from ppml_core.evidence import Guarantee

MOST_RECORDS = 1_000_000


def records_argument(command: argparse.ArgumentParser) -> None:
    """`--records-per-person`, 1 where none is given."""
    command.add_argument(
        "--records-per-person", type=records_of, default=1, metavar="K",
        help="most rows that one person has (1): the guarantee is told for a person as well, by group privacy",
    )  # fmt: skip


def records_of(text: str) -> int:
    """The most rows that one person may have.

    >>> records_of("3")
    3
    """
    if not text.isdecimal() or not 1 <= int(text) <= MOST_RECORDS:
        raise BadInput(f"--records-per-person must be a whole number from 1 to {MOST_RECORDS:,}, not {text}.")
    return int(text)


def for_a_person(promised: Guarantee | None, records: int, expected_rows: int | None) -> dict[str, Any]:
    """The guarantee for somebody with so many rows; nothing where a row is a person, None where there is none.

    Its delta grows too: a note says where it is above what the public size allows.

    Raises NotApplicable where the guarantee is for something else, or promises such a person nothing: ask before a
    file is written.
    """
    from ppml_core.accounting.budget import delta_fault
    from ppml_core.accounting.calibration import for_groups

    if records == 1:
        return {}
    if promised is not None and promised.unit != "record":
        raise NotApplicable(
            f"--records-per-person is about guarantees for a record; this one is for a {promised.unit}."
        )
    grouped = None if promised is None else for_groups(promised, records)
    told = {"guarantee_for_a_person": None if grouped is None else dataclasses.asdict(grouped)}
    fault = delta_fault(grouped.delta, expected_rows) if grouped is not None and expected_rows else ""
    return told | ({"guarantee_for_a_person_note": f"For such a person {fault}."} if fault else {})
