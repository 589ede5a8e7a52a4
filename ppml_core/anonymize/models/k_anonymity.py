"""k-anonymity: every class of look-alikes holds at least k people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ppml_core.anonymize.classes import Bools, Classes, Ground
from ppml_core.anonymize.models.base import ClassCheck, ClassModel
from ppml_core.settings import setting


@dataclass(frozen=True)
class KAnonymity(ClassModel):
    """Everybody shares the published quasi-identifiers with at least k - 1 others.

    Protects against singling a person out by quasi-identifiers (risk at most 1/k to someone who knows that the person
    is there). It does not hide a sensitive value that all look-alikes share. Samarati 2001; Sweeney 2002. With
    `person`, rows of one person count once: k different persons (Terrovitis et al. 2008 speak of the same for sets).
    """

    title: ClassVar[str] = "k-anonymity"
    upward_closed: ClassVar[bool] = True

    k: int = setting(5, 1, None, slider=(2, 100), help="smallest class of look-alikes that may stay", unit="people")
    person_column: str = setting("", help="column that names the person, where one person has several rows")

    @property
    def class_size(self) -> int:
        return self.k

    def least_people(self) -> int:
        return self.k

    def person(self) -> str:
        return self.person_column

    def bind(self, ground: Ground) -> ClassCheck:
        def check(classes: Classes) -> Bools:
            counted = classes.sizes if classes.persons is None or not self.person_column else classes.persons
            return counted >= self.k

        return check
