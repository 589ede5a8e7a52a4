"""Anonymize: protections in words, other methods, a generalization picked by hand, and what goes with a release."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from test_pages import settled, texts

from dashboard import anonymizing
from ppml_core.anonymize.transforms.full_domain import FullDomain
from ppml_core.anonymize.transforms.local import Local
from ppml_core.attacks.intersection import Taken
from ppml_core.data.bundled import load
from ppml_core.data.hierarchies import import_arx
from ppml_core.experiment.preview import preview
from ppml_core.experiment.release_view import ReleaseView

Open = Callable[..., AppTest]
CLINIC = {"dataset": "clinic"}
DISTINCT = "distinct_l_diversity"


def link(at: AppTest) -> dict[str, str]:
    return {name: str(at.query_params[name][0] if isinstance(at.query_params[name], list) else at.query_params[name])
            for name in at.query_params}  # fmt: skip


def test_a_protection_is_asked_for_in_words_and_strengthened(open_page: Open) -> None:
    at = settled(open_page("anonymize", **CLINIC))
    before = texts(at)
    at = settled(at.toggle(key=f"protect_{DISTINCT}").set_value(True).run())
    assert link(at)["models"] == f"{DISTINCT}(l=3)"
    assert f"every class must keep {DISTINCT}(l=3)" in texts(at)
    at = settled(at.slider(key=f"strength_{DISTINCT}").set_value(6).run())
    assert link(at)["models"] == f"{DISTINCT}(l=6)"
    assert texts(at) != before
    at = settled(at.button(key="undo").click().run())
    assert at.slider(key=f"strength_{DISTINCT}").value == 3
    at = settled(at.button(key="undo").click().run())
    assert not at.toggle(key=f"protect_{DISTINCT}").value
    assert "models" not in link(at)


def test_what_is_shown_keeps_the_further_models(open_page: Open) -> None:
    at = settled(open_page("anonymize", models=f"{DISTINCT}(l=6)", k=4, **CLINIC))
    data = load("clinic")
    asked = FullDomain(k=4, suppression_limit=0.05, models=f"{DISTINCT}(l=6)")
    release = asked.fit(data, None).release  # type: ignore[arg-type]
    groups = release.table.groupby(data.quasi_identifiers, observed=True)["diagnosis"]
    assert groups.nunique().min() >= 6
    assert f"among at least {groups.size().min()} look-alikes" in texts(at)


@pytest.mark.parametrize("name", ["local", "mondrian", "mdav"])
def test_other_methods_are_worked_out_beside_the_page(open_page: Open, name: str) -> None:
    at = settled(open_page("anonymize", recoding=name, k=4, **CLINIC))
    assert link(at)["recoding"] == name
    assert "went wrong" not in texts(at)
    assert len(at.get("plotly_chart")) == 1
    at = settled(at.slider(key="k").set_value(9).run())
    assert "at least 9 look-alikes" in texts(at)


def test_without_a_sensitive_column_it_says_what_is_missing(open_page: Open) -> None:
    at = settled(open_page("anonymize", dataset="actg175"))
    assert bool(load("actg175").schema.with_role("sensitive")) != ("needs a column with that role" in texts(at))
    assert "went wrong" not in texts(at)


def test_models_that_do_not_fit_the_table_can_be_taken_back(open_page: Open) -> None:
    at = settled(open_page("anonymize", models=f"{DISTINCT}(l=3, sensitive=['height'])", **CLINIC))
    assert "height" in texts(at)
    at = settled(at.toggle(key=f"protect_{DISTINCT}").set_value(False).run())
    assert "models" not in link(at)
    assert len(at.get("plotly_chart")) == 2


def test_a_generalization_picked_by_hand_is_shown_until_the_best_is_asked_for(open_page: Open) -> None:
    best = texts(settled(open_page("anonymize", **CLINIC)))
    at = settled(open_page("anonymize", node="5-4-1", **CLINIC))
    assert texts(at) != best
    at.session_state["part_lattice"] = True
    at.run()
    assert len(at.get("plotly_chart")) == 3
    at = settled(at.button(key="use_best").click().run())
    assert "node" not in link(at)


@pytest.mark.parametrize("node", ["9-9-9", "1-1", "0-0-0-0", "-1", "x", "1" * 400])
def test_a_node_that_the_table_does_not_have_is_not_used(open_page: Open, node: str) -> None:
    at = settled(open_page("anonymize", node=node, **CLINIC))
    assert "went wrong" not in texts(at)
    assert len(at.get("plotly_chart")) == 2


@pytest.mark.parametrize("name", ["pair", "perturb", "lattice", "who_pays", "give_aways"])
@pytest.mark.parametrize("dataset", ["clinic", "german_credit", "wage"])
def test_every_part_opens(open_page: Open, name: str, dataset: str) -> None:
    at = settled(open_page("anonymize", dataset=dataset))
    at.session_state[f"part_{name}"] = True
    at.run()
    assert not at.exception
    assert "went wrong" not in texts(at)
    assert 'class="refusal"' not in texts(at)


def test_two_settings_stand_side_by_side(open_page: Open) -> None:
    at = settled(open_page("anonymize", **CLINIC))
    at.button(key="keep_beside").click().run()
    at = settled(at.slider(key="k").set_value(20).run())
    assert "Kept: Everybody alike (full-domain), k = 5" in texts(at)


def test_what_is_taken_away_can_be_read_back() -> None:
    data = load("clinic")
    from ppml_core.anonymize.lattice import Lattice

    shown = preview(data, Lattice.of(data), 5, 0.05)
    release = pd.read_csv(io.BytesIO(anonymizing.csv_file(shown)), dtype=str)
    assert len(release) == shown.kept
    assert "email" not in release
    mapping = json.loads(anonymizing.mapping_file(shown))
    became = {pair["value"]: pair["published"] for pair in mapping["zip"]}
    assert set(release["zip"]) <= set(became.values())
    with zipfile.ZipFile(io.BytesIO(anonymizing.hierarchies_file(shown))) as archive:
        trees = {name: import_arx(archive.read(name).decode()) for name in archive.namelist()}
    assert [len(rows) for rows in trees.values()] == [len(tree.leaves) for tree in data.hierarchies.values()]


def test_a_view_counts_a_release_as_pandas_does() -> None:
    data = load("clinic")
    view = ReleaseView(data, Local(k=6).fit(data, None), 6)  # type: ignore[arg-type]
    sizes = view.release().table.groupby(data.quasi_identifiers, observed=True, dropna=False).size()
    assert sorted(view.after) == sorted(sizes)
    assert view.risk().max == pytest.approx(1 / sizes.min())
    assert view.suppressed == 0
    assert 0 < (view.granularity or 0) < 1


def test_releases_taken_away_are_intersected(open_page: Open) -> None:
    at = settled(open_page("anonymize", **CLINIC))
    at.session_state["part_together"] = True
    at.run()
    assert "Take two releases of this table away" in texts(at)
    data = load("clinic")
    log = [Taken.of(f"k = {k}", data, FullDomain(k=k).fit(data, None)) for k in (3, 30)]  # type: ignore[arg-type]
    at.session_state["taken"] = {("clinic", 0, ""): log}
    at.run()
    assert "share their classes with nobody" in texts(at)


def test_a_release_is_perturbed_step_by_step_and_attacked(open_page: Open) -> None:
    at = settled(open_page("anonymize", perturb="pram(p=0.9)", **CLINIC))
    at.session_state["part_perturb"] = True
    at = settled(at)
    at = settled(at.multiselect(key="perturb_methods").set_value(["pram", "shuffling"]).run())
    assert link(at)["perturb"].startswith("pram(p=0.9, invariant=True) + shuffling(")
    at = settled(at.slider(key="perturb.pram.p").set_value(0.5).run())
    assert "pram(p=0.5, " in link(at)["perturb"]
    at = settled(at.button(key="run_perturb").click().run())
    shown = texts(at)
    for stage in ("The table as it is", "PRAM (post-randomisation)", "Shuffling"):
        assert stage in shown
    assert "the control is the same attack on random others" in shown
    assert "guessing finds 0.00" in shown
    at = settled(at.button(key="undo").click().run())
    assert at.slider(key="perturb.pram.p").value == 0.9
    assert "the same attack" not in texts(at), "numbers of other settings stand there"
