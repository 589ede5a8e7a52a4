"""`--pseudonymize`, `--drop` and `--scrub` of `ppml anonymize`: what happens to single columns before the method."""

from __future__ import annotations

import argparse
import os
import stat
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ppml_core.anonymize.base import Anonymizer
from ppml_core.anonymize.transforms.drop_columns import DropColumns
from ppml_core.anonymize.transforms.drop_identifiers import WithoutColumns
from ppml_core.anonymize.transforms.pseudonymize import Pseudonymize
from ppml_core.anonymize.transforms.scrub import Scrub
from ppml_core.cli.output import check_target_folder, say, write_whole
from ppml_core.data.dataset import Dataset
from ppml_core.data.export import as_written, spreadsheet_csv
from ppml_core.errors import BadInput

FOR_THE_OWNER = 0o600
WAYS = ("drop", "pseudonymize", "scrub")


@dataclass(frozen=True)
class Prepared:
    """The table for the method: without what was dropped and identifiers that nobody asked to keep.

    `pseudonyms` tells per column which value got which pseudonym; `found` what a command says of it in its result;
    `in_the_end` are identifiers that the method needs, to tell persons apart, and the release does not hold.
    """

    data: Dataset
    pseudonyms: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    found: Mapping[str, Any] = field(default_factory=dict)
    in_the_end: tuple[str, ...] = ()


def check_columns(arguments: argparse.Namespace) -> None:
    """Raises BadInput where flags contradict each other, or a file would be written over another."""
    named = {way: getattr(arguments, way) for way in WAYS}
    for way, columns in named.items():
        if len(set(columns)) != len(columns):
            raise BadInput(f"--{way} names a column twice in {', '.join(columns)}.")
    for first, second in (("drop", "pseudonymize"), ("drop", "scrub"), ("pseudonymize", "scrub")):
        both = sorted(set(named[first]) & set(named[second]))
        if both:
            raise BadInput(f"{both[0]!r} is named by --{first} and by --{second}: choose one.")
    for flag in ("qi", "sensitive"):
        gone = sorted(set(getattr(arguments, flag) or ()) & set(named["drop"]))
        if gone:
            raise BadInput(f"{gone[0]!r} is named by --{flag} and by --drop: choose one.")
    _check_files(arguments)


def prepare_columns(
    arguments: argparse.Namespace, data: Dataset, rng: np.random.Generator, needed: Collection[str] = ()
) -> Prepared:
    """Drops, pseudonymizes and scrubs the columns named; leaves the other identifiers out, `needed` ones at the end."""
    found: dict[str, Any] = {}
    pseudonyms: dict[str, pd.DataFrame] = {}
    if arguments.drop:
        data = DropColumns(columns=tuple(arguments.drop)).fit(data, rng).release
        say(f"dropped {', '.join(arguments.drop)}")
        found["dropped_columns"] = list(arguments.drop)
    if arguments.pseudonymize:
        made = Pseudonymize(columns=tuple(arguments.pseudonymize), key_file=str(arguments.key_file))
        coded = made.fit(data, rng)
        data, pseudonyms = coded.release, coded.mapping()
        say("note: pseudonyms keep the rows of a person linked, and who holds the key can name them")
        found["pseudonymized"] = dict(coded.statistics["pseudonyms"])
    if arguments.scrub:
        scrubbed = Scrub(columns=tuple(arguments.scrub)).fit(data, rng)
        data = scrubbed.release
        say("note: scrubbing is best effort: read the texts before you pass them on, or drop them")
        found["scrubbed"] = dict(scrubbed.statistics["found"])
    kept = {*arguments.pseudonymize, *arguments.scrub}
    left_out = tuple(name for name in data.schema.with_role("identifier") if name not in kept)
    if left_out:
        say(f"left out the identifiers {', '.join(left_out)}")
    at_once = tuple(name for name in left_out if name not in needed)
    in_the_end = tuple(name for name in left_out if name in needed)
    return Prepared(WithoutColumns(data, at_once).release, pseudonyms, found, in_the_end)


def write_pseudonyms(path: Path, pseudonyms: Mapping[str, pd.DataFrame]) -> None:
    """A CSV file of `column`, `value` and `pseudonym`, exactly as they are, that its owner alone may read."""
    parts = [pairs.assign(column=name) for name, pairs in pseudonyms.items()]
    table = pd.concat(parts, ignore_index=True).rename(columns={"published": "pseudonym"})
    table = table[["column", "value", "pseudonym"]]
    write_whole(path, lambda beside: table.to_csv(beside, index=False, encoding="utf-8"), FOR_THE_OWNER)


def csv_bytes(table: pd.DataFrame, separator: str, keep_formulas: bool) -> bytes:
    """The table as a CSV file; what a spreadsheet would run as a formula is made harmless, unless it is to stay."""
    written = as_written(table)
    if keep_formulas:
        return written.to_csv(index=False, sep=separator, lineterminator="\n").encode("utf-8")
    return spreadsheet_csv(written, separator)


def mapping_mode(made: Anonymizer) -> int | None:
    """Who may read the mapping of a method: its owner alone where it names the people behind pseudonyms."""
    return FOR_THE_OWNER if isinstance(made, Pseudonymize) else None


def _check_files(arguments: argparse.Namespace) -> None:
    key, mapping = arguments.key_file, arguments.pseudonym_mapping
    if arguments.pseudonymize and key is None:
        raise BadInput("--pseudonymize needs --key-file: a file of 16 random bytes or more, kept apart from the data.")
    for flag, given in (("--key-file", key), ("--pseudonym-mapping", mapping)):
        if given is not None and not arguments.pseudonymize:
            raise BadInput(f"{flag} belongs to --pseudonymize COLUMN: give that as well.")
    if mapping is not None:
        check_target_folder(mapping)
    _check_apart({"--out": arguments.out, "--mapping": arguments.mapping, "--pseudonym-mapping": mapping}, key)
    if key is not None and os.name == "posix" and key.is_file() and key.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        say(f"note: others on this computer may read the key file {key}: chmod 600 takes that from them")


def _check_apart(written: Mapping[str, Path | None], key: Path | None) -> None:
    """Raises BadInput where the key or another file of this command would be written over."""
    paths: Sequence[tuple[str, Path]] = [(flag, path) for flag, path in written.items() if path is not None]
    seen = {} if key is None else {key.resolve(): "--key-file"}
    for flag, path in paths:
        other = seen.setdefault(path.resolve(), flag)
        if other != flag:
            raise BadInput(f"{flag} and {other} name one file {path}: name two.")
