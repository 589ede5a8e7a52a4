"""Designs: every combination, a list, points spread evenly over the sliders' ranges."""

from __future__ import annotations

import numpy as np
import pytest

from ppml_core.errors import BadInput
from ppml_core.experiment.designs import Family, Span, family_of, listed, mixed, space_filling, span_of, thinned, varied
from ppml_core.experiment.scenario import Scenario

CHAIN = Scenario.of("adult", "dp_gd", anonymize=[("full_domain", {})])


def test_what_is_varied_is_what_decides_privacy() -> None:
    assert set(varied(CHAIN)) == {"learner.epsilon", "anonymize.k", "anonymize.suppression_limit"}
    twice = Scenario.of("adult", "logistic_regression", anonymize=[("full_domain", {}), ("local", {})])
    assert {"anonymize.0.k", "anonymize.1.k"} <= set(varied(twice))


def test_a_span_is_the_slider_and_logs_where_that_is_declared() -> None:
    assert span_of(CHAIN, "learner.learning_rate") == Span("learner.learning_rate", 0.5, 256.0, log=True)
    assert span_of(CHAIN, "anonymize.k") == Span("anonymize.k", 2, 100, whole=True)
    assert span_of(CHAIN, "learner.epsilon").values[0] == 0.01
    assert "add_or_remove_one" in span_of(CHAIN, "learner.neighbours").values
    for name in ("learner.delta", "learner.luck", "anonymize.9.k"):
        with pytest.raises(BadInput, match=name):
            span_of(CHAIN, name)


@pytest.mark.parametrize("way", ["sobol", "latin_hypercube"])
def test_points_fill_the_space(way: str) -> None:
    spans = (Span("learner.learning_rate", 0.5, 256.0, log=True), Span("anonymize.suppression_limit", 0.0, 0.2))
    family = Family(CHAIN, spans)
    made = space_filling(family, 50, way, seed=3)  # type: ignore[arg-type]
    assert len(made) == 50
    assert made == space_filling(family, 50, way, seed=3)  # type: ignore[arg-type]
    assert made != space_filling(family, 50, way, seed=4)  # type: ignore[arg-type]
    rates = np.log2([scenario.setting("learner.learning_rate") for scenario in made])
    limits = np.array([scenario.setting("anonymize.suppression_limit") for scenario in made])
    for column, low, high in ((rates, -1, 8), (limits, 0, 0.2)):
        assert (np.histogram(column, 5, (low, high))[0] >= 7).all(), "each fifth of the range has its share"


def test_a_family_keeps_what_is_given_and_varies_the_rest() -> None:
    family = family_of(CHAIN, {"learner.epsilon": ["0.1", "1"], "anonymize.k": ["7"]})
    assert family.base.setting("anonymize.k") == 7
    assert {span.setting for span in family.spans} == {"learner.epsilon", "anonymize.suppression_limit"}
    assert family.spans[0].values == (0.1, 1.0)


def test_lists_and_mixtures_hold_each_scenario_once() -> None:
    made = listed(CHAIN, [{"anonymize.k": 3}, {"anonymize.k": 4, "learner.epsilon": 2}, {"anonymize.k": 3}])
    assert [scenario.setting("anonymize.k") for scenario in made] == [3, 4]
    plain = Scenario.of("adult", "logistic_regression")
    both = mixed([(CHAIN, {"anonymize.k": [3, 4]}), (plain, {}), (plain, {})])
    assert len(both) == 3
    assert thinned(both, 2) == [both[0], both[2]]
    with pytest.raises(BadInput, match="at least 1"):
        space_filling(Family(CHAIN), 0)
