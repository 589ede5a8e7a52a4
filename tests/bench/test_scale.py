"""Ten million people: the risk report against polars' own group-by of the same columns, in time and memory.

Both run on one thread of the same machine in the same run (the minimum of three each), on categories and whole numbers.
Memory is what a process of its own grows by at its peak, the table included, against the table's columns.
"""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest
from scaled import scaled_adult

from ppml_core.data.schema import Column, Schema

ROWS = 10_000_000
TIME_BAR = 2.0
MEMORY_BAR = 3.0

POLARS = """
import sys, time
import pandas as pd, polars as pl
table = pd.read_feather(sys.argv[1])
assert pl.thread_pool_size() == 1
for columns in sys.argv[2:]:
    frame = pl.from_pandas(table[columns.split("|")])
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        frame.group_by(frame.columns).len()
        seconds.append(time.perf_counter() - start)
    print(min(seconds))
"""

OURS = """
import pathlib, re, sys, time
import pandas as pd, pyarrow as pa
from ppml_core.attacks.linkage import risk_report
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import read_schema

def now(entry):
    status = pathlib.Path("/proc/self/status").read_text()
    return 1024 * int(re.search(entry + r":\\s+(\\d+)", status)[1])

schema = read_schema(pathlib.Path(sys.argv[2]))
pa.set_memory_pool(pa.system_memory_pool())
small = pd.read_feather(sys.argv[3])
start = time.perf_counter()
risk_report(Dataset(small, schema))
first = time.perf_counter() - start
before = now("VmRSS")
table = pd.read_feather(sys.argv[1])
pathlib.Path("/proc/self/clear_refs").write_text("5")
seconds = []
for _ in range(3):
    start = time.perf_counter()
    found = risk_report(Dataset(table, schema))
    seconds.append(time.perf_counter() - start)
print(min(seconds), now("VmHWM") - before, table.memory_usage(index=False).sum(), first, found.classes)
"""


def run(script: str, *arguments: str) -> list[float]:
    environment = {**os.environ, "POLARS_MAX_THREADS": "1", "NUMBA_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, env=environment, check=False
    )
    assert not done.returncode, done.stderr
    return [float(number) for number in done.stdout.split()]


@pytest.mark.bench
def test_risk_of_ten_million_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = scaled_adult(ROWS)
    known, sensitive = data.quasi_identifiers, data.schema.with_role("sensitive")
    schema = tmp_path / "schema.toml"
    for kept in ([*known, *sensitive], list(data.table.columns)):
        columns = {name: plain_column(column) for name, column in data.schema.columns.items() if name in kept}
        schema.write_text(Schema(columns).to_toml(), encoding="utf-8")
        large, small = tmp_path / "large.feather", tmp_path / "small.feather"
        data.table[kept].to_feather(large, compression="uncompressed")
        data.table[kept].head(1000).to_feather(small)
        by_known, by_kept = run(POLARS, str(large), "|".join(known), "|".join(kept))
        seconds, grown, own, first, classes = run(OURS, str(large), str(schema), str(small))
        with capsys.disabled():
            print(
                f"\n{len(kept)} columns: risk report {seconds:.2f} s, polars {by_known:.2f} s over {len(known)} "
                f"quasi-identifiers and {by_kept:.2f} s over all; {grown / own:.2f} times the columns' "
                f"{own / 1e6:.0f} MB; {classes:,.0f} classes; first call of a process {first:.1f} s"
            )
        assert seconds <= TIME_BAR * by_known
        assert grown < MEMORY_BAR * own


def plain_column(column: Column) -> Column:
    return dataclasses.replace(column, hierarchy_file=None, levels=None, widths=None)
