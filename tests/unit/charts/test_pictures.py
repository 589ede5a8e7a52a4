"""Charts as pictures: of each format where a browser is, one sentence with the command to run where something lacks."""

from __future__ import annotations

import builtins
from typing import Any

import kaleido
import pandas as pd
import plotly.graph_objects as go
import pytest

from ppml_core.charts.pictures import Format, picture
from ppml_core.charts.template import Chart
from ppml_core.errors import BadInput

STARTS: dict[Format, bytes] = {"png": b"\x89PNG", "svg": b"<svg", "pdf": b"%PDF"}


@pytest.fixture
def chart() -> Chart:
    figure = go.Figure(go.Scatter(x=[1, 2], y=[2, 3]), layout={"height": 380})
    return Chart(figure, "Why?", "So.", "a line", "read it", pd.DataFrame())


@pytest.mark.slow
@pytest.mark.parametrize("format", list(STARTS))
def test_a_chart_becomes_a_picture_and_stays_as_it_was(chart: Chart, format: Format) -> None:
    before = chart.figure.to_json()
    assert picture(chart, format).startswith(STARTS[format])
    assert chart.figure.to_json() == before


def test_without_the_extra_one_sentence_names_it(chart: Chart, monkeypatch: pytest.MonkeyPatch) -> None:
    found = builtins.__import__

    def absent(name: str, *rest: Any, **more: Any) -> Any:
        if name == "kaleido":
            raise ImportError(name)
        return found(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(BadInput, match=r"pip install ppml-explorer\[export\]\.$"):
        picture(chart)


def test_without_a_browser_one_sentence_says_so(chart: Chart, monkeypatch: pytest.MonkeyPatch) -> None:
    class ChromeNotFoundError(RuntimeError):
        pass

    def refuse(*_: Any, **__: Any) -> bytes:
        raise ChromeNotFoundError("see\nthe manual")

    monkeypatch.setattr(kaleido, "calc_fig_sync", refuse)
    with pytest.raises(BadInput, match=r"apt-get install chromium\.$"):
        picture(chart)
