"""Changes to a table's meaning as a text for a link, and back: what a person changed in a bundled table.

In: changed columns as plain values. Out: a short text that a URL carries. Nothing of an upload ever goes this way.
"""

from __future__ import annotations

import base64
import binascii
import json
import tomllib
import zlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ppml_core.data.bundled import schema_of as bundled_schema
from ppml_core.data.schema import Column, Schema
from ppml_core.errors import BadInput

MOST_LETTERS = 6_000
MOST_BYTES = 1_000_000


def pack(changes: Mapping[str, Mapping[str, Any]]) -> str:
    """The changes as URL-proof text; "" where there are none, or more than a link carries everywhere.

    >>> unpack(pack({"age": {"role": "feature"}}))
    {'age': {'role': 'feature'}}
    """
    if not changes:
        return ""
    plain = json.dumps(changes, ensure_ascii=False, separators=(",", ":")).encode()
    text = base64.urlsafe_b64encode(zlib.compress(plain, 9)).decode().rstrip("=")
    return text if len(text) <= MOST_LETTERS else ""


def unpack(text: str) -> dict[str, dict[str, Any]]:
    """What `pack` was given. Raises BadInput for anything else, however long it would grow."""
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        opened = zlib.decompressobj()
        plain = opened.decompress(packed, MOST_BYTES)
        if opened.unconsumed_tail or not opened.eof:
            raise BadInput("the link's columns are too long or cut short.")
        changes = json.loads(plain)
    except (binascii.Error, zlib.error, ValueError, RecursionError) as fault:
        raise BadInput("the link's columns cannot be read.") from fault
    if not isinstance(changes, dict) or not all(isinstance(values, dict) for values in changes.values()):
        raise BadInput("the link's columns cannot be read.")
    return changes


@lru_cache(maxsize=32)
def packed(name: str, edited: str) -> str:
    """The columns of a bundled table whose meaning was changed, for the link; asked after every run."""
    first, now = bundled_schema(name), Schema.from_values(tomllib.loads(edited))
    return pack({name: column.values() for name, column in now.columns.items() if column != first[name]})


def with_changes(name: str, changes: Mapping[str, Mapping[str, Any]]) -> Schema:
    """A bundled table's schema with some columns changed. Raises BadInput for a column that it does not have."""
    first = bundled_schema(name)
    for column in changes:
        if column not in first.columns:
            raise BadInput(f"the table has no column {column!r}.")
    changed = {column: Column.from_values(column, values) for column, values in changes.items()}
    schema = first.replace_columns(changed)
    check_files(schema, first)
    return schema


def check_files(schema: Schema, first: Schema | None) -> None:
    """Raises BadInput where a schema names a hierarchy file that the table did not come with: links and uploads may not
    make this machine open its files."""
    for name, column in schema.columns.items():
        own = first.columns.get(name) if first is not None else None
        if column.hierarchy_file and column.hierarchy_file != (own.hierarchy_file if own else None):
            raise BadInput(
                f"column {name!r}: the hierarchy file {column.hierarchy_file!r} is not here; "
                f"load it on the page Data & roles, in the hierarchy editor."
            )
