"""Two columns together, before and after a release."""

from __future__ import annotations

import numpy as np
import pytest

from ppml_core.anonymize.transforms.full_domain import FullDomain
from ppml_core.anonymize.transforms.local import Local
from ppml_core.charts.pair import pair_chart
from ppml_core.data.bundled import load
from ppml_core.errors import BadInput
from ppml_core.experiment.pair_view import MOST, pair_view


@pytest.mark.parametrize("method", [FullDomain, Local])
def test_people_are_neither_lost_nor_made(method: type[FullDomain] | type[Local]) -> None:
    raw = load("clinic")
    made = method(k=3).fit(raw, np.random.default_rng(0))
    first, second = raw.quasi_identifiers[:2]
    seen = pair_view(raw, made, first, second)
    assert seen.before.sum() == len(raw)
    assert seen.after.sum() == pytest.approx(len(made.kept))
    assert max(seen.before.shape) <= MOST
    assert 0 < seen.displaced < 1
    assert seen.associated[1] < seen.associated[0]
    counts = raw.table.groupby([first, second], observed=True).size().to_numpy()
    if seen.before.size >= len(counts) and all(" to " not in label for side in seen.labels for label in side):
        assert sorted(seen.before[seen.before > 0]) == sorted(counts)


def test_what_is_published_as_it_is_stands_where_it_stood() -> None:
    raw = load("clinic")
    made = FullDomain(k=1).fit(raw, np.random.default_rng(0))
    seen = pair_view(raw, made, *raw.quasi_identifiers[:2])
    assert np.allclose(seen.before, seen.after)
    assert seen.displaced == pytest.approx(0)
    drawn = pair_chart(seen)
    assert drawn.answer.startswith("0")
    assert drawn.table["people before"].sum() == len(raw)


def test_what_is_no_pair_is_said() -> None:
    raw = load("clinic")
    made = FullDomain(k=2).fit(raw, np.random.default_rng(0))
    name = raw.quasi_identifiers[0]
    with pytest.raises(BadInput, match="twice"):
        pair_view(raw, made, name, name)
    with pytest.raises(BadInput, match="'nothing' is no quasi-identifier"):
        pair_view(raw, made, name, "nothing")
