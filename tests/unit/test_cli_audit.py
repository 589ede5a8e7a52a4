"""`ppml audit`: its keys are a contract, and what cannot be audited is refused in a sentence."""

from __future__ import annotations

import pytest
from command_line import answer, refusal

GIVEN = ("audit", "--learner", "dp_gd", "--epsilon", "4", "--delta", "1e-5")


def test_two_worlds(capsys: pytest.CaptureFixture[str]) -> None:
    said = answer(capsys, *GIVEN, "--telling", "--runs", 200, "--confidence", "0.9")
    assert said["method"] == "two_world"
    assert said["claimed"] == 4
    assert 0 <= said["lower_bound"] < 4
    assert said["confidence"] == pytest.approx(0.9)
    assert said["contradicted"] is False
    assert said["claim"]["neighbours"] == "add_or_remove_one"
    assert said["gaussian_lower_bound"] > 0.5
    assert said["runs"] == 400
    for name in ("fpr", "tpr"):
        assert 0 <= said[name]["low"] <= said[name]["value"] <= said[name]["high"] <= 1
    assert said["tpr"]["low"] <= said["allowed"]
    assert said["settings"]["steps"] == 1
    assert said == answer(capsys, *GIVEN, "--telling", "--runs", 200, "--confidence", "0.9")


def test_one_run_with_the_schema_of_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    said = answer(capsys, *GIVEN, "--method", "one_run", "--canaries", 100, "--dataset", "german_credit")
    assert said["method"] == "one_run"
    assert (said["runs"], said["canaries"]) == (1, 100)
    assert said["lower_bound"] <= said["claimed"] == 4
    assert said["people"] == "made up from the schema of german_credit"
    assert said["fpr"]["low"] is None


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("--learner", "random_forest"), "random_forest claims nothing"),
        (("--learner", "nothing"), "there is no learner 'nothing'"),
        (("--learner", "output_perturbation", "--delta", "1e-5"), "leave --delta out"),
        (("--learner", "dp_gd", "--epsilon", "-1"), "epsilon must be"),
        (("--learner", "dp_gd", "--runs", "3"), "--runs must be at least 20"),
        (("--learner", "dp_gd", "--method", "one_run", "--runs", "50"), "--runs is for two_world"),
        (("--learner", "dp_gd", "--canaries", "50"), "--canaries is for one_run"),
        (("--learner", "dp_gd", "--method", "one_run", "--canaries", "5"), "--canaries must be at least 20"),
        (("--learner", "dp_gd", "--confidence", "1"), "--confidence must be"),
        (("--learner", "dp_gd", "--seed", "-1"), "--seed must be"),
        (("--learner", "dp_gd", "--set", "steps"), "--set takes NAME=VALUE"),
        (("--learner", "dp_gd", "--dataset", "wage.csv"), "wage.csv"),
        ((), "--learner --anonymizer --mechanism"),
        (("--learner", "dp_gd", "--mechanism", "gaussian"), "not allowed with"),
        (("--learner", "dp_network", "--release"), "leave --release out"),
        (("--learner", "dp_gd", "--release", "--seed", "2"), "no --seed"),
        (("--anonymizer", "full_domain"), "dp_synthetic, randomized_response"),
        (("--anonymizer", "dp_synthetic", "--method", "one_run"), "give --learner"),
        (("--anonymizer", "randomized_response", "--release"), "randomized_response has no release path"),
        (("--anonymizer", "dp_synthetic", "--release", "--seed", "2"), "no --seed"),
        (("--mechanism", "gaussian", "--release"), "give --learner or --anonymizer"),
        (("--mechanism", "nothing"), "desk_laplace"),
        (("--mechanism", "gaussian"), "needs a delta"),
        (("--mechanism", "exponential", "--delta", "1e-5"), "leave delta out"),
        (("--mechanism", "exponential", "--epsilon", "much"), "--epsilon takes a number"),
        (("--mechanism", "exponential", "--epsilon", "-1"), "epsilon must be"),
        (("--mechanism", "desk_laplace", "--seed", "3"), "no --seed"),
        (("--mechanism", "gaussian", "--set", "steps=1"), "leave --set"),
    ],
)
def test_what_cannot_be_audited_is_said(given: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert told in refusal(capsys, "audit", *given)


def test_a_mechanism(capsys: pytest.CaptureFixture[str]) -> None:
    said = answer(capsys, "audit", "--mechanism", "randomized_response", "--epsilon", 3, "--runs", 200)
    assert (said["mechanism"], said["claimed"], said["contradicted"]) == ("randomized_response", 3, False)
    assert 1 < said["lower_bound"] <= 3
    assert said["seed"] == 1
    desk = answer(capsys, "audit", "--mechanism", "desk_laplace", "--runs", 40)
    assert desk["seed"] is None, "its noise comes from the operating system"
    assert desk["claim"]["neighbours"] == "add_or_remove_one"


def test_an_anonymizer(capsys: pytest.CaptureFixture[str]) -> None:
    said = answer(capsys, "audit", "--anonymizer", "randomized_response", "--epsilon", 2, "--runs", 20)
    assert (said["anonymizer"], said["claimed"], said["contradicted"]) == ("randomized_response", 2, False)
    assert said["claim"]["neighbours"] == "replace_one"


def test_what_leaves(capsys: pytest.CaptureFixture[str]) -> None:
    said = answer(capsys, *GIVEN, "--telling", "--release", "--runs", 20)
    assert said["released"] is True
    assert said["seed"] is None
    assert said["claim"]["mu"] is None
    assert said["contradicted"] is False
    made_up = answer(capsys, "audit", "--anonymizer", "dp_synthetic", "--epsilon", 4, "--delta", "1e-5", "--release",
                     "--telling", "--runs", 20)  # fmt: skip
    assert (made_up["anonymizer"], made_up["released"], made_up["seed"]) == ("dp_synthetic", True, None)
    assert made_up["claim"]["mu"] is None
    assert made_up["contradicted"] is False
