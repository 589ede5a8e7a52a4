"""Principal directions of private rows, drawn one after the other by the exponential mechanism: pure epsilon.

A direction u has density exp(κ uᵀCu), C the sum of xxᵀ over rows at most 1 long. A person replaced changes uᵀCu by
(uᵀx)² - (uᵀy)², between -1 and 1, so that the density and its normaliser together change by exp(2κ) at most: κ = ε/2.
The next one is drawn among the directions orthogonal to all before; k of them cost k times as much. Amin, Dick,
Kulesza, Muñoz Medina, Vassilvitskii 2019, algorithm 2, without its eigenvalues, which nothing here needs.

diffprivlib 0.6.6 means to do the same, but accepts a draw with (uᵀΩu)^(-d/2) where the rejection of Kent, Ganeiber and
Mardia asks for (uᵀΩu)^(+d/2): its directions follow exp(κ uᵀCu) (uᵀΩu)^(-d), which is more concentrated and not
ε-private (tests show both). So its PCA is not used.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import null_space
from scipy.optimize import brentq

Block = npt.NDArray[np.float64]


def principal_directions(rows: Block, directions: int, epsilon: float, rng: np.random.Generator) -> Block:
    """Orthonormal columns, shape (width, directions), from rows at most 1 long; ε-private under replacing one row."""
    total = rows.T @ rows
    width = len(total)
    kept, left = np.zeros((width, 0)), np.eye(width)
    for _ in range(min(directions, width)):
        drawn = left @ direction(epsilon / directions / 2 * (left.T @ total @ left), rng)
        kept = np.column_stack([kept, drawn])
        left = null_space(kept.T)
    return kept


def direction(M: Block, rng: np.random.Generator) -> Block:
    """A unit vector of density proportional to exp(uᵀMu): the Bingham law.

    Rejection from the angular central Gaussian law. Kent, Ganeiber, Mardia 2018, "A new unified approach for the
    simulation of a wide class of directional distributions", section 3.
    """
    values, vectors = np.linalg.eigh((M + M.T) / 2)
    if len(values) == 1:
        return np.ones(1) if rng.random() < 0.5 else -np.ones(1)
    below = values[-1] - values
    b = _envelope(below)
    spread = 1 + 2 * below / b
    d = len(values)
    log_bound = -(d - b) / 2 + d / 2 * np.log(d / b)
    while True:
        u = rng.standard_normal(d) / np.sqrt(spread)
        u /= np.linalg.norm(u)
        log_share = -float(below @ u**2) + d / 2 * np.log(float(spread @ u**2)) - log_bound
        if np.log(rng.random()) <= log_share:
            return np.asarray(vectors @ u)


def _envelope(below: Block) -> float:
    """The b between 1 and d where the sum of 1/(b + 2λ) is 1: the best envelope of this kind."""
    d = float(len(below))

    def excess(b: Any) -> float:
        return float((1 / (b + 2 * below)).sum() - 1)

    if excess(d) >= 0:
        return d
    return float(brentq(excess, 1.0, d, xtol=1e-12)) if excess(1.0) > 0 else 1.0
