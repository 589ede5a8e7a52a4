"""A method is found by its file alone: in the catalog, on the command line, and in a scenario."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import ppml_core.learn
from ppml_core.anonymize.base import Anonymizer
from ppml_core.catalog import methods
from ppml_core.cli import main
from ppml_core.errors import BadInput
from ppml_core.experiment.scenario import Scenario
from ppml_core.learn.base import Learner
from ppml_core.measures.base import Measure
from ppml_core.queries.attacks.base import QueryAttack
from ppml_core.queries.policies.base import Policy
from ppml_core.queries.restrictions.base import Restriction
from ppml_core.settings import settings_of

PLANTED = '''
"""A learner planted by a test."""
from dataclasses import dataclass
from typing import ClassVar
import numpy as np
from ppml_core.learn.base import Fitted, Learner
from ppml_core.settings import setting

class Even(Fitted):
    def __init__(self, classes):
        self.classes = classes
    def predict_proba(self, data):
        return np.full((len(data), len(self.classes)), 1 / len(self.classes))

@dataclass(frozen=True)
class PlantedLearner(Learner):
    """Gives every class the same chance."""
    title: ClassVar[str] = "Planted"
    strength: float = setting(0.5, 0.0, 1.0, help="does nothing")
    def fit(self, data, rng):
        return Even(data.schema[data.schema.target].categories)
'''


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    (tmp_path / "planted_learner.py").write_text(PLANTED)
    monkeypatch.setattr(ppml_core.learn, "__path__", [*ppml_core.learn.__path__, str(tmp_path)])
    yield "planted_learner"
    sys.modules.pop("ppml_core.learn.planted_learner", None)


def test_a_new_file_is_a_learner_everywhere(planted: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert planted in methods(Learner)
    assert main(["methods", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)["learners"][planted]
    assert shown["settings"]["strength"]["default"] == 0.5
    assert shown["summary"] == "Gives every class the same chance."
    out = tmp_path / "r.parquet"
    arguments = ["sweep", "--dataset", "adult", "--learner", planted, "--set", "learner.strength=0.1,0.9"]
    assert main([*arguments, "--repeats", "1", "--out", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["failed"] == 0


def test_it_is_gone_with_its_file() -> None:
    assert "planted_learner" not in methods(Learner)


@pytest.mark.parametrize("kind", [Learner, Anonymizer, Measure, Policy, QueryAttack, Restriction])
def test_every_method_says_what_it_is(kind: type) -> None:
    for name, cls in methods(kind).items():
        assert cls.title, name
        assert cls.summary().endswith("."), name
        assert isinstance(cls.version, int), name
        for declared in settings_of(cls).values():
            assert declared.help, f"{name}.{declared.name}"
            declared.check(declared.default)
        assert cls.from_values(cls().values()) == cls()


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BadInput, match="dp_gd"):
        Scenario.of("adult", "no_such_learner")
