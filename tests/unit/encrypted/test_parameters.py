"""Parameters reach the level that they name, by the standard's table and by SEAL's own check."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppml_core.encrypted.ckks import Ring
from ppml_core.encrypted.noise import standard_normal
from ppml_core.encrypted.parameters import MOST_MODULUS_BITS, Parameters, chosen
from ppml_core.errors import BadInput, NotApplicable


@given(st.integers(0, 6), st.integers(30, 58), st.integers(40, 150), st.sampled_from([128, 192, 256]))
def test_the_modulus_never_exceeds_the_standard(rescalings: int, scale: int, last: int, level: int) -> None:
    try:
        found = chosen(rescalings, scale, last, level)
    except NotApplicable:
        return
    assert sum(found.prime_bits) <= MOST_MODULUS_BITS[level][found.ring_degree]
    assert sum(found.prime_bits[:-1]) == last + rescalings * scale
    smaller = found.ring_degree // 2
    assert smaller not in MOST_MODULUS_BITS[level] or sum(found.prime_bits) > MOST_MODULUS_BITS[level][smaller]


def test_a_higher_level_takes_a_larger_ring() -> None:
    degrees = [chosen(2, 50, 100, level).ring_degree for level in (128, 192, 256)]
    assert degrees == sorted(degrees)
    assert degrees[0] < degrees[-1]


@pytest.mark.parametrize("level", [128, 192, 256])
def test_seal_agrees_with_the_level(level: int) -> None:
    parameters = chosen(0, 40, 60, level)
    assert Ring(parameters).encoder.slot_count() == parameters.slots


def test_what_does_not_reach_the_level_is_refused_in_a_sentence() -> None:
    with pytest.raises(BadInput, match="at most 218"):
        Parameters(8192, (60, 60, 60, 60), scale_bits=40)
    with pytest.raises(BadInput, match="security_bits"):
        chosen(0, 40, 60, security_bits=100)
    with pytest.raises(NotApplicable, match="less depth"):
        chosen(30, 50, 60)


def test_noise_of_the_operating_system_is_gaussian() -> None:
    drawn = standard_normal((200, 100), None)
    assert abs(drawn.mean()) < 5 / np.sqrt(drawn.size)
    assert drawn.std() == pytest.approx(1, abs=0.03)
    assert abs((np.abs(drawn) > 1.959964).mean() - 0.05) < 0.01
    assert not (standard_normal((5,), None) == standard_normal((5,), None)).any()
