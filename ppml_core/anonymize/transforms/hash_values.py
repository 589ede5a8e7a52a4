"""Hashes without a key, and the attack on them: whoever can list the possible values can list their hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.anonymize.base import Anonymizer
from ppml_core.anonymize.enumeration import enumerate_hashes
from ppml_core.anonymize.rules import Rewritten, asked_for
from ppml_core.data.dataset import Dataset
from ppml_core.settings import setting

SIGNS = 64


@dataclass(frozen=True)
class HashValues(Anonymizer):
    """The table with texts replaced by their SHA-256, which is not anonymous wherever the values can be listed.

    Anyone can hash all telephone numbers, dates or categories and look the release's hashes up: a hash hides only what
    nobody can guess (AEPD & EDPS 2019, Introduction to the hash function as a personal data pseudonymisation
    technique). So the fit tries it, and `statistics` tell per column the values that were recovered. It protects
    against a glance at the table; against who tries values out, use keyed pseudonyms instead.
    """

    title: ClassVar[str] = "Hash values (no key)"
    protocol: ClassVar[str] = "raw test people, hashed as the release"
    fixed_in_advance: ClassVar[bool] = True

    columns: tuple[str, ...] = setting((), help="columns to hash; none: those with the role identifier")
    length: int = setting(SIGNS, 16, SIGNS, slider=(16, SIGNS), help="hexadecimal signs kept", unit="characters")
    guesses: int = setting(
        20_000, 0, 100_000_000, steps=(0, 10_000, 100_000, 1_000_000, 10_000_000), log=True,
        help="values that the attack on the hashes tries per column", unit="guesses",
    )  # fmt: skip

    def fit(self, data: Dataset, rng: np.random.Generator) -> Rewritten:
        names = asked_for(data, self.columns, data.schema.with_role("identifier"), "hash")
        recoding = Rewritten(data, dict.fromkeys(names, self.hashed))
        attacks = {
            name: enumerate_hashes(data.schema[name], pairs, self.hashed, self.guesses, rng)
            for name, pairs in recoding.mapping().items()
        }
        recoding.statistics = {
            **recoding.statistics,
            "attack": {name: found.values() for name, found in attacks.items()},
        }
        return recoding

    def hashed(self, texts: Sequence[str]) -> list[str]:
        """
        >>> HashValues(length=16).hashed(["abc"])
        ['ba7816bf8f01cfea']
        """
        return [hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[: self.length] for text in texts]
