"""A table that is differentially private itself, to look at and take away for exploration.

In: a scenario whose chain begins with such a release, the whole table. Out: `PrivateTable`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ppml_core.anonymize.base import Anonymizer
from ppml_core.data.dataset import Dataset
from ppml_core.evidence import EXPLORATORY, Guarantee
from ppml_core.experiment.scenario import Scenario


@dataclass(frozen=True, eq=False)
class PrivateTable:
    """`proved` is what the mechanism promises of noise that nobody can reproduce; this draw carries no guarantee."""

    release: Dataset
    proved: Guarantee | None
    note: str
    statistics: Mapping[str, Any]


def private_table(scenario: Scenario, data: Dataset) -> PrivateTable:
    """The first step's release of everybody in the table, the same for the same scenario.

    Raises what the anonymizer raises (NotApplicable, BadInput).
    """
    step: Anonymizer = scenario.anonymize[0].make(Anonymizer)
    made = step.fit(data, scenario.rng(0, "a table to take away"))
    return PrivateTable(made.release, made.guarantee, made.guarantee_note or EXPLORATORY, made.statistics)
