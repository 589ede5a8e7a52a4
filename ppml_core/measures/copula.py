"""Population uniqueness from a Gaussian copula: marginals and pairwise dependence, where class sizes say too little.

In: the counts of a sample, and the size of the population. Out: the expected share of the population that is unique.
Rocher, Hendrickx, de Montjoye 2019, "Estimating the success of re-identifications in incomplete datasets using
generative models", Methods. Nothing is drawn at random: all points are quasi-random, the same in every run and in
whatever order the rows come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import gammaln, ndtr, ndtri

from ppml_core.data.counts import Counts
from ppml_core.data.packing import Ints

Floats = npt.NDArray[np.float64]

ASSUMPTION = (
    "a uniform sample of a population without values that the sample lacks, whose columns, values in order of their "
    "frequency, depend on each other as normal variables do, rare values of one with rare values of another"
)

MOST_RHO = 0.99
MOST_BINS = 100
PANELS, NODES = 24, 4
WORK, DRAWS = 6_000_000, 64
MOST_POINTS = 16_384
FEW = 30


def copula(counts: Counts, names: Sequence[str], population: int) -> float:
    """Expected share of `population` people who are unique by these columns; absent values are one more value.

    The mean of (1 - p(x))^(N - 1) over people x of the fitted model, p(x) being the model's chance of x's row (Rocher
    et al. 2019, Methods, the likelihood of uniqueness).

    >>> from ppml_core.data.counts import count_table
    >>> copula(count_table(pd.DataFrame({"town": ["A", "B"]}), ["town"]), ["town"], 2)
    0.5
    """
    model = fitted(counts, names)
    points = int(np.clip(WORK // (DRAWS * len(names)), 1, MOST_POINTS))
    chances = model.chances(points)
    with np.errstate(divide="ignore", invalid="ignore"):
        alone = np.exp((population - 1) * np.log1p(-chances))
    return float(np.where(chances < 1, alone, float(population == 1)).mean())


@dataclass(frozen=True, eq=False)
class GaussianCopula:
    """Shares of the values of each column, the most frequent first, and the correlation of the normal variables."""

    shares: tuple[Floats, ...]
    correlation: Floats

    def chances(self, points: int) -> Floats:
        """p(x) of so many people x of the model, shape (points,).

        Rectangle probabilities of a normal distribution, by the separation of variables of Genz 1992, "Numerical
        computation of multivariate normal probabilities", section 3; columns of the finest values first.
        """
        order = np.argsort([float((share**2).sum()) for share in self.shares], kind="stable")
        edges = [_edges(self.shares[at]) for at in order]
        root: Floats = np.linalg.cholesky(self.correlation[np.ix_(order, order)]).astype(np.float64)
        size = len(order)
        spread = _spread(points, 2 * size)
        normal = ndtri(spread[:, :size]) @ root.T
        found = np.empty(points)
        steps = max(1, 2**18 // DRAWS)
        for start in range(0, points, steps):
            part = slice(start, start + steps)
            places = [np.searchsorted(edge, normal[part, at], side="right") for at, edge in enumerate(edges)]
            low = [edge[place - 1] for edge, place in zip(edges, places, strict=True)]
            high = [edge[place] for edge, place in zip(edges, places, strict=True)]
            found[part] = _rectangles(low, high, root, spread[part, size:])
        return found


def fitted(counts: Counts, names: Sequence[str]) -> GaussianCopula:
    """Marginals as in the sample; each correlation is the one of 0 to .99 with the sample's mutual information.

    That is less what independent columns would show by chance (adjusted, as in the authors' program CorrectMatch, which
    also fits tails to marginals where that describes them better: here values that the sample lacks do not exist).
    Columns of many values are fitted by groups of neighbours. Negative eigenvalues of all correlations together are
    raised to next to 0.
    """
    ranked = [_ranked(counts, name) for name in names]
    shares = tuple(share for _, share in ranked)
    binned = [_binned(codes, share) for codes, share in ranked]
    correlation = np.eye(len(shares))
    for one in range(len(shares)):
        for other in range(one):
            correlation[one, other] = correlation[other, one] = _rho(binned[one], binned[other], counts.people)
    return GaussianCopula(shares, _positive(correlation))


def _ranked(counts: Counts, name: str) -> tuple[Ints, Floats]:
    """The place of each combination's value by falling frequency, equal ones in their own order; shares of values."""
    values = counts.values[name]
    codes = np.where(counts.codes[name] < 0, len(values), counts.codes[name]).astype(np.int64)
    people = np.bincount(codes, weights=counts.people, minlength=len(values) + 1)
    plain = values if pd.api.types.is_numeric_dtype(values) else values.astype(str)
    own = np.append(np.unique(plain.to_numpy(), return_inverse=True)[1], len(values))
    order = np.lexsort((own, -people))
    place = np.argsort(order).astype(np.int64)
    shares = people[order][: np.count_nonzero(people)] / counts.rows
    return place[codes], shares.astype(np.float64)


def _binned(codes: Ints, shares: Floats) -> tuple[Ints, Floats]:
    """Neighbouring values together, to at most MOST_BINS groups of about the same number of people."""
    if len(shares) <= MOST_BINS:
        return codes, shares
    middle = np.cumsum(shares) - shares / 2
    _, groups = np.unique(np.floor(middle * MOST_BINS), return_inverse=True)
    return groups[codes].astype(np.int64), np.bincount(groups, weights=shares).astype(np.float64)


def _rho(one: tuple[Ints, Floats], other: tuple[Ints, Floats], people: Ints) -> float:
    (rows, p), (columns, q) = one, other
    if min(len(p), len(q)) < 2:
        return 0.0
    table = np.bincount(rows * len(q) + columns, weights=people, minlength=len(p) * len(q)).reshape(len(p), len(q))
    total = float(table.sum())
    seen = _information(table / total, p, q) - by_chance(p, q, total)
    angles, known = _curve(p, q)
    return float(np.sin(np.interp(np.sqrt(max(seen, 0.0)), np.sqrt(known), angles)))


def by_chance(p: Floats, q: Floats, total: float) -> float:
    """Mutual information (nats) that `total` people show on average in independent columns of these shares.

    Each cell is taken as Poisson, less the share that its fixed margins take; Vinh, Epps, Bailey 2010, Theorem 1, has
    the exact sum over the hypergeometric distribution, from which this differs by little.
    """
    mean = total * np.outer(p, q)
    return float((_excess(mean) * np.outer(1 - p, 1 - q)).sum() / total)


def _excess(mean: Floats) -> Floats:
    """E[X ln(X / m)] of a Poisson variable of mean m; 1/2 + 1/(12 m) + ... where m is large."""
    found = 0.5 + 1 / (12 * np.maximum(mean, FEW))
    small = mean < FEW
    m = mean[small][:, None]
    drawn = np.arange(1, 4 * FEW)
    chance = np.exp(drawn * np.log(m) - m - gammaln(drawn + 1))
    found[small] = (chance * drawn * (np.log(drawn) - np.log(m))).sum(axis=1)
    return np.asarray(found)


def _curve(p: Floats, q: Floats) -> tuple[Floats, Floats]:
    """(angles whose sine is the correlation, mutual information of the normal variables cut into these shares).

    The distribution function of two normal variables is the product of theirs and an integral over the angle (Drezner,
    Wesolowsky 1990), here by Gauss and Legendre's rule, panel by panel.
    """
    h, k = _edges(p)[1:-1, None], _edges(q)[None, 1:-1]
    angles = np.linspace(0, np.arcsin(MOST_RHO), PANELS + 1)
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    half = (angles[1] - angles[0]) / 2
    below = np.zeros((len(p) + 1, len(q) + 1))
    below[1:, 1:] = np.outer(np.cumsum(p), np.cumsum(q))
    squares, product = (h**2 + k**2) / 2, h * k
    known = np.zeros(PANELS + 1)
    for panel in range(PANELS):
        for node, weight in zip(nodes, weights, strict=True):
            angle = angles[panel] + half * (1 + node)
            sine, cosine = np.sin(angle), np.cos(angle)
            below[1:-1, 1:-1] += weight * half / (2 * np.pi) * np.exp((product * sine - squares) / cosine**2)
        known[panel + 1] = _information(np.maximum(np.diff(np.diff(below, axis=0), axis=1), 0.0), p, q)
    return angles, np.maximum.accumulate(known)


def _information(joint: Floats, p: Floats, q: Floats) -> float:
    """Mutual information in nats."""
    apart = np.outer(p, q)
    there = joint > 0
    return max(0.0, float((joint[there] * np.log(joint[there] / apart[there])).sum()))


def _positive(correlation: Floats) -> Floats:
    values, vectors = np.linalg.eigh(correlation)
    if values[0] > 1e-8:
        return correlation
    moved = (vectors * np.maximum(values, 1e-6)) @ vectors.T
    scale = np.sqrt(np.diag(moved))
    return np.asarray(moved / np.outer(scale, scale))


def _edges(shares: Floats) -> Floats:
    """Where the normal variable is cut, from -inf to inf, one more than there are values."""
    return np.concatenate([[-np.inf], ndtri(np.minimum(np.cumsum(shares)[:-1], 1 - 1e-16)), [np.inf]])


def _rectangles(low: list[Floats], high: list[Floats], root: Floats, shifts: Floats) -> Floats:
    """Chance of each box, the mean over quasi-random points that are shifted for each box, shape (boxes,)."""
    size = len(low)
    draws = _spread(DRAWS, max(size - 1, 1))
    chance = np.ones((len(shifts), DRAWS))
    drawn: list[Floats] = []
    for at in range(size):
        mean = sum((root[at, before] * value for before, value in enumerate(drawn)), np.zeros(1))
        start = (low[at][:, None] - mean) / root[at, at]
        end = (high[at][:, None] - mean) / root[at, at]
        mirrored = start > 0  # where the upper tail is told apart better than 1 minus it
        lower, upper = ndtr(np.where(mirrored, -end, start)), ndtr(np.where(mirrored, -start, end))
        chance = chance * (upper - lower)
        if at < size - 1:
            uniform = np.abs(2 * ((draws[:, at] + shifts[:, at, None]) % 1) - 1)
            value = ndtri(np.clip(lower + uniform * (upper - lower), 1e-300, 1 - 1e-16))
            drawn.append(np.where(mirrored, -value, value))
    return np.asarray(chance.mean(axis=1))


def _spread(points: int, dimensions: int) -> Floats:
    """Evenly spread points of the unit cube, shape (points, dimensions): multiples of the roots of primes, modulo 1."""
    primes: list[int] = []
    number = 2
    while len(primes) < dimensions:
        if all(number % prime for prime in primes):
            primes.append(number)
        number += 1
    return np.asarray(((np.arange(points)[:, None] + 0.5) * np.sqrt(np.array(primes))) % 1)
