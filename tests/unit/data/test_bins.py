"""Public bins: what a schema may say of them, and what follows from bounds and a public size alone."""

from __future__ import annotations

from typing import Any

import pytest

from ppml_core.data.bins import Bins, generic_bins, one_two_five, read_bins
from ppml_core.data.bundled import load
from ppml_core.data.schema import Schema
from ppml_core.errors import BadInput


def test_a_grid_may_have_steps_and_single_edges() -> None:
    given = [{"step": 100, "until": 300, "edges": [1000], "scale": 3, "drop_lowest": True}, {"grid": "1-2-5"}]
    fine, coarse = read_bins("", given, (0.0, 500.0))
    assert fine == Bins((100.0, 200.0, 300.0, 1000.0), 3.0, True)
    assert coarse.edges == one_two_five(0, 500) == (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500)


@pytest.mark.parametrize(
    ("bins", "said"),
    [
        ([3, 1], "rising"),
        ([1, float("nan")], "rising"),
        ([{"step": 0, "until": 5}], "step above 0"),
        ([{"step": 1, "until": 1e9}], "at most 1,000 steps"),
        ([{"grid": "log"}], "1-2-5"),
        ([{"width": 3}], "not 'width'"),
        ([{"edges": [1], "scale": -1}], "scale"),
        ([{"edges": [1], "scale": "big"}], "must be a number"),
        ([{"edges": [1]}, 5], "not 5"),
    ],
)
def test_bins_that_cannot_be_used_are_refused_with_the_column(bins: list[Any], said: str) -> None:
    with pytest.raises(BadInput, match=said) as refused:
        Schema.from_values({"columns": {"income": {"kind": "numeric", "bounds": [0, 9], "bins": bins}}})
    assert "income" in str(refused.value)


@pytest.mark.parametrize("bounds", [(17, 90), (0, 1), (-5, 5), (0, 99_999), (0, 1e9), (2003, 2009), (0, 1e-6)])
def test_generic_bins_lie_within_the_bounds(bounds: tuple[float, float]) -> None:
    for bins in generic_bins(*bounds):
        assert list(bins.edges) == sorted(set(bins.edges))
        assert bounds[0] < bins.edges[0]
        assert bins.edges[-1] <= bounds[1]
        assert 3 <= len(bins.edges) <= 300


@pytest.mark.parametrize("bounds", [(17, 90), (0, 1), (0, 99_999), (0, 1e9), (0, 1e-6)])
def test_few_people_have_fewer_bins_and_a_coarse_cut_beside_them(bounds: tuple[float, float]) -> None:
    assert generic_bins(*bounds, people=30_000) == generic_bins(*bounds)
    fewer = generic_bins(*bounds, people=1_000)
    assert max(len(bins.edges) for bins in fewer) <= 20
    assert 2 <= len(fewer[-1].edges) <= 5
    for bins in fewer + generic_bins(*bounds, people=1):
        assert list(bins.edges) == sorted(set(bins.edges))
        assert bounds[0] < bins.edges[0] <= bins.edges[-1] <= bounds[1]


def test_a_schema_s_bins_survive_its_file() -> None:
    import tomllib

    schema = load("adult").schema
    again = Schema.from_values(tomllib.loads(schema.to_toml()))
    assert again["capital_gain"].bins == schema["capital_gain"].bins
    assert again["capital_gain"].bins_source == "chosen on Adult train, uncharged"
