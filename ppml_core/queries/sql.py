"""A small subset of SQL read into a `Query`; everything outside it is refused with one sentence, nothing is run.

    SELECT [group columns,] count(*) | sum(c) | avg(c) | variance(c) | quantile(c, q) | median(c) | histogram(c[, bins])
    [FROM people] [WHERE comparisons with AND, OR, NOT, IN, BETWEEN, IS NULL] [GROUP BY columns]

The text is parsed by sqlglot and never reaches a database: what runs is written anew from the `Query`. The list names
what is allowed, so that a construct nobody thought of is refused.
"""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Callable
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from ppml_core.data.schema import Schema
from ppml_core.errors import BadInput
from ppml_core.queries.query import EVERYONE, And, Compare, Condition, Missing, Not, OneOf, Operator, Or, Query, checked
from ppml_core.queries.query import Value as Plain

LONGEST = 4_000
MOST_NESTED = 40
TABLE = "people"
SUBSET = "ask SELECT with one of count, sum, avg, variance, quantile, histogram, and WHERE and GROUP BY if need be"
CLAUSES = {"expressions", "from_", "where", "group"}
OPERATORS: dict[type[exp.Expression], Operator] = {
    exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">=",
}  # fmt: skip
MIRRORED: dict[Operator, Operator] = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

logging.getLogger("sqlglot").addHandler(logging.NullHandler())


def parse_query(text: str, schema: Schema, table: str = TABLE) -> Query:
    """The query that a text asks, checked against the schema. `table` is another name for `people` after FROM.

    >>> from ppml_core.data.schema import Column
    >>> parse_query("select count(*) where age >= 65", Schema({"age": Column(kind="numeric")})).where
    Compare(column='age', operator='>=', value=65)
    """
    _check_text(text)
    select = _parsed(text)
    _check_clauses(select, {TABLE, table})
    groups = _groups(select)
    told = [one for one in select.expressions if not _is_group(one, groups)]
    if len(told) != 1:
        raise BadInput(f"one aggregate is asked at a time, not {len(told)}: {SUBSET}.")
    function, column, argument = _aggregate(told[0])
    where = select.args.get("where")
    condition = EVERYONE if where is None else _condition(where.this)
    return checked(Query(function, column, condition, groups, argument), schema)


def _check_text(text: str) -> None:
    """Refuses what can be seen without a parser: too long, hidden or control signs, too many brackets."""
    if len(text) > LONGEST:
        raise BadInput(f"a query may have {LONGEST:,} characters, not {len(text):,}.")
    for sign in text:
        if unicodedata.category(sign) in ("Cc", "Cf", "Co", "Cs", "Cn") and sign not in "\t\n\r":
            raise BadInput(f"the query holds the invisible character U+{ord(sign):04X}: take it out.")
    if max(text.count("("), text.lower().count("not")) > MOST_NESTED:
        raise BadInput(f"a query may have {MOST_NESTED} brackets and as many NOTs.")


def _parsed(text: str) -> exp.Select:
    """The one SELECT of the text."""
    logger = logging.getLogger("sqlglot")
    before, logger.disabled = logger.disabled, True
    try:
        if any(token.comments for token in sqlglot.tokenize(text, read="duckdb")):
            raise BadInput("a query has no comments: leave out -- and /* */.")
        statements = sqlglot.parse(text, read="duckdb")
    except SqlglotError as fault:
        first = " ".join(str(fault).split("\n")[0].split())[:120]
        raise BadInput(f"this is no SQL that can be read: {first}") from None
    except RecursionError:
        raise BadInput("the query is nested too deeply.") from None
    finally:
        logger.disabled = before
    if len(statements) != 1 or statements[0] is None:
        raise BadInput(f"one statement is asked at a time, not {len(statements)}: {SUBSET}.")
    if any(node.comments for node in statements[0].walk()):
        raise BadInput("a query has no comments: leave out -- and /* */.")
    if type(statements[0]) is not exp.Select:
        raise BadInput(f"{_word(statements[0])} is not allowed here: {SUBSET}.")
    return statements[0]


def _check_clauses(select: exp.Select, tables: set[str]) -> None:
    _only(select, CLAUSES)
    source = select.args.get("from_")
    if source is None:
        return
    _only(source, {"this"})
    name = source.this
    if type(name) is not exp.Table or type(name.this) is not exp.Identifier:
        raise BadInput(f"only the table {TABLE} can be asked: {SUBSET}.")
    _only(name, {"this"})
    if name.name not in tables:
        raise BadInput(f"only the table {TABLE} can be asked, not {name.name[:40]!r}.")


def _groups(select: exp.Select) -> tuple[str, ...]:
    group = select.args.get("group")
    if group is None:
        return ()
    _only(group, {"expressions"})
    return tuple(_column(one) for one in group.expressions)


def _is_group(node: Any, groups: tuple[str, ...]) -> bool:
    """Whether the node repeats a group's column, as SQL people write it; any other column is refused."""
    if type(node) is not exp.Column:
        return False
    if _column(node) not in groups:
        raise BadInput(f"{_column(node)!r} is no aggregate and not in GROUP BY: single people are not shown.")
    return True


def _aggregate(node: Any) -> tuple[Any, str | None, float | None]:
    """(function, column, argument)."""
    if type(node) is exp.Alias:
        node = node.this
    name, given = _call(node)
    if name == "count":
        if len(given) != 1 or type(given[0]) is not exp.Star or any(given[0].args.values()):
            raise BadInput("count is asked as count(*): it counts the people who fulfil the filter.")
        return "count", None, None
    columns = [_column(given[0])] if given else []
    if name == "median" and len(given) == 1:
        return "quantile", columns[0], 0.5
    if name in ("sum", "mean", "variance") and len(given) == 1:
        return name, columns[0], None
    if name in ("quantile", "histogram") and len(given) == 2:
        return name, columns[0], float(_number(given[1]))
    if name == "histogram" and len(given) == 1:
        return name, columns[0], None
    raise BadInput(f"{_word(node)} is not asked with {len(given)} arguments: {SUBSET}.")


def _call(node: Any) -> tuple[str, list[Any]]:
    """Our name of the aggregate and its arguments; BadInput for any other node."""
    plain: dict[type[exp.Expression], str] = {
        exp.Count: "count", exp.Sum: "sum", exp.Avg: "mean", exp.Variance: "variance", exp.Median: "median",
    }  # fmt: skip
    if type(node) in plain:
        _only(node, {"this", "big_int"})
        return plain[type(node)], [node.this] if node.this is not None else []
    if type(node) is exp.Quantile:
        _only(node, {"this", "quantile"})
        return "quantile", [node.this, node.args.get("quantile")]
    if type(node) is exp.Anonymous and isinstance(node.this, str):
        name = node.this.lower()
        if name in ("mean", "histogram"):
            return name, list(node.expressions)
    raise BadInput(f"{_word(node)} is not allowed here: {SUBSET}.")


def _condition(node: Any) -> Condition:
    kind = type(node)
    if kind is exp.Paren:
        return _condition(node.this)
    if kind is exp.Not:
        return Not(_condition(node.this))
    if kind in (exp.And, exp.Or):
        parts = tuple(_condition(one) for one in _flat(node, kind))
        return And(parts) if kind is exp.And else Or(parts)
    if kind in OPERATORS:
        return _comparison(node, OPERATORS[kind])
    if kind is exp.In:
        _only(node, {"this", "expressions"})
        return OneOf(_column(node.this), tuple(_value(one) for one in node.expressions))
    if kind is exp.Between:
        _only(node, {"this", "low", "high"})
        name = _column(node.this)
        return And((Compare(name, ">=", _value(node.args["low"])), Compare(name, "<=", _value(node.args["high"]))))
    if kind is exp.Is and type(node.expression) is exp.Null:
        return Missing(_column(node.this))
    raise BadInput(f"{_word(node)} is not allowed in WHERE: compare columns with values, with AND, OR, NOT, IN.")


def _flat(node: Any, kind: type[exp.Expression]) -> list[Any]:
    """What a chain of the same AND or OR joins, from left to right."""
    parts: list[Any] = []
    while type(node) is kind:
        parts.append(node.expression)
        node = node.this
    return [node, *reversed(parts)]


def _comparison(node: Any, operator: Operator) -> Condition:
    if type(node.this) is exp.Column:
        return Compare(_column(node.this), operator, _value(node.expression))
    return Compare(_column(node.expression), MIRRORED[operator], _value(node.this))


def _column(node: Any) -> str:
    if type(node) is not exp.Column or type(node.this) is not exp.Identifier:
        raise BadInput(f"{_word(node)} stands where a column of the table must stand.")
    _only(node, {"this"})
    return str(node.name)


def _value(node: Any) -> Plain:
    if type(node) is exp.Literal and node.is_string:
        return str(node.this)
    return _number(node)


def _number(node: Any) -> float:
    sign: Callable[[float], float] = float
    if type(node) is exp.Neg:
        node, sign = node.this, lambda number: -number
    if type(node) is not exp.Literal or node.is_string:
        raise BadInput(f"{_word(node)} stands where a number or a text in single quotes must stand.")
    try:
        number = float(str(node.this))
    except ValueError:
        raise BadInput(f"{str(node.this)[:40]!r} is no number.") from None
    signed = sign(number)
    return int(signed) if abs(signed) < 2**53 and signed == int(signed) else signed


def _only(node: Any, allowed: set[str]) -> None:
    """Refuses a node that carries anything beside these parts."""
    for part, value in node.args.items():
        if part not in allowed and value not in (None, False, []):
            raise BadInput(f"{part.strip('_').replace('_', ' ')} is not allowed here: {SUBSET}.")


def _word(node: Any) -> str:
    """What the person wrote there, cut short."""
    if node is None:
        return "nothing"
    try:
        text = node.sql(dialect="duckdb") if isinstance(node, exp.Expression) else str(node)
    except (SqlglotError, RecursionError, ValueError):
        text = type(node).__name__
    text = " ".join(text.split())
    return repr(text if len(text) <= 40 else text[:40] + "…")
