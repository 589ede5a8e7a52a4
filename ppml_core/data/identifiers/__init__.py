"""What in a table names a person: the type of each column that does, and the identifiers inside a free text.

In: a table, or a text. Out: suggestions with a confidence and their evidence, for a person to confirm. One detector a
file; adding one is adding a file.
"""

from ppml_core.data.identifiers.base import Finding, Span, title_of
from ppml_core.data.identifiers.detecting import detect, detect_column, scan_text

__all__ = ["Finding", "Span", "detect", "detect_column", "scan_text", "title_of"]
