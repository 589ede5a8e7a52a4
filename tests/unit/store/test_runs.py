"""Runs are found again with all they hold, go out as Parquet and come back, and trust no foreign file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
import sqlalchemy as sa

from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput
from ppml_core.experiment.scenario import Scenario, expand
from ppml_core.experiment.sweep import sweep
from ppml_core.store import Store, exchange
from ppml_core.store import runs as store_runs
from ppml_core.store.exchange import export_runs, import_runs
from ppml_core.store.recording import recording
from ppml_core.store.runs import (
    Run,
    begin_run,
    delete_run,
    find_run,
    list_runs,
    note_run,
    rename_run,
    rows_of,
    scenarios_of,
)  # fmt: skip
from ppml_core.store.saved import (
    delete_scenario,
    list_scenarios,
    note_scenario,
    rename_scenario,
    save_scenario,
)  # fmt: skip

EPSILON = "learner.epsilon"


@pytest.fixture(scope="module")
def credit() -> Dataset:
    return load("german_credit")


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    opened = Store(database)
    yield opened
    opened.close()


@pytest.fixture
def second(tmp_path: Path) -> Iterator[Store]:
    """Somebody else's store."""
    opened = Store(f"sqlite:///{tmp_path / 'second.sqlite'}")
    yield opened
    opened.close()


def plan() -> list[Scenario]:
    """Two points that are computed, and one that cannot be."""
    reachable = expand(Scenario.of("german_credit", "dp_gd", repeats=1), {EPSILON: [0.3, 3]})
    beyond = {"k": 100_000, "suppression_limit": 0.0}
    return [*reachable, Scenario.of("german_credit", "dp_gd", anonymize=[("full_domain", beyond)], repeats=1)]


def swept(store: Store, data: Dataset, **told: Any) -> pd.DataFrame:
    with recording(store, plan(), data, [EPSILON], **told) as run:
        return sweep(plan(), data, store, swept=[EPSILON], on_failure=run.failed)


def same(left: pd.DataFrame, right: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(left, right, check_exact=True)


def test_a_sweep_is_a_run_with_its_rows_its_gap_and_its_end(store: Store, credit: Dataset) -> None:
    rows = swept(store, credit, name="first  try", note="what for")
    (run,) = list_runs(store)
    assert (run.name, run.note, run.state, run.dataset) == ("first try", "what for", "finished", "german_credit")
    assert (run.done, run.failed, run.total, run.scenarios, run.swept) == (3, 1, 4, 3, (EPSILON,))
    assert scenarios_of(store, run) == plan()
    same(rows_of(store, run), rows)
    assert rows["error"].str.contains("no generalization reaches").any()


def test_the_same_sweep_goes_on_in_the_same_run(store: Store, credit: Dataset) -> None:
    begun = begin_run(store, plan(), credit, [EPSILON], name="mine")
    assert find_run(store, begun).state == "running"
    swept(store, credit)
    (run,) = list_runs(store)
    assert (run.id, run.name, run.state) == (begun, "mine", "finished")


def test_a_run_whose_process_is_gone_is_interrupted_and_one_that_was_left_is_stopped(
    store: Store, credit: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = begin_run(store, plan(), credit)
    monkeypatch.setattr(store_runs, "SILENT_SECONDS", -1)
    assert find_run(store, begun).state == "interrupted"
    with pytest.raises(KeyboardInterrupt), recording(store, plan(), credit):
        raise KeyboardInterrupt
    assert find_run(store, begun).state == "stopped"


def test_runs_are_renamed_noted_and_deleted_with_what_is_theirs_alone(store: Store, credit: Dataset) -> None:
    swept(store, credit)
    run = find_run(store, list_runs(store)[0].id[:6])
    rename_run(store, run, "another name")
    note_run(store, run, "seen")
    renamed = find_run(store, "another name")
    assert (renamed.id, renamed.note) == (run.id, "seen")
    with recording(store, plan()[:1], credit) as shared:
        pass
    delete_run(store, renamed)
    assert [left.id for left in list_runs(store)] == [shared.run_id]
    assert len(store) == 1, "the point that the other run has is still there"
    with pytest.raises(BadInput, match="there is no run 'another name'"):
        find_run(store, "another name")
    begun = find_run(store, begin_run(store, plan(), credit))
    with pytest.raises(BadInput, match="stop it first"):
        delete_run(store, begun)
    with pytest.raises(BadInput, match="1 to 200 characters"):
        rename_run(store, begun, "  ")


def test_runs_travel_as_parquet_and_poison_no_sweep(
    store: Store, second: Store, credit: Dataset, tmp_path: Path
) -> None:
    rows = swept(store, credit, name="travels", note="far")
    file = tmp_path / "runs.parquet"
    assert export_runs(store, list_runs(store), file) == 4
    assert import_runs(second, file) == import_runs(second, file)
    (run,) = list_runs(second)
    assert (run.name, run.note, run.state, run.done, run.failed) == ("travels", "far", "finished", 3, 1)
    same(rows_of(second, run), rows)
    assert len(second) == 0, "no foreign number is taken for an own one"
    (again,) = import_runs(store, file)
    assert {again} < {run.id for run in list_runs(store)}


def changed(name: str, change: Callable[[Any], Any]) -> Callable[[pa.Table], pa.Table]:
    """The table with one column's first value changed."""

    def make(table: pa.Table) -> pa.Table:
        values = table.column(name).to_pylist()
        values[0] = change(values[0])
        return table.set_column(
            table.schema.get_field_index(name), name, pa.array(values, table.schema.field(name).type)
        )

    return make


def record_with(entry: str, value: Any) -> Callable[[pa.Table], pa.Table]:
    return changed("record", lambda text: json.dumps(json.loads(text) | {entry: value}))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda table: table.replace_schema_metadata({}), "holds no runs"),
        (lambda table: table.replace_schema_metadata({"format": exchange.FORMAT, "version": "9"}), "newer version"),
        (lambda table: table.drop_columns("reason"), "not those of runs"),
        (lambda table: table.slice(1), "not what it should be"),
        (changed("key", lambda key: "../x"), "not those of its scenarios"),
        (changed("run_name", lambda name: "x" * 300), "1 to 200 characters"),
        (changed("scenarios", lambda text: '["dataset = 1"]'), "the scenario needs dataset"),
        (changed("scenarios", lambda text: "[" * 5000), "not what it should be"),
        (changed("record", lambda text: "{}"), "not what it should be"),
        (changed("record", lambda text: text.replace('"note"', '"x": NaN, "note"')), "not what it should be"),
        (record_with("rows", [{"measure": "accuracy", "value": "0.9"}]), "not what it should be"),
        (record_with("guarantee", [1.0, "0", "x"]), "not what it should be"),
        (record_with("warnings", ["x" * 20_000]), "not what it should be"),
    ],
)  # fmt: skip
def test_a_foreign_file_is_refused_in_one_sentence_and_nothing_of_it_stays(
    travelling: pa.Table, second: Store, tmp_path: Path, change: Callable[[pa.Table], pa.Table], said: str
) -> None:
    file = tmp_path / "changed.parquet"
    pa.parquet.write_table(change(travelling), file)
    with pytest.raises(BadInput, match=said):
        import_runs(second, file)
    assert list_runs(second) == []


@pytest.fixture(scope="module")
def travelling(tmp_path_factory: pytest.TempPathFactory, credit: Dataset) -> pa.Table:
    """An exported run."""
    folder = tmp_path_factory.mktemp("exported")
    store = Store(f"sqlite:///{folder / 'results.sqlite'}")
    swept(store, credit)
    export_runs(store, list_runs(store), folder / "runs.parquet")
    store.close()
    return pa.parquet.read_table(folder / "runs.parquet")


@pytest.mark.parametrize("content", [b"", b"PAR1", b"a,b\n1,2\n", None])
def test_what_is_no_parquet_file_is_refused(content: bytes | None, second: Store, tmp_path: Path) -> None:
    file = tmp_path / "odd.parquet"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BadInput):
        import_runs(second, file)


def test_scenarios_are_saved_renamed_noted_and_deleted(store: Store) -> None:
    saved = save_scenario(store, "strict", "adult", "?k=10", note="for the board")
    other = save_scenario(store, "loose", "adult", "?k=2")
    with pytest.raises(BadInput, match="'strict' is saved already"):
        save_scenario(store, " strict ", "adult", "")
    with pytest.raises(BadInput, match="'strict' is saved already"):
        rename_scenario(store, other.id, "strict")
    rename_scenario(store, saved.id, "stricter")
    note_scenario(store, saved.id, "")
    assert {(found.name, found.note, found.content) for found in list_scenarios(store)} == {
        ("stricter", "", "?k=10"),
        ("loose", "", "?k=2"),
    }
    delete_scenario(store, saved.id)
    assert [found.name for found in list_scenarios(store)] == ["loose"]
    with pytest.raises(BadInput, match="not there any more"):
        note_scenario(store, saved.id, "x")


def test_a_list_needs_no_method_to_be_known(store: Store, credit: Dataset) -> None:
    """A run of a method that was taken away is still listed; opening it says what is missing."""
    swept(store, credit)
    with store.writing() as connection:
        connection.execute(sa.text("UPDATE runs SET scenarios = replace(scenarios, 'dp_gd', 'gone')"))
    (run,) = list_runs(store)
    assert isinstance(run, Run)
    with pytest.raises(BadInput, match="gone"):
        rows_of(store, run)
