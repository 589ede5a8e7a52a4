"""Inference: a person's value in one column, guessed from their others by way of a release."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from ppml_core.anonymize.columns import ORDERED, ordered
from ppml_core.attacks.against_control import BothSides, Floats, Rows, known_columns, names_told, secret_column, told
from ppml_core.attacks.base import Finding, RiskAxis, Thing
from ppml_core.attacks.cell_distances import Compared, Packed
from ppml_core.attacks.criteria_kernels import guess
from ppml_core.attacks.table_attack import TableAttack
from ppml_core.data.dataset import Dataset
from ppml_core.data.groups import group_of
from ppml_core.errors import BadInput, NotApplicable
from ppml_core.evidence import SHARE
from ppml_core.settings import setting


@dataclass(frozen=True)
class Inference(TableAttack):
    """Who knows a person's other values takes the secret of the nearest released records.

    Of a category the commonest among them is guessed and must be right; of a number or date the middle one, which must
    lie within `tolerance` of the true value, told as a share of the column's public range: so negative numbers and
    zeros are judged as all others are. An absent value is a category of its own, and of numbers nobody's. The control
    guesses for people the release never saw: what is reached there is what the release teaches about everybody. The
    baseline guesses the same for all, what is commonest (or in the middle) among those never seen. Inference as WP29
    05/2014 means it; after Giomi et al. 2023, section 4.3.
    """

    title: ClassVar[str] = "Inference"
    against: ClassVar[tuple[Thing, ...]] = ("table", "synthetic")
    named_axes: ClassVar[tuple[RiskAxis, ...]] = (
        RiskAxis("inference_success", "Inference success", "share of guesses", "inference", SHARE),
    )

    targets: int = setting(1_000, 20, 20_000, slider=(200, 5_000), help="people on either side who are tried")
    secret: str = setting("", help="the column to guess; none: the sensitive one, or the target")
    known: tuple[str, ...] = setting((), help="columns that are known; none named means the quasi-identifiers")
    tolerance: float = setting(
        0.02, 0.0, 1.0, help="how near a guessed number must be", unit="share of the column's range"
    )

    def measures(self) -> tuple[str, ...]:
        return names_told(self.name())

    def on(
        self, members: Dataset, others: Dataset, release: Dataset, kept: Rows, rng: np.random.Generator
    ) -> tuple[Finding, ...]:
        """The attack on a release of members, without a model."""
        secret = secret_column(self.secret, members, release, "guessed")
        names = self._known(members, release, secret)
        if not len(release):
            raise NotApplicable("the release has no record to guess from.")
        sides = BothSides.drawn(members, others, self.targets, rng)
        truth, shown, reach = self._values(sides.people, release, secret)
        targets, number = sides.targets, len(sides.members)
        guessed = _guessed(sides, release, names, shown, reach >= 0)
        right = _is_right(truth[targets], guessed, reach)
        unseen = truth[sides.size :]
        usual = _usual(unseen, reach >= 0)
        baseline = _is_right(truth[sides.members], np.full(number, usual), reach).mean()
        return told(self.name(), right[:number], right[number:], float(baseline))

    def _known(self, members: Dataset, release: Dataset, secret: str) -> list[str]:
        if secret in self.known:
            raise BadInput(f"{secret!r} is the secret and cannot be known: leave it out of the known columns.")
        names = known_columns(members, release, self.known, ("quasi_identifier",))
        found = [name for name in names if name != secret]
        if not found:
            raise NotApplicable("no column but the secret is known: name one.")
        return found

    def _values(self, people: Dataset, release: Dataset, secret: str) -> tuple[Floats, Floats, float]:
        """(true values, released ones, how near a guess must be): numbers, or codes of texts with a reach of -1."""
        column = people.schema[secret]
        if column.kind in ORDERED and column.kind != "ordinal":
            truth, shown = ordered(people, secret), ordered(release, secret)
            bounded = column.bounds is not None and column.kind == "numeric"
            width = column.bounds[1] - column.bounds[0] if bounded and column.bounds else _span(truth)
            return truth, shown, self.tolerance * width
        texts, released = people.texts(secret), release.texts(secret)
        places = {text: float(at) for at, text in enumerate(pd.Series(released).value_counts().index)}
        for text in texts:
            places.setdefault(text, float(len(places)))
        truth, shown = (np.array([places[text] for text in column]) for column in (texts, released))
        return truth, shown, -1.0


def _guessed(sides: BothSides, release: Dataset, names: list[str], shown: Floats, is_number: bool) -> Floats:
    """What is guessed of each target; NaN where all that is near is absent."""
    values, codes = np.unique(shown, return_inverse=True)
    table = release.table[names].copy(deep=False)
    secret = _free_name(names)
    table[secret] = codes.ravel()
    of = group_of(table, [*names, secret])
    _, first, votes = np.unique(of, return_index=True, return_counts=True)
    compared = [Compared.of(sides.people, release, name, sides.targets, first) for name in names]
    packed = Packed.of(compared, len(sides.targets), len(first))
    found: Rows = guess(
        packed.asked, packed.released, votes.astype(np.int64), codes.ravel()[first].astype(np.int64), len(values),
        is_number, *packed.rest,
    )  # fmt: skip
    return np.asarray(values, dtype=np.float64)[found]


def _is_right(truth: Floats, guessed: Floats, reach: float) -> Floats:
    if reach < 0:
        return np.asarray(truth == guessed, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(truth - guessed) <= reach * (1 + 1e-12), dtype=np.float64)


def _usual(unseen: Floats, is_number: bool) -> float:
    present = unseen[~np.isnan(unseen)]
    if not len(present):
        return float("nan")
    values, counts = np.unique(present, return_counts=True)
    return float(np.median(present)) if is_number else float(values[counts.argmax()])


def _span(values: Floats) -> float:
    present = values[~np.isnan(values)]
    return float(np.ptp(present)) if len(present) else 0.0


def _free_name(names: list[str]) -> str:
    """A column name that is not taken."""
    name = "secret"
    while name in names:
        name += "_"
    return name
