"""From whatever a results database holds to the tables of this version, one step at a time.

Each step is one transaction that ends with its version number, under a lock that all programs ask for: a program that
dies leaves the version before or the version after, and of several that start together one does the work.
"""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from ppml_core.errors import BadInput
from ppml_core.store import schema

LOCK = 7_230_517


def migrate(engine: sa.Engine) -> None:
    """Brings the database to this version. Raises BadInput where a newer one wrote it."""
    while (version := _one_step(engine)) < len(STEPS):
        pass
    if version > len(STEPS):
        raise BadInput(f"the results database was written by a newer version of this program (format {version}).")


def _one_step(engine: sa.Engine) -> int:
    """The version after at most one step."""
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
        version = _version(connection)
        if version >= len(STEPS):
            return version
        STEPS[version](connection)
        connection.execute(schema.about.delete().where(schema.about.c.name == "version"))
        connection.execute(schema.about.insert().values(name="version", value=str(version + 1)))
        return version + 1


def _version(connection: sa.Connection) -> int:
    """0 where the first step has not been finished."""
    if not sa.inspect(connection).has_table(schema.about.name):
        return 0
    asked = sa.select(schema.about.c.value).where(schema.about.c.name == "version")
    return int(connection.execute(asked).scalar() or 0)


def _finished_points(connection: sa.Connection) -> None:
    schema.metadata.create_all(connection, [schema.about, schema.points])


def _runs_and_saved_scenarios(connection: sa.Connection) -> None:
    schema.metadata.create_all(connection, [schema.runs, schema.run_points, schema.saved_scenarios])


def _budgets_and_charges(connection: sa.Connection) -> None:
    schema.metadata.create_all(connection, [schema.budgets, schema.charges])


def _searches(connection: sa.Connection) -> None:
    there = {column["name"] for column in sa.inspect(connection).get_columns(schema.runs.name)}
    if schema.runs.c.search.name not in there:  # a new database has it from the step that made the table
        connection.execute(sa.text("ALTER TABLE runs ADD COLUMN search TEXT"))


STEPS: tuple[Callable[[sa.Connection], None], ...] = (
    _finished_points,
    _runs_and_saved_scenarios,
    _budgets_and_charges,
    _searches,
)
