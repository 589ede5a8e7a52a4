"""Tables of any size that look like Adult: its people drawn again, a little changed, and each given a postal code.

For tests of speed and memory only: the draws are seeded, and nothing in them is new knowledge about anybody.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd

from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Column

ZIPS = 20_000
ZIPF = 1.1
JITTER = 2
SWAPPED = 0.1
BAND = 10
WORK = ("workclass", "occupation", "hours_per_week")


def scaled_adult(rows: int, seed: int = 1) -> Dataset:
    """So many people drawn from Adult; `zip` is the last quasi-identifier.

    A tenth has the work columns of somebody else of the same age band, sex and education; ages move by up to 2 years;
    the popularity of the 20,000 postal codes is Zipf's. Texts are categorical columns.
    """
    adult = load("adult")
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, len(adult), rows, dtype=np.int32)
    work = np.where(rng.random(rows) < SWAPPED, _like(adult.table, drawn, rng), drawn)
    columns = {}
    for name in adult.table.columns:
        values = _compact(adult.table[name])
        columns[name] = values.take(work if name in WORK else drawn).reset_index(drop=True)
    moved = columns["age"] + rng.integers(-JITTER, JITTER + 1, rows)
    columns["age"] = moved.clip(*adult.schema["age"].bounds or (0, 120)).astype("int64")
    columns["zip"] = _zips(rows, rng)
    meaning = {**adult.schema.columns, "zip": Column(role="quasi_identifier")}
    schema = dataclasses.replace(adult.schema, columns=meaning)
    return Dataset(pd.DataFrame(columns), schema, f"adult_{rows}")


def _compact(values: pd.Series) -> pd.Series:
    return values if pd.api.types.is_numeric_dtype(values) else values.astype("category")


def _like(table: pd.DataFrame, drawn: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """For each drawn person somebody of the same age band, sex and education."""
    cell = table.groupby([table["age"] // BAND, "sex", "education"], observed=True).ngroup().to_numpy()
    order = np.argsort(cell, kind="stable")
    sizes = np.bincount(cell)
    starts = np.cumsum(sizes) - sizes
    theirs = cell[drawn]
    return order[starts[theirs] + (rng.random(len(drawn)) * sizes[theirs]).astype(np.int64)].astype(np.int32)


def _zips(rows: int, rng: np.random.Generator) -> pd.Series:
    shares = 1 / np.arange(1, ZIPS + 1) ** ZIPF
    codes = np.searchsorted(np.cumsum(shares / shares.sum()), rng.random(rows)).clip(max=ZIPS - 1)
    names = pd.Index([f"{10_000 + 4 * code:05d}" for code in range(ZIPS)], dtype="str")
    return pd.Series(pd.Categorical.from_codes(codes.astype(np.int16), categories=names))
