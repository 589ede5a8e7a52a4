"""What models of sensitive attributes share: each attribute is judged by its histogram, and all must pass."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence

from ppml_core.anonymize.classes import Bools, Classes, Ground, Ints, Sensitive
from ppml_core.anonymize.models.base import ClassCheck, ClassModel
from ppml_core.data.hierarchy import MISSING
from ppml_core.errors import BadInput

HistogramCheck = Callable[[Ints, int], Bools]
ROUNDING = 1e-12


class SensitiveModel(ClassModel):
    """A promise about how the values of each sensitive attribute lie in each class.

    Shares are compared with a relative tolerance of `ROUNDING`, so that a share that equals a limit counts as equal.
    """

    sensitive: tuple[str, ...]

    def sensitive_of(self, ground: Ground) -> tuple[str, ...]:
        return ground.sensitive_names(self.sensitive)

    def bind(self, ground: Ground) -> ClassCheck:
        checks = {name: self.of_attribute(ground.sensitive(name)) for name in self.sensitive_of(ground)}

        def check(classes: Classes) -> Bools:
            verdicts = [of(classes.table, classes.layout.blocks[name].start) for name, of in checks.items()]
            kept = verdicts[0]
            for verdict in verdicts[1:]:
                kept &= verdict
            return kept

        return check

    @abstractmethod
    def of_attribute(self, attribute: Sensitive) -> HistogramCheck:
        """A function of (table of classes, column at which the attribute's histogram starts) -> may it stay."""


def check_values(ground: Ground, names: Sequence[str], values: Sequence[str]) -> None:
    """Raises BadInput for a value that is neither in the table nor in its list or hierarchy in the schema."""
    known: set[str] = set()
    for name in names:
        tree = ground.sensitive(name).tree
        known |= {*ground.sensitive(name).labels, *(ground.data.schema[name].categories or ())}
        known |= set(tree.leaves) if tree is not None else set()
    for value in values:
        if value not in known:
            some = ", ".join(repr(label) for label in sorted(known - {MISSING})[:10])
            raise BadInput(f"{value!r} is no value of {', '.join(names)}: name one of {some}.")
