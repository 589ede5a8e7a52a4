"""The only room that writes: points, runs, saved scenarios and privacy budgets, in SQLite or PostgreSQL."""

from ppml_core.store.journal import StoredJournal
from ppml_core.store.opening import default_url
from ppml_core.store.points import Store

__all__ = ["Store", "StoredJournal", "default_url"]
