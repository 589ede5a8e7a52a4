"""The command line's contract: one JSON document, one line of error, nothing half written."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from command_line import answer, refusal

from ppml_core.cli import command_line, main
from ppml_core.data.bundled import file_of, load, names


def test_datasets_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    listed = {entry["name"]: entry for entry in answer(capsys, "datasets")}
    assert set(listed) == set(names())
    assert set(listed["adult"]) == {"name", "title", "rows", "columns", "target", "license"}
    assert (listed["adult"]["rows"], listed["adult"]["target"]) == (48_842, "income")


def test_each_command_of_the_readme_can_be_typed() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    lines = [line.strip() for line in readme.splitlines() if line.startswith("    ppml ")]
    assert len(lines) > 30
    parser = command_line()
    for line in lines:
        parser.parse_args(shlex.split(line.partition("  #")[0])[1:])


def test_risk_has_the_named_keys(capsys: pytest.CaptureFixture[str]) -> None:
    risk = answer(capsys, "risk", "adult", "--qi", "age,sex,race")
    assert risk["quasi_identifiers"] == ["age", "sex", "race"]
    assert (risk["rows"], risk["classes"]) == (48_842, 575)
    assert risk["unique_share"] == pytest.approx(59 / 48_842)
    assert set(risk["class_size"]) == {"min", "mean", "max"}
    assert set(risk["prosecutor"]) == {"max", "mean", "share_above"}
    assert 0 <= risk["attribute_disclosure"]["certain_share"] <= 1
    assert {"unique_share_with_kept", "marketer"} <= set(risk)


def test_risk_tells_of_populations_and_column_sets(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    whole = tmp_path / "whole.csv"
    sample = tmp_path / "sample.csv"
    people = load("german_credit").table
    people.to_csv(whole, index=False)
    people.head(200).to_csv(sample, index=False)
    flags = ["--qi", "age,housing,job", "--sensitive", "purpose"]
    alone = answer(capsys, "risk", sample, *flags)
    assert alone["journalist"]["max"] == alone["prosecutor"]["max"]
    assert (alone["population_uniqueness"], alone["individual_risk"]) == (None, None)
    assert len(alone["attributes"]) == 7
    assert {"columns", "distinction", "separation"} <= set(alone["attributes"][0])
    assert alone["special_uniques"]["people_by_smallest"].keys() == {"1", "2"}
    assert [few["l"] for few in alone["l_diversity"]] == [2, 3, 4, 5]

    sized = answer(capsys, "risk", sample, *flags, "--population-size", 1000)["population_uniqueness"]
    assert {"pitman", "zayatz", "snb", "copula", "chosen"} <= set(sized)
    assert sized["chosen"] == sized[sized["rule"]]
    known = answer(capsys, "risk", sample, *flags, "--population", whole)
    assert {"max", "mean", "share_above"} <= set(known["journalist"])
    assert known["journalist"]["mean"] < alone["journalist"]["mean"]
    assert known["population_uniqueness"]["population_size"] == 1000
    by_file = answer(capsys, "risk", sample, *flags, "--population", whole, "--engine", "duckdb")
    assert by_file == known | {"unique_share_with_kept": None}


def test_risk_row_by_row(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "rows.csv"
    told = answer(capsys, "risk", "german_credit", "--qi", "age,housing,job", "--per-record", out)
    rows = pd.read_csv(out)
    assert len(rows) == told["rows"]
    assert rows["prosecutor"].mean() == pytest.approx(told["prosecutor"]["mean"])
    assert rows["suda_score"].max() == told["special_uniques"]["highest_score"]
    by_smallest = rows["smallest_unique"].value_counts()
    assert {int(size): people for size, people in told["special_uniques"]["people_by_smallest"].items()} == {
        size: by_smallest.get(size, 0) for size in (1, 2)
    }


def test_risk_goes_through_the_list_of_identifiers(capsys: pytest.CaptureFixture[str]) -> None:
    items = answer(capsys, "risk", "clinic", "--identifiers")["safe_harbor"]["items"]
    assert len(items) == 18
    assert list(items[0]["columns"]) == ["name"]
    assert answer(capsys, "risk", "clinic").keys() & {"safe_harbor"} == set()


def test_anonymize_writes_what_it_says(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    said = answer(capsys, "anonymize", "clinic", "--k", "5", "--suppression-limit", "0.1", "--out", str(out))
    expected = {"levels", "loss", "suppressed", "classes", "min_class", "granularity", "seconds"}
    assert expected <= set(said)
    table = pd.read_csv(out, dtype=str, keep_default_na=False)
    data = load("clinic")
    assert len(table) == len(data) - said["suppressed"]
    assert table.groupby(data.quasi_identifiers).size().min() == said["min_class"] >= 5
    assert not set(data.schema.with_role("identifier")) & set(table.columns)
    assert set(data.schema.with_role("feature")) <= set(table.columns)


@pytest.fixture
def alone(tmp_path: Path) -> Path:
    """German credit as a file with its schema beside it."""
    data = load("german_credit")
    data.table.to_parquet(tmp_path / "table.parquet", index=False)
    (tmp_path / "schema.toml").write_bytes((file_of("german_credit").parent / "schema.toml").read_bytes())
    return tmp_path / "table.parquet"


def test_duckdb_counts_what_memory_counts(capsys: pytest.CaptureFixture[str], alone: Path) -> None:
    """But for the columns that are kept beside, which it does not read."""
    by_file = answer(capsys, "risk", str(alone), "--engine", "duckdb", "--memory-limit", "500MB")
    by_name = answer(capsys, "risk", "german_credit", "--engine", "duckdb")
    whole = answer(capsys, "risk", "german_credit")
    assert by_file == by_name
    assert by_file == whole | {"unique_share_with_kept": None}


def test_duckdb_writes_the_release_that_memory_writes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    outs = [tmp_path / "memory.csv", tmp_path / "duckdb.csv"]
    found = [
        answer(capsys, "anonymize", "german_credit", "--k", "3", "--engine", out.stem, "--out", str(out))
        for out in outs
    ]
    for key in ("method", "levels", "loss", "suppressed", "classes", "min_class", "rows"):
        assert found[0][key] == found[1][key], key
    tables = [pd.read_csv(out, dtype=str) for out in outs]
    first, second = (table.sort_values(list(table.columns), ignore_index=True) for table in tables)
    pd.testing.assert_frame_equal(first, second)


@pytest.mark.parametrize("engine", ["memory", "duckdb"])
@pytest.mark.parametrize(
    "ages",
    [
        ["30", "30.0", "30.00", "40", "40", "40"],
        ["NA", "NULL", "", *["7"] * 5],
        ["-0", "0", "0.0", "-0.0", "1.5", "1.5", "1.5"],
    ],
)
def test_what_is_counted_as_one_value_is_written_as_one(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, engine: str, ages: list[str]
) -> None:
    table, out = tmp_path / "people.csv", tmp_path / "out.csv"
    table.write_text("age,ill\n" + "".join(f"{age},x\n" for age in ages))
    asked = ["anonymize", str(table), "--qi", "age", "--k", "3", "--suppression-limit", "0", "--engine", engine]
    answer(capsys, *asked, "--out", str(out))
    written = pd.read_csv(out, dtype=str, keep_default_na=False)
    assert len(written) == len(ages)
    assert written.groupby("age").size().min() >= 3


def test_persons_are_told_apart_by_an_identifier_that_is_not_released(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Three rows of each of 30 people: classes hold four people, not four rows."""
    table, schema, out = (tmp_path / name for name in ("visits.csv", "schema.toml", "out.csv"))
    rows = [(f"p{person}", 20 + (person * 7 + visit) % 40) for person in range(30) for visit in range(3)]
    pd.DataFrame(rows, columns=["id", "age"]).assign(ill="x").to_csv(table, index=False)
    roles = {"id": "identifier", "age": "quasi_identifier", "ill": "sensitive"}
    schema.write_text("".join(f'[columns.{name}]\nrole = "{role}"\n' for name, role in roles.items()))
    for name in ("full_domain", "local", "mondrian"):
        model = "k_anonymity(k=4, person_column='id')"
        answer(capsys, "anonymize", str(table), "--method", name, "--model", model, "--out", str(out))
        written = pd.read_csv(out, dtype=str)
        assert list(written) == ["age", "ill"]
        if len(written) == len(rows):
            ids = pd.Series([person for person, _ in rows])
            assert ids.groupby(written["age"]).nunique().min() >= 4


def test_a_release_of_made_up_or_randomized_people_says_what_is_proved(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    asked = ("anonymize", "german_credit", "--method", "dp_synthetic", "--set", "epsilon=1", "--out", out)
    said = answer(capsys, *asked, "--set", "rows=40")
    assert said["rows"] == len(pd.read_csv(out)) == 40
    assert said["guarantee"]["epsilon"] == 1.0
    assert "NumPy's generator" in said["guarantee_note"], "who gives no seed cannot draw the same again"
    seeded = answer(capsys, *asked, "--set", "rows=40", "--seed", 1)
    assert "can be reproduced" in seeded["guarantee_note"]
    table = tmp_path / "table.csv"
    pd.DataFrame({"a,b": range(40), "zip": ["x", "y"] * 20}).to_csv(table, index=False)
    said = answer(capsys, "anonymize", table, "--method", "dp_synthetic", "--set", "epsilon=1", "--out", out)
    assert said["guarantee"] is None
    assert "inferred" in said["guarantee_note"]
    assert answer(capsys, "risk", table, "--qi", '"a,b",zip')["quasi_identifiers"] == ["a,b", "zip"]


def test_suppressed_rows_can_stay(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    said = answer(capsys, "anonymize", "german_credit", "--k", "8", "--keep-suppressed", "--out", str(out))
    table = pd.read_csv(out, dtype=str, keep_default_na=False)
    quasi_identifiers = load("german_credit").quasi_identifiers
    assert len(table) == 1000
    starred = (table[quasi_identifiers] == "*").all(axis=1)
    assert starred.sum() == said["suppressed"] > 0
    kept = table[~starred]
    assert kept.groupby(quasi_identifiers).size().min() >= 8


def test_sweep_writes_tidy_rows(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "r.parquet"
    arguments = ["sweep", "--dataset", "german_credit", "--learner", "dp_gd", "--epsilon", "0.3,3", "--delta", "1e-5"]
    said = answer(capsys, *arguments, "--k", "2,5", "--repeats", "2", "--seed", "4", "--out", str(out))
    rows = pd.read_parquet(out)
    exact = {"points": 4, "rows": len(rows), "failed": 0, "out": str(out)}
    assert said == exact | {"seconds": said["seconds"], "run": said["run"]}
    assert set(rows["learner.epsilon"]) == {0.3, 3.0}
    assert set(rows["anonymize.k"]) == {2, 5}
    assert set(rows["seed"]) == {4}
    assert rows["guarantee_epsilon"].isna().all(), "no guarantee stands behind k-anonymization"
    assert not list(tmp_path.glob(".*"))


def test_a_scenario_file_is_run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file, out = tmp_path / "s.toml", tmp_path / "r.parquet"
    file.write_text('dataset = "german_credit"\nseed = 3\nrepeats = 2\n[learner]\nmethod = "logistic_regression"\n')
    said = answer(capsys, "sweep", "--scenario", str(file), "--set", "learner.C=0.1,1", "--out", str(out))
    assert said["points"] == 2
    assert set(pd.read_parquet(out)["learner.C"]) == {0.1, 1.0}


def test_a_failed_point_is_counted_and_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    arguments = [
        "sweep",
        "--dataset",
        "wage",
        "--learner",
        "diffprivlib_naive_bayes",
        "--epsilon",
        "1",
        "--repeats",
        "2",
    ]
    assert main([*arguments, "--out", str(tmp_path / "r.parquet"), "--json"]) == 2
    said = capsys.readouterr()
    assert json.loads(said.out)["failed"] == 2
    assert "not computed" in said.err
    assert "nothing was measured" in said.err


def test_a_sweep_in_which_some_points_fail_is_no_error(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    arguments = ("sweep", "--dataset", "german_credit", "--learner", "logistic_regression", "--k", "2,2000")
    out = tmp_path / "r.parquet"
    assert answer(capsys, *arguments, "--repeats", 1, "--out", out)["failed"] == 1


def test_a_path_is_as_good_as_a_name(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "people with blanks.csv"
    rng = np.random.default_rng(2)
    table = pd.DataFrame({"age": rng.integers(20, 60, 200), "sex": rng.choice(["F", "M"], 200), "pay": 1})
    table.to_csv(path, index=False, sep=";")
    assert answer(capsys, "risk", str(path), "--qi", "age,sex")["rows"] == 200


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["risk", "no_such_table"], "no_such_table"),
        (["risk", "adult", "--qi", "height"], "height"),
        (["risk", "adult", "--qi", "age,hei\nght"], "there is no column"),
        (["risk", "adult", "--threshold", "7"], "threshold"),
        (["risk"], "TABLE"),
        (["risk", "german_credit", "--population-size", "10"], "a population of 10 is smaller"),
        (["risk", "german_credit", "--population-size", "0"], "at least 1"),
        (["risk", "german_credit", "--population", "nowhere.csv"], "nowhere.csv"),
        (["risk", "german_credit", "--per-record", "x.csv", "--engine", "duckdb"], "leave the engine out"),
        (["risk", "german_credit", "--per-record", "nowhere/x.csv"], "nowhere"),
        (["risk", "german_credit", "--identifiers", "--engine", "duckdb"], "leave the engine out"),
        (["risk", "adult", "--qi", "age", "--sensitive", "age", "--engine", "duckdb"], "one role"),
        (["risk", "adult", "--memory-limit", "1GB"], "duckdb only"),
        (["risk", "adult", "--engine", "duckdb", "--memory-limit", "much"], "500MB"),
        (["risk", "adult", "--engine", "dask"], "address"),
        (["risk", "nothing.parquet", "--engine", "duckdb"], "nothing.parquet"),
        (["anonymize", "adult", "--engine", "duckdb", "--l", "2", "--out", "x.csv"], "give --k only"),
        (["anonymize", "adult", "--engine", "duckdb", "--method", "local", "--out", "x.csv"], "give --k only"),
        (["anonymize", "adult", "--engine", "duckdb", "--keep-suppressed", "--out", "x.csv"], "--keep-suppressed"),
        (["anonymize", "adult", "--memory-limit", "1GB", "--out", "x.csv"], "--engine duckdb"),
        (["anonymize", "wage", "--k", "4", "--set", "k=3", "--out", "x.csv"], "k is given twice"),
        (
            ["anonymize", "wage", "--l", "9", "--set", "models=k_map(k=2)", "--out", "x.csv"],
            "models is given twice",
        ),
        (["anonymize", "wage", "--set", "k=3", "--set", "k=9", "--out", "x.csv"], "k is given twice"),
        (["anonymize", "clinic", "--method", "pram", "--seed", "-1", "--out", "x.csv"], "--seed must be"),
        (["anonymize", "adult", "--out", "x.csv", "--release"], "see ppml anonymize --help"),
        (["fly"], "fly"),
        (["anonymize", "adult", "--k", "0", "--out", "x.csv"], "k must be"),
        (["anonymize", "adult", "--out", "no/such/folder/x.csv"], "folder"),
        (["sweep", "--out", "x.parquet"], "--scenario"),
        (
            [
                "sweep",
                "--dataset",
                "wage",
                "--learner",
                "logistic_regression",
                "--venue",
                "federated",
                "--set",
                "venue.epsilon=1,3",
                "--out",
                "x.parquet",
            ],
            "epsilon means nothing while dp is none",
        ),
        (["sweep", "--dataset", "adult", "--learner", "magic", "--out", "x.parquet"], "magic"),
        (["sweep", "--dataset", "adult", "--learner", "dp_gd", "--epsilon", "-1", "--out", "x.parquet"], "epsilon"),
        (["sweep", "--dataset", "adult", "--learner", "dp_gd", "--set", "learner", "--out", "x.parquet"], "--set"),
    ],
)
def test_refusals_are_one_line(capsys: pytest.CaptureFixture[str], arguments: list[str], hint: str) -> None:
    assert hint in refusal(capsys, *arguments)


def test_a_fault_of_the_program_is_one_line_without_a_cell(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise ValueError("could not convert string to float: 'Jane Doe'")

    monkeypatch.setattr("ppml_core.cli.run_risk", broken)
    monkeypatch.delenv("PPML_DEBUG", raising=False)
    said = refusal(capsys, "risk", "clinic")
    assert "ValueError" in said
    assert "PPML_DEBUG" in said
    assert "Jane" not in said
    monkeypatch.setenv("PPML_DEBUG", "1")
    assert main(["risk", "clinic"]) == 2
    assert "Jane Doe" in capsys.readouterr().err


def test_an_unreachable_request_leaves_no_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    arguments = ["anonymize", "german_credit", "--k", "2000", "--suppression-limit", "0", "--out", str(out)]
    assert "k=2000" in refusal(capsys, *arguments)
    assert list(tmp_path.iterdir()) == []


def test_all_expected_optima_of_arx(capsys: pytest.CaptureFixture[str], tmp_path: Path, arx_oracle: Path) -> None:
    schema, out = tmp_path / "schema.toml", tmp_path / "out.csv"
    header = (arx_oracle / "adult.csv").read_text().splitlines()[0].split(";")
    lines = ['delimiter = ";"']
    for name in header:
        lines += [
            f'[columns."{name}"]',
            'role = "quasi_identifier"',
            f'hierarchy_file = "{arx_oracle}/adult_hierarchy_{name}.csv"',
        ]
    schema.write_text("\n".join(lines))
    for row in pd.read_csv(arx_oracle / "expected_k_anonymity.csv").itertuples():
        said = answer(
            capsys, "anonymize", str(arx_oracle / "adult.csv"), "--schema", str(schema),
            "--qi", row.qis.replace("|", ","), "--k", str(row.k), "--suppression-limit", str(row.supp_limit),
            "--out", str(out),
        )  # fmt: skip
        assert "|".join(str(level) for level in said["levels"].values()) == row.optimum_levels
        assert said["loss"] == pytest.approx(row.optimum_score, abs=1e-9)
        assert said["suppressed"] == row.suppressed
    first = out.read_text().splitlines()[0]
    assert first == ";".join(header), "the input's delimiter and columns"
