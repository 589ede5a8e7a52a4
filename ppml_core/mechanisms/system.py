"""OpenDP's measurements on whole numbers: noise that nobody can draw again, without the faults of floating point.

In: exact whole numbers, a scale. Out: whole numbers with discrete Gaussian noise (Canonne, Kamath, Steinke 2020), or
the place of a high score. Both are drawn exactly, from the operating system's entropy, which closes the floating-point
attacks of Mironov 2012. What a measurement costs is told by OpenDP itself, as concentrated DP (its `map`).
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import numpy.typing as npt

from ppml_core.errors import NotApplicable

Whole = npt.NDArray[np.int64]

ABSENT = "noise from OpenDP, which is not installed: pip install 'ppml-explorer[release]'."


def opendp(absent: str = f"a release needs {ABSENT}") -> Any:
    """OpenDP's prelude. Raises NotApplicable with that sentence where it is not installed."""
    try:
        dp = importlib.import_module("opendp.prelude")
    except ImportError as fault:
        raise NotApplicable(absent) from fault
    dp.enable_features("contrib")
    return dp


def discrete_gaussian(scale: float) -> Any:
    """A measurement of a list of whole numbers, 1/(2 scale²) of concentrated DP where they move by 1 (Euclidean)."""
    dp = opendp()
    space = dp.vector_domain(dp.atom_domain(T="i64")), dp.l2_distance(T=float)
    return dp.m.make_gaussian(*space, scale=scale)


def gumbel_choice(scale: float) -> Any:
    """A measurement of a list of whole scores: the place of the largest after Gumbel noise, exponential in the scores.

    Where each score moves by d it costs (2 d / scale)²/8 of concentrated DP (Cesar, Rogers 2021).
    """
    dp = opendp()
    space = dp.vector_domain(dp.atom_domain(T="i64")), dp.linf_distance(T="i64")
    return dp.m.make_noisy_max(*space, dp.zero_concentrated_divergence(), scale=scale)


def measured(measurement: Any, numbers: Whole) -> Whole:
    """What the measurement makes of whole numbers of any shape."""
    return np.array(measurement(numbers.ravel().tolist()), dtype=np.int64).reshape(numbers.shape)
