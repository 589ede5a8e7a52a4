"""A query as the SQL that `parse_query` reads back, for ledgers and pages."""

from __future__ import annotations

from ppml_core.queries.query import EVERYONE, And, Compare, Condition, Missing, Not, OneOf, Or, Query, Value

NAMES = {"mean": "avg"}


def text_of(query: Query) -> str:
    """The query in the subset of SQL.

    >>> text_of(Query("mean", "age", Compare("sex", "=", "Female")))
    'SELECT avg("age") FROM people WHERE "sex" = \\'Female\\''
    """
    inside = "*" if query.column is None else _name(query.column)
    argument = "" if query.argument is None else f", {_number(query.argument)}"
    groups = ", ".join(_name(name) for name in query.group_by)
    text = f"SELECT {groups + ', ' if groups else ''}{NAMES.get(query.function, query.function)}({inside}{argument})"
    where = "" if query.where == EVERYONE else f" WHERE {condition_text(query.where)}"
    return f"{text} FROM people{where}{' GROUP BY ' + groups if groups else ''}"


def condition_text(condition: Condition) -> str:
    """The condition as SQL; an AND or OR of nothing is written as a comparison that always or never holds."""
    if isinstance(condition, Not):
        return f"NOT ({condition_text(condition.part)})"
    if isinstance(condition, And | Or):
        word = " AND " if isinstance(condition, And) else " OR "
        return word.join(_inside(part) for part in condition.parts) or (
            "true" if isinstance(condition, And) else "false"
        )
    if isinstance(condition, Missing):
        return f"{_name(condition.column)} IS NULL"
    if isinstance(condition, OneOf):
        return f"{_name(condition.column)} IN ({', '.join(_value(value) for value in condition.values)})"
    assert isinstance(condition, Compare)
    return f"{_name(condition.column)} {condition.operator} {_value(condition.value)}"


def _inside(condition: Condition) -> str:
    text = condition_text(condition)
    return f"({text})" if isinstance(condition, And | Or) and len(condition.parts) > 1 else text


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _value(value: Value) -> str:
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else _number(value)


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))
