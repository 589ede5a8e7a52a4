"""The store keeps records whole, refuses the newer, and names no password."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from ppml_core.errors import BadInput
from ppml_core.experiment.scenario import Scenario
from ppml_core.store import Store, migrations
from ppml_core.store.runs import list_runs

SCENARIO = Scenario.of("adult", "dp_gd")
RECORD = {"error": None, "rows": [{"measure": "accuracy", "value": 0.1 + 0.2}]}


def test_records_come_back_as_they_were(database: str) -> None:
    store = Store(database)
    for number in range(600):
        store.keep(f"key {number}", SCENARIO, number, RECORD)
    found = store.known([f"key {number}" for number in range(700)])
    assert len(found) == len(store) == 600
    assert found["key 7"] == RECORD
    assert store.scenarios() == [SCENARIO]
    store.close()
    again = Store(database)
    assert len(again) == 600
    again.close()


def test_who_comes_second_changes_nothing(database: str) -> None:
    store = Store(database)
    store.keep("key", SCENARIO, 0, RECORD)
    store.keep("key", SCENARIO, 0, {"error": "other"})
    assert store.known(["key"]) == {"key": RECORD}
    store.close()


def test_a_newer_format_is_refused(database: str) -> None:
    store = Store(database)
    with store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE about SET value = '99' WHERE name = 'version'"))
    store.close()
    with pytest.raises(BadInput, match="newer version"):
        Store(database)


def test_an_unusable_database_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be opened"):
        Store(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.sqlite'}")


def test_the_environment_says_where(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PPML_STORE", f"sqlite:///{tmp_path / 'named.sqlite'}")
    Store().close()
    assert (tmp_path / "named.sqlite").exists()


def test_an_address_without_its_driver_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(BadInput, match=r"pip install ppml-explorer\[postgres\]"):
        Store("postgresql://somebody:secret@127.0.0.1:9/results")


def test_a_server_that_is_not_there_is_told_without_the_password() -> None:
    with pytest.raises(BadInput, match="cannot be opened") as told:
        Store("postgresql+psycopg://somebody:secret@127.0.0.1:9/results")
    assert "secret" not in str(told.value)


FIRST_FORMAT = (
    "CREATE TABLE about (name VARCHAR(40) NOT NULL PRIMARY KEY, value VARCHAR(200))",
    "CREATE TABLE points (key VARCHAR(64) NOT NULL PRIMARY KEY, scenario_id VARCHAR(16) NOT NULL, "
    "repeat INTEGER NOT NULL, scenario TEXT NOT NULL, record TEXT NOT NULL, created {time} DEFAULT CURRENT_TIMESTAMP)",
    "CREATE INDEX ix_points_scenario_id ON points (scenario_id)",
    "INSERT INTO about VALUES ('version', '1')",
)


def test_a_database_of_the_first_version_keeps_all_it_holds(database: str) -> None:
    engine = sa.create_engine(database)
    row = {"key": "k", "id": SCENARIO.id, "scenario": SCENARIO.to_toml(), "record": json.dumps(RECORD)}
    with engine.begin() as connection:
        for statement in FIRST_FORMAT:
            connection.execute(sa.text(statement.format(time="TIMESTAMP" if "post" in database else "DATETIME")))
        columns, values = "key, scenario_id, repeat, scenario, record", ":key, :id, 0, :scenario, :record"
        connection.execute(sa.text(f"INSERT INTO points ({columns}) VALUES ({values})"), row)
    engine.dispose()
    store = Store(database)
    assert store.known(["k"]) == {"k": RECORD}
    assert store.scenarios() == [SCENARIO]
    assert list_runs(store) == []
    with store.reading() as connection:
        assert connection.execute(sa.text("SELECT value FROM about WHERE name = 'version'")).scalar() == str(
            len(migrations.STEPS)
        )
    store.close()


def test_a_step_that_fails_leaves_the_version_before(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def half(connection: sa.Connection) -> None:
        connection.execute(sa.text("CREATE TABLE half (a INTEGER)"))
        connection.execute(sa.text("SELECT * FROM nowhere"))

    Store(database).close()
    with monkeypatch.context() as patched:
        patched.setattr(migrations, "STEPS", (*migrations.STEPS, half))
        with pytest.raises(BadInput, match="cannot be opened"):
            Store(database)
    store = Store(database)
    assert not sa.inspect(store.engine).has_table("half")
    store.close()


def test_many_that_start_at_once_on_a_new_database_all_write(database: str) -> None:
    def write(number: int) -> None:
        store = Store(database)
        for repeat in range(20):
            store.keep(f"{number % 4} {repeat}", SCENARIO, repeat, RECORD)
        store.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    store = Store(database)
    assert len(store) == 80
    store.close()
