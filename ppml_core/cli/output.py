"""How the command line speaks: one JSON document or readable lines, progress on stderr, files written whole."""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from ppml_core.errors import BadInput

Run = Callable[[argparse.Namespace], Any]
Command = Callable[[Any, str, Run, str], argparse.ArgumentParser]
LONGEST_NAME = 200


class OneLineParser(argparse.ArgumentParser):
    """Says what is wrong in one line instead of a page of usage.

    `later` adds what takes long to find out, once the command is asked for.
    """

    later: Callable[[OneLineParser], None] | None = None

    def complete(self) -> None:
        """Adds what `later` adds, once."""
        later, self.later = self.later, None
        if later is not None:
            later(self)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        self.complete()
        known, unknown = super().parse_known_args(args, namespace)
        if unknown:  # said here, and not by the parser above, which knows nothing of this command
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return known, unknown

    def error(self, message: str) -> NoReturn:
        raise BadInput(f"{message} (see {self.prog} --help)")


def names(text: str) -> list[str]:
    """What stands between commas; what stands in double quotes may hold some.

    >>> names('age, "last, first", sex')
    ['age', 'last, first', 'sex']
    """
    try:
        found = [name for line in csv.reader([text], skipinitialspace=True) for name in line]
    except csv.Error:  # a line break, which only a name without quotes can hold here
        found = text.split(",")
    return [name.strip() for name in found if name.strip()]


def check_target_folder(path: Path) -> None:
    if len(path.name.encode()) > LONGEST_NAME:
        raise BadInput(f"{path.name[:30]}… cannot be written: the name is longer than {LONGEST_NAME} bytes.")
    if not path.resolve().parent.is_dir():
        raise BadInput(f"{path} cannot be written: the folder {path.resolve().parent} does not exist.")
    if path.is_dir():
        raise BadInput(f"{path} cannot be written: it is a folder.")
    if path.exists() and not path.is_file():
        raise BadInput(f"{path} cannot be written: it is no regular file.")


def write_whole(path: Path, write: Callable[[Path], Any], mode: int | None = None) -> None:
    """Writes beside the target and moves into place, so that a reader never sees half a file, with the file `mode`."""
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
        beside.chmod(0o666 & ~umask if mode is None else mode)
        beside.replace(path.resolve())
    except OSError as fault:
        raise BadInput(f"{path} cannot be written: {fault.strerror}.") from fault
    finally:
        beside.unlink(missing_ok=True)


class Bar:
    """A progress bar on stderr: drawn in place on a terminal, in tenths elsewhere."""

    def __init__(self, unit: str = "points") -> None:
        self.shown = -1
        self.unit = unit

    def __call__(self, done: int, total: int) -> None:
        tenths = 10 * done // total if total else 10
        if sys.stderr.isatty():
            end = "\n" if done >= total else ""
            print(f"\r[{'#' * tenths:<10}] {done}/{total} {self.unit}", end=end, file=sys.stderr, flush=True)
        elif tenths != self.shown:
            say(f"{done}/{total} {self.unit}")
        self.shown = tenths


def say(text: str) -> None:
    print(f"ppml: {text}", file=sys.stderr)


def show(result: Any, as_json: bool) -> None:
    document = plain(result)
    if as_json:
        print(json.dumps(document, allow_nan=False, ensure_ascii=False))
        return
    for line in _lines(document):
        print(line)


def plain(value: Any) -> Any:
    """The value as JSON knows it: NumPy numbers become Python's, NaN and infinity become null."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _lines(value: Any, indent: str = "") -> list[str]:
    """The same for a reader at a terminal."""
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        return [indent + line for line in pd.DataFrame(value).to_string(index=False).splitlines()]
    if isinstance(value, list):
        return [indent + ", ".join(str(item) for item in value)]
    if not isinstance(value, dict):
        return [f"{indent}{value:.6g}" if isinstance(value, float) else f"{indent}{value}"]
    lines = []
    for key, item in value.items():
        if isinstance(item, dict) or (isinstance(item, list) and item and isinstance(item[0], dict)):
            lines += [f"{indent}{key}", *_lines(item, indent + "  ")]
        else:
            lines.append(f"{indent}{key}: {' '.join(_lines(item))}")
    return lines
