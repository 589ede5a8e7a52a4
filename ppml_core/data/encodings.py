"""From bytes to text: UTF-8, UTF-16, UTF-32 or Windows-1252, found out from the bytes themselves."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence

from ppml_core.errors import BadInput

MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SAMPLE_CHARACTERS = 400_000
CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1e]")
BEYOND_ASCII = re.compile(rb"[\x80-\xff]+")
SEQUENCE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)  # as UTF-8 writes one sign


def decode(data: bytes, filename: str) -> str:
    """The text in UTF-8, UTF-16 or Windows-1252 (which contains Latin-1). Raises BadInput where it is none of them.

    Where most signs beyond ASCII are UTF-8 and some are not, as in files that were joined, the others are read as
    Windows-1252, sign by sign.
    """
    mark, encoding = next((pair for pair in MARKS if data.startswith(pair[0])), (b"", ""))
    candidates: Sequence[str] = (encoding,) if mark else _wide(data[:2000]) or ("utf-8", "cp1252")
    for encoding in candidates:
        text = _decoded(data, encoding)
        if text is None:
            continue
        sample = text[:SAMPLE_CHARACTERS]
        controls = len(CONTROLS.findall(sample))
        if "\0" in text and controls <= 1 + len(sample) / 1000:
            line = len(text[: text.index("\0")].splitlines())
            raise BadInput(f"{filename} has a zero byte in line {line}: take it out, or save the table as CSV again.")
        if "\0" in text or (encoding == "cp1252" and controls > len(sample) / 1000):
            break
        return text
    raise BadInput(
        f"{filename} is not text in UTF-8, UTF-16 or Windows-1252: save it as CSV in UTF-8 and choose it again."
    )


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return _mixed(data) if encoding.startswith("utf-8") else None


def _mixed(data: bytes) -> str | None:
    """The text where UTF-8 prevails over bytes that are none; None where it does not, or one is in neither encoding."""
    joined = b"".join(BEYOND_ASCII.findall(data))
    well_formed = SEQUENCE.findall(joined)
    if len(well_formed) <= len(joined) - sum(map(len, well_formed)):
        return None
    try:
        return data.decode("utf-8", errors=_BYTEWISE)
    except UnicodeDecodeError:
        return None


def _as_windows(fault: UnicodeError) -> tuple[str, int]:
    """The bytes at fault in Windows-1252; raises the fault again where they have no meaning there."""
    if not isinstance(fault, UnicodeDecodeError):
        raise fault
    try:
        return fault.object[fault.start : fault.end].decode("cp1252"), fault.end
    except UnicodeDecodeError:
        raise fault from None


_BYTEWISE = "windows-1252-bytes"
codecs.register_error(_BYTEWISE, _as_windows)


def _wide(start: bytes) -> Sequence[str]:
    """UTF-16 without a mark shows as a zero in every other byte."""
    if len(start) < 4 or b"\0" not in start:
        return ()
    even, odd = start[0::2].count(0) / len(start[0::2]), start[1::2].count(0) / len(start[1::2])
    return ("utf-16-le",) if odd > 0.4 > even else ("utf-16-be",) if even > 0.4 > odd else ()
