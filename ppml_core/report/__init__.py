"""One self-contained HTML file from plain results: what was asked, done, proved, measured, and how to do it again.

In: scenarios, their tidy rows, and `About`, what may be told of the table. No table comes in, so no row can go out.
"""

from ppml_core.report.about import About, about
from ppml_core.report.exploration import Exploration, explore
from ppml_core.report.page import charts_of, report_html
from ppml_core.report.script import script_of

__all__ = ["About", "Exploration", "about", "charts_of", "explore", "report_html", "script_of"]
