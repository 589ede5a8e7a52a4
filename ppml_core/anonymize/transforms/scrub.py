"""Free text without the identifiers that detectors find in it: best effort, never a promise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ppml_core.anonymize.base import Anonymizer
from ppml_core.anonymize.rules import Rewritten, asked_for
from ppml_core.data.dataset import Dataset
from ppml_core.settings import setting

SHORTER = {
    "email": "E-MAIL", "name": "NAME", "person_name": "NAME", "phone": "PHONE", "url": "URL", "iban": "IBAN",
    "ip_address": "IP ADDRESS", "birth_date": "DATE", "date_of_birth": "DATE",
}  # fmt: skip


@dataclass(frozen=True)
class Scrub(Anonymizer):
    """The table with names, numbers and addresses in free text replaced by words for what they were, best effort.

    The detectors of `ppml_core.data.identifiers` go over every text; what they find becomes [NAME], [E-MAIL] and so on.
    It protects against reading off what was found. It does not protect what no pattern knows: a rare name, a nickname,
    a job or a story that only one person has (Lison et al. 2021, Anonymisation models for text data). Texts that are
    not needed are better dropped.
    """

    title: ClassVar[str] = "Scrub free text (best effort)"
    protocol: ClassVar[str] = "raw test people, scrubbed as the release (best effort)"
    fixed_in_advance: ClassVar[bool] = True

    columns: tuple[str, ...] = setting((), help="columns to scrub; none: those of the kind text")

    def fit(self, data: Dataset, rng: np.random.Generator) -> Rewritten:
        from ppml_core.data.identifiers import scan_text

        texts = [name for name, column in data.schema.columns.items() if column.kind == "text"]
        names = asked_for(data, self.columns, texts, "scrub")
        rules = {name: Scrubbed(scan_text) for name in names}
        recoding = Rewritten(data, rules)
        recoding.statistics = {**recoding.statistics, **_counts(data, rules)}
        return recoding


class Scrubbed:
    """Each text without what was found in it; `found` has the types found per text."""

    def __init__(self, scan: Callable[[str], Sequence[Any]]) -> None:
        self.scan = scan
        self.found: dict[str, tuple[str, ...]] = {}
        self._clean: dict[str, str] = {}

    def __call__(self, texts: Sequence[str]) -> list[str]:
        return [self._clean[text] if text in self._clean else self._scrubbed(text) for text in texts]

    def _scrubbed(self, text: str) -> str:
        parts, behind = [], 0
        spans = self.scan(text)
        for span in spans:
            parts += [text[behind : span.start], f"[{sign_of(span.type)}]"]
            behind = span.end
        self.found[text] = tuple(span.type for span in spans)
        self._clean[text] = "".join([*parts, text[behind:]])
        return self._clean[text]


def sign_of(kind: str) -> str:
    """The word that stands for an identifier of this type.

    >>> sign_of("email"), sign_of("credit_card")
    ('E-MAIL', 'CREDIT CARD')
    """
    return SHORTER.get(kind, kind.replace("_", " ").upper())


def _counts(data: Dataset, rules: dict[str, Scrubbed]) -> dict[str, Any]:
    """How often each type was found, and in what share of a column's cells anything was."""
    found: Counter[str] = Counter()
    shares = {}
    for name, rule in rules.items():
        cells = [rule.found.get(text, ()) for text in data.texts(name)]
        found.update(kind for kinds in cells for kind in kinds)
        shares[name] = sum(map(bool, cells)) / len(cells) if cells else 0.0
    return {"found": dict(sorted(found.items())), "scrubbed_share": shares}
