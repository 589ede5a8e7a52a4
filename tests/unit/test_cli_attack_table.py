"""`ppml attack` on tables: keys, intervals, and the anonymizer that is asked for as by `ppml anonymize`."""

from __future__ import annotations

from typing import Any

import pytest
from command_line import answer, refusal

from ppml_core.attacks.table_attack import TableAttack
from ppml_core.catalog import methods
from ppml_core.cli import main
from ppml_core.settings import settings_of

COLUMNS = "age,housing,job,purpose"


def is_finding(found: dict[str, Any]) -> bool:
    return bool({"value", "low", "high", "baseline"} <= set(found) and found["low"] <= found["value"] <= found["high"])


@pytest.mark.parametrize("name", ["linkage", "singling_out", "linkability", "inference"])
def test_every_attack_tells_value_interval_baseline_and_control(capsys: pytest.CaptureFixture[str], name: str) -> None:
    raw = answer(capsys, "attack", name, "german_credit", "--qi", COLUMNS, "--sensitive", "risk")
    again = answer(capsys, "attack", name, "german_credit", "--qi", COLUMNS, "--sensitive", "risk")
    assert raw[name] == again[name], "the same seed gives the same figures"
    assert is_finding(raw[name])
    assert set(raw[name]["control"]) == {"value", "low", "high"}
    assert is_finding(raw[name]["by_classes" if name == "linkage" else "advantage"])
    assert raw["release"]["method"] is None
    released = answer(capsys, "attack", name, "german_credit", "--qi", COLUMNS, "--sensitive", "risk", "--k", 5)
    assert released["release"]["method"] == "full_domain"
    assert released["release"]["settings"]["k"] == 5
    assert released[name]["value"] <= raw[name]["value"]


@pytest.mark.parametrize("cls", methods(TableAttack).values(), ids=list(methods(TableAttack)))
def test_every_attack_is_a_command_with_a_flag_for_each_setting(
    capsys: pytest.CaptureFixture[str], cls: type[TableAttack]
) -> None:
    with pytest.raises(SystemExit):
        main(["attack", cls.short_name(), "--help"])
    said = capsys.readouterr().out
    for name in set(settings_of(cls)) - set(cls.decided):
        assert f"--{name.replace('_', '-')} " in said


def test_an_unknown_membership_halves_linkage(capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["german_credit", "--qi", COLUMNS, "--k", 5, "--method", "local"]
    known = answer(capsys, "attack", "linkage", *flags)["linkage"]
    unknown = answer(capsys, "attack", "linkage", *flags, "--membership", "unknown")
    by_classes = unknown["linkage"]["by_classes"]["value"]
    assert by_classes == pytest.approx(known["by_classes"]["value"] / 2, rel=0.25)
    assert unknown["release"]["members"] == unknown["release"]["others"]
    assert unknown["linkage"]["low"] <= by_classes <= unknown["linkage"]["high"]


def test_a_synthetic_table_can_be_attacked(capsys: pytest.CaptureFixture[str]) -> None:
    made = answer(capsys, "attack", "inference", "german_credit", "--method", "dp_synthetic", "--secret", "risk")
    assert made["release"]["method"] == "dp_synthetic"
    assert is_finding(made["inference"]["advantage"])


def test_attacks_on_releases_of_our_own(capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["german_credit", "--qi", COLUMNS, "--sensitive", "savings", "--method", "local", "--k", 3, "--l", 2]
    read = answer(capsys, "attack", "homogeneity", *flags, "--ruled-out", 2)
    assert read["homogeneity"]["value"] == 0
    assert is_finding(read["homogeneity"]["background_advantage"])
    undone = answer(capsys, "attack", "downcoding", *flags)["downcoding"]
    assert is_finding(undone)
    assert is_finding(undone["advantage"])
    flags = ["german_credit", "--qi", "age,housing", "--sensitive", "savings", "--k", 2, "--l", 2]
    flags += ["--suppression-limit", 0]
    refused = answer(capsys, "attack", "minimality", *flags, "--worlds", 60)
    assert is_finding(refused["minimality"])
    assert refused["settings"]["models"] == "distinct_l_diversity(l=2)"


def test_two_releases_reveal_together_what_neither_does(capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["german_credit", "--qi", COLUMNS, "--sensitive", "risk"]
    both = answer(capsys, "attack", "intersection", *flags)
    found = both["intersection"]
    assert is_finding(found)
    assert found["value"] > found["baseline"] == 0, "each alone keeps k = 5"
    assert is_finding(found["certain"])
    assert min(both["smallest_alone"]) >= 5 > both["smallest"]
    one = ["--release", "full_domain(k=5)"]
    twice = answer(capsys, "attack", "intersection", *flags, *one, *one)
    assert twice["intersection"]["value"] == 0
    assert twice["intersection"]["certain"]["value"] == twice["intersection"]["certain"]["baseline"]


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["attack"], "attack"),
        (["attack", "linkage"], "TABLE"),
        (["attack", "linkage", "nowhere.csv"], "nowhere.csv"),
        (["attack", "linkage", "german_credit", "--membership", "maybe"], "known, unknown"),
        (["attack", "linkage", "german_credit", "--set", "k=3"], "--method or --k"),
        (["attack", "linkage", "german_credit", "--method", "dp_synthetic"], "belongs to a person"),
        (["attack", "linkage", "german_credit", "--columns", "height"], "height"),
        (["attack", "inference", "german_credit", "--secret", "height"], "height"),
        (["attack", "inference", "german_credit", "--secret", "age", "--k", "2", "--qi", "age,job"], "generalized"),
        (["attack", "linkability", "german_credit", "--first", "age"], "both sources"),
        (["attack", "singling_out", "german_credit", "--attempts", "1"], "at least 20"),
        (["attack", "singling_out", "german_credit", "--seed", "-1"], "--seed"),
        (["attack", "singling_out", "german_credit", "--method", "none"], "anonymizer"),
        (["attack", "downcoding", "german_credit"], "nothing in the release is generalized"),
        (["attack", "minimality", "german_credit"], "ask for them"),
        (["attack", "minimality", "german_credit", "--k", "2"], "limit of 0"),
        (["attack", "intersection", "german_credit", "--release", "local(k=5)"], "--release twice"),
        (["attack", "intersection", "german_credit", "--release", "local", "--release", "pram"], "may be false"),
        (["attack", "intersection", "german_credit", "--release", "k=5"], "full_domain(k=5)"),
        (["attack", "intersection", "german_credit", "--seed", "-1"], "--seed"),
    ],
)
def test_refusals_are_one_line(capsys: pytest.CaptureFixture[str], arguments: list[str], hint: str) -> None:
    assert hint in refusal(capsys, *arguments)
