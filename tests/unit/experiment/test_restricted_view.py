"""A restricted model attacked for a page: every restriction once, and what cannot be done is said."""

from __future__ import annotations

import pytest

from ppml_core.data.reading import read_dataset
from ppml_core.errors import NotApplicable
from ppml_core.experiment import restricted_view
from ppml_core.experiment.restricted_view import attack_restricted, restrictions
from ppml_core.experiment.scenario import Scenario


def test_every_restriction_is_attacked_and_labels_alone_do_not_help_a_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restricted_view, "MEMBERS", 150)
    monkeypatch.setattr(restricted_view, "COPIES", 5)
    found = list(attack_restricted(Scenario.of("german_credit", "decision_tree", {}), read_dataset("german_credit")))
    assert [one.restriction for one in found] == restrictions()
    by = {one.restriction.name() if one.restriction else "full": one for one in found}
    assert by["full"].membership is not None
    assert by["full"].membership.low > 0.5
    assert by["label_only"].labels is not None
    assert by["label_only"].labels.low > 0.5
    assert by["answer_limit"].labels is None
    assert "answers left" in by["answer_limit"].left_out[0]
    assert by["answer_limit"].answers == 100


def test_a_model_of_numbers_is_refused() -> None:
    with pytest.raises(NotApplicable, match="no classes"):
        next(attack_restricted(Scenario.of("wage", "linear_regression", {}), read_dataset("wage")))
