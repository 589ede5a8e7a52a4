"""Present: one chart at a time, large, in plain words, without a setting in sight."""

from __future__ import annotations

import streamlit as st

from dashboard import frame, presenting, widgets
from ppml_core.charts.template import CONFIG, enlarged

LARGER = 1.4


def page() -> None:
    frame.style("present.css")
    slides, place = presenting.slides(), presenting.place()
    slide = slides[place]
    shown = slide.draw()
    if shown is None:
        widgets.heading(slide.name, "Not computed yet: open the page Trade-off or Anonymize and come back.")
    else:
        chart, said = shown
        widgets.heading(chart.question, chart.answer)
        st.plotly_chart(
            enlarged(chart.figure, LARGER), key=f"slide_{place}", theme=None, config=CONFIG, alt=chart.alt
        )  # fmt: skip
        widgets.story(*said)
        widgets.aside(chart.standing)
    with st.container(horizontal=True, vertical_alignment="center", key="slide_turn"):
        st.button("Previous", key="slide_previous", disabled=not place, on_click=presenting.go, args=(place - 1,))
        st.button("Next", key="slide_next", type="primary", disabled=place == len(slides) - 1,
                  on_click=presenting.go, args=(place + 1,))  # fmt: skip
        widgets.aside(f"{place + 1} of {len(slides)}")
        if st.button("Leave", key="slide_leave", type="tertiary"):
            st.switch_page("app_pages/start.py")


frame.show(page, waiting=presenting.is_waiting, link=presenting.link, bare=True)
