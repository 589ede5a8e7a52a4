"""The map's rows and axes, on a few rows made by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from ppml_core.accounting.gaussian import mu_of
from ppml_core.experiment.axes import axis_of
from ppml_core.experiment.map_view import Map, first_levels, first_risk, once_each, risks_of, together, with_others
from ppml_core.experiment.results import COLUMNS, NUMBERS
from ppml_core.experiment.scenario import Scenario

ONE = Scenario.of("adult", "dp_gd", {"epsilon": 2.0}, [("full_domain", {"k": 10})], repeats=1)
OTHER = Scenario.of("adult", "logistic_regression", repeats=1)


def rows(scenario: Scenario, **values: float) -> pd.DataFrame:
    cells: list[dict[str, Any]] = [
        {"scenario_id": scenario.id, "repeat": 0, "measure": name, "value": value, "std_error": 0.01, "seconds": 1.0}
        for name, value in values.items()
    ]
    return pd.DataFrame(cells, columns=list(COLUMNS)).astype(dict.fromkeys(NUMBERS, float))


def test_frames_are_put_together_and_what_is_known_twice_is_taken_from_the_first() -> None:
    first, again = rows(ONE, accuracy=0.8), rows(ONE, accuracy=0.7, bytes=5.0)
    assert list(together([]).columns) == list(COLUMNS)
    assert together([first, again])["value"].tolist() == [0.8, 0.7, 5.0]
    assert once_each([first, again])["value"].tolist() == [0.8, 5.0]
    assert with_others(first, pd.concat([again, rows(OTHER, accuracy=0.85)]))["value"].tolist() == [0.8, 0.85]
    assert with_others(together([]), again)["value"].tolist() == [0.7, 5.0]


def test_risks_are_offered_of_which_something_is_known() -> None:
    assert risks_of(together([])) == ["membership.tpr_at_0.01", "linkage", "epsilon", "seconds"]
    known = together([rows(OTHER, accuracy=0.85, bytes=5.0), rows(ONE, release_linkage_success=0.2)])
    assert risks_of(known)[0] == "linkage"
    assert {"seconds", "bytes"} < set(risks_of(known))
    assert "epsilon" not in risks_of(known)


def test_an_attack_that_has_come_to_few_scenarios_does_not_stand_first() -> None:
    linked = [rows(Scenario.of("adult", "dp_gd", {"epsilon": e}), release_linkage_success=0.2) for e in (1.0, 2.0, 3.0)]
    attacked = rows(ONE, **{axis_of("membership.tpr_at_0.01").measure: 0.02})
    offered = ["membership.tpr_at_0.01", "linkage"]
    assert first_risk(offered, together([attacked, *linked])) == "linkage"
    assert first_risk(offered, together([attacked, *linked[:1]])) == "membership.tpr_at_0.01"


def test_cells_hold_k_and_epsilon_and_other_scenarios_have_no_place_among_them() -> None:
    known = together([rows(ONE, accuracy=0.8), rows(OTHER, accuracy=0.85)])
    here = Map.of({one.id: one for one in (ONE, OTHER)}, known, axis_of("accuracy"), axis_of("seconds"))
    assert here.grid_cells()[["recoding", "k", "epsilon", "value"]].values.tolist() == [["full_domain", 10, 2.0, 0.8]]
    assert here.set_values().loc[ONE.id].tolist() == [10.0, 2.0]
    assert np.isnan(here.set_values().loc[OTHER.id]).all()
    assert [axis.name for axis in here.costs()] == ["seconds"]
    assert set(here.places(here.parallel_axes())) == {ONE.id, OTHER.id}


def test_levels_are_the_best_of_each_kind() -> None:
    kinds = ["no_privacy", "no_privacy", "guessing"]
    frame = pd.DataFrame({"text": ["best", "second", "guess"], "value": [0.86, 0.85, 0.75], "kind": kinds})
    assert first_levels(frame) == [("best", 0.86), ("guess", 0.75)]


def promised(scenario: Scenario, epsilon: float, delta: float, neighbours: str) -> pd.DataFrame:
    known = {"guarantee_epsilon": epsilon, "guarantee_delta": delta}
    return rows(scenario, accuracy=0.8).assign(**known, guarantee_neighbours=neighbours, guarantee_unit="record")


def test_guarantees_of_two_relations_stand_on_the_map_under_one() -> None:
    """Ours at ε = 1 is 2.15 for replacing one person (EVIDENCE 4); beside its own kind it stays 1."""
    ours = Scenario.of("adult", "dp_gd", {"epsilon": 1.0, "delta": 1e-5}, repeats=1)
    theirs = Scenario.of("adult", "diffprivlib_logistic_regression", {"epsilon": 1.0}, repeats=1)
    known = [promised(ours, 1.0, 1e-5, "add_or_remove_one"), promised(theirs, 1.0, 0.0, "replace_one")]
    axis, epsilon = axis_of("accuracy"), axis_of("epsilon")
    here = Map.of({one.id: one for one in (ours, theirs)}, together(known), axis, epsilon)
    assert here.found[ours.id][1].proved == pytest.approx(2.15, abs=0.005)
    assert here.found[theirs.id][1].proved == 1.0
    own, other = here.guarantee(ours.id), here.guarantee(theirs.id)
    assert own is not None
    assert other is not None
    assert own.neighbours == other.neighbours == "replace_one"
    assert own.mu == pytest.approx(2 * mu_of(1.0, 1e-5))
    alone = Map.of({ours.id: ours}, known[0], axis, epsilon)
    assert alone.found[ours.id][1].proved == 1.0
