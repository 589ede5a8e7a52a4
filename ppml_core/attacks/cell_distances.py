"""How far the cells of a release lie from people's true values, column by column, as someone sees who knows the values.

In: a raw table, a release of it in any shape (perturbed, generalized, blanked). Out: `Compared`, numbers that a
compiled loop adds up over columns. No column adds more than about 1: a whole public range apart, or another category.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from ppml_core.anonymize.columns import ORDERED, numbers, ordered
from ppml_core.anonymize.partition import leaf_values
from ppml_core.attacks.linkage_kernels import NUMBERS, RECODED, TEXTS
from ppml_core.data.dataset import Dataset
from ppml_core.data.hierarchy import MISSING, ROOT, Codes, Hierarchy
from ppml_core.data.schema import Column
from ppml_core.learn.encoding import texts_of

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

DEFAULT_NEUTRAL = 0.5
NARROWER = 1e-6  # per unit of log leaves: decides between cells that are equally near, and nothing else
NO_TABLE: Floats = np.zeros((0, 0))
NOWHERE: Bools = np.zeros((0, 0), dtype=bool)


@dataclass(frozen=True, eq=False)
class Compared:
    """One column: `asked` (targets,) and `released` (records,) as `kind` says, NaN for a blank cell.

    A blank cell lies at the distance `neutral` from every value: what two random people of the raw table are apart.
    `inside` has the shape of `table`, and says which true values lie under which generalized cell.
    """

    kind: int
    asked: Floats
    released: Floats
    scale: float
    neutral: float
    table: Floats
    inside: Bools = field(default_factory=lambda: NOWHERE)

    @classmethod
    def of(cls, raw: Dataset, release: Dataset, name: str, targets: Rows, records: Rows) -> Compared:
        """The column of the raw people at `targets` and of the released records at `records`."""
        shown = release.take(records)
        if name in release.published or is_recoded(raw.schema[name], release.schema[name]):
            return _recoded(raw, shown, name, targets)
        if raw.schema[name].kind in ORDERED:
            return _on_an_axis(raw, shown, name, targets)
        return _as_texts(raw, shown, name, targets)


@dataclass(frozen=True, eq=False)
class Packed:
    """Columns side by side as compiled loops take them: `asked` (targets, columns), `released` (records, columns).

    `rest` are the arguments that follow in `linkage_kernels`: kinds, scales, neutral, and where each table begins, how
    wide it is, and all of them in one row.
    """

    asked: Floats
    released: Floats
    rest: tuple[np.ndarray, ...]

    @classmethod
    def of(cls, compared: Sequence[Compared], targets: int, records: int) -> Packed:
        sizes = [part.table.size for part in compared]
        return cls(
            np.column_stack([np.zeros((targets, 0)), *(part.asked for part in compared)]),
            np.column_stack([np.zeros((records, 0)), *(part.released for part in compared)]),
            (
                np.array([part.kind for part in compared], dtype=np.int64),
                np.array([part.scale for part in compared], dtype=np.float64),
                np.array([part.neutral for part in compared], dtype=np.float64),
                np.cumsum([0, *sizes])[:-1].astype(np.int64),
                np.array([part.table.shape[1] for part in compared], dtype=np.int64),
                np.concatenate([np.zeros(0), *(part.table.ravel() for part in compared)]),
            ),
        )


def is_recoded(before: Column, after: Column) -> bool:
    """Whether the released schema gives the column values of another kind than it had."""
    told = ("kind", "categories", "hierarchy_file", "widths", "levels")
    return any(getattr(before, entry) != getattr(after, entry) for entry in told)


def _on_an_axis(raw: Dataset, shown: Dataset, name: str, targets: Rows) -> Compared:
    """Numbers, days, and places in the order of the categories: |difference| over the public range."""
    values, released = _axis(raw, shown, name)
    scale = 1 / _range(raw.schema[name], values)
    return Compared(NUMBERS, values[targets], released, scale, _apart(values) * scale or DEFAULT_NEUTRAL, NO_TABLE)


def _axis(raw: Dataset, shown: Dataset, name: str) -> tuple[Floats, Floats]:
    column = raw.schema[name]
    if column.kind == "numeric":
        return numbers(raw, name), numbers(shown, name)
    if column.kind == "date" or pd.api.types.is_numeric_dtype(raw.table[name]):
        return ordered(raw, name), ordered(shown, name)
    texts = [raw.texts(name), shown.texts(name)]
    listed = dict.fromkeys([*(column.categories or ()), *sorted({*texts[0], *texts[1]})])
    places = {text: place for place, text in enumerate(listed)} | {MISSING: np.nan}
    first, second = (np.array([places[text] for text in those], dtype=np.float64) for those in texts)
    return first, second


def _as_texts(raw: Dataset, shown: Dataset, name: str, targets: Rows) -> Compared:
    """Categories: 0 where they are equal, else 1."""
    codes, texts = texts_of(raw, name)
    shown_codes, shown_texts = texts_of(shown, name)
    known = {text: float(code) for code, text in enumerate(dict.fromkeys([*texts, *shown_texts]))} | {MISSING: np.nan}
    asked, released = (np.array([known[text] for text in those], dtype=np.float64) for those in (texts, shown_texts))
    neutral = _differing(codes) or DEFAULT_NEUTRAL
    return Compared(TEXTS, asked[codes[targets]], released[shown_codes], 1.0, neutral, NO_TABLE)


def _recoded(raw: Dataset, shown: Dataset, name: str, targets: Rows) -> Compared:
    """Generalized cells: 0 where the true value lies under the cell, else the distance to the nearest that does.

    Of cells that are equally near the narrower is nearer by a trifle: where people are generalized unequally, a wide
    cell that fits everybody says little, and someone who ignored that would find far fewer than could be found.
    """
    codes, texts = texts_of(raw, name)
    shown_codes, shown_texts = texts_of(shown, name)
    tree, spans = meaning(raw, shown, name, shown_texts)
    values = _leaf_values(tree, raw.schema[name])
    leaves = np.array([tree.leaf_of(text) for text in texts], dtype=np.int64)
    of_row = np.append(values, np.nan)[leaves][codes]
    valued = not np.isnan(of_row).all()
    scale = 1 / _range(raw.schema[name], of_row) if valued else 1.0
    neutral = (_apart(of_row) * scale if valued else _differing(codes)) or DEFAULT_NEUTRAL
    used, asked = np.unique(codes[targets], return_inverse=True)
    absent = texts[used] == MISSING
    table = np.empty((len(used), len(spans)))
    inside = np.zeros(table.shape, dtype=bool)
    for place, span in enumerate(spans):
        blank = shown_texts[place] == MISSING
        inside[:, place] = np.isin(leaves[used], span)
        far = np.full(len(used), neutral) if blank else _to_span(leaves[used], span, values, scale, neutral)
        table[:, place] = np.where(absent & blank, 0.0, far)
    codes_asked, codes_shown = asked.ravel().astype(np.float64), shown_codes.astype(np.float64)
    return Compared(RECODED, codes_asked, codes_shown, 1.0, neutral, table, inside)


def _to_span(asked: Rows, span: Codes, values: Floats, scale: float, neutral: float) -> Floats:
    """From each leaf to the nearest of a span (none known: 1); between leaves without a number 0 or 1."""
    numbers_in = np.sort(values[span][~np.isnan(values[span])])
    own = np.append(values, np.nan)[asked]
    if len(numbers_in):
        place = np.searchsorted(numbers_in, own)
        below, above = (numbers_in[np.clip(place + step, 0, len(numbers_in) - 1)] for step in (-1, 0))
        gaps = np.minimum(np.abs(own - below), np.abs(own - above)) * scale
        gaps = np.where(np.isnan(own), neutral, gaps)
    else:
        gaps = np.where(np.isnan(own), 1.0, neutral)
    return np.where(np.isin(asked, span), 0.0, gaps) + NARROWER * math.log(max(1, len(span)))


def meaning(raw: Dataset, shown: Dataset, name: str, texts: npt.NDArray[np.object_]) -> tuple[Hierarchy, list[Codes]]:
    """The hierarchy and, per text, the leaves under it: none for an unknown one, all for a lone root."""
    if name in shown.published:
        published = shown.published[name]
        tree, known = published.tree, {text: published.leaves_under(text) for text in texts}
    else:
        tree = raw.hierarchy(name)
        known = _labels(tree, {text for text in texts if text != MISSING})
    none, everything = np.zeros(0, dtype=np.int32), np.arange(len(tree.leaves), dtype=np.int32)
    spans = [known.get(text, none) for text in texts]
    return tree, [
        everything if text == ROOT and not len(span) else span for text, span in zip(texts, spans, strict=True)
    ]


def _labels(tree: Hierarchy, texts: set[str]) -> dict[str, Codes]:
    """What labels of full-domain generalization stand for: at the lowest level that has all of them, else at any."""
    levels = [level for level, labels in enumerate(tree.labels) if texts <= set(labels)]
    spans: dict[str, Codes] = {}
    for level in levels[:1] or range(tree.depth):
        for code, label in enumerate(tree.labels[level]):
            if label in texts and label not in spans:
                spans[label] = np.flatnonzero(tree.codes[level] == code).astype(np.int32)
    return spans


def _leaf_values(tree: Hierarchy, column: Column) -> Floats:
    """The number, day or place in the order of the categories that each leaf is; NaN where it is none."""
    if column.kind == "ordinal" and column.categories:
        places = {text: float(place) for place, text in enumerate(column.categories)}
        return np.array([places.get(leaf, np.nan) for leaf in tree.leaves])
    return leaf_values(tree, column.kind)


def _range(column: Column, values: Floats) -> float:
    """The public range of a column, or, without one, that of the raw values."""
    if column.bounds is not None and column.kind != "date":
        return column.bounds[1] - column.bounds[0]
    if column.kind == "ordinal" and column.categories:
        return float(max(1, len(column.categories) - 1))
    present = values[~np.isnan(values)]
    return float(np.ptp(present)) or 1.0 if len(present) else 1.0


def _apart(values: Floats) -> float:
    """Mean absolute difference of two people drawn at random (Gini)."""
    present = np.sort(values[~np.isnan(values)])
    rows = len(present)
    if not rows:
        return 0.0
    return float((2 * np.arange(1, rows + 1) - rows - 1) @ present * 2 / rows**2)


def _differing(codes: npt.NDArray[np.intp]) -> float:
    """Chance that two people drawn at random differ (Simpson)."""
    return 1 - float(((np.bincount(codes) / len(codes)) ** 2).sum()) if len(codes) else 0.0
