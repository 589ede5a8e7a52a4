"""Local differential privacy: every person's answers are changed by chance before anybody sees them."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from ppml_core.accounting.budget_settings import epsilon_setting
from ppml_core.anonymize.base import Anonymizer, Recoding
from ppml_core.anonymize.synthetic.domain import domain_of, doubt_of
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput
from ppml_core.evidence import Guarantee

EPSILONS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)


@dataclass(frozen=True)
class RandomizedResponse(Anonymizer):
    """k-ary randomized response: a cell keeps its value with chance e^ε'/(e^ε' + k - 1), else any other is drawn.

    ε is per person over all released columns: each of m columns gets ε' = ε/m, so that any two people's records give
    any release with chances that differ by e^ε at most. Numbers are told by their public bin and drawn evenly within
    it. Columns without public values are left out. Warner 1965; Kairouz, Bonawitz, Ramage 2016; Wang et al. 2017.
    """

    title: ClassVar[str] = "Randomized response (local DP)"
    version: ClassVar[int] = 2
    protocol: ClassVar[str] = "raw test people"
    uses_randomness: ClassVar[bool] = True
    unit: ClassVar[str] = "person's whole record (local)"
    gives: ClassVar[str] = "randomized answers"
    about: ClassVar[str] = (
        "Each person keeps an answer by chance, and else gives another one, before anybody sees it. ε is one person's, "
        "for all columns together."
    )

    epsilon: float = epsilon_setting(
        "privacy budget ε of one person, over all columns together", default=10.0, steps=EPSILONS, least=0.1
    )

    def fit(self, data: Dataset, rng: np.random.Generator) -> Randomized:
        domain, notes = domain_of(data)
        each = self.epsilon / len(domain)
        made = {}
        for name, coded in domain.items():
            answered = respond(coded.codes(data), coded.size, each, rng)
            made[name] = coded.values(answered, rng)
        doubt = doubt_of(data.schema, list(domain), sized=True)
        guarantee = Guarantee(self.epsilon, 0.0, "replace_one", unit=self.unit)
        schema = dataclasses.replace(data.schema, columns={name: data.schema[name] for name in domain}, split=None)
        release = dataclasses.replace(data, table=pd.DataFrame(made), schema=schema, published={})
        truthful = {name: honest_share(coded.size, each) for name, coded in domain.items()}
        statistics = {"epsilon_per_column": each, "kept_share": truthful, "notes": notes}
        return Randomized(
            release, np.arange(len(data)), statistics, None if doubt else guarantee, f"{doubt}." if doubt else ""
        )


@dataclass(frozen=True, eq=False)
class Randomized(Recoding):
    """Every person has a record, in order; raw people go through unchanged."""

    release: Dataset
    kept: np.ndarray
    statistics: dict[str, object]
    guarantee: Guarantee | None
    guarantee_note: str

    def transform(self, data: Dataset) -> Dataset:
        return dataclasses.replace(
            data, table=data.table[list(self.release.schema.columns)], schema=self.release.schema
        )

    def mapping(self) -> dict[str, pd.DataFrame]:
        return {}


def honest_share(values: int, epsilon: float) -> float:
    """Chance that an answer is the true one.

    >>> round(honest_share(2, 1.0), 3)
    0.731
    """
    return 1 / (1 + (values - 1) * math.exp(-epsilon))


def respond(
    codes: npt.NDArray[np.int64], values: int, epsilon: float, rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Each code kept, or any of the others with equal chances."""
    if values < 2:
        return codes
    others = (codes + rng.integers(1, values, len(codes))) % values
    return np.where(rng.random(len(codes)) < honest_share(values, epsilon), codes, others)


def debias(counts: npt.ArrayLike, epsilon: float) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """(unbiased true counts, their standard errors over the answers) from the counts of the answers.

    With p the chance of the true answer and q that of each other one, (count - n q) / (p - q). Wang et al. 2017, eq. 1.

    >>> true, spread = debias([600, 400], math.log(3))
    >>> true.round().tolist(), spread.round().tolist()
    ([700.0, 300.0], [27.0, 27.0])
    """
    found = np.asarray(counts, dtype=np.float64)
    if len(found) < 2 or found.sum() <= 0:
        raise BadInput("estimates need at least two values and one answer.")
    people = found.sum()
    p = honest_share(len(found), epsilon)
    q = (1 - p) / (len(found) - 1)
    if not p > q:
        raise BadInput(f"answers at epsilon {epsilon:g} say nothing of the truth: there is no estimate.")
    true = (found - people * q) / (p - q)
    held = np.clip(true, 0, people)
    variance = held * p * (1 - p) + (people - held) * q * (1 - q)
    return true, np.sqrt(variance) / (p - q)
