"""A guarantee is a checked statement; an estimate is another type."""

from __future__ import annotations

import pytest

from ppml_core.errors import BadInput
from ppml_core.evidence import Estimate, Guarantee


@pytest.mark.parametrize(
    ("epsilon", "delta"), [(0, 0), (-1, 0), (float("inf"), 0), (1, 1), (1, -0.1), (float("nan"), 0)]
)
def test_no_guarantee_outside_its_range(epsilon: float, delta: float) -> None:
    with pytest.raises(BadInput):
        Guarantee(epsilon, delta, "add_or_remove_one")


def test_neither_is_the_other() -> None:
    assert not issubclass(Guarantee, Estimate)
    assert not issubclass(Estimate, Guarantee)
