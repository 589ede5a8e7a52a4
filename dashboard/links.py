"""Changes to a table's meaning as a text for a link, and back: what a person changed in a bundled table.

In: changed columns as plain values. Out: a short text that a URL carries. Nothing of an upload ever goes this way.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from typing import Any

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
