"""A budget over steps: the parts add up to the whole, by the accountant that is named."""

from __future__ import annotations

import pytest

from ppml_core.accounting.shares import SharesBudget, split_of
from ppml_core.anonymize.base import Anonymizer
from ppml_core.anonymize.transforms.dp_synthetic import DPSynthetic
from ppml_core.catalog import methods
from ppml_core.learn.base import Learner
from ppml_core.learn.dp_gd import DPGradientDescent
from ppml_core.settings import settings_of

SPLIT = [
    cls
    for cls in (*methods(Learner).values(), *methods(Anonymizer).values())
    if "epsilon" in settings_of(cls) and cls().budget_shares()
]


@pytest.mark.parametrize("cls", SPLIT, ids=[cls.name() for cls in SPLIT])
@pytest.mark.parametrize("epsilon", [0.5, 1.0, 10.0])
def test_the_steps_together_cost_the_budget_and_each_alone_less(cls: type[SharesBudget], epsilon: float) -> None:
    split = split_of(cls.from_values({"epsilon": epsilon}), 1e-5)
    assert split is not None
    assert split.epsilon == pytest.approx(epsilon, rel=1e-6)
    assert sum(step.share for step in split.steps) == pytest.approx(1.0)
    assert all(0 < step.epsilon < epsilon for step in split.steps)


def test_a_larger_share_costs_more_alone() -> None:
    few, many = (split_of(DPSynthetic(singles_share=share), 1e-5) for share in (0.2, 0.6))
    assert few is not None
    assert many is not None
    assert few.steps[0].epsilon < many.steps[0].epsilon
    assert few.steps[-1].epsilon > many.steps[-1].epsilon


def test_one_step_has_all_of_it() -> None:
    assert split_of(DPGradientDescent(), 1e-5) is None
    assert split_of(DPSynthetic(pairs=False), 1e-5) is None
