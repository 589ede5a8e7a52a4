"""Distinct l-diversity: every class holds at least l different sensitive values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ppml_core.anonymize.classes import Bools, Classes, Ground
from ppml_core.anonymize.models.base import ClassCheck, ClassModel
from ppml_core.settings import setting


@dataclass(frozen=True)
class DistinctLDiversity(ClassModel):
    """Nobody's sensitive value is certain to someone who finds their class: at least l values occur in it.

    Protects against homogeneity; a value may still be far likelier in a class than elsewhere, and values may be alike
    in meaning. Machanavajjhala et al. 2007, section 4.
    """

    title: ClassVar[str] = "distinct l-diversity"
    threat: ClassVar[str] = "One value shared by a class"
    why: ClassVar[str] = (
        "Each class must hold at least l different sensitive values, or finding the class is finding the value."
    )
    strength: ClassVar[str] = "l"
    upward_closed: ClassVar[bool] = True

    l: int = setting(3, 1, None, slider=(2, 20), help="fewest different sensitive values in a class", unit="values")  # noqa: E741
    sensitive: tuple[str, ...] = setting((), help="sensitive attributes; none named means all of them")

    def sensitive_of(self, ground: Ground) -> tuple[str, ...]:
        return ground.sensitive_names(self.sensitive)

    def bind(self, ground: Ground) -> ClassCheck:
        names = self.sensitive_of(ground)

        def check(classes: Classes) -> Bools:
            enough = np.ones(len(classes), dtype=bool)
            for name in names:
                enough &= (classes.histogram(name) > 0).sum(axis=1) >= self.l
            return enough

        return check
