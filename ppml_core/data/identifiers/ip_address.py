"""Network addresses, version 4 and 6."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from ppml_core.data.identifiers.base import Detector, Finding, Span, share_text
from ppml_core.data.identifiers.look import Look, header_words

WORDS = header_words("ip ipaddress ipaddr ipv ipadresse adresseip direccionip remoteaddr clientip")
CANDIDATE = re.compile(
    r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7})(?![\w:]|\.\d)"
)
VERSION_PART = 20


@dataclass(frozen=True)
class IpAddress(Detector):
    """An address that Python's `ipaddress` accepts; four small numbers are more likely a version of software."""

    title: ClassVar[str] = "network (IP) address"
    order: ClassVar[int] = 14

    def column(self, look: Look) -> Finding | None:
        named = look.says(WORDS)
        share = look.share(is_address)
        if share < (0.5 if named else 0.8) or (not named and look.share(_may_be_version) > 0.8):
            return None
        return self.finding(
            0.6 + 0.3 * share + 0.09 * named,
            share_text(share, "are valid network addresses"),
            "The header speaks of a network address." if named else "",
        )

    def spans(self, text: str) -> Iterable[Span]:
        for found in CANDIDATE.finditer(text):
            if is_address(found.group()) and not _may_be_version(found.group()) and len(found.group()) > 3:
                yield Span(found.start(), found.end(), self.name())


def is_address(text: str) -> bool:
    """Whether a text is an IP address, a network's mask aside.

    >>> is_address("192.0.2.7"), is_address("2001:db8::1"), is_address("256.1.1.1")
    (True, True, False)
    """
    if "." not in text and ":" not in text:
        return False
    try:
        ipaddress.ip_address(text.split("/")[0])
    except ValueError:
        return False
    return True


def _may_be_version(text: str) -> bool:
    return ":" not in text and all(part.isdecimal() and int(part) <= VERSION_PART for part in text.split("."))
