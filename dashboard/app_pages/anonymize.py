"""Anonymize: k and a suppression limit in, the optimal release out, at once."""

from __future__ import annotations

from functools import partial

import streamlit as st

from dashboard import frame, tables, widgets
from ppml_core.anonymize.transforms.full_domain import FullDomain
from ppml_core.charts import story
from ppml_core.charts.before_after import before_after_chart
from ppml_core.charts.class_sizes import class_size_chart
from ppml_core.data.export import spreadsheet_csv
from ppml_core.experiment.preview import Preview
from ppml_core.settings import settings_of


def page() -> None:
    if widgets.lattice_is_missing():
        widgets.lattice_is_coming()
        return
    # First what moves with the sliders, whose values are known before they are drawn: computed, then sent at once.
    shown = tables.current_preview()
    sizes = class_size_chart(shown.before, shown.after, shown.node.suppressed, shown.node.k, widgets.mode())
    left, right = st.columns([1.9, 1], gap="large")
    with left:
        widgets.chart(sizes, key="class_sizes", first=True)
    with right:
        controls()
        widgets.facts(story.release_facts(shown), stacked=True)
        widgets.aside("k-anonymity bounds the first number. It does not hide a value that all look-alikes share.")
    left, right = st.columns([1.9, 1], gap="large")
    with left:
        keep = shown.data.quasi_identifiers
        widgets.keep_within("column", keep, keep[0])
        name = widgets.choose("Column", keep, "column")
        widgets.chart(before_after_chart(shown.column(name), widgets.mode()), key="before_after")
    with right:
        widgets.label("What becomes of each column")
        widgets.table(story.levels_table(shown), caption="Level of each quasi-identifier in the release")
        st.download_button(
            "Download the release as CSV",
            data=partial(release_csv, shown),
            file_name=f"{shown.data.name}-k{shown.node.k}.csv",
            mime="text/csv",
            on_click="ignore",
        )
        widgets.aside(
            "Identifiers and the people left out are not in the file. The release carries no ε: the levels were chosen "
            "by looking at everybody."
        )


def controls() -> None:
    declared = settings_of(FullDomain)
    widgets.label("Look-alikes")
    widgets.control(declared["k"], "k", title="k, smallest class of look-alikes")
    widgets.control(declared["suppression_limit"], "suppression", title="People that may be left out, at most")


def release_csv(shown: Preview) -> bytes:
    """Made when the button is pressed, not on every move of a slider; outside any session, so it is told what of."""
    release = shown.release()
    return spreadsheet_csv(release.table, release.schema.delimiter or ",")


frame.show(page, waiting=widgets.lattice_is_missing)
