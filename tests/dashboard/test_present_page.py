"""Present shows one chart at a time without a control of the scenario; the road marks where one is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import dashboard
from dashboard import widgets
from ppml_core.charts.class_sizes import class_size_chart
from ppml_core.charts.template import enlarged

Open = Callable[..., AppTest]
PAGES = Path(dashboard.__file__).parent / "app_pages"


def written(at: AppTest) -> str:
    return "\n".join(str(element.proto) for element in at.get("html"))


def test_slides_follow_one_another_and_no_setting_is_in_sight(open_page: Open) -> None:
    at = open_page("present", dataset="german_credit")
    names = {button.key for button in at.button}
    assert names == {"slide_previous", "slide_next", "slide_leave"}
    for kind in ("slider", "selectbox", "select_slider", "toggle"):
        assert not at.get(kind)
    assert "Scenario" not in written(at)
    assert at.button(key="slide_previous").disabled
    at.button(key="slide_next").click().run()
    assert not at.exception
    assert at.query_params["slide"] == "2"
    assert "2 of" in written(at)


@pytest.mark.parametrize("slide", ["0", "99", "x", "²"])
def test_a_link_to_no_slide_opens_one_all_the_same(open_page: Open, slide: str) -> None:
    at = open_page("present", dataset="german_credit", slide=slide)
    assert " of " in written(at)


def test_large_type_leaves_the_chart_itself_as_it_was() -> None:
    import numpy as np

    chart = class_size_chart(np.array([1, 2, 3]), np.array([3, 3]), 0, 3)
    before = chart.figure.to_json()
    large = enlarged(chart.figure, 1.5)
    assert large.layout.font.size == 1.5 * chart.figure.layout.font.size
    assert all(note.font.size > 13 for note in large.layout.annotations)
    assert chart.figure.to_json() == before


def test_the_road_has_five_steps_on_pages_that_exist_and_marks_one(open_page: Open) -> None:
    assert [step.title for step in widgets.ROAD] == ["Data", "Anonymize", "Choose a technique", "Train", "Evaluate"]
    assert all((PAGES / f"{name}.py").exists() for name in [*widgets.ROAD_PAGES, *(step.page for step in widgets.ROAD)])
    at = open_page("data_roles", dataset="german_credit")
    road = next(str(one.proto) for one in at.get("html") if "Road" in str(one.proto))
    assert road.count("aria-current") == 1
    assert at.button(key="road_next").label == "Next: Anonymize"
