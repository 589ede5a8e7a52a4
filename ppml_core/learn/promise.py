"""What stands between a private learner and its guarantee: bounds, categories or a size read off private rows."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ppml_core.accounting.budget import delta_limit
from ppml_core.data.dataset import Dataset
from ppml_core.errors import NotApplicable
from ppml_core.evidence import Guarantee
from ppml_core.learn.encoding import Encoder
from ppml_core.learn.target import target_classes, target_of


@dataclass(frozen=True)
class Ground:
    """What a private learner stands on: features, classes, a public size, and the sentence why it may be shaky.

    `people` is the expected size of the whole table, which bounds delta; `rows` that of the training part, a constant:
    the schema's expected_rows, or a power of two near the count. `doubt` is "" where every number used is public; only
    then is a guarantee given.
    """

    encoder: Encoder
    classes: tuple[str, ...]
    rows: int
    people: int
    doubt: str

    @classmethod
    def of(cls, data: Dataset, *, needs_size: bool, knots: int = 1) -> Ground:
        """Raises NotApplicable where the schema says too little, or the target is no list of classes."""
        if not len(data):
            raise NotApplicable("there are no rows to learn from.")
        schema = data.schema
        encoder, classes = Encoder.of(schema, knots, data.published), target_classes(schema)
        inferred = [*encoder.inferred, *([] if schema[target_of(schema)].is_public else [target_of(schema)])]
        rows, doubt = schema.expected_rows, _recoded_sentence(encoder) or _inferred_sentence(inferred, encoder)
        if rows is None:
            rows = 2 ** round(math.log2(len(data)))
            if needs_size and not doubt:
                doubt = (
                    "the number of rows was taken from the private table; "
                    "write expected_rows into the schema to get a guarantee"
                )
        people = data.whole.schema.expected_rows if data.whole is not None else None
        return cls(encoder, classes, rows, people or rows, doubt)

    def promised(self, guarantee: Guarantee) -> Guarantee | None:
        """The guarantee, or None where something private was read."""
        return None if self.doubt else guarantee

    def size_warnings(self, delta: float) -> tuple[str, ...]:
        """A sentence where delta is larger than the public size allows."""
        limit = delta_limit(self.people)
        if delta <= limit:
            return ()
        return (
            f"delta {delta:g} is above 1/(10 × {self.people:,} expected rows) = {limit:.1g}: choose a smaller one.",
        )


def _recoded_sentence(encoder: Encoder) -> str:
    recoded = [part.column for part in encoder.parts if part.published is not None]
    if not recoded:
        return ""
    return (
        f"the cells of {recoded[0]!r} were generalized one by one after reading the private rows, so that no guarantee "
        f"reaches the people behind them"
    )


def _inferred_sentence(names: list[str], encoder: Encoder) -> str:
    if not names:
        return ""
    numeric = {part.column for part in encoder.parts if part.is_numeric}
    what = "bounds" if names[0] in numeric else "categories"
    others = f" and of {len(names) - 1} more" if len(names) > 1 else ""
    return (
        f"{what} of {names[0]!r}{others} were inferred from the private rows; "
        f"write public {what} into the schema to get a guarantee"
    )
