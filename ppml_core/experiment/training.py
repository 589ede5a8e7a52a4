"""One model trained and looked at: its measures, what it costs each group of people, and the card that goes with it.

In: a scenario and a table. Out: `Trained`. The release path draws its noise, and who is trained on, from the operating
system and takes no seed (EVIDENCE 2). Its card carries the guarantee and no measure, for measures on test people
are internal. A seeded run carries no guarantee away: its noise can be drawn again, and its split depends on the number
of rows, so that its epsilon is about the training people alone.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ppml_core.catalog import method, methods
from ppml_core.data.dataset import Dataset
from ppml_core.errors import NotApplicable
from ppml_core.evidence import EXPLORATORY, Guarantee
from ppml_core.experiment.cards import UNCHARGED, made_by, public_inputs
from ppml_core.experiment.points import point_of, record_of
from ppml_core.experiment.prepare import Prepared, parts_for_release, prepare, whom
from ppml_core.experiment.results import tidy
from ppml_core.experiment.scenario import Scenario
from ppml_core.learn.base import Fitted, Learner
from ppml_core.learn.model_file import model_bytes


@dataclass(frozen=True, eq=False)
class Trained:
    """A model, the people it was trained and tested on, and its tidy rows. `released` says which path it came by."""

    scenario: Scenario
    prepared: Prepared
    model: Fitted
    rows: pd.DataFrame
    released: bool

    @property
    def guarantee(self) -> Guarantee | None:
        """What the whole chain promises."""
        return self.prepared.promise(self.model)

    @property
    def note(self) -> str:
        """Why there is no guarantee, or that this one is of an exploration; empty for a release."""
        if self.prepared.voided_by:
            return f"The step before, {self.prepared.voided_by}, read every row."
        if self.guarantee is None:
            return self.model.guarantee_note
        return "" if self.released else EXPLORATORY

    @property
    def split_note(self) -> str:
        """Whom the epsilon is about: everyone in the table, or the people who were trained on; empty without people."""
        unit = self.guarantee.unit if self.guarantee else None
        return whom(self.prepared.members, unit, released=self.released)

    def card(self) -> dict[str, Any]:
        """What goes with the model: settings, public inputs, and the guarantee where it was released."""
        schema = self.prepared.train.schema
        learner: Learner = self.scenario.learner.make(Learner)
        plain = {
            "title": f"{learner.title} for {schema.target}", "made_by": made_by(),
            "learner": self.scenario.learner.values(),
            "venue": self.scenario.venue.values() if self.scenario.venue else None,
            "anonymized_by": [s.values() for s in self.scenario.anonymize],
            "target": schema.target, "classes": list(self.model.classes),
            "public_inputs": public_inputs(schema, schema.inputs),
            "expected_rows": schema.expected_rows, "split_note": self.split_note, "noise": dict(self.model.noise),
            "warnings": list(self.model.warnings),
        }  # fmt: skip
        if self.released:
            assert self.guarantee is not None
            return plain | {"guarantee": dataclasses.asdict(self.guarantee), "settings_note": UNCHARGED}
        measures = dict(self.rows.dropna(subset="value")[["measure", "value"]].itertuples(index=False, name=None))
        return plain | {"guarantee": None, "guarantee_note": self.note or EXPLORATORY, "internal_measures": measures}

    def file(self) -> bytes:
        """The model with its card, as skops keeps it."""
        return model_bytes(self.model, self.card())


def train(scenario: Scenario, data: Dataset, repeat: int = 0) -> Trained:
    """Splits, anonymizes, trains and measures, exactly as that repeat of a sweep does."""
    prepared = prepare(scenario, data, repeat)
    learner = scenario.trainee()
    model = type(learner).fit_many([learner], prepared.train, [scenario.rng(repeat, "learner")])[0]
    return measured(scenario, data, repeat, prepared, model, released=False)


def train_release(scenario: Scenario, data: Dataset) -> Trained:
    """The same by the release path, which takes no seed of the scenario's: secret coins say who is trained on.

    Raises NotApplicable where the learner has none, or no guarantee would stand.
    """
    learner: Learner = scenario.learner.make(Learner)
    if scenario.anonymize or scenario.venue or not learner.has_release_path():
        what = "a venue" if scenario.venue else method(Learner, scenario.learner.method).name()
        what = "an anonymizer" if scenario.anonymize else what
        raise NotApplicable(
            f"{what} has no release path: its noise can be reproduced or is not safe against rounding. "
            f"{' and '.join(name for name, cls in methods(Learner).items() if cls.has_release_path())} have one."
        )
    prepared = prepare(scenario, data, 0, parts_for_release(data))
    return measured(scenario, data, 0, prepared, learner.fit_release(prepared.train), released=True)


def measured(
    scenario: Scenario, data: Dataset, repeat: int, prepared: Prepared, model: Fitted, *, released: bool
) -> Trained:
    """A fitted model of that repeat with its tidy rows."""
    point = point_of(scenario, repeat, data.fingerprint)
    rows = tidy([point], {point.key: record_of(point, model, prepared)}, data.fingerprint)
    return Trained(scenario, prepared, model, rows, released)
