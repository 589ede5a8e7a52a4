"""What can be seen in one column: how many values, of what shape, between which numbers. No meaning yet."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from ppml_core.data.cells import LARGEST_EXACT, shown
from ppml_core.data.dates import date_format

SHAPES = {
    "an e-mail address": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+"),
    "a social security number": re.compile(r"\d{3}-\d{2}-\d{4}"),
    "a network address": re.compile(r"\d{1,3}(\.\d{1,3}){3}"),
    "a unique identifier": re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
    "a telephone number": re.compile(
        r"(?=(\D*\d){7,15}\D*$)(\+|00|0|\()[\d ()./-]{7,}|(?=(\D*\d){7,15}\D*$)\d{3}[ -]\d{3}[ -]\d{4}"
    ),
}
SHAPE_SHARE = 0.8
SHAPE_SAMPLE = 500
FREE_TEXT_WORDS = 5
FREE_TEXT_CHARACTERS = 40


@dataclass(frozen=True, eq=False)
class Facts:
    """A column as it is: rows, and its distinct texts in order (absent and empty cells left out)."""

    values: pd.Series
    texts: tuple[str, ...]
    present: int

    @property
    def rows(self) -> int:
        return len(self.values)

    @property
    def distinct(self) -> int:
        return len(self.texts)

    @property
    def has_missing(self) -> bool:
        return self.present < self.rows

    @property
    def all_differ(self) -> bool:
        return self.distinct == self.present and self.present > 1

    @property
    def is_numeric(self) -> bool:
        return pd.api.types.is_numeric_dtype(self.values) and not pd.api.types.is_bool_dtype(self.values)

    @cached_property
    def numbers(self) -> np.ndarray:
        """The present numbers, infinite ones included."""
        if not self.is_numeric:
            return np.zeros(0)
        numbers = self.values.to_numpy(dtype=float, na_value=np.nan)
        return np.asarray(numbers[~np.isnan(numbers)])

    @cached_property
    def is_finite(self) -> bool:
        return bool(np.isfinite(self.numbers).all())

    @cached_property
    def is_whole(self) -> bool:
        """Whole numbers, none so large that a float would round it."""
        exact = self.is_numeric and bool((np.abs(self.numbers) < LARGEST_EXACT).all())
        return exact and bool((self.numbers == np.round(self.numbers)).all())

    @cached_property
    def bounds(self) -> tuple[float, float] | None:
        """Nice numbers outside the smallest and largest; None where there are none."""
        finite = self.numbers[np.isfinite(self.numbers)]
        return nice_bounds(float(finite.min()), float(finite.max()), self.is_whole) if len(finite) else None

    @cached_property
    def is_date(self) -> bool:
        if pd.api.types.is_datetime64_any_dtype(self.values):
            return self.present > 0
        return not self.is_numeric and date_format([text.strip() for text in self.texts]) is not None

    @cached_property
    def shape(self) -> str | None:
        """What most values look like: an e-mail address, a telephone number and so on."""
        if self.is_numeric or self.is_date or self.distinct < 2:
            return None
        sample = self.texts[:: max(1, self.distinct // SHAPE_SAMPLE)]
        for noun, shape in SHAPES.items():
            if sum(shape.fullmatch(text.strip()) is not None for text in sample) >= SHAPE_SHARE * len(sample):
                return noun
        return None

    @cached_property
    def is_free_text(self) -> bool:
        """Mostly different texts of many words or characters."""
        if self.is_numeric or self.is_date or self.distinct < 2 or self.distinct < self.present / 2:
            return False
        sample = self.texts[:: max(1, self.distinct // SHAPE_SAMPLE)]
        words = sum(len(text.split()) for text in sample) / len(sample)
        return words >= FREE_TEXT_WORDS or sum(map(len, sample)) / len(sample) > FREE_TEXT_CHARACTERS

    @cached_property
    def is_numbering(self) -> bool:
        """Whole numbers, all different, that leave few out (1, 2, 3, …) or all have the same five or more digits."""
        whole = self.is_whole or (self.is_numeric and pd.api.types.is_integer_dtype(self.values))
        if not whole or not self.all_differ or self.rows < 20:
            return False
        low, high = self.numbers.min(), self.numbers.max()
        same_digits = low >= 10_000 and len(str(int(low))) == len(str(int(high))) and self.rows >= 50
        return bool(high - low < 1.2 * self.rows) or same_digits


def facts_of(values: pd.Series) -> Facts:
    """The facts of one column."""
    texts = shown(values)
    texts = texts.where(texts.notna() & (texts != ""))
    return Facts(values, tuple(sorted(str(text) for text in texts.dropna().unique())), int(texts.notna().sum()))


def nice_bounds(low: float, high: float, whole: bool) -> tuple[float, float] | None:
    """Round numbers at or outside low and high, 0 where low is near it; None where floats do not reach so far.

    >>> nice_bounds(17, 90, whole=True)
    (0, 90)
    >>> nice_bounds(2003, 2009, whole=True)
    (2003, 2009)
    """
    span = high - low
    if not math.isfinite(span):
        return None
    size = span or abs(low) or 1.0
    digits = math.floor(math.log10(size)) if size > 1e-300 else 0
    step = 10.0**digits / 2 if span else 10.0**digits
    step = max(step, 1.0) if whole else step
    lower = 0.0 if 0 <= low <= span else _round(math.floor(low / step) * step, digits)
    upper = 0.0 if high <= 0 and -high < span / 2 else _round(math.ceil(high / step) * step, digits)
    if lower >= upper:
        lower, upper = lower - step, upper + step
    lower, upper = (float(bound) for bound in (min(lower, low), max(upper, high)))
    if lower >= upper:  # numbers so large that a step is lost in them
        lower, upper = math.nextafter(low, -math.inf), math.nextafter(high, math.inf)
    if not (math.isfinite(lower) and math.isfinite(upper)):
        return None
    return (int(lower), int(upper)) if whole else (lower, upper)


def _round(number: float, digits: int) -> float:
    return round(number, max(0, 2 - digits)) if math.isfinite(number) and digits < 300 else number


def common_length(texts: Sequence[str]) -> int:
    """The number of characters that all texts have in common use; 0 where they differ."""
    lengths = {len(text) for text in texts}
    return lengths.pop() if len(lengths) == 1 else 0
