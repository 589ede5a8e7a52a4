"""What the small subset of SQL reads, and that everything else is refused with a sentence and never run."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppml_core.data.schema import Column, Schema
from ppml_core.errors import BadInput
from ppml_core.queries.query import And, Compare, Condition, Missing, Not, OneOf, Or, Query
from ppml_core.queries.sql import LONGEST, parse_query
from ppml_core.queries.words import text_of

SCHEMA = Schema(
    {
        "age": Column(kind="numeric", bounds=(0, 120)),
        "sex": Column(categories=("f", "m")),
        "born": Column(kind="date"),
        "o'clock": Column(kind="text"),
    },
    target="sex",
)

HOSTILE = {
    "other table": "select count(*) from users",
    "table of a schema": "select count(*) from main.people",
    "table of a catalog": "select count(*) from information_schema.tables",
    "the database's own tables": "select count(*) from sqlite_master",
    "file by name": "select count(*) from '/etc/passwd'",
    "file by extension": "select count(*) from 'people.parquet'",
    "read_csv": "select count(*) from read_csv('/etc/passwd')",
    "read_text in a value": "select count(*) where sex = (select content from read_text('/etc/passwd'))",
    "glob": "select count(*) from glob('/*')",
    "copy out": "copy people to '/tmp/stolen.csv'",
    "copy in": "copy people from '/tmp/planted.csv'",
    "attach": "attach '/tmp/other.db' as other",
    "detach": "detach people",
    "pragma": "pragma database_list",
    "pragma function": "select count(*) from pragma_database_list()",
    "set": "set enable_external_access = true",
    "reset": "reset lock_configuration",
    "install": "install httpfs",
    "load": "load '/tmp/evil.so'",
    "export": "export database '/tmp/out'",
    "import": "import database '/tmp/in'",
    "drop": "drop table people",
    "delete": "delete from people",
    "update": "update people set age = 0",
    "insert": "insert into people values (1)",
    "create": "create table x as select * from people",
    "alter": "alter table people add column x int",
    "call": "call pragma_version()",
    "explain": "explain select count(*)",
    "describe": "describe people",
    "show": "show tables",
    "checkpoint": "checkpoint",
    "begin": "begin transaction",
    "stacked": "select count(*); drop table people",
    "stacked twice the same": "select count(*); select count(*)",
    "semicolon in a comment": "select count(*) -- ; drop table people",
    "block comment": "select count(*) /* where nobody looks */ where age > 3",
    "comment alone": "-- nothing",
    "recursive": "with recursive r(n) as (select 1 union all select n + 1 from r) select count(*) from r",
    "cte": "with x as (select * from people) select count(*) from x",
    "union": "select count(*) union select count(*) from people",
    "join": "select count(*) from people join people as other on true",
    "cross join by comma": "select count(*) from people, people as other",
    "lateral": "select count(*) from people, lateral (select 1)",
    "subquery": "select count(*) from (select * from people)",
    "in a subquery": "select count(*) where age in (select age from people)",
    "exists": "select count(*) where exists (select 1)",
    "star": "select * from people",
    "column": "select age from people",
    "column beside an aggregate": "select age, count(*) from people",
    "column by qualified name": "select count(*) where people.age > 3",
    "two aggregates": "select count(*), sum(age)",
    "having": "select sex, count(*) from people group by sex having count(*) = 1",
    "order": "select count(*) order by 1",
    "limit": "select count(*) limit 1",
    "offset": "select count(*) offset 1",
    "distinct": "select distinct count(*)",
    "count distinct": "select count(distinct age)",
    "filter": "select count(*) filter (where age > 3)",
    "window": "select count(*) over (partition by age)",
    "qualify": "select count(*) qualify row_number() over () = 1",
    "sample": "select count(*) from people using sample 1",
    "list of values": "select list(age) from people",
    "string_agg": "select string_agg(sex, ',') from people",
    "min": "select min(age)",
    "arithmetic": "select count(*) where 1 / (age - 30) > 0",
    "arithmetic in an aggregate": "select sum(age * 1000000)",
    "cast": "select count(*) where cast(sex as int) = 1",
    "short cast": "select count(*) where sex::int = 1",
    "try_cast": "select count(*) where try_cast(sex as int) = 1",
    "case": "select count(*) where case when age > 3 then 1 / 0 else 0 end = 0",
    "function in a filter": "select count(*) where length(sex) = 1",
    "error function": "select count(*) where error('x') = 'x'",
    "getenv": "select count(*) where sex = getenv('HOME')",
    "current_setting": "select count(*) where sex = current_setting('home_directory')",
    "sleep by range": "select count(*) from range(1000000000)",
    "like": "select count(*) where sex like '%a%'",
    "regex": "select count(*) where sex ~ '(a+)+$'",
    "two columns compared": "select count(*) where age = age",
    "parameter": "select count(*) where age = ?",
    "named parameter": "select count(*) where age = $1",
    "null compared": "select count(*) where age = null",
    "bare truth": "select count(*) where true",
    "column as truth": "select count(*) where sex",
    "text against number": "select count(*) where age = 'thirty'",
    "number against text": "select count(*) where sex = 1",
    "infinity": "select count(*) where age < 1e999",
    "not a number": "select count(*) where age = 'nan'",
    "order of texts": "select count(*) where sex > 'f'",
    "unknown column": "select count(*) where salary = 3",
    "look-alike letter": "select count(*) where аge > 3",
    "full-width letters": "select ｃｏｕｎｔ(*)",
    "full-width keyword": "ｓｅｌｅｃｔ count(*)",
    "zero-width space": "select count(*) where a\u200bge > 3",
    "text turned around": "select count(*) where sex = '\u202em'",
    "null byte": "select count(*) where sex = 'm\x00'",
    "no-break space": "select\u00a0count(*)\u00a0from\u00a0users",
    "open quote": "select count(*) where sex = 'm",
    "quote that ends early": "select count(*) where sex = 'm' or '1' = '1'",
    "quoted name with SQL": 'select count(*) from "people; drop table people"',
    "empty": "",
    "blanks": " \n\t ",
    "semicolons": ";;;",
    "words": "how many people are there?",
    "very long": "select count(*) where age = 1" + " or age = 1" * 1000,
    "long name": "select count(*) where " + "a" * (LONGEST - 30) + " = 1",
    "deep brackets": "select count(*) where " + "(" * 500 + "age = 1" + ")" * 500,
    "many nots": "select count(*) where " + "not " * 500 + "age = 1",
    "deep beneath the limit of length": "select count(*) where " + "((((" * 30 + "age = 1" + "))))" * 30,
    "quantile out of range": "select quantile(age, 2)",
    "quantile of a column": "select quantile(age, age)",
    "sum of texts": "select sum(sex)",
    "groups of a number": "select age, count(*) group by age",
    "group by place": "select sex, count(*) group by 1",
    "rollup": "select sex, count(*) group by rollup (sex)",
    "grouping sets": "select sex, count(*) group by grouping sets ((sex), ())",
    "group by all": "select sex, count(*) group by all",
    "into": "select count(*) into x from people",
    "pivot": "pivot people on sex using count(*)",
    "from first": "from people",
    "values": "values (1)",
    "jinja": "select count(*) where sex = {{ 7 * 7 }}",
    "at time": "select count(*) from people at (version => 1)",
    "positional column": "select count(*) where #1 = 3",
    "struct": "select count(*) where {'a': age}.a = 3",
    "lambda": "select count(*) where list_filter([age], x -> x > 3) = [3]",
    "hint": "select /*+ anything */ count(*)",
    "alias that is a table": "select count(*) from people as users",
    "for update": "select count(*) from people for update",
}  # fmt: skip


def test_the_list_is_long() -> None:
    assert len(HOSTILE) >= 40


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_outside_the_subset_is_one_sentence(text: str) -> None:
    """`parse_query` has no database: what it refuses has not been run anywhere."""
    with pytest.raises(BadInput) as told:
        parse_query(text, SCHEMA)
    sentence = str(told.value)
    assert "\n" not in sentence
    assert 10 < len(sentence) < 500


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("select count(*)", Query("count")),
        ("SELECT COUNT(*) FROM people;", Query("count")),
        ("select count(*) where age >= 65", Query("count", None, Compare("age", ">=", 65))),
        ("select count(*) where 65 <= age", Query("count", None, Compare("age", ">=", 65))),
        ("select avg(age) as a from people where sex = 'f'", Query("mean", "age", Compare("sex", "=", "f"))),
        ("select mean(age)", Query("mean", "age")),
        ("select median(age)", Query("quantile", "age", argument=0.5)),
        ("select quantile(age, .9)", Query("quantile", "age", argument=0.9)),
        ("select histogram(age, 6)", Query("histogram", "age", argument=6)),
        ("select sex, variance(age) group by sex", Query("variance", "age", group_by=("sex",))),
        ("select count(*) where sex in ('f', 'm')", Query("count", None, OneOf("sex", ("f", "m")))),
        ("select count(*) where born is not null", Query("count", None, Not(Missing("born")))),
        ("select count(*) where born < '2000-01-01'", Query("count", None, Compare("born", "<", "2000-01-01"))),
        ("select count(*) where \"o'clock\" = 'it''s'", Query("count", None, Compare("o'clock", "=", "it's"))),
        (
            "select count(*) where age between -1 and 2.5",
            Query("count", None, And((Compare("age", ">=", -1), Compare("age", "<=", 2.5)))),
        ),
        (
            "select count(*) where not (age < 3 or sex = 'f')",
            Query("count", None, Not(Or((Compare("age", "<", 3), Compare("sex", "=", "f"))))),
        ),
    ],
)
def test_the_subset_is_read(text: str, meant: Query) -> None:
    assert parse_query(text, SCHEMA) == meant


def conditions() -> st.SearchStrategy[Condition]:
    numbers = st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6).filter(lambda x: x != int(x))
    texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Co", "Cs", "Cn")), max_size=8)
    texts = texts.filter(lambda text: "not" not in text.lower() and "(" not in text)
    atoms: Any = (
        st.builds(Compare, st.just("age"), st.sampled_from(["=", "<>", "<", "<=", ">", ">="]), numbers)
        | st.builds(Compare, st.just("sex"), st.sampled_from(["=", "<>"]), texts)
        | st.builds(OneOf, st.just("o'clock"), st.lists(texts, min_size=1, max_size=3).map(tuple))
        | st.builds(Missing, st.sampled_from(["age", "born"]))
    )
    return st.recursive(
        atoms,
        lambda inner: (
            st.builds(Not, inner)
            | st.builds(And, st.lists(inner, min_size=2, max_size=3).map(tuple))
            | st.builds(Or, st.lists(inner, min_size=2, max_size=3).map(tuple))
        ),
        max_leaves=5,
    )


def flat(condition: Condition) -> Condition:
    """AND in AND and OR in OR are one."""
    if isinstance(condition, Not):
        return Not(flat(condition.part))
    if isinstance(condition, And | Or):
        parts: list[Condition] = []
        for part in map(flat, condition.parts):
            parts += part.parts if type(part) is type(condition) else [part]
        return type(condition)(tuple(parts))
    return condition


@given(conditions())
def test_what_clicks_make_is_read_back_from_its_text(condition: Condition) -> None:
    query = Query("mean", "age", condition, ("sex",))
    again = parse_query(text_of(query), SCHEMA)
    assert (again.function, again.column, again.group_by) == ("mean", "age", ("sex",))
    assert flat(again.where) == flat(condition)
