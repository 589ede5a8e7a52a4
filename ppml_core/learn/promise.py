"""What stands between a private learner and its guarantee: bounds, categories or a size read off private rows."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ppml_core.accounting.budget import default_delta, delta_fault
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import INFERRED, Schema
from ppml_core.errors import NotApplicable
from ppml_core.evidence import Guarantee
from ppml_core.learn.base import Masks, Task
from ppml_core.learn.encoding import Encoder
from ppml_core.learn.target import encode_target, target_classes, target_numbers, target_of, task_of

PRIVATE_SIZE = (
    "the number of rows was taken from the private table; write expected_rows into the schema to get a guarantee"
)


@dataclass(frozen=True)
class Ground:
    """What a private learner stands on: features, classes, a public size, and the sentence why it may be shaky.

    `people` is the expected size of the whole table, which bounds delta; `rows` that of the training part, a constant:
    the schema's expected_rows, or a power of two near the count, and then it is not `sized`. `doubt` is "" where every
    number used is public; only then is a guarantee given. In a regression `classes` is () and the target lies within
    the public `low` and `high`.
    """

    encoder: Encoder
    classes: tuple[str, ...]
    rows: int
    people: int
    doubt: str
    low: float = 0.0
    high: float = 1.0
    sized: bool = True

    @classmethod
    def of(
        cls, data: Dataset, *, needs_size: bool, knots: int = 1, tasks: tuple[Task, ...] = ("classification",)
    ) -> Ground:
        """Raises NotApplicable where the schema says too little, or the target is of a kind not among `tasks`."""
        if not len(data):
            raise NotApplicable("there are no rows to learn from.")
        schema = data.schema
        regression = "regression" in tasks and task_of(schema) == "regression"
        if not regression and "classification" not in tasks:
            raise NotApplicable(f"the target {target_of(schema)!r} is a class, and this learner predicts a number.")
        classes = () if regression else target_classes(schema)
        low, high = _target_bounds(schema) if regression else (0.0, 1.0)
        encoder = Encoder.of(schema, knots, data.published)
        inferred = [*encoder.inferred, *([] if schema[target_of(schema)].is_public else [target_of(schema)])]
        rows, doubt = schema.expected_rows, _recoded_sentence(encoder) or _inferred_sentence(inferred, encoder, schema)
        if rows is None:
            rows = 2 ** round(math.log2(len(data)))
            if needs_size and not doubt:
                doubt = PRIVATE_SIZE
        people = data.whole.schema.expected_rows if data.whole is not None else None
        return cls(encoder, classes, rows, people or rows, doubt, low, high, schema.expected_rows is not None)

    @classmethod
    def of_parts(cls, data: Dataset, masks: Masks, **asked: Any) -> list[Ground]:
        """As `of`, for each part of the table that a row of `masks` marks; parts of nearly one size share theirs."""
        made: dict[int, Ground] = {}
        grounds = []
        for mask in masks:
            size = round(math.log2(max(int(mask.sum()), 1)))
            if size not in made:
                made[size] = cls.of(data.take(np.flatnonzero(mask)), **asked)
            grounds.append(made[size])
        return grounds

    def target(self, data: Dataset) -> npt.NDArray[np.int64] | npt.NDArray[np.float64]:
        """Each person's place in `classes`, or the number clipped to the public bounds and brought to [0, 1]."""
        if self.classes:
            return encode_target(data, self.classes)
        return (np.clip(target_numbers(data), self.low, self.high) - self.low) / (self.high - self.low)

    def in_units(self, shares: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Predictions from [0, 1] back to the target's unit, within its bounds, shape (rows, 1)."""
        return (self.low + np.clip(shares, 0.0, 1.0) * (self.high - self.low)).reshape(-1, 1)

    def delta(self, asked: float | None) -> float:
        """The delta that was asked for, or the largest power of ten that the size allows."""
        return default_delta(self.people) if asked is None else asked

    def at(self, asked: float | None) -> Ground:
        """The same at that delta: in doubt, too, where it followed from a private size."""
        if self.doubt or self.sized or asked is not None:
            return self
        return dataclasses.replace(self, doubt=PRIVATE_SIZE)

    def size_warnings(self, delta: float) -> tuple[str, ...]:
        """A sentence where delta is above what the public size allows: true, explored, and never released."""
        fault = delta_fault(delta, self.people) if self.sized else ""
        return (f"{fault}; nothing is released with it.",) if fault else ()

    def promised(self, guarantee: Guarantee) -> Guarantee | None:
        """The guarantee, or None where something private was read."""
        return None if self.doubt else guarantee


def _target_bounds(schema: Schema) -> tuple[float, float]:
    name = target_of(schema)
    bounds = schema[name].bounds
    if bounds is None:
        raise NotApplicable(
            f"the schema gives no bounds for the target {name!r}, and a private learner may not read them off the "
            f"rows: add them."
        )
    return bounds


def _recoded_sentence(encoder: Encoder) -> str:
    recoded = [part.column for part in encoder.parts if part.published is not None]
    if not recoded:
        return ""
    return (
        f"the cells of {recoded[0]!r} were generalized one by one after reading the private rows, so that no guarantee "
        f"reaches the people behind them"
    )


def _inferred_sentence(names: list[str], encoder: Encoder, schema: Schema) -> str:
    if not names:
        return ""
    numeric = {part.column for part in encoder.parts if part.is_numeric}
    what = "bounds" if names[0] in numeric else "categories"
    others = f" and of {len(names) - 1} more" if len(names) > 1 else ""
    if schema[names[0]].source != INFERRED:
        return (
            f"{what} of {names[0]!r}{others} come without a source; "
            f"write into the schema where they are publicly known from to get a guarantee"
        )
    return (
        f"{what} of {names[0]!r}{others} were inferred from the private rows; "
        f"write public {what} into the schema to get a guarantee"
    )
