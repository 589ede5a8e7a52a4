"""Secret keys: read from a file that lies outside the data, never shown, never written."""

from __future__ import annotations

import hashlib
import hmac
import string
from pathlib import Path

from ppml_core.errors import BadInput

LEAST_BYTES = 16
LEAST_DISTINCT = 8  # 16 random bytes hold fewer distinct ones once in 10^11
HOW = "make one with: head -c 32 /dev/urandom > FILE"


class Key:
    """A secret that makes HMAC-SHA256 tags. It shows no byte of itself; a stored one is its path, read again.

    >>> Key.of(b"any sixteen byte", Path("k"))
    Key(k)
    """

    def __init__(self, path: Path, domains: tuple[str, ...] = ()) -> None:
        self.path, self._domains, self._secret = path, domains, _read(path)
        for domain in domains:
            self._secret = self.tag(domain)

    @classmethod
    def of(cls, secret: bytes, path: Path, domains: tuple[str, ...] = ()) -> Key:
        """A key that was made, not read."""
        made = cls.__new__(cls)
        made.path, made._domains, made._secret = path, domains, secret
        return made

    def within(self, domain: str) -> Key:
        """A key of its own for a domain (a project, a recipient), so that tags of two domains cannot be joined.

        HMAC as a key derivation: NIST SP 800-108. No domain is the key itself.
        """
        return Key.of(self.tag(domain), self.path, (*self._domains, domain)) if domain else self

    def tag(self, text: str) -> bytes:
        """HMAC-SHA256 of the text in UTF-8, 32 bytes (RFC 2104).

        >>> Key.of(b"Jefe", Path("k")).tag("what do ya want for nothing?").hex()[:16]
        '5bdcc146bf60754e'
        """
        return hmac.digest(self._secret, text.encode("utf-8", "surrogatepass"), hashlib.sha256)

    def __repr__(self) -> str:
        return f"Key({self.path})"

    def __reduce__(self) -> tuple[type[Key], tuple[Path, tuple[str, ...]]]:
        return Key, (self.path, self._domains)


def _read(path: Path) -> bytes:
    """Raises BadInput for a file that cannot be read, is too short, or plainly is not random."""
    try:
        secret = path.read_bytes()
    except OSError as fault:
        raise BadInput(f"the key file {path} cannot be read: {fault.strerror}; {HOW}.") from fault
    hexadecimal = set(secret.strip()) <= set(string.hexdigits.encode())
    worth = len(secret.strip()) // 2 if hexadecimal else len(secret)
    if worth < LEAST_BYTES:
        raise BadInput(f"the key file {path} holds {worth} random bytes and needs {LEAST_BYTES} or more; {HOW}.")
    if len(set(secret)) < LEAST_DISTINCT:
        raise BadInput(f"the key file {path} repeats {len(set(secret))} bytes and is not random; {HOW}.")
    return secret
