"""The page that the dashboard's sliders are measured against: one slider, one chart of 50 bars, the same libraries."""

import plotly.graph_objects as go
import streamlit as st

import dashboard.frame  # noqa: F401  imports what the dashboard imports, and freezes it for the garbage collector

k = st.slider("k", 2, 100, 5)
figure = go.Figure(go.Bar(y=[(number * k) % 37 for number in range(50)]))
figure.add_annotation(x=25, y=36, text=f"k = {k}", showarrow=False)
st.plotly_chart(figure, theme=None)
