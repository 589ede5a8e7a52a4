"""Trade-off: every known scenario on one map of risk and utility, what is needed of it, and curves beneath."""

from __future__ import annotations

import streamlit as st

from dashboard import curve_views, deciding, frame, mapping


def page() -> None:
    if mapping.begin():
        st.rerun()
    here = mapping.current_map()
    deciding.part(here)
    st.space("small")
    curve_views.part(here)


def is_waiting() -> bool:
    return deciding.is_waiting() or curve_views.is_waiting()


frame.show(page, waiting=is_waiting)
