"""Pseudonyms, masks, hashes and dropped columns: known answers, what comes back, and what an attacker gets."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import hmac
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppml_core.anonymize.base import Anonymizer, Recoding
from ppml_core.anonymize.keys import Key
from ppml_core.anonymize.transforms.drop_columns import DropColumns
from ppml_core.anonymize.transforms.hash_values import HashValues
from ppml_core.anonymize.transforms.mask import Mask
from ppml_core.anonymize.transforms.pseudonymize import Pseudonymize
from ppml_core.anonymize.transforms.scrub import Scrub
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.data.identifiers import scan_text
from ppml_core.data.schema import Column, Schema
from ppml_core.errors import BadInput

SECRET = bytes(range(7, 39))
IDENTIFIER = Column(role="identifier", kind="text")


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    (tmp_path / "key").write_bytes(SECRET)
    return tmp_path / "key"


def table(column: Column = IDENTIFIER, **columns: Sequence[Any]) -> Dataset:
    return Dataset(pd.DataFrame(columns), Schema(columns=dict.fromkeys(columns, column)))


def fitted(method: Anonymizer, data: Dataset) -> Recoding:
    return method.fit(data, np.random.default_rng(1))


def cells(data: Dataset, name: str) -> list[Any]:
    return [None if pd.isna(cell) else cell for cell in data.table[name]]


# Pseudonyms


@pytest.mark.parametrize(
    ("secret", "text", "tag"),
    [
        (b"\x0b" * 20, "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (b"Jefe", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    ],
)
def test_tags_are_those_of_rfc_4231(secret: bytes, text: str, tag: str) -> None:
    assert Key.of(secret, Path("key")).tag(text).hex() == tag


def test_a_pseudonym_is_the_base32_of_the_tag(key_file: Path) -> None:
    release = fitted(Pseudonymize(key_file=str(key_file)), table(name=["Ada", "Zoë", "Ada"])).release
    tags = [hmac.new(SECRET, name.encode(), hashlib.sha256).digest() for name in ("Ada", "Zoë", "Ada")]
    assert cells(release, "name") == [base64.b32encode(tag).decode()[:16] for tag in tags]


def test_a_person_has_one_pseudonym_in_every_table_and_none_without_a_value(key_file: Path) -> None:
    method = Pseudonymize(key_file=str(key_file))
    first = fitted(method, table(name=["Zoë", None, ""]))
    second = fitted(method, table(patient=["Bo", " Zoe\u0308 "]))
    assert cells(first.release, "name")[1:] == [None, ""]
    assert cells(first.release, "name")[0] == cells(second.release, "patient")[1]
    assert cells(first.transform(table(name=["Bo", "Zoë"])), "name") == cells(second.release, "patient")
    numbers = fitted(method, table(Column(role="identifier", kind="numeric"), number=[57.0, np.nan]))
    assert cells(numbers.release, "number") == [cells(fitted(method, table(n=["57"])).release, "n")[0], None]


def test_another_key_or_domain_gives_pseudonyms_that_cannot_be_joined(key_file: Path, tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(SECRET[::-1])
    people = load("clinic")
    settings: list[dict[str, Any]] = [
        {},
        {"domain": "study"},
        {"domain": "payer"},
        {"key_file": str(tmp_path / "other")},
    ]
    releases = [
        fitted(Pseudonymize(**{"key_file": str(key_file), "columns": ("name",), **more}), people) for more in settings
    ]
    found = [set(recoding.release.table["name"]) for recoding in releases]
    assert all(len(names) == people.table["name"].nunique() for names in found)
    assert not any(one & other for place, one in enumerate(found) for other in found[:place])


@given(names=st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1, unique=True))
def test_the_mapping_leads_back(names: list[str]) -> None:
    data = table(name=names)
    people = fitted(_WithKey(), data)
    back = people.mapping()["name"]
    found = people.release.table["name"].map(dict(zip(back["published"], back["value"], strict=True)))
    assert [_same(text) for text in found.fillna("")] == [_same(text) for text in names]


def test_the_key_is_nowhere_but_in_its_file(key_file: Path) -> None:
    method = Pseudonymize(key_file=str(key_file))
    recoding = fitted(method, table(name=["Ada", "Bo"]))
    told = f"{method!r} {method.values()} {recoding.statistics} {vars(recoding)} {recoding.mapping()}".encode()
    key = Key(key_file)
    stored = pickle.dumps(key) + told + repr(key).encode()
    for secret in (SECRET, SECRET.hex().encode(), base64.b64encode(SECRET), repr(SECRET).encode()):
        assert secret not in stored
    for made in (key, key.within("study")):
        assert pickle.loads(pickle.dumps(made)).tag("Ada") == made.tag("Ada")


@pytest.mark.parametrize(
    ("secret", "reason"),
    [(b"short", "holds 5 random bytes"), (b"0123456789abcdef", "holds 8 random bytes"), (b"\0" * 32, "is not random")],
)
def test_a_key_that_can_be_guessed_is_refused(tmp_path: Path, secret: bytes, reason: str) -> None:
    (tmp_path / "key").write_bytes(secret)
    with pytest.raises(BadInput, match=rf"{reason}.*head -c 32 /dev/urandom"):
        fitted(Pseudonymize(key_file=str(tmp_path / "key")), table(name=["Ada"]))


def test_no_key_no_pseudonym(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="need a key"):
        fitted(Pseudonymize(), table(name=["Ada"]))
    with pytest.raises(BadInput, match=r"cannot be read: No such file.*head -c 32"):
        fitted(Pseudonymize(key_file=str(tmp_path / "none")), table(name=["Ada"]))


def test_two_people_never_share_a_pseudonym(key_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Key, "tag", lambda key, text: bytes([len(text)]) * 32)
    recoding = fitted(Pseudonymize(key_file=str(key_file)), table(name=["Ada", "Bert"]))
    with pytest.raises(BadInput, match="two values would share one pseudonym of 16 signs: set length higher"):
        recoding.transform(table(name=["Eve"]))


def test_the_schema_of_a_release_names_no_old_value(key_file: Path) -> None:
    pets = Column(role="quasi_identifier", categories=("cat", "dog"), levels=({"cat": "*", "dog": "*"},))
    for method in (Pseudonymize(columns=("pet",), key_file=str(key_file)), HashValues(columns=("pet",))):
        recoding = fitted(method, table(pets, pet=["cat", "dog", "cat"]))
        meaning = recoding.release.schema["pet"]
        assert set(meaning.categories or ()) == set(recoding.release.table["pet"])
        assert not meaning.has_hierarchy
        part = recoding.transform(table(pets, pet=["cat", "dog", "cat"]).take(np.array([1])))
        assert set(part.hierarchies["pet"].leaves) == set(recoding.release.table["pet"]), "parts share the whole's"


def test_what_models_learn_is_not_rewritten_unasked() -> None:
    clinic = load("clinic")
    with pytest.raises(BadInput, match="column 'readmitted' is the target"):
        fitted(Mask(columns=("readmitted",)), clinic)
    with pytest.raises(BadInput, match="there is no column 'hair' to hash"):
        fitted(HashValues(columns=("hair",)), clinic)
    with pytest.raises(BadInput, match="named twice"):
        fitted(Mask(columns=("name", "name")), clinic)


# Masks


@given(st.text(min_size=1), st.integers(0, 5), st.integers(0, 5), st.sampled_from(["kept", "fixed"]))
def test_a_mask_shows_its_two_ends_only(text: str, first: int, last: int, length: str) -> None:
    masked = Mask(first=first, last=last, length=length, sign="#").masked([text])[0]
    hidden = len(text) - first - last
    if hidden <= 0:
        assert masked == "#" * (len(text) if length == "kept" else 5)
        return
    assert masked == text[:first] + "#" * (hidden if length == "kept" else 5) + text[len(text) - last :]


def test_a_mask_tells_who_stays_recognisable() -> None:
    told = fitted(Mask(first=1), table(name=["Ada", "Amy", "Bo", None])).statistics
    assert told["distinct"] == {"name": 2}
    assert told["alone_share"] == {"name": pytest.approx(1 / 3)}
    with pytest.raises(BadInput, match="sign must be one character, not '##'"):
        fitted(Mask(sign="##"), table(name=["Ada"]))


# Hashes


def attack(data: Dataset, name: str, **settings: Any) -> dict[str, Any]:
    found: dict[str, Any] = fitted(HashValues(columns=(name,), **settings), data).statistics["attack"][name]
    return found


def test_every_value_of_a_small_domain_falls() -> None:
    rng = np.random.default_rng(3)
    pins = table(pin=[f"{number:04d}" for number in rng.integers(0, 10_000, 300)])
    found = attack(pins, "pin")
    assert (found["domain"], found["domain_size"], found["tried"]) == ("digit strings", 10_000, 10_000)
    assert found["recovered_share"] == found["domain_share"] == 1.0
    clinic = load("clinic")
    assert attack(clinic, "zip")["recovered_share"] == 1.0
    days = attack(clinic, "birth_date", guesses=40_000)
    assert (days["domain"], days["domain_size"]) == ("days", len(pd.date_range("1920-01-01", "2010-12-31")))
    assert days["recovered_share"] == 1.0
    assert attack(clinic, "systolic_bp")["recovered_share"] == 1.0


def test_of_a_large_domain_falls_what_was_tried() -> None:
    """Record numbers have six digits: a tenth of the list gives a tenth of the people, and all of it takes longer."""
    found = attack(load("clinic"), "record_number", guesses=100_000)
    assert (found["domain_size"], found["tried"], found["domain_share"]) == (1_000_000, 100_000, 1.0)
    assert found["recovered_share"] == pytest.approx(0.1, abs=0.03)
    assert found["seconds_for_all"] == pytest.approx(10 * found["seconds"])


def test_what_nobody_can_list_does_not_fall(key_file: Path) -> None:
    words = table(name=[f"{chr(97 + place)}{'xyz' * place}" for place in range(20)])
    found = attack(words, "name")
    assert (found["domain"], found["tried"], found["recovered_share"]) == ("none known", 0, 0.0)
    assert attack(table(name=[None]), "name")["distinct"] == 0


# Scrubbing and dropping


def test_scrubbing_removes_what_detectors_find() -> None:
    notes = ["write to ada.byron@example.org", "card 4111 1111 1111 1111 was lost", "nothing here", None]
    recoding = fitted(Scrub(), table(note=notes))
    clean = cells(recoding.release, "note")
    assert clean[0] == "write to [E-MAIL]"
    assert clean[2:] == ["nothing here", None]
    assert "4111" not in clean[1]
    assert recoding.statistics["found"]["email"] == 1
    assert sum(recoding.statistics["found"].values()) == sum(len(scan_text(note)) for note in notes if note)
    assert recoding.statistics["scrubbed_share"] == {"note": 0.5}
    assert cells(recoding.transform(table(note=["x@example.org!"])), "note") == ["[E-MAIL]!"]
    assert "best effort" in Scrub.title
    assert "best effort" in Scrub.protocol


def test_scrubbed_notes_hold_nothing_that_was_found_in_them() -> None:
    clinic = load("clinic").take(np.arange(300))
    release = fitted(Scrub(columns=("note",)), clinic).release
    for before, after in zip(clinic.table["note"], release.table["note"], strict=True):
        for span in scan_text(before):
            assert before[span.start : span.end] not in after or before.count(before[span.start : span.end]) > 1


def test_dropped_columns_are_gone_from_release_and_schema() -> None:
    clinic = load("clinic")
    recoding = fitted(DropColumns(columns=("zip", "readmitted")), clinic)
    for data in (recoding.release, recoding.transform(clinic.take(np.arange(3)))):
        assert set(clinic.table.columns) - set(data.table.columns) == {"zip", "readmitted"}
        assert set(data.schema.columns) == set(data.table.columns)
        assert (data.schema.target, data.schema.positive) == (None, None)
    assert fitted(DropColumns(), clinic).release.fingerprint == clinic.fingerprint
    with pytest.raises(BadInput, match="there is no column 'hair' to drop"):
        fitted(DropColumns(columns=("hair",)), clinic)
    with pytest.raises(BadInput, match="every column"):
        fitted(DropColumns(columns=tuple(clinic.table.columns)), clinic)


def _same(text: str) -> str:
    import unicodedata

    return unicodedata.normalize("NFC", text).strip()


@dataclasses.dataclass(frozen=True)
class _WithKey(Pseudonymize):
    """Pseudonyms under a key that a property test need not write to a file."""

    def fit(self, data: Dataset, rng: np.random.Generator) -> Any:
        from ppml_core.anonymize.rules import Rewritten
        from ppml_core.anonymize.transforms.pseudonymize import Pseudonyms

        return Rewritten(data, {"name": Pseudonyms(Key.of(SECRET, Path("key")), self.length)})
