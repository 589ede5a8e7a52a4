"""What every anonymizer owes, whoever wrote it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from ppml_core.anonymize.base import Anonymizer
from ppml_core.catalog import methods
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Column, Schema
from ppml_core.errors import NotApplicable

NAMES = sorted(methods(Anonymizer))


@pytest.fixture(scope="module")
def clinic() -> Dataset:
    return load("clinic")


@pytest.fixture(params=NAMES)
def anonymizer(request: pytest.FixtureRequest, ready: Callable[[str], Anonymizer]) -> Anonymizer:
    return ready(request.param)


def test_the_input_stays_as_it_was(anonymizer: Anonymizer, clinic: Dataset) -> None:
    before = clinic.table.copy(deep=True)
    recoding = anonymizer.fit(clinic, np.random.default_rng(1))
    recoding.transform(clinic)
    pd.testing.assert_frame_equal(clinic.table, before)


def test_same_seed_same_release(anonymizer: Anonymizer, clinic: Dataset) -> None:
    first, second = (anonymizer.fit(clinic, np.random.default_rng(1)).release for _ in range(2))
    pd.testing.assert_frame_equal(first.table, second.table)
    assert first.fingerprint == second.fingerprint


def test_release_and_recoded_people_share_one_meaning(anonymizer: Anonymizer, clinic: Dataset) -> None:
    recoding = anonymizer.fit(clinic, np.random.default_rng(1))
    unseen = recoding.transform(clinic.take(np.arange(50)))
    assert len(unseen) == 50
    assert unseen.schema == recoding.release.schema
    assert len(recoding.kept) == (0 if anonymizer.synthesizes else len(recoding.release))


def test_it_says_how_its_models_are_tested(anonymizer: Anonymizer) -> None:
    assert "test people" in anonymizer.protocol


def test_a_recoding_fixed_in_advance_reads_no_row(anonymizer: Anonymizer) -> None:
    """EVIDENCE 1: a row is added that would change an optimum; a fixed recoding must not move."""
    if not anonymizer.fixed_in_advance:
        return
    columns = {
        "name": Column(role="identifier", kind="text"),
        "age": Column(role="quasi_identifier", kind="numeric", bounds=(0, 99), widths=(10,)),
    }
    few = Dataset(pd.DataFrame({"name": list("abcd"), "age": [20, 20, 21, 21]}), Schema(columns=columns))
    more = few.with_schema(few.schema)
    more = Dataset(pd.concat([few.table, pd.DataFrame({"name": ["e"], "age": [99]})], ignore_index=True), few.schema)
    with_few, with_more = (anonymizer.fit(data, np.random.default_rng(1)) for data in (few, more))
    pd.testing.assert_frame_equal(with_few.transform(few).table, with_more.transform(few).table)


def test_what_leaves_is_drawn_anew_and_nothing_leaves_without_a_public_size(
    anonymizer: Anonymizer, clinic: Dataset
) -> None:
    if not anonymizer.has_release_path():
        with pytest.raises(NotApplicable, match="no release path"):
            anonymizer.fit_release(clinic)
        return
    first, second = (anonymizer.fit_release(clinic) for _ in range(2))
    assert first.guarantee is not None
    assert first.guarantee.mu is None, "discrete noise is not exactly Gaussian"
    assert not first.release.table.equals(second.release.table)
    with pytest.raises(NotApplicable, match="nothing is released: the number of rows"):
        anonymizer.fit_release(clinic.with_schema(dataclasses.replace(clinic.schema, expected_rows=None)))
