"""`ppml query`: answers with their reason, budgets over calls, refusals in one line, attacks with the agreed keys."""

from __future__ import annotations

import pytest
from command_line import answer, refusal

COUNT = "select count(*) where sex = 'female'"


def test_a_restricted_answer_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    given = answer(capsys, "query", "clinic", COUNT, "--policy", "min_size=50")
    assert given["allowed"]
    assert given["value"] == 1004
    denied = answer(capsys, "query", "clinic", "select count(*) where sex = 'other'", "--policy", "min_size=50")
    assert (denied["allowed"], denied["value"], denied["cells"]) == (False, None, [])
    assert "50" in denied["why"]
    grouped = answer(capsys, "query", "clinic", "select smoker, count(*) from clinic group by smoker")
    assert [cell["smoker"] for cell in grouped["cells"]] == ["never", "former", "current"]


def test_a_budget_is_kept_over_calls_until_it_is_spent(capsys: pytest.CaptureFixture[str]) -> None:
    private = ("query", "clinic", COUNT, "--epsilon", 0.5, "--budget", 1)
    told = answer(capsys, *private, "--preview")
    assert (told["fits"], told["left"]) == (True, 1.0)
    assert told["half_width"] == pytest.approx(5.99, abs=0.01)
    for spent in (0.5, 1.0):
        given = answer(capsys, *private)
        assert (given["spent"], given["guarantee"]["epsilon"], given["guarantee"]["delta"]) == (spent, 0.5, 0.0)
        assert given["low"] < given["value"] < given["high"]
    assert "exhausted" in refusal(capsys, *private)
    assert "exhausted" in refusal(capsys, *private, "--qi", "zip"), "other roles open no budget anew"
    other = answer(capsys, *private, "--analyst", "bob")
    assert (other["left"], other["collusion"]["epsilon"]) == (0.5, 1.5)


def test_a_budget_with_a_delta_is_told_as_it_is_charged(capsys: pytest.CaptureFixture[str]) -> None:
    private = ("query", "clinic", COUNT, "--budget", 3, "--delta", 1e-5, "--analyst", "carl")
    said = refusal(capsys, *private, "--epsilon", 1)
    assert "costs ρ = 0.5 (alone ε = 4.728 at δ = 1e-05)" in said
    assert "has ρ = 0.2242 left of ε = 3: ask for ε = 0.6697 at most" in said
    given = answer(capsys, *private, "--epsilon", 0.5)
    assert f"alone ε = {given['guarantee']['epsilon']:.4g}" in given["why"]
    assert "ask for ε = 0.445531 at most" in refusal(capsys, *private, "--epsilon", 0.45)
    assert answer(capsys, *private, "--epsilon", 0.4455)["spent"] <= 3


def test_a_secret_that_nobody_has_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    said = refusal(capsys, "query", "attack", "tracker", "--secret", "smoker=sometimes")
    assert "nobody in clinic has 'sometimes' in 'smoker'" in said
    assert "there is no query attack 'trackr'" in refusal(capsys, "query", "attack", "trackr")
    assert "--trials goes with an attack" in refusal(capsys, "query", "clinic", COUNT, "--trials", 3)


def test_without_a_budget_each_call_stands_alone(capsys: pytest.CaptureFixture[str]) -> None:
    values = {answer(capsys, "query", "clinic", COUNT, "--epsilon", 1)["value"] for _ in range(2)}
    assert len(values) == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("clinic", "drop table people"),
        ("clinic", "select count(*) from read_csv('/etc/passwd')"),
        ("clinic", COUNT, "--policy", "min_size=50", "--epsilon", "1"),
        ("clinic", COUNT, "--policy", "no_such=50"),
        ("clinic", COUNT, "--budget", "1"),
        ("clinic", COUNT, "--epsilon", "0"),
        ("clinic", COUNT, "--epsilon", "nan"),
        ("clinic", COUNT, "--epsilon", "1", "--delta", "1e-6"),
        ("clinic", COUNT, "--epsilon", "2", "--budget", "1"),
        ("no_such_table", COUNT),
        ("attack", "no_such_attack"),
        ("attack", "tracker", "--trials", "0"),
        ("attack", "tracker", "--epsilon", "-1"),
        ("attack", "tracker", "--secret", "name"),
        ("attack", "tracker", "--set", "people=3"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    refusal(capsys, "query", *arguments)


def test_an_attack_has_the_agreed_keys(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "query", "attack", "tracker", "--dataset", "clinic", "--epsilon", 1, "--trials", 20)
    assert set(found["success"]) >= {"value", "low", "high"}
    assert (found["guessing"], found["queries"], found["denied"]) == (0.5, 1, 0)
    assert found["predicted"] == pytest.approx(0.697, abs=5e-4)
    small = ("--set", "people=20", "--set", "queries=60", "--trials", 1)
    rebuilt = answer(capsys, "query", "attack", "reconstruct", *small, "--policy", "fresh_noise=20")
    assert (rebuilt["epsilon"], rebuilt["queries"]) == (3.0, 60)
