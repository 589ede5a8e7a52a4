"""From a scenario and a table to what a learner may train on and what it is tested with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import pandas as pd

from ppml_core.anonymize.base import Anonymizer, Recoding
from ppml_core.attacks.linkage import class_sizes, risk_report
from ppml_core.attacks.record_linkage import record_linkage
from ppml_core.data.checks import check_target
from ppml_core.data.dataset import Dataset
from ppml_core.data.groups import group_of
from ppml_core.data.split import TEST_SHARE, split, split_by_coins
from ppml_core.errors import BadInput
from ppml_core.evidence import Guarantee
from ppml_core.experiment.scenario import Scenario
from ppml_core.learn.base import Fitted
from ppml_core.learn.target import encode_target, target_classes, target_numbers, task_of, with_classes

RAW = "raw test people"
COINS = (
    f"Who was trained on was drawn for this release, by a secret coin for each person ({1 - TEST_SHARE:.0%}): the "
    f"guarantee is about everyone in the table."
)
SEEDED = (
    "Who was trained on follows from a seed and the number of rows: ε is about them, not about everyone in the table."
)
GIVEN = "The table's own split says who was trained on: ε is about everyone in the table."


@dataclass(frozen=True)
class Figure:
    """One number about a release, with its unit; `low` and `high` are its 95 % interval where it was measured."""

    measure: str
    value: float
    unit: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, eq=False)
class Prepared:
    """Training people as released, test people encoded alike, and what is known of the release.

    `voided_by` names the step behind which no differential-privacy guarantee stands (EVIDENCE 1), or is empty.
    `guarantee` is that of a release which is differentially private itself: what is trained on it adds nothing.
    `members` and `others` are the training and test people as they are, `kept` which member each record of `train`
    belongs to (empty where people are made up), and `recodings` what was done to them, in order.
    """

    train: Dataset
    test: Dataset
    protocol: str
    voided_by: str
    figures: tuple[Figure, ...] = field(default=())
    guarantee: Guarantee | None = None
    members: Dataset = field(kw_only=True)
    others: Dataset = field(kw_only=True)
    kept: np.ndarray = field(kw_only=True)
    recodings: tuple[Recoding, ...] = field(kw_only=True)

    def promise(self, model: Fitted) -> Guarantee | None:
        """What the whole chain up to that model promises."""
        return None if self.voided_by else self.guarantee or model.guarantee


def prepare(scenario: Scenario, data: Dataset, repeat: int, divided: tuple[Dataset, Dataset] | None = None) -> Prepared:
    """Splits first, fits every anonymizer on the training people only, recodes the test people by it.

    `divided` are training and test people where the scenario's seed did not choose them.
    Raises what the anonymizers raise (Unreachable, NotApplicable, BadInput).
    """
    raw, others = divided or parts(data, scenario.seed)
    train, test, kept = raw, others, np.arange(len(raw))
    protocol, voided_by = RAW, ""
    guarantee: Guarantee | None = None
    figures: list[Figure] = []
    recodings: list[Recoding] = []
    for position, step in enumerate(scenario.anonymize):
        anonymizer: Anonymizer = step.make(Anonymizer)
        recoding = anonymizer.fit(train, _rng(scenario, repeat, f"anonymize.{position}"))
        train, test = recoding.release, recoding.transform(test)
        kept = kept[recoding.kept]
        recodings.append(recoding)
        protocol = anonymizer.protocol
        if guarantee is None and not voided_by:
            guarantee = recoding.guarantee
            voided_by = "" if guarantee or anonymizer.fixed_in_advance else anonymizer.title
        figures += _search_figures(recoding.statistics)
    if not len(train):
        raise BadInput("the anonymizer left nobody in the training part: allow less suppression or a smaller k.")
    if hands_out_table(scenario):
        figures += _release_figures(train, test)
        figures += _linkage_figures(raw, train, kept, _rng(scenario, repeat, "record linkage"))
    return Prepared(
        train, test, protocol, voided_by, tuple(figures), guarantee,
        members=raw, others=others, kept=kept, recodings=tuple(recodings),
    )  # fmt: skip


def hands_out_table(scenario: Scenario) -> bool:
    """Whether figures of a table belong to the scenario: an anonymizer made one, or the raw one is handed out."""
    return bool(scenario.anonymize) or "table" in scenario.things


def parts(data: Dataset, seed: int) -> tuple[Dataset, Dataset]:
    """Training and test people, the same objects for every scenario with that seed, so that lattices are shared.

    For exploration (data.split): a guarantee that follows is about the training people.
    """
    key = ("training and test part", seed)
    if key not in data.memo:
        check_target(data)
        data.memo[key] = split(with_classes(data), seed)
    return cast("tuple[Dataset, Dataset]", data.memo[key])


def parts_for_release(data: Dataset) -> tuple[Dataset, Dataset]:
    """Training and test people of a release: by the table's own split, or by secret coins that are not remembered."""
    check_target(data)
    return split_by_coins(with_classes(data))


def whom(data: Dataset, unit: str | None, *, released: bool = False) -> str:
    """Whom an epsilon is about that was spent on the training part of this table.

    Empty without a guarantee (no `unit`), and where it is about clients and not about people.
    """
    if unit is None or unit == "client":
        return ""
    if data.schema.split:
        return GIVEN
    return COINS if released else SEEDED


def truth_of(data: Dataset) -> np.ndarray:
    """Class numbers, or the target's values in a regression."""
    if task_of(data.schema) == "regression":
        return target_numbers(data)
    return encode_target(data, target_classes(data.schema))


def depends_on_repeat(scenario: Scenario) -> bool:
    """Whether each repeat has a release of its own."""
    return any(step.make(Anonymizer).uses_randomness for step in scenario.anonymize)


def _rng(scenario: Scenario, repeat: int, purpose: str) -> np.random.Generator:
    """The generator of a step: whatever the learner, a chain's repeat has one release, which learners share."""
    return scenario.chain().rng(repeat if depends_on_repeat(scenario) else 0, purpose)


def _search_figures(statistics: object) -> list[Figure]:
    known = statistics if isinstance(statistics, dict) else {}
    units = {"loss": "0 nothing, 1 all", "granularity": "1 no loss", "suppressed": "people"}
    return [Figure(f"release_{name}", float(known[name]), unit) for name, unit in units.items() if name in known]


def _release_figures(train: Dataset, test: Dataset) -> list[Figure]:
    """Risk of the released training table, and how many test people look like nobody in it."""
    if not train.quasi_identifiers:
        return []
    risk = risk_report(train, marked=False)
    figures = [
        Figure("release_prosecutor_max", risk.prosecutor.max, "probability"),
        Figure("release_prosecutor_mean", risk.prosecutor.mean, "probability"),
        Figure("release_prosecutor_share_above", risk.prosecutor.share_above, "share of people"),
        Figure("release_unique_share", risk.unique_share, "share of people"),
        Figure("test_unmatched_share", _unmatched_share(train, test, train.quasi_identifiers), "share of test people"),
    ]
    known = {
        "release_unique_share_with_kept": risk.unique_share_with_kept,
        "release_certain_share": risk.attribute_disclosure.certain_share,
    }
    return figures + [Figure(name, share, "share of people") for name, share in known.items() if share is not None]


def _linkage_figures(raw: Dataset, train: Dataset, kept: np.ndarray, rng: np.random.Generator) -> list[Figure]:
    """Share of training people whose released record someone finds who knows their quasi-identifiers, as measured.

    Beside it what guessing reaches, the same attack on records of random others, and the share in the raw table, which
    is counted over everybody: 1 / look-alikes on average. None where a release does not have a record per person.
    """
    if not raw.quasi_identifiers or len(kept) != len(train):
        return []
    linked = record_linkage(raw, train, kept, rng)
    name, unit = "release_linkage_success", "share of people"
    return [
        Figure(name, linked.success.value, unit, linked.success.low, linked.success.high),
        Figure(f"control_{name}", linked.control.value, unit, linked.control.low, linked.control.high),
        Figure(f"baseline_guessing_{name}", linked.baseline, unit),
        Figure(f"baseline_raw_{name}", len(class_sizes(raw)) / len(raw), unit),
    ]


def _unmatched_share(train: Dataset, test: Dataset, columns: Sequence[str]) -> float:
    """Share of test people whose quasi-identifiers, as published, occur in no released class."""
    both = pd.DataFrame({name: np.concatenate([train.texts(name), test.texts(name)]) for name in columns})
    groups = group_of(both, columns)
    return float((~np.isin(groups[len(train) :], groups[: len(train)])).mean())
