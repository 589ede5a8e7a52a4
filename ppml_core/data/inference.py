"""A proposal of what columns mean, from their headers, values and types, with a reason for each.

In: a table without a schema. Out: `Inferred`, a schema for a person to correct. Bounds, categories and levels in it are
read off the private rows and marked so (`INFERRED`): no guarantee stands on them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from ppml_core.data.facts import Facts, common_length, facts_of
from ppml_core.data.hierarchy import ROOT
from ppml_core.data.schema import INFERRED, Column, Kind, Role, Schema
from ppml_core.data.words import LIKELY_TARGETS, MARITAL, MEANINGS, POSITIVES, SEXES, SPLITS, TARGETS, meaning, tokens
from ppml_core.errors import BadInput

MOST_CATEGORIES = 200
MOST_QI_VALUES = 10_000
MOST_CLASSES = 20
FEW = 20
AGES = (0, 120)


@dataclass(frozen=True)
class Inferred:
    """A proposed schema; `reasons` has one sentence per column, `target_reason` says why that target, or none."""

    schema: Schema
    reasons: Mapping[str, str]
    target_reason: str


@dataclass(frozen=True)
class _Guess:
    role: Role
    reason: str
    kind: Kind | None = None


def infer_schema(table: pd.DataFrame, title: str = "") -> Inferred:
    """A schema for the table and why. Works on any table whose column names are texts, each different.

    The number of rows is private, so `expected_rows` stays empty. Raises BadInput where a column name occurs twice.
    """
    if not table.columns.is_unique:
        double = str(table.columns[table.columns.duplicated()][0])
        raise BadInput(f"the table has two columns called {double!r}: give each column a name of its own.")
    facts = {str(name): facts_of(table[name]) for name in table.columns}
    guesses = {name: _guess(name, seen) for name, seen in facts.items()}
    split = next((name for name, seen in facts.items() if _is_split(name, seen)), None)
    if split is not None:
        guesses[split] = _Guess("ignore", "It says which rows are for training and which for testing.")
    target, target_reason = _target(facts, guesses, split)
    columns = {name: _column(name, seen, guesses[name], name == target) for name, seen in facts.items()}
    reasons = {name: guess.reason for name, guess in guesses.items()}
    if target is not None:
        reasons[target] = f"{guesses[target].reason} {target_reason}"
    schema = Schema(
        columns=columns, title=title, target=target, positive=_positive(target, facts, columns), split=split
    )
    return Inferred(schema, reasons, target_reason)


def _guess(name: str, seen: Facts) -> _Guess:
    """Role of a column and the reason: what cannot be used first, then the header, then the values."""
    meant = meaning(name)
    if not seen.present:
        return _Guess("ignore", "It has no values.")
    if seen.shape is not None:
        return _Guess("identifier", f"Its values look like {seen.shape}.", "text")
    if meant is not None and (found := _by_header(meant, seen)) is not None:
        return found
    if seen.distinct == 1 and seen.rows > 1 and not seen.has_missing:
        return _Guess("ignore", "It has the same value in every row.")
    if seen.is_date:
        return _Guess("quasi_identifier", "It holds dates, and dates of events link people to other records.")
    return _by_values(name, seen)


def _by_header(meant: str, seen: Facts) -> _Guess | None:
    entry = MEANINGS[meant]
    if entry.role == "identifier":
        few = seen.distinct <= FEW and seen.distinct < seen.present / 2
        return None if few or not _may_identify(seen) else _Guess("identifier", f"Its header names {entry.noun}.")
    if seen.distinct == 1 and seen.rows > 1 and not seen.has_missing:
        return _Guess("ignore", f"Its header names {entry.noun}, but it has the same value in every row.")
    if seen.is_free_text and meant not in ("place", "country"):
        return _Guess(
            "ignore", f"Its header names {entry.noun}, but it holds free text, which may name people.", "text"
        )
    if entry.role == "sensitive":
        if _kind(meant, seen) == "categorical" and seen.distinct > MOST_CATEGORIES:
            return _Guess(
                "ignore", f"Its header names {entry.noun}, but it has more than {MOST_CATEGORIES} values.", "text"
            )
        return _Guess("sensitive", f"Its header names {entry.noun}, which people may want to keep to themselves.")
    if _kind(meant, seen) == "numeric" and not _has_intervals(seen):
        return _Guess("feature", f"Its header names {entry.noun}, but its numbers range too far for intervals.")
    if _kind(meant, seen) == "categorical" and seen.distinct > MOST_QI_VALUES:
        return _Guess(
            "ignore", f"Its header names {entry.noun}, but it has more than {MOST_QI_VALUES:,} values.", "text"
        )
    return _Guess("quasi_identifier", f"Its header names {entry.noun}, by which people can be found in other records.")


def _by_values(name: str, seen: Facts) -> _Guess:
    if seen.is_free_text:
        return _Guess("ignore", "It holds free text, which may name people.", "text")
    if seen.is_numbering:
        return _Guess("identifier", "Its whole numbers are all different, as in a list of people or of record numbers.")
    if seen.is_numeric:
        if seen.bounds is None:
            return _Guess("ignore", "Its numbers are too large or infinite.", "text")
        held = "two numbers" if _kind(None, seen) == "categorical" else "numbers"
        return _Guess("feature", f"It holds {held}, and its header does not speak of a person.")
    if seen.all_differ and seen.present >= FEW:
        return _Guess("identifier", "Its texts are all different, so each stands for one person.", "text")
    if seen.distinct > MOST_CATEGORIES:
        return _Guess("ignore", f"It has more than {MOST_CATEGORIES} different texts.", "text")
    words = {text.strip().lower() for text in seen.texts}
    if len(words) > 1 and words <= SEXES:
        return _Guess("quasi_identifier", "Its values speak of sex or gender, by which people can be found.")
    if len(words & MARITAL) > 1:
        return _Guess("quasi_identifier", "Its values speak of marital status, by which people can be found.")
    return _Guess("feature", "It holds few different values, and its header does not speak of a person.")


def _may_identify(seen: Facts) -> bool:
    """Measurements with decimals are no identifiers, whatever their header says."""
    return not seen.is_numeric or seen.is_whole or pd.api.types.is_integer_dtype(seen.values)


def _kind(meant: str | None, seen: Facts) -> Kind:
    if seen.is_date:
        return "date"
    if not seen.is_numeric:
        return "categorical"
    is_code = meant is not None and MEANINGS[meant].codes and seen.is_whole
    two = seen.is_whole and seen.distinct <= 2 and seen.present > 2
    return "categorical" if is_code or two else "numeric"


def _has_intervals(seen: Facts) -> bool:
    """Whether intervals over these numbers are few enough to be looked through, and labels tell them apart."""
    if seen.bounds is None or not seen.is_finite:
        return False
    low, high = seen.bounds
    if seen.is_whole:
        return high - low <= MOST_QI_VALUES
    size = max(abs(low), abs(high))
    return high - low > max(1e-6, size * 1e-3) and seen.distinct <= MOST_QI_VALUES


def _column(name: str, seen: Facts, guess: _Guess, is_target: bool) -> Column:
    meant = meaning(name)
    kind = guess.kind or _kind(meant, seen)
    if guess.role == "identifier":
        kind = "text"
    if is_target and kind == "numeric" and seen.is_whole and seen.distinct <= MOST_CLASSES:
        kind = "categorical"
    bounds = widths = categories = levels = None
    if kind == "numeric":
        bounds = AGES if meant == "age" and _within(seen.bounds, AGES) and seen.is_whole else seen.bounds
        widths = _widths(bounds, seen) if guess.role == "quasi_identifier" else None
    most = MOST_QI_VALUES if guess.role == "quasi_identifier" else MOST_CATEGORIES
    if kind == "categorical" and 0 < seen.distinct <= most:
        categories = seen.texts
        levels = _masks(seen) if guess.role == "quasi_identifier" and meant == "zip" else None
    return Column(
        role=guess.role,
        kind=kind,
        bounds=bounds,
        categories=categories,
        widths=widths,
        levels=levels,
        source=INFERRED,
        missing=seen.has_missing,
    )


def _within(bounds: tuple[float, float] | None, limits: tuple[float, float]) -> bool:
    return bounds is not None and limits[0] <= bounds[0] and bounds[1] <= limits[1]


def _widths(bounds: tuple[float, float] | None, seen: Facts) -> tuple[float, ...] | None:
    """5, 10, 20 and 40, or ten times as much and so on: each a multiple of the one before; none for few values."""
    if bounds is None or not seen.is_whole or bounds[1] - bounds[0] <= 12:
        return None
    unit = 10 ** max(0, math.floor(math.log10((bounds[1] - bounds[0]) / 20)))
    return tuple(unit * step for step in (5, 10, 20, 40) if unit * step < bounds[1] - bounds[0]) or None


def _masks(seen: Facts) -> tuple[Mapping[str, str], ...] | None:
    """Postal codes of one length lose their last characters one by one: 81667, 8166*, 816**, …"""
    length = common_length(seen.texts)
    if not 3 <= length <= 10 or any("*" in text for text in seen.texts):
        return None
    texts: tuple[str, ...] = seen.texts
    levels = []
    for kept in range(length - 1, 0, -1):
        masked = {text: text[:kept] + "*" * (length - kept) for text in texts}
        if len(set(masked.values())) > 1:
            levels.append(masked)
            texts = tuple(dict.fromkeys(masked.values()))
    return (*levels, dict.fromkeys(texts, ROOT))


def _is_split(name: str, seen: Facts) -> bool:
    return not SPLITS.isdisjoint(tokens(name)) and seen.texts == ("test", "train") and not seen.has_missing


def _target(facts: Mapping[str, Facts], guesses: Mapping[str, _Guess], split: str | None) -> tuple[str | None, str]:
    """The column to predict: one whose header says so, the last where several do; else the last one with two values."""
    usable = [name for name, seen in facts.items() if name != split and _may_be_target(name, seen, guesses[name])]
    for says_so in (_is_called_target, _is_called_likely, _ends_as_target, _has_likely_word):
        named = [name for name in usable if says_so(name)]
        if named:
            return named[-1], "It is taken as the target, for its header is one that targets have."
    two = [name for name in usable if facts[name].distinct == 2 and guesses[name].role != "quasi_identifier"]
    if two:
        return two[-1], "It is taken as the target, for no header names one and it is the last column with two values."
    return None, "No header names a target, and no column has two values: choose the column to predict."


def _may_be_target(name: str, seen: Facts, guess: _Guess) -> bool:
    if guess.role in ("ignore", "identifier") or seen.distinct < 2:
        return False
    return _kind(meaning(name), seen) == "numeric" or (not seen.is_date and seen.distinct <= MOST_CATEGORIES)


def _is_called_target(name: str) -> bool:
    return "".join(tokens(name)) in TARGETS


def _is_called_likely(name: str) -> bool:
    return "".join(tokens(name)) in LIKELY_TARGETS


def _ends_as_target(name: str) -> bool:
    return bool(tokens(name)) and tokens(name)[-1] in TARGETS and _is_free(name)


def _has_likely_word(name: str) -> bool:
    return not LIKELY_TARGETS.isdisjoint(tokens(name)) and _is_free(name)


def _is_free(name: str) -> bool:
    """Whether the header speaks of nothing by which people are found."""
    meant = meaning(name)
    return meant is None or MEANINGS[meant].role == "sensitive"


def _positive(target: str | None, facts: Mapping[str, Facts], columns: Mapping[str, Column]) -> str | None:
    """The class of a two-class target that counts as 1: a word for yes, else the last in the alphabet."""
    if target is None or columns[target].kind != "categorical" or facts[target].distinct != 2:
        return None
    texts = facts[target].texts
    return next((text for text in texts if text.strip().lower() in POSITIVES), texts[-1])
