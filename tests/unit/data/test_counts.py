"""Class counts: every engine agrees with plain pandas, on tables made to trip them, in and out of memory."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
from clusters import clustered
from hypothesis import given
from hypothesis import strategies as st

from ppml_core.data.coded import coded
from ppml_core.data.counts import Counts, count_batch, count_table, merged
from ppml_core.data.counts_dask import count_with_dask
from ppml_core.data.counts_duckdb import bytes_of, count_with_duckdb
from ppml_core.data.groups import group_of
from ppml_core.data.large_files import look_at
from ppml_core.data.packing import MOST_PARTS, ROWS_PER_PART, count_groups
from ppml_core.data.reading import read_dataset
from ppml_core.errors import BadInput

ABSENT = "(absent)"


def tables() -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(7)
    odd = ["a b", " a b", "ä€ß", 'say "so"', "it's", "1; 2, 3", "line\nbreak", "DROP TABLE x;--", "名"]
    return {
        "missing": pd.DataFrame(
            {
                "text": pd.Series(["x", None, "y", None, "x", None] * 3, dtype="str"),
                "number": [1.0, None, 2.5, None, -0.0, 0.0] * 3,
                "whole": pd.array([1, None, 2, None, 1, None] * 3, dtype="Int64"),
                "flag": [True, False, True, True, True, False] * 3,
                "day": pd.to_datetime(["2020-01-01", None, "2020-02-29", None, "2020-01-01", None] * 3),
            }
        ),
        "odd texts": pd.DataFrame({"text": rng.choice(odd, 200), "other": rng.choice(odd, 200)}),
        "odd names": pd.DataFrame(
            {
                'size "M"': rng.integers(0, 3, 90),
                "it's mine": rng.choice(["p", "q"], 90),
                "people": rng.integers(0, 2, 90),
                "größe (cm)": rng.choice(["ä", "ö"], 90),
            }
        ),
        "all equal": pd.DataFrame({"a": ["same"] * 500, "b": [7] * 500}),
        "all unique": pd.DataFrame({"a": [f"p{n}" for n in range(3000)], "b": np.arange(3000) * 10**12}),
        "one row": pd.DataFrame({"a": ["only"], "b": [1.5]}),
        "too wide for one word": pd.DataFrame(
            {f"c{n}": rng.integers(0, 2, 2000) * rng.integers(0, 10**9, 2000) for n in range(12)}
        ),
    }


def by_pandas(table: pd.DataFrame, names: list[str]) -> dict[tuple[Any, ...], int]:
    found: dict[tuple[Any, ...], int] = {}
    for row in table[names].astype(object).itertuples(index=False, name=None):
        key = tuple(map(plain, row))
        found[key] = found.get(key, 0) + 1
    return found


def told(counts: Counts) -> dict[tuple[Any, ...], int]:
    rows = [tuple(map(plain, row)) for row in counts.table().astype(object).itertuples(index=False, name=None)]
    assert len(set(rows)) == len(rows), "a combination is listed once"
    return dict(zip(rows, counts.people.tolist(), strict=True))


def plain(value: Any) -> Any:
    """Values as the texts of a table, so that 1, 1.0 and "1" from different engines are one."""
    if pd.isna(value):
        return ABSENT
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{float(value) + 0.0:.17g}"
    return str(value)


@pytest.mark.parametrize("kind", list(tables()))
def test_counts_in_memory_are_those_of_pandas(kind: str) -> None:
    table = tables()[kind]
    names = list(table.columns)
    assert told(count_table(table, names)) == by_pandas(table, names)
    assert told(count_table(table, names).over(names[:1])) == by_pandas(table, names[:1])


@pytest.mark.parametrize("kind", list(tables()))
def test_categories_and_arrow_dictionaries_count_as_texts_do(kind: str) -> None:
    table = tables()[kind]
    names = list(table.columns)
    assert told(count_table(table.astype("category"), names)) == by_pandas(table, names)
    arrow = pa.table({name: pa.array(table[name].map(plain)).dictionary_encode() for name in names})
    batch = arrow.append_column("n people", pa.array(np.ones(len(table), dtype=np.int64)))
    assert told(count_batch(batch, "n people")) == by_pandas(table, names)


def test_a_dictionary_is_not_written_out() -> None:
    codes = pa.array(np.tile(np.array([0, 1, None, 2], dtype=object), 50_000).tolist(), type=pa.int8())
    column = pa.DictionaryArray.from_arrays(codes, pa.array(["x" * 1000, None, "x" * 1000]))
    found = coded(pa.chunked_array([column]))
    assert found.codes.itemsize == 1, "one byte a person, whatever the length of the texts"
    assert (found.size, np.unique(found.codes).tolist()) == (1, [-1, 0]), "a value listed twice is one"


def test_the_parts_of_a_table_merge_into_the_whole() -> None:
    for table in tables().values():
        names = list(table.columns)
        cuts = [table.iloc[at : at + 7] for at in range(0, min(len(table), 70), 7)]
        whole = pd.concat(cuts)
        assert told(merged([count_table(cut, names) for cut in cuts])) == by_pandas(whole, names)


def test_a_table_dealt_into_many_parts_counts_the_same() -> None:
    rows = 3 * MOST_PARTS * ROWS_PER_PART // 64
    rng = np.random.default_rng(3)
    table = pd.DataFrame({name: rng.integers(0, high, rows) for name, high in {"a": 1000, "b": 300, "s": 2}.items()})
    groups = count_groups([coded(table["a"]), coded(table["b"])], rows, [coded(table["s"])])
    by = table.groupby(["a", "b"])["s"]
    assert sorted(groups.sizes.tolist()) == sorted(by.size().tolist())
    assert groups.sizes[~groups.is_mixed(2)].sum() == by.size()[by.nunique() == 1].sum()


@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.text(max_size=3)),
            st.one_of(st.just(np.nan), st.floats(allow_nan=False)),
            st.integers(-(2**63), 2**63 - 1),
        ),
        min_size=1,
        max_size=60,
    )
)
def test_groups_are_those_of_equal_rows(rows: list[tuple[Any, ...]]) -> None:
    table = pd.DataFrame(rows, columns=["text", "number", "whole"]).astype({"text": "object"})
    groups = group_of(table, list(table.columns))
    keys = [tuple("absent" if pd.isna(cell) else cell for cell in row) for row in rows]
    first = list(dict.fromkeys(keys))
    assert groups.tolist() == [first.index(key) for key in keys], "numbered in order of first sight"


def test_without_columns_or_rows() -> None:
    table = pd.DataFrame({"a": [1, 2, 3]})
    assert group_of(table, []).tolist() == [0, 0, 0]
    assert group_of(table.iloc[:0], ["a"]).tolist() == []
    assert len(count_table(table.iloc[:0], ["a"])) == 0


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A scheduler and two workers, each a process of its own on this machine."""
    with clustered(tmp_path_factory.mktemp("cluster")) as running:
        yield running.address


@pytest.mark.parametrize("kind", list(tables()))
def test_duckdb_counts_a_parquet_file_as_pandas_does(kind: str, tmp_path: Path) -> None:
    table = tables()[kind]
    path = tmp_path / "it's a 'file'.parquet"
    table.to_parquet(path)
    file, schema = look_at(path)
    names = list(table.columns)
    assert told(count_with_duckdb(file, schema, names)) == by_pandas(read_dataset(path).table, names)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("kind", [kind for kind in tables() if kind != "odd texts"])
def test_duckdb_counts_a_text_file_as_reading_it_does(kind: str, delimiter: str, tmp_path: Path) -> None:
    table = tables()[kind]
    path = tmp_path / "it's a 'file'.csv"
    table.to_csv(path, index=False, sep=delimiter)
    file, schema = look_at(path)
    names = list(table.columns)
    assert told(count_with_duckdb(file, schema, names)) == by_pandas(read_dataset(path).table, names)


def test_missing_marks_in_text_are_absent_values(tmp_path: Path) -> None:
    path = tmp_path / "marks.csv"
    path.write_text("who,age\n" + 'x, 39\nNA,\n"",NA\n"a ""b""\nc",39\nx,39\n' * 20, encoding="utf-8")
    file, schema = look_at(path)
    counts = told(count_with_duckdb(file, schema, ["who", "age"]))
    assert counts == {("x", "39"): 40, (ABSENT, ABSENT): 40, ('a "b"\nc', "39"): 20}


@pytest.mark.slow
def test_a_cluster_counts_row_groups_as_pandas_does(cluster: str, tmp_path: Path) -> None:
    for kind, table in tables().items():
        folder = tmp_path / kind
        folder.mkdir()
        half = (len(table) + 1) // 2
        for number, part in enumerate((table.iloc[:half], table.iloc[half:])):
            if len(part):
                part.to_parquet(folder / f"part {number}.parquet", row_group_size=max(1, len(table) // 5))
        file, schema = look_at(folder)
        names = list(table.columns)
        whole = pd.concat([read_dataset(path).table for path in file.paths])
        assert told(count_with_dask(file, schema, names, cluster)) == by_pandas(whole, names), kind


def test_a_cluster_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.parquet"
    tables()["all equal"].to_parquet(path)
    file, schema = look_at(path)
    monkeypatch.setattr("ppml_core.data.counts_dask.PATIENCE_SECONDS", 0.3)
    with pytest.raises(BadInput, match="no Dask scheduler"):
        count_with_dask(file, schema, ["a"], "tcp://127.0.0.1:9")
    with pytest.raises(BadInput, match="address"):
        count_with_dask(file, schema, ["a"], None)


@pytest.mark.parametrize("limit", ["", "much", "0MB", "-1GB", "5", "1 MB; SELECT 1"])
def test_a_limit_is_a_size(limit: str) -> None:
    with pytest.raises(BadInput, match="memory limit"):
        bytes_of(limit)


@pytest.mark.slow
def test_a_file_larger_than_the_limit_is_counted_within_it(tmp_path: Path) -> None:
    """The process that counts grows by less than the file's columns take, and leaves no temporary file."""
    rows, limit = 3_000_000, "100MB"
    rng = np.random.default_rng(5)
    path, spare = tmp_path / "large.parquet", tmp_path / "spare"
    spare.mkdir()
    columns = {f"c{n}": rng.integers(0, 2**40, rows) for n in range(5)}
    key = rng.integers(0, rows // 10, rows)
    names = pa.array([f"person {number}" for number in range(rows // 10)])
    table = pa.table({**columns, "name": names.take(pa.array(key)), "group": key % 7})
    pa.parquet.write_table(table, path, compression="none", use_dictionary=False)
    assert path.stat().st_size > bytes_of(limit)
    script = (
        "import pathlib, sys\n"
        "from ppml_core.data.counts import count_table\n"
        "from ppml_core.data.counts_duckdb import count_with_duckdb\n"
        "from ppml_core.data.large_files import look_at\n"
        "import pandas\n"
        "file, schema = look_at(pathlib.Path(sys.argv[1]), qi=['name', 'group'])\n"
        "count_table(pandas.DataFrame({'a': ['x']}), ['a']).over(['a'])  # compiled or loaded before it is measured\n"
        "def peak():  # of this process alone: ru_maxrss would carry over that of who started it\n"
        "    return next(int(line.split()[1]) for line in open('/proc/self/status') if line.startswith('VmHWM'))\n"
        "before = peak()\n"
        "counts = count_with_duckdb(file, schema, ['name', 'group'], sys.argv[2])\n"
        "grown = peak() - before\n"
        "print(len(counts), counts.rows, 1024 * grown)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(path), limit],
        capture_output=True, text=True, check=True, env={**os.environ, "TMPDIR": str(spare)},
    )  # fmt: skip
    combinations, people, grown = map(int, done.stdout.split())
    assert (combinations, people) == (len(np.unique(key)), rows)
    assert grown < 2 * bytes_of(limit), "the limit, and the combinations beside it"
    assert not list(spare.iterdir()), "nothing is left in the temporary folder"


def test_a_limit_that_is_too_small_is_told_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "large.parquet"
    pd.DataFrame({"a": [f"{n:040d}" for n in range(400_000)]}).to_parquet(path)
    file, schema = look_at(path, qi=["a"])
    with pytest.raises(BadInput, match="memory limit is too small"):
        count_with_duckdb(file, schema, ["a"], "1MB")
