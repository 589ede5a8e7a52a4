"""How much of the people behind an update is read out of it: clear, masked, summed over more and more, and with noise.

In: a table. Out: a `Study`, one `Sighting` per thing that somebody sees. Each stands beside guessing (the most frequent
category of every column among other people) and beside a control: what is read out of an update of other people, judged
against the same ones. People are drawn anew in each repeat; the onlooker's knowledge comes from others.

With record-level noise the onlooker is informed: knows the model, everybody else in the sum, and has other people as a
prior. A mechanism that is mu-GDP under adding or removing one record then lets nobody be right more often than
Phi(Phi^-1(kappa) + mu), where kappa is the success of the best guess without seeing anything: Balle, Cherubin, Hayes
2022 (reconstruction robustness); Hayes, Mahloujifar, Balle 2023, Theorem 2, with the trade-off curve of Gaussian DP.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from scipy.special import ndtr, ndtri, softmax
from sklearn.linear_model import LogisticRegression

from ppml_core.accounting.budget import default_delta
from ppml_core.accounting.gaussian import mu_of
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput
from ppml_core.evidence import Z95, Estimate
from ppml_core.federated.inversion import Codes, Floats, Onlooker
from ppml_core.federated.masking import secure_sum
from ppml_core.federated.model import GRID
from ppml_core.federated.ring import from_ring, to_ring
from ppml_core.learn.dp_gd import KnotFeatures
from ppml_core.learn.models import watched
from ppml_core.learn.promise import Ground
from ppml_core.workers import Progress

RECORDS = (1, 2, 5, 20, 100)
EPSILONS = (1.0, 3.0, 10.0, 100.0)
KNOTS = 8
SUMMED = 3
MOST_OTHERS = 5000
CLIP = 0.05
TRAINED_STEPS = 30
LEAST_PEOPLE = 20


@dataclass(frozen=True)
class Sighting:
    """What was seen, of how many records, and the share of their categories that was read out of it.

    `guessing` is the same people's share that the most frequent category hits, `control` what another people's update
    says of them. `whole` is how often a record was right in every category. `bound` is what `epsilon` allows at most.
    """

    seen: str
    records: int
    found: Estimate
    guessing: Estimate
    control: Estimate
    whole: Estimate
    epsilon: float | None = None
    bound: float | None = None


@dataclass(frozen=True)
class Study:
    """`sums` by number of records (the first is one clear update), the `masked` message, and `noisy` by epsilon.

    `neighbours` are sightings of exchanged models, where those were measured too.
    """

    columns: tuple[str, ...]
    sums: tuple[Sighting, ...]
    masked: Sighting
    noisy: tuple[Sighting, ...]
    delta: float
    neighbours: tuple[Sighting, ...] = ()


def inversion_study(
    data: Dataset,
    rng: np.random.Generator,
    records: Sequence[int] = RECORDS,
    epsilons: Sequence[float] = EPSILONS,
    repeats: int = 40,
    progress: Progress = lambda done, total: None,
) -> Study:
    """Raises NotApplicable where no column or target is categories, BadInput for too few people."""
    setting, total = _Setting.of(data, rng), len(records) + 1 + len(epsilons)
    sums: list[Sighting] = []
    for n in records:
        progress(len(sums), total)
        name = "one clear update" if n == 1 else f"sum of {n} records"
        sums.append(sighting(name, n, [setting.summed(n, rng) for _ in range(repeats)]))
    progress(len(records), total)
    masked = sighting("one masked message", 1, [setting.masked(rng) for _ in range(repeats)])
    delta = default_delta(setting.people)
    noisy: list[Sighting] = []
    for epsilon in epsilons:
        progress(len(records) + 1 + len(noisy), total)
        mu = mu_of(epsilon, delta)
        tries = [setting.noisy(CLIP / mu, rng) for _ in range(repeats * 5)]
        bound = setting.bound(mu)
        noisy.append(sighting(f"clear update with noise, ε = {epsilon:g}", 1, tries, epsilon, bound))
    progress(total, total)
    return Study(setting.onlooker.columns, tuple(sums), masked, tuple(noisy), delta)


def most_recovered(guessing: float, mu: float) -> float:
    """The most that anybody is right about one record who, without seeing anything, is right in a share `guessing`.

    >>> round(most_recovered(0.5, 0.268), 3), most_recovered(0.5, 0.0)
    (0.606, 0.5)
    """
    return float(ndtr(ndtri(guessing) + mu))


def most_right(codes: Codes, mu: float) -> float:
    """The bound on average over the columns; the best guess is the most frequent category of those drawn from."""
    best = [np.bincount(column).max() / len(column) for column in codes.T]
    return float(np.mean([most_recovered(guess, mu) for guess in best]))


def likeliest(known: Any, codes: Codes, seen: Floats, scale: float) -> Codes:
    """Per column the category likeliest to be behind `seen`, a gradient with noise of that scale, shape (1, columns).

    `known` are the gradients that other people would have had, sparse, `codes` their categories: the prior.
    """
    lengths = np.asarray(known.multiply(known).sum(axis=1)).ravel()
    odds = softmax((known @ seen - lengths / 2) / scale**2)
    return np.array([[np.bincount(column, odds).argmax() for column in codes.T]])


@dataclass(frozen=True)
class Try:
    """Categories as read and as they are, (records, columns) each, and those of the control."""

    truth: Codes
    read: Codes
    guess: Codes
    control: Codes


@dataclass(frozen=True, eq=False)
class _Setting:
    """The onlooker, and gradients by a model in mid-training: of those whom records are drawn from, and of others."""

    onlooker: Onlooker
    codes: Codes
    gradients: Any
    other_codes: Codes
    other_gradients: Any
    people: int

    @classmethod
    def of(cls, data: Dataset, rng: np.random.Generator) -> _Setting:
        if len(data) < LEAST_PEOPLE:
            raise BadInput(f"reading records out of updates is measured on at least {LEAST_PEOPLE} people.")
        ground = Ground.of(data, needs_size=True, knots=KNOTS)
        order = rng.permutation(len(data))
        half = min(len(data) // 2, MOST_OTHERS)
        others, drawn = data.take(np.sort(order[:half])), data.take(np.sort(order[half : 2 * half]))
        onlooker, features = Onlooker.of(ground.encoder, others), KnotFeatures(ground.encoder)
        weights = _mid_training(features.rows(others), np.asarray(ground.target(others)))
        made = [
            _gradients(features.rows(people), np.asarray(ground.target(people)), weights) for people in (others, drawn)
        ]
        return cls(onlooker, onlooker.codes(drawn), made[1], onlooker.codes(others), made[0], ground.people)

    def bound(self, mu: float) -> float:
        return most_right(self.codes, mu)

    def summed(self, n: int, rng: np.random.Generator) -> Try:
        """A sum as secure aggregation reveals it: of numbers cut to its grid."""
        who, whose = self._drawn(n, rng), self._drawn(n, rng)
        read = [self.onlooker.unmix(self._sum(people), n, n * GRID) for people in (who, whose)]
        return Try(self.codes[who], read[0], self.onlooker.guess(n), read[1])

    def masked(self, rng: np.random.Generator) -> Try:
        """A message of three under secure aggregation, read as it came; another one of them is the control."""
        who = self._drawn(SUMMED, rng)
        vectors = {n: to_ring([one], SUMMED) for n, one in enumerate(self.gradients[who].toarray())}
        messages = secure_sum(vectors, list(vectors), SUMMED, rng).messages
        seen = [from_ring(messages[n], [np.zeros(len(messages[n]))])[0] for n in range(2)]
        read = [self.onlooker.codes_of(self.onlooker.row(one)) for one in seen]
        return Try(self.codes[who[:1]], read[0], self.onlooker.guess(1), read[1])

    def noisy(self, scale: float, rng: np.random.Generator) -> Try:
        """A record's clipped gradient with noise: everybody else's is known and taken off. The likeliest per column."""
        who, whose = self._drawn(1, rng), self._drawn(1, rng)
        read = []
        for people in (who, whose):
            seen = _clipped(self.gradients[people]).toarray()[0]
            noisy = seen + rng.normal(0, scale, len(seen))
            read.append(likeliest(_clipped(self.other_gradients), self.other_codes, noisy, scale))
        return Try(self.codes[who], read[0], self.onlooker.guess(1), read[1])

    def _sum(self, people: npt.NDArray[np.int64]) -> Floats:
        found = self.gradients[people].toarray()
        return np.asarray((np.rint(found / GRID) * GRID).sum(axis=0))

    def _drawn(self, n: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
        return np.asarray(rng.integers(0, len(self.codes), n), dtype=np.int64)


def _mid_training(rows: Any, classes: npt.NDArray[np.int64]) -> Floats:
    """Weights on the way, where residuals differ: at weights of 0 all are one half, and a sum hides more."""
    with watched():
        model = LogisticRegression(max_iter=TRAINED_STEPS, fit_intercept=False).fit(rows, classes)
    weights = np.asarray(model.coef_, dtype=np.float64).T
    return np.hstack([-weights / 2, weights / 2]) if weights.shape[1] == 1 else weights


def _gradients(rows: Any, classes: npt.NDArray[np.int64], weights: Floats) -> Any:
    """Per person the gradient of the last class's weights, sparse: residual times features."""
    residuals = softmax(rows @ weights, axis=1)[:, -1] - (classes == weights.shape[1] - 1)
    return rows.multiply(residuals[:, None]).tocsr()


def _clipped(gradients: Any) -> Any:
    lengths = np.sqrt(np.asarray(gradients.multiply(gradients).sum(axis=1)).ravel())
    return gradients.multiply(np.minimum(1.0, CLIP / np.maximum(lengths, 1e-12))[:, None]).tocsr()


def sighting(
    seen: str, n: int, tries: Sequence[Try], epsilon: float | None = None, bound: float | None = None
) -> Sighting:
    names = ("read", "guess", "control")
    shares = {name: [_matched(getattr(one, name), one.truth) for one in tries] for name in names}
    told = {name: _estimate([share for share, _ in found]) for name, found in shares.items()}
    whole = [share for _, share in shares["read"]]
    wholly = Estimate.of_share(float(np.mean(whole)), len(whole), covers="people drawn")
    return Sighting(seen, n, told["read"], told["guess"], told["control"], wholly, epsilon, bound)


def _matched(read: Codes, truth: Codes) -> tuple[float, float]:
    """Shares of right categories and of wholly right records, records paired so that the most is right."""
    right = (read[:, None] == truth[None]).sum(axis=2)
    pairs = right[linear_sum_assignment(right, maximize=True)]
    return float(pairs.mean() / truth.shape[1]), float((pairs == truth.shape[1]).mean())


def _estimate(shares: Sequence[float]) -> Estimate:
    """The mean over repeats with the interval of its standard error; Wilson's where all repeats agree."""
    mean, error = float(np.mean(shares)), float(np.std(shares, ddof=1) / np.sqrt(len(shares)))
    if not error:
        return Estimate.of_share(mean, len(shares), covers="people drawn")
    low, high = max(0.0, mean - Z95 * error), min(1.0, mean + Z95 * error)
    return Estimate(mean, low, high, covers="people drawn")
