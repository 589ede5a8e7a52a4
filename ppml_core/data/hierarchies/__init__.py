"""Hierarchies as a workshop: build them by rule, get suggestions, check and repair files, count what levels leave."""

from ppml_core.data.hierarchies.arx import export_arx, import_arx, style_of
from ppml_core.data.hierarchies.checking import Checked, Fault, check_file, check_text
from ppml_core.data.hierarchies.look import Suggestion
from ppml_core.data.hierarchies.review import LevelValue, level_counts, values_at
from ppml_core.data.hierarchies.suggestions import suggest

__all__ = [
    "Checked",
    "Fault",
    "LevelValue",
    "Suggestion",
    "check_file",
    "check_text",
    "export_arx",
    "import_arx",
    "level_counts",
    "style_of",
    "suggest",
    "values_at",
]
