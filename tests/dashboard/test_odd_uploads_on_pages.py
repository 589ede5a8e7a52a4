"""An odd file on the page: a table to go on with, or one sentence; no markup of its own, no values of it in a log."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from patience import PATIENCE, until
from streamlit.testing.v1 import AppTest

import dashboard
from dashboard import jobs, session, tables

PAGES = Path(dashboard.__file__).resolve().parent / "app_pages"
Open = Callable[..., AppTest]

SCRIPT = "<script>alert(1)</script>"
IMAGE = '"<img src=x onerror=""alert(1)"">"'
ROWS = "".join(f"{SCRIPT},{20 + at % 40},=1+{at},{'m' if at % 3 else 'f'}\n" for at in range(60))

WORKING: Mapping[str, bytes] = {
    "markup and formulas": f"{IMAGE},age,=HYPERLINK(1),sex\n{ROWS}".encode(),
    "one row": b"age,sex\n39,m\n",
    "one column": b"age\n" + b"39\n40\n" * 10,
    "nothing but gaps": b"age,sex\n?,\n,NA\n",
    "constant": b"age,sex\n" + b"39,m\n" * 20,
    "odd names": f'"two\nlines","😀 \u202e abc","{"n" * 10_000}",a\'b;--\n1,2,3,4\n2,3,4,5\n'.encode(),
    "long numbers": b"id,age\n" + b"".join(b"%d,%d\n" % (2**70 + at, at) for at in range(30)),
    "UTF-16": "name,age\nZoë,39\nŁuk,40\n".encode("utf-16"),
    "300 columns": (",".join(f"item {at}" for at in range(300)) + "\n" + ("1," * 299 + "2\n") * 5).encode(),
}
REFUSED: Mapping[str, tuple[str, bytes, str]] = {
    "empty": ("p.csv", b"", "is empty"),
    "ragged": ("p.csv", b"a,b\n1,2\n3\n", "1 field in line 3"),
    "markup in a name": ("p.csv", f"{SCRIPT},{SCRIPT}\n1,2\n".encode(), "two columns called"),
    "markup in the filename": (f"{SCRIPT}.csv", b"", "is empty"),
    "encrypted": ("p.xlsx", bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), "password"),
    "another form": ("p.xlsx", b"a,b\n1,2\n", "cannot be read as Excel"),
}


def said_on(at: AppTest) -> str:
    return "\n".join([*(element.proto.body for element in at.get("html")), *(element.value for element in at.markdown)])


@pytest.mark.parametrize("case", WORKING)
def test_an_odd_table_is_shown_or_its_limits_are_said(
    open_page: Open, case: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="dashboard")
    at = open_page("data_roles")
    at.file_uploader(key="file").upload("odd.csv", WORKING[case], "text/csv").run()
    assert not at.exception
    said = said_on(at)
    assert 'class="refusal"' not in said
    assert at.session_state["dataset"] == session.UPLOAD
    assert jobs.GENERIC not in said
    assert SCRIPT not in said
    assert "<img src=x" not in said
    for page in ("anonymize", "trade_off"):
        other = on_page(page, at)
        said = said_on(other)
        assert not other.exception
        assert jobs.GENERIC not in said
        assert SCRIPT not in said
        assert other.session_state["dataset"] == session.UPLOAD
    assert SCRIPT not in caplog.text


def on_page(page: str, before: AppTest) -> AppTest:
    """Another page of the same session, once what it computes is there."""
    at = AppTest.from_file(str(PAGES / f"{page}.py"), default_timeout=PATIENCE)
    for key in ("upload", "dataset"):
        at.session_state[key] = before.session_state[key]
    at.query_params["dataset"] = session.UPLOAD
    at.run()
    until(lambda: not tables.own_desk().at_hand())
    return at.run()


@pytest.mark.parametrize("case", REFUSED)
def test_a_refusal_is_one_sentence_without_markup_and_the_table_before_stays(open_page: Open, case: str) -> None:
    filename, content, part = REFUSED[case]
    at = open_page("data_roles", dataset="german_credit")
    at.file_uploader(key="file").upload(filename, content, "application/octet-stream").run()
    assert not at.exception
    said = said_on(at)
    assert 'class="refusal"' in said
    assert part in said
    assert SCRIPT not in said
    assert at.session_state["dataset"] == "german_credit"


@pytest.mark.slow
def test_five_thousand_columns_are_taken_by_the_page(open_page: Open) -> None:
    names = ",".join(f"item {at}" for at in range(5_000))
    content = (names + "\n" + ("1," * 4_999 + "2\n") * 20).encode()
    at = open_page("data_roles")
    at.file_uploader(key="file").upload("wide.csv", content, "text/csv").run()
    assert not at.exception
    assert at.session_state["dataset"] == session.UPLOAD
