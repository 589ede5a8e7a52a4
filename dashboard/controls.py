"""The control that a setting's declaration asks for, with its help and its word in the glossary.

In: a `Setting` of the core. Out: a widget on the page and its value, which stands in `session` under the control's key.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from dashboard import session
from ppml_core.charts.words import budget
from ppml_core.errors import PPMLError
from ppml_core.lessons.glossary import Term, named, slug, term_of
from ppml_core.settings import Setting, words

ROUND = (1, 2, 5)


def control(
    setting: Setting, key: str, *, columns: Sequence[str] = (), title: str = "",
    on_change: Callable[[], None] | None = None,
) -> Any:  # fmt: skip
    """The widget that a setting's declaration asks for; its value under `key`, kept across pages."""
    name = title or words(setting.name)[:1].upper() + words(setting.name)[1:]
    shared: dict[str, Any] = {"key": key, "help": _help(setting), "on_change": on_change}
    if key.startswith(session.SETTING):
        shared["persist_state"] = "session"
    first = _first(setting, key)
    if session.first(key) != first:
        st.session_state[key] = first
    if setting.type == "bool":
        return st.toggle(name, first, **shared)
    if setting.type == "choice":
        offered = [*([session.AUTO] if setting.optional else []), *setting.choices]
        return st.selectbox(name, offered, offered.index(first), format_func=_written, **shared)
    if setting.type == "columns":
        st.session_state[key] = [column for column in first or () if column in columns]
        return tuple(st.multiselect(name, list(columns), **shared))
    if setting.type == "text":
        return st.text_input(name, **shared)
    return _number(setting, name, first, shared)


def _number(setting: Setting, name: str, first: Any, shared: dict[str, Any]) -> Any:
    stops = _stops(setting)
    if stops:
        offered = sorted({*stops, *([] if first == session.AUTO else [first])})
        if setting.optional:
            everything = [session.AUTO, *offered]
            return st.selectbox(name, everything, everything.index(first), format_func=_written, **shared)
        return st.select_slider(name, offered, first, format_func=_written, **shared)
    kind: type = int if setting.type == "int" else float
    if setting.slider and not setting.optional and setting.slider[0] <= first <= setting.slider[1]:
        low, high = (kind(end) for end in setting.slider)
        shown = "percent" if setting.unit.startswith("share") else None
        return st.slider(
            name, low, high, kind(first), step=1 if kind is int else (high - low) / 20, format=shown, **shared
        )
    return st.number_input(
        name,
        value=None if setting.optional else "min",
        placeholder="chosen for you" if setting.optional else None,
        min_value=None if setting.low is None else kind(setting.low),
        max_value=None if setting.high is None else kind(setting.high),
        **shared,
    )


def _stops(setting: Setting) -> list[Any]:
    """Where a slider stops: the declared steps, or 1-2-5 over a log range."""
    kind: type = int if setting.type == "int" else float
    if setting.steps:
        return [kind(step) for step in setting.steps]
    if setting.log and setting.slider and setting.slider[0] > 0:
        low, high = setting.slider
        powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        rounded = (round(step * 10.0**exponent, 12) for exponent in powers for step in ROUND)
        return [kind(value) for value in rounded if low <= value <= high]
    return []


def _first(setting: Setting, key: str) -> Any:
    """What the control starts with: the session's value where it can be read, else the default."""
    value = st.session_state.get(key, setting.default)
    try:
        value = setting.parse(None if value == session.AUTO else value)
    except PPMLError:
        value = setting.default
    named = bool(setting.choices or _stops(setting))
    return session.AUTO if value is None and named else value


def _written(value: Any) -> str:
    if value == session.AUTO:
        return "chosen for you"
    return words(value) if isinstance(value, str) else budget(value)


def _help(setting: Setting) -> str:
    """One line of meaning, with the unit, and a link to the word behind it."""
    unit = f" ({setting.unit})" if setting.unit else ""
    return told_of(f"{setting.help}{unit}", setting)


def told_of(sentence: str, setting: Setting) -> str:
    """A sentence about a setting, as help: with a link to the word behind that setting."""
    text = sentence.rstrip(".")
    return _linked(f"{text[:1].upper()}{text[1:]}.", term_of(setting.name, setting.method))


def told(sentence: str, word: str = "") -> str:
    """The help of a control that no setting declares: its meaning, and a link to that word of the glossary.

    >>> told("Whose table it is.")
    'Whose table it is. [Glossary](glossary)'
    """
    term = named(slug(word))
    if word and term is None:
        raise KeyError(f"the glossary has no {word!r}")
    return _linked(sentence, term)


def told_of_method(sentence: str, name: str) -> str:
    """A sentence about a method, as help: with a link to the word behind it."""
    return _linked(sentence, term_of("", name))


def _linked(sentence: str, term: Term | None) -> str:
    """A sentence with a link to its word, or to all words where there is none."""
    link = f"[Glossary: {term.name}](glossary?term={slug(term.name)})" if term else "[Glossary](glossary)"
    return f"{sentence} {link}"
