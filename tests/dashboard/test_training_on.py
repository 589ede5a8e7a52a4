"""Private training on a private table: chosen, split, drawn, taken away; and the link carries it."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from patience import PATIENCE
from streamlit.testing.v1 import AppTest

Open = Callable[..., AppTest]
SMALL = {"dataset": "german_credit", "repeats": 2}


def texts(at: AppTest) -> str:
    said = [element.proto.body for element in at.get("html")]
    return "\n".join([*said, *(element.value for element in at.markdown)])


def test_the_table_is_chosen_and_the_learners_are_plain_ones(open_page: Open) -> None:
    at = open_page("private_training", **SMALL)
    assert "DP gradient descent" in at.selectbox(key="learner").options
    at.selectbox(key="train_on").select("dp_synthetic").run()
    assert not at.exception
    offered = at.selectbox(key="plain_learner").options
    assert "Logistic regression" in offered
    assert "DP gradient descent" not in offered
    assert "Logistic regression on made-up people" in texts(at)
    assert dict(at.query_params)["train_on"] == "dp_synthetic"
    at.selectbox(key="train_on").select("people").run()
    assert "train_on" not in dict(at.query_params)
    assert at.session_state["learner"] == "dp_gd"


@pytest.mark.parametrize(
    ("link", "key", "share"),
    [
        ({"train_on": "dp_synthetic"}, "set.dp_synthetic.singles_share", 0.7),
        ({"learner": "dp_selected"}, "set.dp_selected.score_share", 0.3),
    ],
)
def test_the_split_is_seen_and_moved(open_page: Open, link: dict[str, str], key: str, share: float) -> None:
    at = open_page("private_training", **SMALL, **link)
    before = texts(at)
    assert "Together ε = 1, δ = 10⁻⁴, added up by" in before
    at.slider(key=key).set_value(share).run()
    after = texts(at)
    assert f"{share:.0%}".replace("%", " %") in after
    assert "Together ε = 1, δ = 10⁻⁴, added up by" in after
    assert after != before
    assert dict(at.query_params)[key] == f"{share:g}"


@pytest.mark.parametrize(
    ("release", "promise"), [("dp_synthetic", "Nobody in it is a real person"), ("randomized_response", "the true one")]
)
def test_the_private_table_is_drawn_and_says_that_it_may_not_leave(open_page: Open, release: str, promise: str) -> None:
    at = open_page("private_training", train_on=release, **SMALL)
    at.button(key="draw_table").click().run()
    deadline = time.monotonic() + PATIENCE
    while promise not in texts(at) and time.monotonic() < deadline:
        time.sleep(0.1)
        at.run()
    assert promise in texts(at)
    assert "No guarantee: the noise can be reproduced" in texts(at)
    assert len(at.dataframe) >= 1


def test_the_limit_of_delta_is_told(open_page: Open) -> None:
    at = open_page("private_training", dataset="adult", repeats=2)
    assert "At most 2.05·10⁻⁶ here" in texts(at)
