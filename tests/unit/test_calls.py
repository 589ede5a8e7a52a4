"""Methods written as text and read back."""

from __future__ import annotations

import pytest

from ppml_core.anonymize.base import Anonymizer
from ppml_core.calls import read_calls, write_calls
from ppml_core.errors import BadInput

EXAMPLE = "pram(p=0.8)"


def test_a_chain_is_read_back_with_its_settings_and_order() -> None:
    made = read_calls(Anonymizer, "rank_swapping(columns=['age']) + pram(p=0.5)", EXAMPLE)
    assert [step.name() for step in made] == ["rank_swapping", "pram"]
    assert read_calls(Anonymizer, write_calls(made), EXAMPLE) == made
    assert read_calls(Anonymizer, " ", EXAMPLE) == ()


@pytest.mark.parametrize("text", ["pram(0.5)", "pram - rounding", "1", "pram(p=open)", "pram(p="])
def test_what_is_no_call_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadInput, match=r"written like pram\(p=0.8\)"):
        read_calls(Anonymizer, text, EXAMPLE)


@pytest.mark.parametrize("text", ["pram(p=7)", "pram(q=1)", "nothing()"])
def test_what_a_method_does_not_take_is_refused_by_name(text: str) -> None:
    with pytest.raises(BadInput, match=r"p must be|no setting 'q'|no anonymizer 'nothing'"):
        read_calls(Anonymizer, text, EXAMPLE)
