"""Glossary: the field's words with their sources; a link may open it at one of them."""

from __future__ import annotations

from html import escape

import streamlit as st

from dashboard import frame, learning, widgets
from ppml_core.lessons.base import lessons
from ppml_core.lessons.glossary import Term, search, slug


def page() -> None:
    widgets.heading("What do the words mean?", "One line each, as the field uses them, and who defined them.")
    asked = st.text_input("Search the glossary", learning.asked_term(), key="glossary_search", persist_state="session")
    found = search(asked)
    if not found:
        widgets.aside(f"No word here holds {asked!r}.")
    st.html(f'<dl class="glossary">{"".join(_entry(term) for term in found)}</dl>')


def _entry(term: Term) -> str:
    taught = next((cls for cls in lessons().values() if cls.number == term.lesson), None)
    lesson = f' · <a href="lessons?lesson={taught.name()}" target="_self">Lesson {term.lesson}</a>' if taught else ""
    source = f'<a href="{escape(term.address)}" target="_blank" rel="noopener">{escape(term.source)}</a>'
    return (
        f'<div id="{slug(term.name)}"><dt>{escape(term.name)}</dt>'
        f"<dd>{escape(term.meaning)} <span>{source}{lesson}</span></dd></div>"
    )


frame.show(page)
