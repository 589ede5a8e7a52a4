"""The only room that writes results: finished points, runs and saved scenarios, in SQLite or PostgreSQL."""

from ppml_core.store.opening import default_url
from ppml_core.store.points import Store

__all__ = ["Store", "default_url"]
