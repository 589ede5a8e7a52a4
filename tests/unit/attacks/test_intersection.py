"""Two releases that keep k alone and not together; the same release twice; and the slow way of counting."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppml_core.anonymize.transforms.full_domain import FullDomain
from ppml_core.anonymize.transforms.local import Local
from ppml_core.attacks.intersection import Taken, intersect
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Column, Schema
from ppml_core.errors import BadInput, NotApplicable

SCHEMA = Schema(
    columns={
        "age": Column(role="quasi_identifier"),
        "sex": Column(role="quasi_identifier"),
        "ill": Column(role="sensitive"),
    }
)
FOUR = Dataset(
    pd.DataFrame({"age": ["1", "1", "2", "2"], "sex": ["f", "m", "f", "m"], "ill": ["flu", "flu", "cold", "ache"]}),
    SCHEMA, "four",
)  # fmt: skip


def release(raw: Dataset, kept: list[int] | None = None, **changed: Any) -> Any:
    rows = np.arange(len(raw)) if kept is None else np.array(kept, dtype=int)
    data = raw.take(rows)
    return SimpleNamespace(kept=rows, release=Dataset(data.table.assign(**changed), data.schema))


def test_two_releases_of_two_alike_single_everybody_out() -> None:
    """By age alone and by sex alone everybody is one of two; by both each is one of one."""
    by_age, by_sex = Taken.of("a", FOUR, release(FOUR, sex="*")), Taken.of("b", FOUR, release(FOUR, age="*"))
    found = intersect(FOUR, [by_age, by_sex])
    assert (found.people, found.smallest, found.alone, found.smallest_alone) == (4, 1, 4, (2, 2))
    assert found.certain_alone == (2, 0), "the two aged 1 both have flu"
    assert found.certain == 4, "2 f: cold or ache by age, flu or cold by sex, so cold"
    assert "4 share their classes with nobody" in found.sentence()
    alone, certain = found.findings()
    assert (alone.estimate.value, alone.baseline, certain.estimate.value, certain.baseline) == (1.0, 0.0, 1.0, 0.5)
    assert alone.estimate.low < 1


def test_who_is_left_out_of_one_is_not_counted() -> None:
    by_age, some = (
        Taken.of("a", FOUR, release(FOUR, sex="*")),
        Taken.of("b", FOUR, release(FOUR, [0, 1], age="*", sex="*")),
    )
    found = intersect(FOUR, [by_age, some])
    assert (found.people, found.smallest, some.people) == (2, 2, 2)
    nobody = Taken.of("c", FOUR, release(FOUR, [2, 3], sex="*"))
    apart = intersect(FOUR, [some, nobody])
    assert apart.sentence().startswith("Nobody is in all of them")
    with pytest.raises(NotApplicable, match="Nobody is in all of them"):
        apart.findings()


def test_the_same_release_twice_reveals_nothing_new() -> None:
    data = load("clinic")
    taken = Taken.of("one", data, FullDomain(k=5).fit(data, np.random.default_rng(0)))
    found = intersect(data, [taken, taken])
    assert found.smallest == found.smallest_alone[0] >= 5
    assert found.alone == 0
    assert found.certain == (found.certain_alone or ())[0]
    assert all(finding.estimate.value == finding.baseline for finding in found.findings())


def test_two_methods_on_the_clinic_break_what_each_keeps() -> None:
    data = load("clinic")
    made = [Taken.of(cls.name(), data, cls(k=5).fit(data, np.random.default_rng(0))) for cls in (FullDomain, Local)]
    found = intersect(data, made)
    assert min(found.smallest_alone) >= 5
    assert found.smallest < 5
    assert found.alone > 0
    assert found.certain_alone is not None
    assert (found.certain or 0) >= max(found.certain_alone)


def test_what_cannot_be_intersected_is_a_sentence() -> None:
    one = Taken.of("a", FOUR, release(FOUR))
    with pytest.raises(BadInput, match="two releases"):
        intersect(FOUR, [one])
    other = Dataset(FOUR.table.assign(ill="flu"), SCHEMA, "four others")
    for table in (load("clinic"), other):
        with pytest.raises(BadInput, match="another table"):
            intersect(table, [one, one])


@given(st.lists(st.tuples(*[st.sampled_from("ab")] * 3), min_size=1, max_size=12), st.data())
def test_as_counted_person_by_person(rows: list[tuple[str, str, str]], data: st.DataObject) -> None:
    raw = Dataset(pd.DataFrame(rows, columns=["age", "sex", "ill"]), SCHEMA, "any")
    kept = [data.draw(st.lists(st.sampled_from(range(len(rows))), unique=True)) for _ in range(2)]
    shown = [release(raw, kept[0], sex="*"), release(raw, kept[1], age="*")]
    found = intersect(raw, [Taken.of(str(at), raw, one) for at, one in enumerate(shown)])
    both = [at for at in range(len(rows)) if at in kept[0] and at in kept[1]]
    sharing = [sum(rows[other][:2] == rows[at][:2] for other in both) for at in both]
    assert (found.people, found.alone) == (len(both), sharing.count(1))
    if both:
        assert found.smallest == min(sharing)
        left = [
            {rows[o][2] for o in kept[0] if rows[o][0] == rows[at][0]}
            & {rows[o][2] for o in kept[1] if rows[o][1] == rows[at][1]}
            for at in both
        ]
        assert found.certain == sum(len(values) == 1 for values in left)
