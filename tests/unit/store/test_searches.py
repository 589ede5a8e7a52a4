"""What a solver tries is counted as it is tried, once, and a search that ends early has tried what it tried."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput
from ppml_core.experiment.designs import Family, family_of
from ppml_core.experiment.needs import Need, needs_of
from ppml_core.experiment.scenario import Scenario
from ppml_core.experiment.solve import solve
from ppml_core.store import Store
from ppml_core.store.runs import delete_run, find_run, list_runs, rows_of, scenarios_of
from ppml_core.store.searches import PEOPLE, recording_search, searched_rows


@pytest.fixture(scope="module")
def credit() -> Dataset:
    return load("german_credit")


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    opened = Store(database)
    yield opened
    opened.close()


@pytest.fixture
def families() -> list[Family]:
    return [family_of(Scenario.of("german_credit", "logistic_regression"))]


@pytest.fixture
def needs() -> tuple[Need, ...]:
    return tuple(needs_of(["accuracy>=0.68"]))


def search(store: Store, families: list[Family], needs: tuple[Need, ...], data: Dataset, fits: int = 99) -> str:
    """The id of its run; stopped after so many fits."""
    done: list[int] = [0]

    def over() -> bool:
        return done[0] >= fits

    with recording_search(store, families, needs, data, 9, cancelled=over) as run:
        solve(families, needs, data, store, budget=9, progress=lambda spent, _: done.__setitem__(0, spent),
              cancelled=over, on_point=run.tried)  # fmt: skip
    return run.run_id


def test_every_point_counts_once_and_the_same_question_is_the_same_run(
    store: Store, credit: Dataset, families: list[Family], needs: tuple[Need, ...]
) -> None:
    run_id = search(store, families, needs, credit)
    run = find_run(store, run_id)
    assert run.state == "finished"
    assert run.total == run.done == len(store)
    assert run.search is not None
    assert run.search["needs"] == ["accuracy >= 0.68"]
    assert run.scenarios == len(scenarios_of(store, run))
    rows = searched_rows(store, run)
    assert rows[PEOPLE].nunique() == 2, "what was searched and what was checked are told apart"
    assert len(rows.drop_duplicates([PEOPLE, "scenario_id", "repeat"])) == run.total
    with pytest.raises(BadInput, match="is a search"):
        rows_of(store, run)
    assert search(store, families, needs, credit) == run_id
    assert find_run(store, run_id) == run
    delete_run(store, run)
    assert list_runs(store) == []
    assert len(store) == 0


def test_what_was_stopped_has_tried_what_it_tried_and_what_was_refused_nothing(
    store: Store, credit: Dataset, families: list[Family], needs: tuple[Need, ...]
) -> None:
    run = find_run(store, search(store, families, needs, credit, fits=1))
    assert run.state == "stopped"
    assert run.total >= 1
    with pytest.raises(BadInput), recording_search(store, families, tuple(needs_of(["prosecutor.max<=.1"])), credit, 9):
        solve(families, needs_of(["prosecutor.max<=.1"]), credit, store, budget=9)
    assert [one.id for one in list_runs(store)] == [run.id]
