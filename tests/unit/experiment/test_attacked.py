"""Attacks of a scenario: rows beside the measures, gaps where they do not apply, and keys that stay right."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import ppml_core.attacks
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput
from ppml_core.experiment.attacked import road
from ppml_core.experiment.points import point_of
from ppml_core.experiment.results import summarise
from ppml_core.experiment.scenario import Scenario, Step, scenario_from_toml, scenario_from_values
from ppml_core.experiment.sharing import pack, unpack
from ppml_core.experiment.sweep import Forgetful, sweep

PLANTED = '''
"""An attack planted by a test."""
from dataclasses import dataclass
from typing import ClassVar
from ppml_core.attacks.base import Attack, Finding
from ppml_core.errors import NotApplicable
from ppml_core.evidence import Estimate
from ppml_core.settings import setting

@dataclass(frozen=True)
class {cls}(Attack):
    """Says how sure the model is of its members."""
    title: ClassVar[str] = "{cls}"
    against: ClassVar = ("{thing}",)
    version: ClassVar[int] = {version}
    strength: float = setting(0.5, 0.0, 1.0, help="what is found without a model")

    def measures(self):
        return ("{cls}_success".lower(),)

    def run(self, subject, rng):
        if self.strength == 1.0:
            raise NotApplicable("this table is too small for it.")
        value = self.strength
        if "model" in self.against:
            value = float(subject.model.predict_proba(subject.members).max(axis=1).mean())
        drawn = 0.1 * rng.random()
        return (Finding("{cls}_success".lower(), Estimate(value, value - drawn, 1.0, "people"), "share of people",
                        0.5, Estimate(0.5, 0.4, 0.6, "people")),)
'''


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, cls, thing in (("sureness", "Sureness", "model"), ("looking_up", "LookingUp", "table")):
        (tmp_path / f"{name}.py").write_text(PLANTED.format(cls=cls, thing=thing, version=1))
    monkeypatch.setattr(ppml_core.attacks, "__path__", [*ppml_core.attacks.__path__, str(tmp_path)])
    yield
    for name in ("sureness", "looking_up"):
        sys.modules.pop(f"ppml_core.attacks.{name}", None)


@pytest.fixture(scope="module")
def credit() -> Dataset:
    return load("german_credit")


def attacked_by(*names: str, **rest: object) -> Scenario:
    """K-anonymized credit, a private model of it, and attacks."""
    chain = [("full_domain", {"k": 3})]
    base = Scenario.of("german_credit", "dp_gd", anonymize=chain, repeats=2, measures=("accuracy",))
    return dataclasses.replace(base, attack=tuple(Step(name, (("strength", 0.5),)) for name in names), **rest)  # type: ignore[arg-type]


def found(rows: pd.DataFrame, measure: str) -> pd.DataFrame:
    return rows[rows["measure"] == measure]


class Counting(Forgetful):
    """Counts what is computed."""

    def __init__(self) -> None:
        super().__init__()
        self.kept = 0

    def keep(self, *arguments: object) -> None:
        self.kept += 1
        super().keep(*arguments)  # type: ignore[arg-type]


def test_findings_stand_beside_the_measures(planted: None, credit: Dataset) -> None:
    rows = sweep([attacked_by("sureness", "looking_up")], credit)
    for name in ("sureness_success", "lookingup_success"):
        own = found(rows, name)
        assert len(own) == 2
        assert (own["low"] < own["value"]).all()
        assert (own["high"] == 1.0).all(), "a finding keeps its own interval"
        assert (found(rows, f"control_{name}")["value"] == 0.5).all()
        assert (found(rows, f"baseline_guessing_{name}")["value"] == 0.5).all()
    assert found(rows, "sureness_success")["value"].nunique() == 2, "each repeat's own model is attacked"
    assert found(rows, "lookingup_success")["low"].nunique() == 1, "the repeats share one release"
    assert summarise(rows).set_index("measure").loc["lookingup_success", "repeats"] == 2


def test_an_attack_on_what_is_not_handed_out_is_a_gap(planted: None, credit: Dataset) -> None:
    model_only = attacked_by("sureness", "looking_up", releases=("model",))
    rows = sweep([model_only], credit)
    gap = found(rows, "lookingup_success")
    assert gap["value"].isna().all()
    assert gap["error"].str.contains("defined for a table that is handed out; this scenario hands out a model").all()
    assert found(rows, "sureness_success")["value"].notna().all()
    for name in ("release_prosecutor_max", "release_linkage_success", "release_certain_share"):
        assert found(rows, name)["value"].isna().all(), name
        assert found(rows, name)["error"].str.contains("not the table").all(), name
    assert found(rows, "release_loss")["value"].notna().all(), "what was lost is no risk"
    table_only = dataclasses.replace(model_only, releases=("table",))
    assert found(sweep([table_only], credit), "sureness_success")["value"].isna().all()


def test_nobody_can_be_looked_up_among_people_made_up(credit: Dataset) -> None:
    made_up = Scenario.of("german_credit", "logistic_regression", anonymize=[("dp_synthetic", {})], repeats=1)
    assert made_up.things == ("model", "synthetic")
    rows = found(sweep([made_up], credit), "release_prosecutor_max")
    assert rows["error"].str.contains("made up").all()


def test_a_raw_table_that_is_handed_out_has_figures(credit: Dataset) -> None:
    raw = Scenario.of("german_credit", "logistic_regression", repeats=1)
    memory = Forgetful()
    assert found(sweep([raw], credit, memory), "release_prosecutor_max").empty
    handed = sweep([dataclasses.replace(raw, releases=("model", "table"))], credit, memory)
    assert found(handed, "release_prosecutor_max")["value"].item() == 1.0


def test_attacks_add_to_what_is_known(planted: None, credit: Dataset) -> None:
    plain, memory = attacked_by(), Counting()
    sweep([plain], credit, memory)
    known = memory.kept
    one, two = attacked_by("sureness"), attacked_by("sureness", "looking_up")
    assert plain.id == one.id == two.id
    sweep([one], credit, memory)
    assert memory.kept == known + 2, "one for each repeat's model, and no model is kept anew"
    sweep([two], credit, memory)
    assert memory.kept == known + 3, "one for the table that the repeats share"
    sweep([two.with_setting("learner.epsilon", 3)], credit, memory)
    assert memory.kept == known + 3 + 6, "two raw models, two protected ones, two attacks; the table is known"
    stronger = dataclasses.replace(two, attack=(two.attack[0], Step("looking_up", (("strength", 0.7),))))
    assert found(sweep([stronger], credit, memory), "lookingup_success")["value"].tolist() == [0.7, 0.7]


def test_keys_without_attacks_are_what_they_were() -> None:
    """Stored results of earlier versions are found again."""
    plain = Scenario.of("adult", "random_forest", anonymize=[("full_domain", {"k": 5})])
    assert plain.id == "b4a5107d139f3189"
    again = dataclasses.replace(plain, releases=("model",))
    assert point_of(plain, 0, "table").key == point_of(again, 0, "table").key


def test_an_attack_that_fails_is_a_gap_and_is_tried_again(planted: None, credit: Dataset) -> None:
    failing = dataclasses.replace(attacked_by(), attack=(Step("looking_up", (("strength", 1.0),)),))
    memory = Counting()
    rows = found(sweep([failing], credit, memory), "lookingup_success")
    assert rows["error"].str.contains("too small").all()
    kept = memory.kept
    sweep([failing], credit, memory)
    assert memory.kept == kept
    impossible = failing.with_setting("anonymize.k", 10_000).with_setting("anonymize.suppression_limit", 0.0)
    assert found(sweep([impossible], credit), "lookingup_success")["error"].str.contains("no generalization").all()


def test_files_and_links_read_back_to_the_same(planted: None) -> None:
    scenario = attacked_by("sureness", "looking_up", releases=("model", "table"))
    assert scenario_from_toml(scenario.to_toml()) == scenario
    assert scenario_from_values(scenario.values()) == scenario
    assert unpack(pack(scenario)) == scenario
    with pytest.raises(BadInput, match="link"):
        unpack(pack(scenario)[:-9])


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ('releases = ["cake"]', "releases may name table, synthetic, model"),
        ('releases = ["synthetic"]', "no synthetic"),
        ('releases = "model"', "releases must be a list"),
        ("attack = 3", r"tables \[\[attack\]\]"),
        ('[[attack]]\nmethod = "no_such"', "no attack 'no_such'"),
        ('[[attack]]\nmethod = "sureness"\n[[attack]]\nmethod = "sureness"\nstrength = 0.1', "two attacks"),
    ],
)
def test_a_wrong_file_gets_a_sentence(planted: None, text: str, hint: str) -> None:
    head, tail = (text, "") if "[[" not in text else ("", text)
    with pytest.raises(BadInput, match=hint):
        scenario_from_toml(f'dataset = "adult"\n{head}\n[learner]\nmethod = "dp_gd"\n{tail}')


def test_settings_of_attacks_are_not_swept(planted: None) -> None:
    with pytest.raises(BadInput, match="not swept"):
        attacked_by("sureness").with_setting("attack.strength", 0.1)


def test_the_road_leads_from_raw_people_to_a_model_of_raw_people(credit: Dataset) -> None:
    people = credit.take(np.arange(400))
    masks = np.random.default_rng(0).random((2, 400)) < 0.5
    scenario = Scenario.of("german_credit", "logistic_regression", anonymize=[("full_domain", {"k": 3})])
    models = road(scenario)(people, masks, [np.random.default_rng(seed) for seed in range(2)])
    answers = [model.predict_proba(people) for model in models]
    assert answers[0].shape == (400, 2)
    assert not np.array_equal(*answers), "other people, another model"
