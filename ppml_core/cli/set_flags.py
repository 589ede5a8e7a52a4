"""What `--set NAME=VALUE` adds to what other flags have said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ppml_core.errors import BadInput


def with_set(given: Mapping[str, Any], assignments: Iterable[str], room: str) -> dict[str, Any]:
    """Settings by name, those of the flags first; `room.NAME` is NAME. Raises BadInput where one is given twice.

    >>> with_set({"epsilon": "1"}, ["learner.steps = 80"], "learner")
    {'epsilon': '1', 'steps': '80'}
    """
    found = dict(given)
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        name = name.strip().removeprefix(f"{room}.")
        if not equals:
            raise BadInput(f"--set takes NAME=VALUE, not {assignment!r}.")
        if name in found:
            raise BadInput(f"{name} is given twice: give it once, by its flag or by --set.")
        found[name] = value.strip()
    return found
