"""`ppml attack update`: one record's update is the record, and every figure stands beside guessing and a control."""

from __future__ import annotations

import pytest
from command_line import answer, refusal


def test_shares_stand_beside_guessing_and_control(capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["german_credit", "--records", "1,5", "--epsilons", "1", "--repeats", 5]
    found = answer(capsys, "attack", "update", *flags)
    assert [one["records"] for one in found["sums"]] == [1, 5]
    assert found["sums"][0]["value"] == found["sums"][0]["whole_records"]["value"] == 1.0
    assert found["masked"]["value"] < found["sums"][0]["guessing"]["value"]
    assert found["noisy"][0]["low"] <= found["noisy"][0]["at_most"]
    first, *_, last = found["neighbours"]
    assert first["whole_records"]["value"] == 1.0
    assert last["low"] <= last["at_most"]
    assert set(found["sums"][0]["control"]) == {"value", "low", "high"}
    again = answer(capsys, "attack", "update", *flags)
    assert found | {"seconds": 0} == again | {"seconds": 0}


@pytest.mark.parametrize(("flag", "value"), [("--records", "0"), ("--records", "1.5"), ("--epsilons", "many")])
def test_what_is_no_number_is_refused_in_a_line(capsys: pytest.CaptureFixture[str], flag: str, value: str) -> None:
    assert f"not '{value}'" in refusal(capsys, "attack", "update", "german_credit", flag, value)
