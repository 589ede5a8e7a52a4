"""A setting's one declaration is its check, its parser and its words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest

from ppml_core.anonymize.base import Anonymizer
from ppml_core.calls import read_calls
from ppml_core.errors import BadInput
from ppml_core.settings import Method, setting, settings_of


@dataclass(frozen=True)
class Example(Method):
    title: ClassVar[str] = "Example"

    k: int = setting(5, 2, None, slider=(2, 100), help="smallest class", unit="records")
    share: float = setting(0.05, 0.0, 1.0, help="a share")
    delta: float | None = setting(None, 0.0, 0.5, help="chosen for you where absent")
    variant: str = setting("plain", choices=("plain", "entropy"), help="which")
    weighted: bool = setting(False, help="whether")
    columns: tuple[str, ...] = setting((), help="which columns")


def test_every_declared_field_is_a_setting_with_its_type() -> None:
    types = {name: declared.type for name, declared in settings_of(Example).items()}
    assert types == {
        "k": "int", "share": "float", "delta": "float", "variant": "choice", "weighted": "bool", "columns": "columns",
    }  # fmt: skip
    assert settings_of(Example)["delta"].optional
    assert settings_of(Example)["k"].slider == (2, 100)


def test_text_becomes_the_value_it_stands_for() -> None:
    made = Example.from_values(
        {"k": "7", "share": "0.5", "delta": "none", "variant": "entropy", "weighted": "true", "columns": "age, sex"}
    )
    assert made == Example(7, 0.5, None, "entropy", True, ("age", "sex"))


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("k", 1, "at least 2"),
        ("k", 2.5, "whole number"),
        ("k", True, "whole number"),
        ("k", "many", "whole number"),
        ("share", 1.5, "at most 1"),
        ("share", float("nan"), "number"),
        ("delta", 0.9, "or none"),
        ("variant", "other", "plain, entropy"),
        ("weighted", "maybe", "true or false"),
    ],
)
def test_what_is_not_accepted_is_refused_with_what_is(name: str, value: object, hint: str) -> None:
    with pytest.raises(BadInput, match=hint) as refusal:
        Example.from_values({name: value})
    assert name in str(refusal.value)


def test_the_constructor_checks_too() -> None:
    with pytest.raises(BadInput, match="k must be"):
        Example(k=0)


def test_unknown_settings_are_refused_with_the_known_ones() -> None:
    with pytest.raises(BadInput, match="it has k, share"):
        Example.from_values({"q": 1})


def test_whole_numbers_serve_as_floats_and_hash_alike() -> None:
    assert Example.from_values({"share": 1}) == Example(share=1.0)
    assert hash(Example(share=1.0)) == hash(Example.from_values({"share": "1"}))


@pytest.mark.parametrize(
    ("text", "speaks"),
    [
        ("rounding(base=5.0)", False),
        ("mask(sign='*')", False),
        ("mask(columns=['city'])", True),
        ("coarsen_coordinates(latitude='north')", True),
        ("rounding(way='random')", False),
    ],
)
def test_columns_and_free_text_speak_of_the_table_and_words_of_the_program_do_not(text: str, speaks: bool) -> None:
    (made,) = read_calls(Anonymizer, text, "rounding()")
    assert made.speaks_of_table() == speaks
