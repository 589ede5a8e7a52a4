"""Masking: the first or last few signs of a text stay, the rest becomes a sign that says nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from ppml_core.anonymize.base import Anonymizer
from ppml_core.anonymize.rules import Rewritten, asked_for
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput
from ppml_core.settings import setting


@dataclass(frozen=True)
class Mask(Anonymizer):
    """The table with texts masked: `first` and `last` signs stay, the others become one sign each, or a fixed number.

    It protects what is masked against being read, and nothing else: what stays, and the length where it is kept, may
    still single a value out of a list that someone has (`alone_share` says for how many of the values it does). A text
    with no more signs than would stay is masked whole.
    """

    title: ClassVar[str] = "Mask"
    protocol: ClassVar[str] = "raw test people, masked as the release"
    fixed_in_advance: ClassVar[bool] = True

    columns: tuple[str, ...] = setting((), help="columns to mask; none: those with the role identifier")
    first: int = setting(1, 0, None, slider=(0, 10), help="signs kept at the beginning", unit="characters")
    last: int = setting(0, 0, None, slider=(0, 10), help="signs kept at the end", unit="characters")
    sign: str = setting("*", help="the one sign that stands for what is hidden")
    length: str = setting("kept", choices=("kept", "fixed"), help="as many signs as were hidden, or always as many")
    hidden: int = setting(5, 1, None, slider=(1, 20), help="signs where their number is fixed", unit="characters")

    def fit(self, data: Dataset, rng: np.random.Generator) -> Rewritten:
        if len(self.sign) != 1:
            raise BadInput(f"sign must be one character, not {self.sign!r}.")
        names = asked_for(data, self.columns, data.schema.with_role("identifier"), "mask")
        recoding = Rewritten(data, dict.fromkeys(names, self.masked))
        recoding.statistics = {**recoding.statistics, **_left(recoding.mapping())}
        return recoding

    def masked(self, texts: Sequence[str]) -> list[str]:
        """
        >>> Mask(first=2, last=1).masked(["Takahashi", "Al"])
        ['Ta******i', '**']
        >>> Mask(last=4, first=0, length="fixed", hidden=3).masked(["4111 1111 1111 1234"])
        ['***1234']
        """
        return [self._masked(text) for text in texts]

    def _masked(self, text: str) -> str:
        first, last = (self.first, self.last) if self.first + self.last < len(text) else (0, 0)
        hidden = len(text) - first - last if self.length == "kept" else self.hidden
        return text[:first] + self.sign * hidden + text[len(text) - last :]


def _left(mapping: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """Per column the number of masked texts, and the share of values whose masked text is nobody else's."""
    distinct = {name: int(pairs["published"].nunique()) for name, pairs in mapping.items()}
    alone = {name: ~pairs["published"].duplicated(keep=False) for name, pairs in mapping.items()}
    return {
        "distinct": distinct,
        "alone_share": {name: float(own.mean()) if len(own) else 0.0 for name, own in alone.items()},
    }
