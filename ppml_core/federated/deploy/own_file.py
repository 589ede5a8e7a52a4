"""A node's process opens its own data and nobody else's: watched from within, and refused.

In: the file that is its own, and where to write what was opened. Out: nothing; from then on Python refuses to open any
other table, and any file beside its own. What is watched is Python's own audit events, so that reading goes through
`open`: the tables' readers of this package are given bytes, never paths.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

TABLES = (".csv", ".tsv", ".tab", ".txt", ".parquet", ".pq", ".xlsx", ".xlsm", ".xls", ".feather", ".arrow")
CODE = tuple(
    os.path.realpath(folder) + os.sep for folder in {sys.prefix, sys.base_prefix, str(Path(__file__).parents[3])}
)


def keep_to(own: Path, others: Iterable[Path] = (), log: Path | None = None) -> None:
    """From now on this process opens no table but `own`, and beside it none but `others` (keys, schema).

    Files opened and addresses connected to are written to `log`, one a line; code and the system's files are left out.
    """
    allowed = {os.path.realpath(path) for path in (own, *others)}
    folder = os.path.dirname(os.path.realpath(own))
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600) if log else None

    def is_beside(path: str) -> bool:
        return os.path.dirname(path) == folder and not os.path.basename(path).startswith(".")

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "socket.connect" and handle is not None:
            os.write(handle, f"connect {arguments[1]}\n".encode())
        if event != "open" or not isinstance(arguments[0], str | bytes | os.PathLike):
            return
        path = os.path.realpath(os.fsdecode(arguments[0]))
        if path in allowed or not path.startswith(CODE):
            foreign = path not in allowed and (is_beside(path) or path.lower().endswith(TABLES))
            if handle is not None and not path.startswith(("/proc/", "/sys/", "/dev/")):
                os.write(handle, f"{'refused' if foreign else 'open'} {path}\n".encode())
            if foreign:
                raise PermissionError(f"this node opens {own.name} and no other table, not {path}.")

    sys.addaudithook(watch)
