"""A table as a CSV file that a person opens in a spreadsheet: cells that would run as formulas are made harmless."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import pandas as pd

SIGNS = "[=+\\-@＝＋－＠]"
UNSEEN = r"[\s\ufeff\u200b-\u200f\u202a-\u202e\u2060-\u2069\x00-\x1f\"';,|]*"
FORMULA = re.compile(rf"{UNSEEN}{SIGNS}|[\t\n]")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
INSIDE = re.compile(rf"([;,|\t\n\"]{UNSEEN})(?={SIGNS})(?![+-][\d.]+\s*[)\]]*\s*([;,]|$))")
MARK = "'"
EXACT = 2**53


def spreadsheet_csv(table: pd.DataFrame, delimiter: str = ",") -> bytes:
    """UTF-8 with a header; text that a spreadsheet would take for a formula gets an apostrophe in front.

    That is text whose first sign, blanks, quotes and delimiters aside, is one of = + - @ in any width, or that begins
    with a tab or a line break. Inside a text, the apostrophe stands before such a sign that follows a delimiter, a
    quote or a line break, for another program may cut the cell there. Numbers stay as they are. Line breaks become
    one kind. OWASP, "CSV injection".

    >>> spreadsheet_csv(pd.DataFrame({"note": ["=1+1", "fine"], "change": [-2, 3]}))
    b"note,change\\n'=1+1,-2\\nfine,3\\n"
    """
    safe = table.copy(deep=False)
    for position in range(safe.shape[1]):
        values = safe.iloc[:, position]
        if pd.api.types.is_float_dtype(values):
            safe.isetitem(position, (values + 0.0).to_numpy())  # -0.0 is the value 0
        elif not (pd.api.types.is_numeric_dtype(values) or pd.api.types.is_datetime64_any_dtype(values)):
            safe.isetitem(position, _neutral(values).to_numpy())
    safe.columns = pd.Index([_neutral_text(str(name)) for name in safe.columns], dtype=object)
    return safe.to_csv(index=False, sep=delimiter, lineterminator="\n").encode("utf-8")


def is_formula(text: str) -> bool:
    """Whether a spreadsheet may take the text for a formula; a plain number is none.

    >>> is_formula(" =1+1"), is_formula("-2"), is_formula("a=b")
    (True, False, False)
    """
    return FORMULA.match(text) is not None and NUMBER.fullmatch(text) is None


def as_written(table: pd.DataFrame) -> pd.DataFrame:
    """The table with whole numbers that have gaps between them as whole numbers: 57, not 57.0; and no zero below 0."""
    table = table.assign(**{
        name: table[name] + 0.0 for name in table.columns if pd.api.types.is_float_dtype(table[name])
    })  # fmt: skip
    whole = {
        name: table[name].astype("Int64")
        for name in table.columns
        if pd.api.types.is_float_dtype(table[name]) and table[name].isna().any() and _is_whole(table[name].dropna())
    }
    return table.assign(**whole) if whole else table


def _is_whole(values: pd.Series) -> bool:
    return bool(((values == values.round()) & (values.abs() < EXACT)).all())


def _neutral(values: pd.Series) -> pd.Series:
    """Each distinct text once, then looked up: tables are long and values few."""
    codes, distinct = pd.factorize(values, use_na_sentinel=True)
    neutral = pd.Series([_neutral_text(str(value)) for value in distinct], dtype=object)
    return pd.Series(neutral.reindex(codes).to_numpy(), index=values.index, dtype=object)


def _neutral_text(text: str) -> str:
    """Line breaks become one kind, which is quoted: a lone carriage return would begin a new row."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    inside = INSIDE.sub(rf"\1{MARK}", text)
    return MARK + inside if is_formula(text) else inside


def file_names(columns: Sequence[str]) -> Mapping[str, str]:
    """A CSV file's name for each column, that no two share and every file system takes.

    >>> file_names(["size (cm)", "size [cm]"])
    {'size (cm)': 'size _cm_.csv', 'size [cm]': 'size _cm_ 2.csv'}
    """
    found: dict[str, str] = {}
    for column in columns:
        stem = "".join(sign if sign.isalnum() or sign in "-_ " else "_" for sign in column).strip()[:80] or "column"
        name, number = stem, 2
        while f"{name}.csv".lower() in {known.lower() for known in found.values()}:
            name, number = f"{stem} {number}", number + 1
        found[column] = f"{name}.csv"
    return found
