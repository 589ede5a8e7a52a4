"""Delta follows from public sizes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppml_core.accounting.budget import default_delta, delta_limit
from ppml_core.errors import BadInput


@given(st.integers(1, 10**12))
def test_default_is_the_largest_power_of_ten_within_the_limit(rows: int) -> None:
    assert default_delta(rows) <= delta_limit(rows) * (1 + 1e-12)
    assert 10 * default_delta(rows) > delta_limit(rows)


def test_no_rows_are_refused() -> None:
    with pytest.raises(BadInput):
        default_delta(0)
