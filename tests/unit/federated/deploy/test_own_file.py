"""A node's process opens its own table and no other, and writes down what it opened and whom it called."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from patience import PATIENCE

CODE = """
import sys
from pathlib import Path
from ppml_core.federated.deploy.own_file import keep_to
own, key, wanted, log = map(Path, sys.argv[1:])
keep_to(own, [key], log)
own.read_bytes(), key.read_bytes()
try:
    wanted.read_bytes()
except PermissionError as fault:
    print(fault)
"""


@pytest.mark.parametrize("wanted", ["elsewhere/other.csv", "mine/other.txt", "mine/other"])
def test_another_table_is_refused_and_written_down(tmp_path: Path, wanted: str) -> None:
    for folder in ("mine", "elsewhere"):
        (tmp_path / folder).mkdir()
    own, key, other, log = (tmp_path / name for name in ("mine/people.csv", "mine/node.key", wanted, "log"))
    for path in (own, key, other):
        path.write_text("a\n1\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", CODE, own, key, other, log], capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    assert done.stdout.strip() == f"this node opens people.csv and no other table, not {other}."
    assert set(log.read_text(encoding="utf-8").split("\n")) >= {f"open {own}", f"open {key}", f"refused {other}"}


def test_a_node_refuses_a_file_that_is_not_the_one_it_was_promised(tmp_path: Path) -> None:
    from ppml_core.errors import BadInput
    from ppml_core.federated.deploy.node import read_own

    own = tmp_path / "people.csv"
    own.write_text("a\n1\n", encoding="utf-8")
    with pytest.raises(BadInput, match="SHA-256"):
        read_own(own, "0" * 64, tmp_path / "schema.toml")
    with pytest.raises(BadInput, match="cannot be read"):
        read_own(tmp_path / "nobody.csv", None, tmp_path / "schema.toml")
