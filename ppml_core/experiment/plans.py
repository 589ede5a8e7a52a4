"""The sweeps that a question needs ("what does a guarantee cost?", "what do look-alikes cost?"), and what is read off.

In: a dataset's name and schema, a learner, values of one setting. Out: scenarios to sweep, and from tidy rows the
points and baselines that a chart of one measure shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ppml_core.accounting.gaussian import mu_of
from ppml_core.anonymize.base import Anonymizer
from ppml_core.anonymize.transforms.full_domain import FullDomain
from ppml_core.catalog import method, methods
from ppml_core.data.dataset import Dataset
from ppml_core.data.schema import Schema
from ppml_core.errors import NotApplicable
from ppml_core.evidence import Guarantee, Neighbours
from ppml_core.experiment.points import point_of
from ppml_core.experiment.results import summarise
from ppml_core.experiment.scenario import Scenario, expand
from ppml_core.experiment.sweep import Memory
from ppml_core.learn.base import Learner
from ppml_core.learn.target import task_of
from ppml_core.measures.base import Measure
from ppml_core.settings import settings_of

EPSILON, RELEASE_EPSILON, K = "learner.epsilon", "anonymize.epsilon", "anonymize.k"
REFERENCES = ("hist_gradient_boosting", "logistic_regression")
PLAIN_REPEATS = 3
POINT_COLUMNS = ("series", "x", "value", "low", "high", "repeats", "error", *(
    "guarantee_epsilon", "guarantee_delta", "guarantee_neighbours"
))  # fmt: skip


def measures_for(schema: Schema) -> list[str]:
    """Names of the measures for the schema's kind of target, the one that people know best first."""
    task = task_of(schema)
    named = [name for name, cls in methods(Measure).items() if cls.task == task]
    return sorted(
        named, key=lambda name: (name not in ("accuracy", "r2"), name in ("log_loss", "calibration_error"), name)
    )


def learners_for(schema: Schema, private: bool | None = None) -> list[str]:
    """Names of the learners that fit the schema's target, those with a guarantee first."""
    task = task_of(schema)
    fitting = {name: cls for name, cls in methods(Learner).items() if task in cls.tasks}
    kept = [name for name, cls in fitting.items() if private is None or cls.private == private]
    return sorted(kept, key=lambda name: (not fitting[name].private, name != "dp_gd", name))


def sweeps_epsilon(learner: str) -> bool:
    """Whether the learner has a budget to set."""
    return "epsilon" in settings_of(method(Learner, learner))


def private_releases() -> list[str]:
    """Names of the anonymizers that have a budget: what they release is differentially private itself."""
    return [name for name, cls in methods(Anonymizer).items() if "epsilon" in settings_of(cls)]


def epsilon_plan(
    dataset: str,
    learner: str,
    settings: Mapping[str, Any],
    epsilons: Sequence[float],
    repeats: int,
    release: str = "",
    release_settings: Mapping[str, Any] | None = None,
    before: Sequence[tuple[str, Mapping[str, Any]]] = (),
) -> list[Scenario]:
    """The learner at every epsilon; once where it has no epsilon. Settings it does not have are left out.

    With a private `release` the learner is trained on that, and the swept epsilon is the release's: the whole chain's.
    `before` are anonymizers without a budget, by name and settings, whose release the learner is trained on.
    """
    known = settings_of(method(Learner, learner))
    own = {name: value for name, value in settings.items() if name in known and value is not None}
    if release:
        offered = settings_of(method(Anonymizer, release))
        given = {name: value for name, value in (release_settings or {}).items() if name in offered}
        step = (release, {name: value for name, value in given.items() if value is not None})
        return expand(Scenario.of(dataset, learner, own, [step], repeats=repeats), {RELEASE_EPSILON: list(epsilons)})
    if "epsilon" not in known:
        return [Scenario.of(dataset, learner, own, before, repeats=min(repeats, PLAIN_REPEATS))]
    return expand(Scenario.of(dataset, learner, own, before, repeats=repeats), {EPSILON: list(epsilons)})


def reference_plan(dataset: str, schema: Schema) -> list[Scenario]:
    """The learners without privacy that others are compared with."""
    offered = learners_for(schema, private=False)
    chosen = [name for name in REFERENCES if name in offered] or offered[:1]
    return [Scenario.of(dataset, name, repeats=1) for name in chosen]


def k_plan(dataset: str, learner: str, ks: Sequence[int], suppression_limit: float, repeats: int) -> list[Scenario]:
    """A learner on the optimal release at every k."""
    step = (FullDomain.name(), {"k": int(ks[0]), "suppression_limit": suppression_limit})
    return expand(Scenario.of(dataset, learner, {}, [step], repeats=repeats), {K: [int(k) for k in ks]})


def k_learner(schema: Schema) -> str:
    """The learner that the cost of look-alikes is shown with: plain and quick. Raises NotApplicable without any."""
    offered = learners_for(schema, private=False)
    if not offered:
        raise NotApplicable("no learner without privacy fits the target of this table.")
    return "logistic_regression" if "logistic_regression" in offered else offered[0]


def points_of(rows: pd.DataFrame, measure: str, setting: str, series: str) -> pd.DataFrame:
    """One line per scenario for that measure: columns series, x, value, low, high, repeats, error and the guarantee."""
    if rows.empty or setting not in rows:
        return pd.DataFrame(columns=list(POINT_COLUMNS))
    summary = summarise(rows[rows["measure"] == measure])
    if summary.empty:
        return pd.DataFrame(columns=list(POINT_COLUMNS))
    summary = summary.assign(series=series, x=summary[setting].astype(float), error=summary["error"].fillna(""))
    return summary.loc[:, list(POINT_COLUMNS)].sort_values("x").reset_index(drop=True)


def baselines_of(
    references: Mapping[str, pd.DataFrame], guessing: Sequence[pd.DataFrame], measure: str
) -> pd.DataFrame:
    """Levels to compare with: the references (title -> rows), best first, then guessing. Columns text, value, kind."""
    found = [(title, _mean(rows, measure), "no_privacy") for title, rows in references.items()]
    better = method(Measure, measure).higher_is_better
    found = sorted(
        (entry for entry in found if np.isfinite(entry[1])), key=lambda entry: -entry[1] if better else entry[1]
    )
    for kind, text in (("majority", "always guessing the majority"), ("mean", "always guessing the mean")):
        levels = [_mean(rows, f"baseline_{kind}_{measure}") for rows in guessing]
        known = [level for level in levels if np.isfinite(level)]
        if known:
            found.append((text, known[0], "guessing"))
    return pd.DataFrame(found, columns=["text", "value", "kind"])


def raw_baselines(rows: pd.DataFrame, measure: str, learner_title: str) -> pd.DataFrame:
    """The baselines of an anonymization sweep: the same learner on raw people, and guessing."""
    found = [(f"{learner_title}, raw table", _mean(rows, f"baseline_raw_{measure}"), "no_privacy")]
    guess = baselines_of({}, [rows], measure)
    frame = pd.DataFrame([entry for entry in found if np.isfinite(entry[1])], columns=["text", "value", "kind"])
    return pd.concat([frame, guess], ignore_index=True) if len(frame) else guess


def guarantees_of(points: pd.DataFrame, learner: str, unit: str = "record") -> list[Guarantee]:
    """The guarantee behind each point that has one, with the mechanism's own mu where the learner knows it."""
    known = points[points["guarantee_epsilon"].notna()]
    return [
        guarantee_of(learner, float(epsilon), float(delta), str(neighbours), unit)
        for epsilon, delta, neighbours in zip(
            known["guarantee_epsilon"], known["guarantee_delta"], known["guarantee_neighbours"], strict=True
        )
    ]


def guarantee_of(learner: str, epsilon: float, delta: float, neighbours: str, unit: str = "record") -> Guarantee:
    """The guarantee of a result row, with mu where the learner's mechanism is exactly Gaussian."""
    relation: Neighbours = "replace_one" if neighbours == "replace_one" else "add_or_remove_one"
    gaussian = method(Learner, learner).gaussian and delta > 0
    return Guarantee(epsilon, delta, relation, unit, mu=mu_of(epsilon, delta) if gaussian else None)


def guarantee_behind(scenario: Scenario, rows: pd.DataFrame) -> Guarantee | None:
    """What is proved about the model of a scenario, read off its tidy rows; None where nothing is, or it is unknown."""
    own = rows[rows["measure"].isin(scenario.measures) & rows["value"].notna()]
    if own.empty or own["guarantee_epsilon"].isna().any():
        return None
    row = own.sort_values("guarantee_epsilon").iloc[-1]
    epsilon, delta, neighbours = (row[f"guarantee_{part}"] for part in ("epsilon", "delta", "neighbours"))
    private = next((step.method for step in scenario.anonymize if "epsilon" in dict(step.settings)), None)
    if private is None:
        return guarantee_of(scenario.learner.method, float(epsilon), float(delta), str(neighbours), unit_of(row))
    relation: Neighbours = "replace_one" if neighbours == "replace_one" else "add_or_remove_one"
    return Guarantee(float(epsilon), float(delta), relation, method(Anonymizer, private).unit)


def unit_of(row: pd.Series) -> str:
    """What a result row's guarantee protects; rows of before units were told apart speak of single records."""
    unit = row.get("guarantee_unit")
    return unit if isinstance(unit, str) else "record"


@dataclass(frozen=True)
class Remarks:
    """Sentences that belong beside a sweep: why no guarantee stands, and warnings of the libraries underneath."""

    no_guarantee: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def remarks_of(scenarios: Sequence[Scenario], data: Dataset, memory: Memory) -> Remarks:
    """What the known points of these scenarios say beside their numbers, each sentence once."""
    points = [point_of(scenario, 0, data.fingerprint) for scenario in scenarios]
    records = memory.known([point.key for point in points]).values()
    notes = dict.fromkeys(str(record["note"]) for record in records if record.get("note"))
    warnings = dict.fromkeys(str(text) for record in records for text in record["warnings"])
    return Remarks(tuple(notes), tuple(warnings))


def _mean(rows: pd.DataFrame, measure: str) -> float:
    values = rows.loc[rows["measure"] == measure, "value"] if len(rows) else pd.Series(dtype=float)
    return float(values.mean()) if len(values) else float("nan")
