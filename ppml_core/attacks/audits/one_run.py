"""One-run audit: many canaries, each in the training data by the toss of a coin, and one training.

In: how many of so many guesses about the coins were right. Out: whether a claim is contradicted, and lower bounds of
epsilon. Two theorems stand behind it, and both hold for any mechanism with the claim that they are given:

- (epsilon, delta): Steinke, Nasr, Jagielski 2023 (arXiv 2305.08846), Theorem 5.2. Right guesses are at most as many as
  those of randomized response, but for delta.
- a trade-off curve: Mahloujifar, Melis, Chaudhuri 2024 (arXiv 2410.22235), Theorem 9 and its recursion. Tighter where
  the curve is the mechanism's own, so it is used for Gaussian claims.

The guesser may abstain: the canaries with the largest scores are guessed in, those with the smallest out.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import ndtr
from scipy.stats import binom

from ppml_core.accounting.gaussian import mu_of
from ppml_core.attacks.audits.bounds import lowest_fpr
from ppml_core.errors import BadInput
from ppml_core.evidence import Guarantee

LEAST_CANARIES = 20
SHARES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0)
SOME_ERROR = 0.05
MOST_EPSILON = 100.0
CLOSE = 1e-4


@dataclass(frozen=True)
class OneRun:
    """`right` of `guesses` guesses about `canaries` coins were right.

    `allowed` is the largest share of right guesses that the claim leaves possible there; `lower_bound` the least
    epsilon at the claim's delta that is left possible, whatever the mechanism, and `gaussian_bound` the same for a
    mechanism known to be Gaussian, None for others. All of it together holds at `confidence`.
    """

    right: int
    guesses: int
    canaries: int
    allowed: float
    contradicted: bool
    lower_bound: float
    gaussian_bound: float | None
    claim: Guarantee
    confidence: float


def one_run_audit(
    scores: npt.NDArray[np.float64], coins: npt.NDArray[np.bool_], claim: Guarantee, error: float = 0.05
) -> OneRun:
    """`scores` has one number for each canary, larger where it is believed to be in; `coins` says which are.

    A true claim is contradicted, and a bound lies above the truth, with probability `error` at most: half of it is for
    each of the two theorems where both are used. Equal scores are taken in the order of the canaries. Raises BadInput
    for too few canaries.
    """
    canaries = len(scores)
    if canaries < LEAST_CANARIES:
        raise BadInput(f"a one-run audit needs at least {LEAST_CANARIES} canaries, not {canaries}.")
    each = error if claim.mu is None else error / 2
    few, guesses = guesses_for(claim, canaries)
    lower = epsilon_bound(_right(scores, coins, few), few, canaries, claim.delta, each)
    right = _right(scores, coins, guesses)
    return OneRun(
        right=right,
        guesses=guesses,
        canaries=canaries,
        allowed=_most_allowed(guesses, canaries, claim, each) / guesses,
        contradicted=contradicts(right, guesses, canaries, claim, each) or lower > claim.epsilon,
        lower_bound=lower,
        gaussian_bound=None if claim.mu is None else gaussian_bound(right, guesses, canaries, claim.delta, each),
        claim=claim,
        confidence=1 - error,
    )


@lru_cache(maxsize=256)
def guesses_for(claim: Guarantee, canaries: int) -> tuple[int, int]:
    """How many canaries are guessed: for the theorem of the pair, and for that of the curve.

    Chosen by the claim alone, before any score is seen: for a Gaussian claim the numbers that would say most if every
    canary moved its own score by mu, for others half of the canaries.
    """
    offered = sorted({max(2, 2 * int(share * canaries / 2)) for share in SHARES})
    if claim.mu is None:
        return max(2, 2 * (canaries // 4)), max(2, 2 * (canaries // 4))
    expected = [(guesses, math.floor(guesses * _luck(claim.mu, guesses / canaries))) for guesses in offered]
    pair = max(expected, key=lambda one: epsilon_bound(one[1], one[0], canaries, claim.delta, SOME_ERROR))
    curve = max(expected, key=lambda one: gaussian_bound(one[1], one[0], canaries, claim.delta, SOME_ERROR))
    return pair[0], curve[0]


def _luck(mu: float, share: float) -> float:
    """Right guesses among the `share` of canaries with the most telling scores, N(0, 1) or N(mu, 1) by a fair coin."""
    if share >= 1:
        return float(ndtr(mu / 2))
    threshold = brentq(lambda t: (ndtr(-t) + ndtr(mu - t)) / 2 - share / 2, -40.0, 40.0 + mu)
    return float(ndtr(mu - threshold)) / share


def contradicts(right: int, guesses: int, canaries: int, claim: Guarantee, error: float) -> bool:
    """Whether a method with that claim has so many right guesses with probability `error` at most."""
    if claim.mu is not None:
        return curve_contradicted(right, guesses, canaries, _inverse(claim), error)
    return p_value(right, guesses, canaries, claim.epsilon, claim.delta) <= error


def p_value(right: int, guesses: int, canaries: int, epsilon: float, delta: float) -> float:
    """The most likely that `right` or more of the guesses are right, under (epsilon, delta)-DP.

    With W binomial of `guesses` and e^epsilon / (1 + e^epsilon): P[W >= v] + delta m max_i (2/i) P[v > W >= v - i].
    Steinke, Nasr, Jagielski 2023, Theorem 5.2.

    >>> round(p_value(80, 100, 1000, 1.0, 0.0), 3)
    0.072
    """
    luck = 1 / (1 + math.exp(-epsilon))
    tail = float(binom.sf(right - 1, guesses, luck))
    if not delta or right < 1:
        return min(1.0, tail)
    fewer = np.arange(1, right + 1)
    between = binom.cdf(right - 1, guesses, luck) - binom.cdf(right - 1 - fewer, guesses, luck)
    return min(1.0, tail + delta * canaries * float((2 * between / fewer).max()))


def curve_contradicted(
    right: int, guesses: int, canaries: int, inverse: Callable[[float], float], error: float
) -> bool:
    """Whether a method with that trade-off curve has `right` or more right guesses with probability below `error`.

    With p_n the probability of n right guesses, R_a = sum_{n >= a} n p_n / m and H_a = sum_{n >= a} (guesses - n) p_n /
    m, flipping one coin turns a right guess into a wrong one, so that R_a is at most the curve at H_{a-1}; `inverse` is
    the curve's. If the tail from `right` on had probability `error`, the least that the p_n below it could add up to
    follows step by step; it is contradicted where all of them together would exceed 1. Mahloujifar, Melis, Chaudhuri
    2024, Theorem 9 and Algorithm 3.
    """
    hits, misses = error * right / canaries, error * (guesses - right) / canaries
    for n in range(right - 1, -1, -1):
        needed = inverse(hits)
        if needed <= misses:
            break
        hits += (needed - misses) * n / (guesses - n)
        misses = needed
        if hits + misses > guesses / canaries:
            return True
    return hits + misses > guesses / canaries


def epsilon_bound(right: int, guesses: int, canaries: int, delta: float, error: float) -> float:
    """The largest epsilon that so many right guesses contradict at that delta; 0 where they contradict none."""
    return _largest(lambda epsilon: p_value(right, guesses, canaries, epsilon, delta) <= error)


def gaussian_bound(right: int, guesses: int, canaries: int, delta: float, error: float) -> float:
    """The same, for a Gaussian mechanism: the epsilon at that delta of the largest mu that is contradicted."""

    def contradicted(epsilon: float) -> bool:
        claim = Guarantee(epsilon, delta, "add_or_remove_one", mu=mu_of(epsilon, delta))
        return curve_contradicted(right, guesses, canaries, _inverse(claim), error)

    return _largest(contradicted)


def _largest(contradicted: Callable[[float], bool]) -> float:
    if not contradicted(CLOSE):
        return 0.0
    low, high = CLOSE, 1.0
    while contradicted(high):
        low, high = high, 2 * high
        if low > MOST_EPSILON:
            return low
    while high - low > CLOSE * max(1.0, low):
        middle = (low + high) / 2
        low, high = (middle, high) if contradicted(middle) else (low, middle)
    return low


def _inverse(claim: Guarantee) -> Callable[[float], float]:
    """The lowest false positive rate that the claim allows at a true positive rate, for single numbers."""
    return lambda rate: float(lowest_fpr(claim, min(rate, 1.0)))


def _right(scores: npt.NDArray[np.float64], coins: npt.NDArray[np.bool_], guesses: int) -> int:
    """Right guesses where as many canaries are guessed in as out."""
    order = np.argsort(-scores, kind="stable")
    half = guesses // 2
    return int(coins[order[:half]].sum() + (~coins[order[len(order) - half :]]).sum())


def _most_allowed(guesses: int, canaries: int, claim: Guarantee, error: float) -> int:
    low, high = 0, guesses + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if contradicts(middle, guesses, canaries, claim, error) else (middle, high)
    return low
