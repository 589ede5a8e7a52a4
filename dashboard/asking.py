"""The question put by clicks or as SQL: controls in, a `Query` out."""

from __future__ import annotations

from typing import Any, cast

import streamlit as st

from dashboard import tables, widgets
from dashboard.controls import told
from ppml_core.data.schema import Column
from ppml_core.queries.query import EVERYONE, And, Compare, Condition, Function, OneOf, Query, checked
from ppml_core.queries.sql import parse_query
from ppml_core.queries.words import text_of

CLICKS, SQL = "Clicks", "SQL"
TITLES: dict[Function, str] = {
    "count": "How many people", "sum": "Sum", "mean": "Mean", "variance": "Variance", "quantile": "Quantile",
    "histogram": "Histogram",
}  # fmt: skip
MOST_CATEGORIES = 5_000
MOST_GROUPS = 2


def question() -> Query:
    """What is asked now. Raises BadInput for SQL outside the subset, and for what the schema does not allow."""
    way = st.segmented_control(
        "Ask by", [CLICKS, SQL], default=CLICKS, key="ask_by", required=True, persist_state="session",
        help=told("By choosing, or in a small part of SQL: both become the same question."),
    )  # fmt: skip
    return written() if way == SQL else clicked()


def written() -> Query:
    data = tables.dataset()
    text = st.text_area(
        "A question in SQL", text_of(first()), key=f"query_sql_{tables.mark()}", height=110, max_chars=4_000,
        persist_state="session",
        help="SELECT with one of count(*), sum, avg, variance, quantile(c, q), histogram(c), and WHERE and GROUP BY. "
        "It is read into the same question as the clicks; the text itself never reaches a database. "
        "[Glossary](glossary)",
    )  # fmt: skip
    return parse_query(text, data.schema, data.name)


def clicked() -> Query:
    mark, schema = tables.mark(), tables.dataset().schema
    measure, about = st.columns(2)
    with measure:
        function: Function = st.selectbox(
            "Measure", list(TITLES), key=f"query_function_{mark}", format_func=TITLES.__getitem__,
            persist_state="session", help=told("What is computed of the people asked about.", "sensitivity"),
        )  # fmt: skip
    column, argument = None, None
    if function != "count":
        with about:
            column = st.selectbox(
                "Column", _columns(function), key=f"query_column_{mark}_{function == 'histogram'}",
                persist_state="session",
                help=told("Whose values are taken; bounds and categories come from the schema.", "sensitivity"),
            )  # fmt: skip
    if function == "quantile":
        argument = float(
            st.slider(
                "Share below",
                0.01,
                0.99,
                0.5,
                0.01,
                format="percent",
                key="query_share",
                persist_state="session",
                help=told("The share of people who lie below the quantile that is asked for; 50 % is the median."),
            )
        )
    groups = _groups() if function != "histogram" else []
    return checked(Query(function, column, _filter(), tuple(groups), argument), schema)


def first() -> Query:
    """The question a page begins with: how many people, by the target where its categories are listed."""
    schema = tables.dataset().schema
    listed = bool(schema.target and schema[schema.target].categories)
    return Query("count", group_by=(str(schema.target),) if listed else ())


def _groups() -> list[str]:
    schema = tables.dataset().schema
    offered = [name for name, column in schema.columns.items() if column.categories]
    if not offered:
        return []
    chosen = st.multiselect(
        "By", offered, list(first().group_by), key=f"query_groups_{tables.mark()}", max_selections=MOST_GROUPS,
        persist_state="session",
        help=told(
            "Groups come from the schema's categories, never from the rows, so that a group nobody is in is told too.",
            "differential privacy",
        ),
    )  # fmt: skip
    return list(chosen)


def _columns(function: Function) -> list[str]:
    columns = tables.dataset().schema.columns
    numeric = [name for name, column in columns.items() if column.kind == "numeric"]
    if function != "histogram":
        return numeric
    return [
        name for name, column in columns.items() if (column.bounds if column.kind == "numeric" else column.categories)
    ]


def _filter() -> Condition:
    """Every chosen column narrows the people down."""
    schema = tables.dataset().schema
    chosen = st.multiselect(
        "Only people with", list(schema.columns), key=f"query_filter_{tables.mark()}", persist_state="session",
        help=told(
            "Filters are comparisons alone: nothing in them can fail for one row and not for another.",
            "query restriction",
        ),
    )  # fmt: skip
    parts: list[Condition] = []
    for name in chosen:
        parts += _part(name, schema[name], f"query_where_{tables.mark()}_{name}")
    return And(tuple(parts)) if len(parts) > 1 else parts[0] if parts else EVERYONE


def _part(name: str, column: Column, key: str) -> list[Condition]:
    shared: dict[str, Any] = {
        "persist_state": "session",
        "help": told(f"Only people whose {name} fits are asked about.", "query restriction"),
    }
    if column.kind == "numeric":
        from_, to = st.columns(2)
        least = from_.number_input(f"{name}, at least", value=None, key=f"{key}_low", placeholder="any", **shared)
        most = to.number_input(f"{name}, at most", value=None, key=f"{key}_high", placeholder="any", **shared)
        ends = ((">=", least), ("<=", most))
        return [Compare(name, cast(Any, sign), float(end)) for sign, end in ends if end is not None]
    if column.categories and len(column.categories) <= MOST_CATEGORIES:
        values = st.multiselect(name, list(column.categories), key=key, **shared)
        return [OneOf(name, tuple(values))] if values else []
    text = st.text_input(f"{name} is", key=key, **shared)
    return [Compare(name, "=", text)] if text else []


def written_out(query: Query) -> None:
    """The question as SQL, small."""
    widgets.aside(text_of(query).replace('"', ""))
