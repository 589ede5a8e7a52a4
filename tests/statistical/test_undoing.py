"""Attacks on our own releases of Adult, beside what the releases promise. -s prints the figures."""

from __future__ import annotations

import numpy as np
import pytest

from ppml_core.anonymize.base import Anonymizer
from ppml_core.attacks.base import Finding
from ppml_core.attacks.downcoding import Downcoding
from ppml_core.attacks.homogeneity import Homogeneity
from ppml_core.attacks.record_linkage import RecordLinkage
from ppml_core.catalog import method
from ppml_core.data.bundled import load

pytestmark = pytest.mark.slow

TWO_VALUES = "distinct_l_diversity(l=2)"
RELEASES = {
    "full domain k=5": ("full_domain", {"k": 5}),
    "Mondrian k=5": ("mondrian", {"k": 5}),
    "peel k=2": ("local", {"k": 2, "strategy": "peel"}),
    "peel k=5": ("local", {"k": 5, "strategy": "peel"}),
    "peel k=25": ("local", {"k": 25, "strategy": "peel"}),
    "bottom up k=5": ("local", {"k": 5, "strategy": "bottom_up"}),
    "peel k=5 l=2": ("local", {"k": 5, "strategy": "peel", "models": TWO_VALUES}),
}


def line(said: str, finding: Finding) -> str:
    one, baseline = finding.estimate, finding.baseline
    return (
        f"  {said:18} {finding.measure:24} {one.value:.3f} ({one.low:.3f} to {one.high:.3f}), baseline {baseline:.4f}"
    )


def test_what_is_promised_holds_and_what_is_not_is_measured() -> None:
    data = load("adult")
    order = np.random.default_rng(1).permutation(len(data))
    members, others = data.take(order[: len(data) // 2]), data.take(order[len(data) // 2 :])
    print()
    for said, (name, settings) in RELEASES.items():
        made = method(Anonymizer, name).from_values(settings).fit(members, np.random.default_rng(2))
        found = {
            finding.measure: finding
            for attack in (RecordLinkage(), Homogeneity(), Downcoding())
            for finding in attack.on(members, others, made.release, np.asarray(made.kept), np.random.default_rng(3))
        }
        for measure in ("linkage_success", "homogeneity_success", "homogeneity_advantage", "downcoding_success",
                        "downcoding_advantage"):  # fmt: skip
            print(line(said, found[measure]))
        linked, by_classes = found["linkage_success"].estimate, found["linkage_by_classes"].estimate.value
        assert by_classes <= 1 / settings["k"], said  # type: ignore[operator]
        assert linked.low <= 1 / settings["k"], said  # type: ignore[operator]
        if "models" in settings:
            assert found["homogeneity_success"].estimate.value == 0
        overlapping = name == "local"
        assert (found["downcoding_advantage"].estimate.low > 0) == overlapping, said
