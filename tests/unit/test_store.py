"""The store keeps records whole, refuses the newer, and names no password."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from ppml_core.errors import BadInput
from ppml_core.experiment.scenario import Scenario
from ppml_core.store import Store

SCENARIO = Scenario.of("adult", "dp_gd")
RECORD = {"error": None, "rows": [{"measure": "accuracy", "value": 0.1 + 0.2}]}


def test_records_come_back_as_they_were(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'a.sqlite'}")
    for number in range(1200):
        store.keep(f"key {number}", SCENARIO, number, RECORD)
    found = store.known([f"key {number}" for number in range(1300)])
    assert len(found) == len(store) == 1200
    assert found["key 7"] == RECORD
    assert store.scenarios() == [SCENARIO]
    store.close()
    again = Store(f"sqlite:///{tmp_path / 'a.sqlite'}")
    assert len(again) == 1200
    again.close()


def test_who_comes_second_changes_nothing(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'a.sqlite'}")
    store.keep("key", SCENARIO, 0, RECORD)
    store.keep("key", SCENARIO, 0, {"error": "other"})
    assert store.known(["key"]) == {"key": RECORD}
    store.close()


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'a.sqlite'}")
    with store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE about SET value = '99' WHERE name = 'version'"))
    store.close()
    with pytest.raises(BadInput, match="newer version"):
        Store(f"sqlite:///{tmp_path / 'a.sqlite'}")


def test_an_unusable_database_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be opened"):
        Store(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.sqlite'}")


def test_the_environment_says_where(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PPML_STORE", f"sqlite:///{tmp_path / 'named.sqlite'}")
    Store().close()
    assert (tmp_path / "named.sqlite").exists()
