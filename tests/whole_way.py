"""A table of anybody's, taken from the file to a release: at each step a result, or one sentence that says why not."""

from __future__ import annotations

import tomllib
from collections.abc import Callable

import numpy as np
import pandas as pd

from ppml_core.anonymize.lattice import Lattice
from ppml_core.anonymize.transforms.full_domain import FullDomain
from ppml_core.attacks.linkage import risk_report
from ppml_core.data.dataset import Dataset
from ppml_core.data.export import spreadsheet_csv
from ppml_core.data.inference import infer_schema
from ppml_core.data.profile import profile
from ppml_core.data.reading import read_table
from ppml_core.data.schema import Schema
from ppml_core.errors import BadInput, NotApplicable, PPMLError, Unreachable

LONGEST_SENTENCE = 600


def check_sentence(refused: PPMLError) -> None:
    """One line that can be read, and that ends as a sentence does."""
    said = str(refused)
    assert said.endswith("."), said
    assert "\n" not in said
    assert "\r" not in said
    assert len(said) <= LONGEST_SENTENCE, f"{len(said)} characters: {said[:200]}"


def go_the_whole_way(table: pd.DataFrame) -> Dataset:
    """Schema, saved and read again; columns at a glance; risk; all generalizations; a release at k = 2; its export."""
    inferred = infer_schema(table, title="upload").schema
    schema = Schema.from_values(tomllib.loads(inferred.to_toml()))
    assert schema.values() == inferred.values()
    data = Dataset(table, schema, name="upload")
    assert profile(data)["column"].tolist() == table.columns.tolist()
    if data.quasi_identifiers:
        report = risk_report(data)
        assert 1 <= report.class_size.min <= report.rows == len(table)
    for looked_at in (data, with_some_roles(data)):
        refused_or_done(lambda held=looked_at: Lattice.of(held), looked_at)
        refused_or_done(lambda held=looked_at: check_release(held), looked_at)
    assert spreadsheet_csv(table).count(b"\n") >= len(table) + 1
    return data


def check_release(data: Dataset) -> None:
    release = FullDomain(k=2).fit(data, np.random.default_rng(1)).release
    assert not len(release) or risk_report(release).class_size.min >= 2


def with_some_roles(data: Dataset) -> Dataset:
    """The same table where its first columns link people, whatever they hold."""
    return data.with_schema(data.schema.with_quasi_identifiers(list(data.schema.columns)[:3]))


def refused_or_done(step: Callable[[], object], data: Dataset) -> None:
    expected = (NotApplicable, Unreachable) if data.quasi_identifiers else (BadInput,)
    try:
        step()
    except expected as refused:
        check_sentence(refused)


def read_or_refused(content: bytes, filename: str) -> None:
    """A table that goes the whole way, or one sentence."""
    try:
        table = read_table(content, filename)
    except PPMLError as refused:
        check_sentence(refused)
    else:
        go_the_whole_way(table)
