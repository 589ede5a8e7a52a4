"""A scenario as a text for a link, and back. It holds settings and a table's name, never anything of its rows."""

from __future__ import annotations

import base64
import binascii
import json
import zlib

from ppml_core.errors import BadInput
from ppml_core.experiment.scenario import Scenario, scenario_from_values

MOST_BYTES = 100_000


def pack(scenario: Scenario) -> str:
    """The scenario as URL-proof text.

    >>> scenario = Scenario.of("adult", "dp_gd", {"epsilon": 0.3})
    >>> unpack(pack(scenario)) == scenario
    True
    """
    plain = json.dumps(scenario.values(), ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(zlib.compress(plain, 9)).decode().rstrip("=")


def unpack(text: str) -> Scenario:
    """The scenario that `pack` was given. Raises BadInput for anything else, however long it would grow."""
    try:
        opened = zlib.decompressobj()
        plain = opened.decompress(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), MOST_BYTES)
        values = json.loads(plain) if opened.eof else None
    except (binascii.Error, zlib.error, ValueError, RecursionError) as fault:
        raise BadInput("the link's scenario cannot be read.") from fault
    if not isinstance(values, dict):
        raise BadInput("the link's scenario is too long or cut short.")
    return scenario_from_values(values)
