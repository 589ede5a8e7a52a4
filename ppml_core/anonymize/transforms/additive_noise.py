"""Additive noise: every number moves by a draw from a normal distribution, alone or together with the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from ppml_core.anonymize.base import Anonymizer
from ppml_core.anonymize.columns import (
    COLUMNS_HELP,
    NUMERIC,
    Floats,
    Perturbed,
    chosen,
    correlations,
    numbers,
    put_back,
)
from ppml_core.data.dataset import Dataset
from ppml_core.settings import setting


@dataclass(frozen=True)
class AdditiveNoise(Anonymizer):
    """The table with normal noise added to its numbers, in proportion to each column's standard deviation.

    Independent noise weakens correlations; correlated noise has the covariance of the data times noise², so that
    correlations keep their expectation (Kim 1986). `keep_moments` then shrinks towards the mean by sqrt(1 + noise²),
    so that means and variances, and with correlated noise covariances, keep theirs too (Kim 1986; Tendick & Matloff
    1994). Whole columns are rounded and bounds kept afterwards, which disturbs both where much lies at a bound. Noise
    hinders linking by exact numbers; outliers stay outliers. Its size is read off the rows and it is a perturbation
    for disclosure control: no differential-privacy guarantee follows.
    """

    title: ClassVar[str] = "Additive noise"
    protocol: ClassVar[str] = "raw test people"
    uses_randomness: ClassVar[bool] = True
    perturbs: ClassVar[bool] = True

    columns: tuple[str, ...] = setting((), help=COLUMNS_HELP)
    noise: float = setting(
        0.25,
        0.0,
        None,
        slider=(0.0, 2.0),
        help="how far a number moves, standard deviation of the noise",
        unit="share of the column's standard deviation",
    )
    correlated: bool = setting(False, help="noise of several columns is correlated as they are")
    keep_moments: bool = setting(False, help="means and variances are kept in expectation")
    within_bounds: bool = setting(True, help="numbers beyond the bounds of the schema become the bound")

    def fit(self, data: Dataset, rng: np.random.Generator) -> Perturbed:
        names = chosen(data, self.columns, NUMERIC, self.title)
        before = pd.DataFrame({name: numbers(data, name) for name in names})
        after = before.to_numpy() + self._drawn(before, rng)
        if self.keep_moments:
            means = before.mean().fillna(0.0).to_numpy()
            after = means + (after - means) / np.sqrt(1 + self.noise**2)
        changed = {
            name: put_back(data.table[name], after[:, j], data.schema[name].bounds if self.within_bounds else None)
            for j, name in enumerate(names)
        }
        return Perturbed(data, changed, correlations(data, changed))

    def _drawn(self, before: pd.DataFrame, rng: np.random.Generator) -> Floats:
        """Noise for every cell, shape (rows, columns)."""
        if len(before) < 2:
            return np.zeros(before.shape)
        covariance = before.cov().fillna(0.0).to_numpy()
        if not self.correlated:
            covariance = np.diag(np.diag(covariance))
        return self.noise * (rng.standard_normal(before.shape) @ _root(covariance).T)


def _root(covariance: Floats) -> Floats:
    """A matrix R with R Rᵀ = covariance; pairwise covariances that are none together lose their negative part."""
    deviations = np.sqrt(np.diag(covariance))
    scale = np.where(deviations > 0, deviations, 1.0)
    values, vectors = np.linalg.eigh(covariance / np.outer(scale, scale))
    return np.asarray(deviations[:, None] * vectors * np.sqrt(np.clip(values, 0.0, None)))
