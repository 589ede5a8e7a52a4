"""Drawings of who sees what name every party in words and fit whatever the settings are."""

from __future__ import annotations

import plotly.graph_objects as go
import pytest

from ppml_core.charts.parties import parties_chart
from ppml_core.venues import scenes
from ppml_core.venues.seen import Form, Scene

SCENES: list[Scene] = [
    scenes.with_server(1, "clear"),
    scenes.with_server(5, "masked"),
    scenes.with_server(1000, "noisy"),
    scenes.with_server(8, "clear", noise_at_server=True),
    scenes.among_key_holders(8),
    scenes.without_server(3, "ring", "clear"),
    scenes.without_server(40, "complete", "masked"),
    scenes.without_server(6, "random", "noisy", [(0, 1), (1, 4), (4, 5)]),
    scenes.encrypted_prediction(network=True),
    scenes.encrypted_training(),
    scenes.on_shares("horizontal", "MPyC"),
    scenes.on_shares("vertical", "SPU"),
]


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_drawing_tells_its_parties_in_words_and_stays_in_its_frame(scene: Scene, mode: str) -> None:
    chart = parties_chart(scene, "dark" if mode == "dark" else "light")
    go.Figure(chart.figure.to_dict())  # checks every property
    for node in scene.nodes:
        assert 0 < node.x < 100
        assert 0 < node.y < 100
    assert set(chart.table["party"]) <= {node.name for node in scene.nodes}
    for name in chart.table["party"]:
        assert name in chart.alt
    assert scene.answer in chart.alt


@pytest.mark.parametrize("sent", ["clear", "noisy", "masked"])
def test_messages_are_drawn_in_the_form_in_which_they_travel(sent: Form) -> None:
    links = scenes.with_server(4, sent).links
    assert [link.form for link in links if link.target == 0] == [sent] * 4


def test_more_clients_than_fit_are_counted_in_words() -> None:
    texts = [caption.text for caption in scenes.with_server(5000, "clear").captions]
    assert any("5 of 5,000 clients" in text for text in texts)
