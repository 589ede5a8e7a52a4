"""k-map: every class of look-alikes in the release fits at least k people of a population."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ppml_core.anonymize.classes import Ground
from ppml_core.anonymize.models.base import ClassCheck, ClassModel
from ppml_core.settings import setting


@dataclass(frozen=True)
class KMap(ClassModel):
    """Whoever is in the release shares the published quasi-identifiers with at least k - 1 others of the population.

    Protects against singling out by someone who does not know who is in the release (journalist risk at most 1/k).
    Against someone who knows that a person is in it, classes may still be as small as one; and it does not hide a
    sensitive value that look-alikes share. Sweeney 2001. Needs a population table.
    """

    title: ClassVar[str] = "k-map"
    upward_closed: ClassVar[bool] = True
    needs_population: ClassVar[bool] = True

    k: int = setting(
        5, 1, None, slider=(2, 100), help="fewest people of the population that fit a class", unit="people"
    )

    def bind(self, ground: Ground) -> ClassCheck:
        return lambda classes: classes.population >= self.k
