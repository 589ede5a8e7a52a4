"""Perturbation on top of a release, attacked step by step."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ppml_core.anonymize.base import Anonymizer
from ppml_core.anonymize.transforms.full_domain import FullDomain
from ppml_core.anonymize.transforms.pram import Pram
from ppml_core.anonymize.transforms.sampling import Sampling
from ppml_core.anonymize.transforms.shuffling import Shuffling
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput
from ppml_core.experiment.chain import Chained, chain


@pytest.fixture(scope="module")
def clinic() -> Dataset:
    return load("clinic")


def chained(data: Dataset, *steps: Anonymizer, k: int = 2) -> Chained:
    return chain(data, "k", FullDomain(k=k).fit(data, np.random.default_rng(0)), steps, seed=3)


def test_each_stage_is_attacked_on_the_same_people_and_the_release_is_the_last_one(clinic: Dataset) -> None:
    found = chained(clinic, Pram(p=0.9), Pram(p=0.1))
    success = [stage.linkage.success.value for stage in found.stages]
    assert [stage.title for stage in found.stages[1:]] == ["k", Pram.title, Pram.title]
    assert success[0] > success[1] > success[3], success
    assert len({stage.linkage.targets for stage in found.stages}) == 1
    assert found.stages[3].changed_share > found.stages[2].changed_share > 0
    assert not found.release.schema.with_role("identifier")


def test_people_left_out_by_a_step_are_followed_to_the_end(clinic: Dataset) -> None:
    found = chained(clinic, Sampling(share=0.5), Pram(p=1.0))
    assert found.stages[2].people == found.stages[3].people < found.stages[1].people
    assert found.stages[3].linkage == found.stages[2].linkage


def test_the_same_settings_give_the_same_release(clinic: Dataset) -> None:
    one, two = chained(clinic, Shuffling()), chained(clinic, Shuffling())
    pd.testing.assert_frame_equal(one.release.table, two.release.table)


def test_nothing_to_perturb_is_said(clinic: Dataset) -> None:
    nobody = FullDomain(k=2).fit(clinic, np.random.default_rng(0))
    nobody.release, nobody.kept = clinic.take(np.arange(0)), np.arange(0)
    with pytest.raises(BadInput, match="nobody in it"):
        chain(clinic, "k", nobody, (), seed=1)
