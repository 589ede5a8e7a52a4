"""A column as small whole numbers, one for each value that occurs, without writing out a text per person.

In: a pandas or Arrow column. Out: `Coded`. What is coded already (categories, dictionaries, small whole numbers) is
looked at where it lies; the rest is numbered once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa

from ppml_core.data import count_kernels as kernels
from ppml_core.data.binary_files import plain_column

NEAR = 1 << 16


@dataclass(frozen=True, eq=False)
class Coded:
    """`codes` (rows,) of any integer type; `low + i` stands for value i of `size`, anything lower for an absent one.

    `named` gives the values as a pandas column; it is called only where they are asked for. One of them may itself be
    an absent one (the NaN of floats).
    """

    codes: np.ndarray
    low: int
    size: int
    named: Callable[[], pd.Series]

    @property
    def bits(self) -> int:
        """Bits that tell all values and the absent one apart."""
        return max(1, self.size.bit_length())


def coded(values: pd.Series | pa.ChunkedArray | pa.Array) -> Coded:
    """The column as codes. Absent values of every kind (None, NaN, NaT) are one; 0.0 and -0.0 are one."""
    if isinstance(values, pa.ChunkedArray | pa.Array):
        return _of_arrow(values)
    kind = values.dtype
    if isinstance(kind, pd.CategoricalDtype):
        categories = kind.categories
        held = cast(pd.Categorical, values.array).codes  # a view, where values.cat.codes is a copy
        return Coded(held, 0, len(categories), lambda: categories.to_series())
    if isinstance(kind, pd.StringDtype | pd.ArrowDtype):
        arrow = pa.array(values, from_pandas=True)
        if _is_text(arrow.type):
            return _of_arrow(arrow, kind)
    if isinstance(kind, np.dtype) and kind.kind in "bui":
        return _of_integers(values.to_numpy(), kind)
    if isinstance(kind, np.dtype) and kind.kind == "f" and kind.itemsize <= 8:
        return _of_floats(values.to_numpy(), kind)
    if isinstance(kind, np.dtype) and kind.kind == "M":
        codes, bits = _numbered(values.to_numpy().view(np.uint64))
        return Coded(codes, 0, len(bits), lambda: pd.Series(bits.view(kind)))
    found, uniques = pd.factorize(values)
    return Coded(_small(found, len(uniques)), 0, len(uniques), lambda: pd.Series(uniques))


def _of_integers(numbers: np.ndarray, kind: np.dtype[Any]) -> Coded:
    if kind.kind == "b":
        return Coded(numbers.view(np.uint8), 0, 2, lambda: pd.Series([False, True]))
    low, high = (int(numbers.min()), int(numbers.max())) if len(numbers) else (0, -1)
    if high - low < NEAR and high < 2**62 and low > -(2**62):
        return Coded(numbers, low, high - low + 1, lambda: pd.Series(np.arange(low, high + 1).astype(kind)))
    signed = np.int64 if kind.kind == "i" else np.uint64
    codes, bits = _numbered(np.ascontiguousarray(numbers, dtype=signed).view(np.uint64))
    return Coded(codes, 0, len(bits), lambda: pd.Series(bits.view(signed).astype(kind)))


def _of_floats(numbers: np.ndarray, kind: np.dtype[Any]) -> Coded:
    codes, bits = _numbered(kernels.bits_of(np.ascontiguousarray(numbers, dtype=np.float64)))
    return Coded(codes, 0, len(bits), lambda: pd.Series(bits.view(np.float64).astype(kind)))


def _of_arrow(column: pa.ChunkedArray | pa.Array, kind: Any = None) -> Coded:
    """Dictionary indices as they are; texts are numbered by Arrow; other types go the way that reading a file goes."""
    whole = column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])
    if _is_text(whole.type) and not pa.types.is_dictionary(whole.type):
        whole = whole.dictionary_encode()
    if not pa.types.is_dictionary(whole.type):
        return coded(plain_column(whole))
    whole = whole.unify_dictionaries()
    texts: pd.Series = (whole.chunk(0).dictionary if whole.num_chunks else pa.array([], pa.string())).to_pandas()
    codes = np.empty(len(whole), dtype=np.min_scalar_type(-max(1, len(texts))))
    start = 0
    for part in whole.chunks:
        codes[start : start + len(part)] = part.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        start += len(part)
    once, first = pd.factorize(texts)
    if len(first) < len(texts):  # a dictionary may hold a value twice, or an absent one
        codes = _small(np.append(once, -1), len(first))[codes]
    return Coded(codes, 0, len(first), lambda: pd.Series(first, dtype=kind or texts.dtype))


def _numbered(bits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    codes = np.empty(len(bits), dtype=np.int32)
    found = kernels.number_values(bits, codes)
    return _small(codes, len(found)), found


def _small(codes: np.ndarray, size: int) -> np.ndarray:
    """The codes in the narrowest integers that hold them and -1."""
    return codes.astype(np.min_scalar_type(-max(1, size)), copy=False)


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_text(kind.value_type)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))
