"""Where the desk's noise comes from: OpenDP and the operating system for answers that leave, a seed for trials.

In: exact whole numbers, a scale. Out: noisy numbers. Whole numbers below 2^53 are exact as floats, and OpenDP's Laplace
and Gaussian are samplers without the floating-point faults of Mironov 2012, drawn from the operating system's entropy.
Selection is permute-and-flip (McKenna, Sheldon 2020). The seeded source has the same distributions and promises
nothing: its noise can be drawn again.

Mechanisms are made one by one (`make_laplace` …), not asked for through OpenDP's Context: what a Context has left of
its budget stands in the memory of one process, while the ledger charges whole units in the same transaction as the
answer, adds them exactly, and is still right after a restart (`queries.ledger`).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from ppml_core.mechanisms.system import ABSENT as NO_OPENDP
from ppml_core.mechanisms.system import opendp

EXACT = 2**53
ABSENT = f"private answers need {NO_OPENDP}"


class Noise(Protocol):
    """Draws. `releases` says whether what it drew may leave under a guarantee."""

    releases: bool

    def laplace(self, exact: Sequence[int], scale: float) -> list[float]: ...

    def gaussian(self, exact: Sequence[int], scale: float) -> list[float]: ...

    def select(self, scores: Sequence[int], scale: float) -> int:
        """The place of a high score: exponential noise of that scale is added to each, and the largest wins."""
        ...


def opendp_is_there() -> bool:
    """Whether private answers can be drawn on this machine."""
    return importlib.util.find_spec("opendp") is not None


class OpenDPNoise:
    """OpenDP's measurements; raises NotApplicable where it is not installed."""

    releases = True

    def __init__(self) -> None:
        self._dp = opendp(ABSENT)

    def laplace(self, exact: Sequence[int], scale: float) -> list[float]:
        space = self._floats(), self._dp.l1_distance(T=float)
        return list(self._dp.m.make_laplace(*space, scale=scale)(_floats(exact)))

    def gaussian(self, exact: Sequence[int], scale: float) -> list[float]:
        space = self._floats(), self._dp.l2_distance(T=float)
        return list(self._dp.m.make_gaussian(*space, scale=scale)(_floats(exact)))

    def select(self, scores: Sequence[int], scale: float) -> int:
        space = self._dp.vector_domain(self._dp.atom_domain(T="i64")), self._dp.linf_distance(T="i64")
        return int(self._dp.m.make_noisy_max(*space, self._dp.max_divergence(), scale=scale)(list(scores)))

    def _floats(self) -> Any:
        return self._dp.vector_domain(self._dp.atom_domain(T=float, nan=False))


class SeededNoise:
    """The same distributions from a Generator, for trials of attacks: repeatable, and so no release."""

    releases = False

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def laplace(self, exact: Sequence[int], scale: float) -> list[float]:
        return list(map(float, np.array(_floats(exact)) + self._rng.laplace(scale=scale, size=len(exact))))

    def gaussian(self, exact: Sequence[int], scale: float) -> list[float]:
        return list(map(float, np.array(_floats(exact)) + self._rng.normal(scale=scale, size=len(exact))))

    def select(self, scores: Sequence[int], scale: float) -> int:
        return int(np.argmax(np.array(_floats(scores)) + self._rng.exponential(scale, size=len(scores))))


def _floats(exact: Sequence[int]) -> list[float]:
    assert all(abs(number) <= EXACT for number in exact)
    return [float(number) for number in exact]
