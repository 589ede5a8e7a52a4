"""`ppml budget`: noise for a budget, and what every accountant says of it."""

from __future__ import annotations

import pytest
from command_line import answer, refusal


@pytest.mark.parametrize(("epsilon", "z"), [(1, 28.90), (0.3, 87.05), (3, 10.77)])
def test_sixty_full_batch_steps_need_the_known_noise(
    epsilon: float, z: float, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ("--mechanism", "gaussian", "--steps", 60, "--epsilon", epsilon, "--delta", 1e-5)
    said = answer(capsys, "budget", *given)
    assert said["noise_multiplier"] == pytest.approx(z, abs=0.005)
    accountants = said["accountants"]
    assert accountants["gdp"] == pytest.approx(epsilon, rel=1e-9)
    assert accountants["pld"] == pytest.approx(epsilon, rel=0.01)
    assert accountants["rdp"] > epsilon
    assert accountants["pure"] is None
    assert "pure" in said["not_applicable"]
    assert said["neighbours"] == "add_or_remove_one"


def test_noise_that_is_there_is_priced(capsys: pytest.CaptureFixture[str]) -> None:
    said = answer(capsys, "budget", "--mechanism", "laplace", "--steps", 4, "--noise-multiplier", 8)
    assert said["accountants"]["pure"] == 0.5
    assert said["epsilon"] is None


def test_several_records_of_a_person_need_as_many_times_the_noise(capsys: pytest.CaptureFixture[str]) -> None:
    one = answer(capsys, "budget", "--epsilon", 1, "--delta", 1e-5)
    three = answer(capsys, "budget", "--epsilon", 1, "--delta", 1e-5, "--records", 3)
    assert three["noise_multiplier"] == pytest.approx(3 * one["noise_multiplier"])
    assert three["accountants"]["gdp"] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--epsilon", "1"), "--delta"),
        (("--delta", "1e-5"), "--epsilon"),
        (("--epsilon", "1", "--noise-multiplier", "2", "--delta", "1e-5"), "--epsilon"),
        (("--epsilon", "0", "--delta", "1e-5"), "epsilon"),
        (("--epsilon", "1", "--delta", "1e-5", "--steps", "0"), "--steps"),
        (("--epsilon", "1", "--delta", "1e-5", "--rate", ".1"), "--rate"),
    ],
)
def test_bad_input_gets_a_sentence(arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert said in refusal(capsys, "budget", *arguments)
