"""Free text, in which anything may stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ppml_core.data.identifiers.base import Detector, Finding
from ppml_core.data.identifiers.look import Look, header_words

WORDS = header_words(
    "note notes comment comments remark remarks description text message narrative history summary details abstract "
    "review bemerkung bemerkungen anmerkung kommentar beschreibung notiz notizen commentaire commentaires remarque "
    "comentario comentarios observaciones nota notas descripcion bio biography motivation feedback"
)
MANY_WORDS = 5
LONG = 40
MOST_COUNTED = 30


@dataclass(frozen=True)
class FreeText(Detector):
    """Many words to a cell, mostly different from cell to cell: people may be named anywhere in them."""

    title: ClassVar[str] = "free text"
    order: ClassVar[int] = 60

    def column(self, look: Look) -> Finding | None:
        if look.numbers is not None or look.distinct < 3 or not look.sample:
            return None
        named = look.says(WORDS)
        words = sum(len(text.split()) for text in look.sample) / len(look.sample)
        signs = sum(map(len, look.sample)) / len(look.sample)
        if look.distinct_share < (0.1 if named else 0.5) or words < (3 if named else MANY_WORDS):
            return None
        return self.finding(
            0.55 + 0.02 * min(words, 10) + 0.1 * (signs > LONG) + 0.1 * named,
            f"Its values have {words:.0f} words on average and mostly differ."
            if words < MOST_COUNTED
            else f"Its values have {MOST_COUNTED} words or more on average and mostly differ.",
            "The header speaks of notes or descriptions." if named else "",
        )
