"""Keyed pseudonyms: the same person gets the same pseudonym wherever the same key is used."""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from ppml_core.anonymize.base import Anonymizer
from ppml_core.anonymize.keys import HOW, Key
from ppml_core.anonymize.rules import Rewritten, asked_for
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput
from ppml_core.settings import setting

BITS_PER_SIGN = 5


@dataclass(frozen=True)
class Pseudonymize(Anonymizer):
    """The table with names and numbers of people replaced by pseudonyms that only the key can repeat.

    A pseudonym is HMAC-SHA256 (RFC 2104) of the cell's text under a secret key, cut to `length` signs of base32
    (RFC 4648), the keyed deterministic way of ENISA, Pseudonymisation techniques and best practices (2019), section 5.
    Texts that differ only in Unicode form (NFC) or in blanks around them are one. The setting is the path of the key:
    the key itself is in no setting, release or mapping.

    It protects the identity of a pseudonym against whoever has the release and not the key, who cannot try names out.
    It does not make people anonymous: rows of one person stay linked, in every table under that key and domain, other
    columns may single them out, and who holds key or mapping can name everybody (GDPR article 4(5), recital 26).
    """

    title: ClassVar[str] = "Keyed pseudonyms"
    protocol: ClassVar[str] = "raw test people, under pseudonyms of the same key"
    fixed_in_advance: ClassVar[bool] = True

    columns: tuple[str, ...] = setting((), help="columns to pseudonymize; none: those with the role identifier")
    key_file: str = setting("", help="path of a file with at least 16 random bytes, kept apart from the data")
    domain: str = setting("", help="a word for the project or recipient: other words give other pseudonyms")
    length: int = setting(16, 8, 51, slider=(8, 32), help="signs of a pseudonym, 5 bits each", unit="characters")

    def fit(self, data: Dataset, rng: np.random.Generator) -> Rewritten:
        if not self.key_file:
            raise BadInput(f"pseudonyms need a key: name a file of at least 16 random bytes as key_file; {HOW}.")
        key = Key(Path(self.key_file)).within(self.domain)
        names = asked_for(data, self.columns, data.schema.with_role("identifier"), "pseudonymize")
        pseudonyms = Pseudonyms(key, self.length)
        recoding = Rewritten(data, dict.fromkeys(names, pseudonyms))
        people = {name: len(pairs) for name, pairs in recoding.mapping().items()}
        recoding.statistics = {**recoding.statistics, "pseudonyms": people, "bits": BITS_PER_SIGN * self.length}
        return recoding


class Pseudonyms:
    """The pseudonym of each text. Raises BadInput where two texts would share one, ever since it was made."""

    def __init__(self, key: Key, length: int) -> None:
        self.key, self.length = key, length
        self._known: dict[str, str] = {}

    def __call__(self, texts: Sequence[str]) -> list[str]:
        return [self._pseudonym(unicodedata.normalize("NFC", text).strip()) for text in texts]

    def _pseudonym(self, text: str) -> str:
        pseudonym = base64.b32encode(self.key.tag(text)).decode("ascii")[: self.length]
        if self._known.setdefault(pseudonym, text) != text:
            raise BadInput(f"two values would share one pseudonym of {self.length} signs: set length higher.")
        return pseudonym
