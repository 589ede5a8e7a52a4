"""The tables of the results database as this version knows them; `migrations` brings an older one here."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

about = sa.Table(
    "about", metadata, sa.Column("name", sa.String(40), primary_key=True), sa.Column("value", sa.String(200))
)
points = sa.Table(
    "points",
    metadata,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("scenario_id", sa.String(16), nullable=False, index=True),
    sa.Column("repeat", sa.Integer, nullable=False),
    sa.Column("scenario", sa.Text, nullable=False),
    sa.Column("record", sa.Text, nullable=False),
    sa.Column("created", sa.DateTime, server_default=sa.func.now()),
)
runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.String(12), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("created", sa.String(20), nullable=False),
    sa.Column("dataset", sa.Text, nullable=False),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("scenarios", sa.Text, nullable=False),
    sa.Column("scenario_count", sa.Integer, nullable=False),
    sa.Column("swept", sa.Text, nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("seen", sa.Float, nullable=False),
    sa.Column("search", sa.Text),
)
# `search` is filled where the run is a solver's: what it was asked for. Its points come as they are tried.
# `record` is filled where the result is the run's own (imported, or saved from somebody's table); else it is in points.
run_points = sa.Table(
    "run_points",
    metadata,
    sa.Column("run_id", sa.String(12), sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("key", sa.String(64), nullable=False, index=True),
    sa.Column("record", sa.Text),
    sa.Column("reason", sa.Text),
)
saved_scenarios = sa.Table(
    "saved_scenarios",
    metadata,
    sa.Column("id", sa.String(12), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False, unique=True),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("created", sa.String(20), nullable=False),
    sa.Column("dataset", sa.Text, nullable=False),
    sa.Column("content", sa.Text, nullable=False),
)
# Amounts are whole multiples of 1e-12 of what the session is spent in (see queries.ledger): they add up exactly.
budgets = sa.Table(
    "budgets",
    metadata,
    sa.Column("key", sa.String(32), primary_key=True),
    sa.Column("analyst", sa.Text, nullable=False),
    sa.Column("dataset", sa.String(64), nullable=False, index=True),
    sa.Column("epsilon", sa.Float(53), nullable=False),
    sa.Column("delta", sa.Float(53), nullable=False),
    sa.Column("spent", sa.BigInteger, nullable=False),
    sa.Column("charges", sa.Integer, nullable=False),
)
charges = sa.Table(
    "charges",
    metadata,
    sa.Column("budget", sa.String(32), sa.ForeignKey("budgets.key", ondelete="CASCADE"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("query", sa.Text, nullable=False),
    sa.Column("cost", sa.BigInteger, nullable=False),
    sa.Column("answer", sa.Text, nullable=False),
)
