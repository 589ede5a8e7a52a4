"""Laplace and Gaussian noise: what somebody sees of two tables that differ in one person."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import laplace, norm

from ppml_core.accounting.gaussian import noise_multiplier
from ppml_core.accounting.odds import best_guess
from ppml_core.charts.template import Chart, Mode
from ppml_core.charts.two_tables import two_tables_chart
from ppml_core.charts.words import budget, count, percent, power
from ppml_core.data.dataset import Dataset
from ppml_core.evidence import Guarantee
from ppml_core.lessons.base import Door, Found, Lesson, Question, Source
from ppml_core.settings import setting

DELTA = 1e-6
BINS = 41
SPREADS = 4.0
DOTS = 20
DRAWS = (1, 2, 5, 10, 20, 50, 100, 200)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Noise(Lesson):
    """How alike noisy counts of two neighbouring tables are, bin by bin, exactly, and draws from one of them.

    The count is of people over 60 who earn more than 50K; the neighbour is the table without one of them. Laplace noise
    of scale 1/ε (Dwork, McSherry, Nissim, Smith 2006, Theorem 1), or Gaussian noise calibrated exactly (Balle, Wang
    2018, Theorem 8) at δ = 1e-6. `excess` is the largest sum of P - e^ε Q over bins, which δ bounds.
    """

    title: ClassVar[str] = "Noise: two tables that look alike"
    number: ClassVar[int] = 4
    dataset: ClassVar[str] = "adult"
    claim: ClassVar[str] = (
        "With noise of the right size, every answer is almost as likely without you as with you: at most e^ε times."
    )
    do: ClassVar[str] = "Lower ε until the two histograms lie on each other. Draw one answer: which table is it from?"
    why: ClassVar[str] = (
        "One person moves the count by 1 and the noise moves it by more. Laplace noise keeps the ratio in every single "
        "bin; Gaussian noise exceeds it far out, where answers together have less than the chance δ."
    )
    questions: ClassVar[tuple[Question, Question]] = (
        Question(
            "ε = 1. Somebody sees one answer and says whether you are in the data, from even odds. How often right?",
            ("At most 73 % of the time.", "Always, if they are clever.", "Exactly half of the time."),
            0,
            "e/(1 + e) = 73 % for pure ε = 1, whatever else they know about the table. For Gaussian noise at the same "
            "pair (ε, δ) the own curve is stricter.",
        ),
        Question(
            "Why must the size of the noise not be chosen by looking at the largest value in the table?",
            (
                "Because noise must be a whole number.",
                "Because the size itself would then tell about the person with that value.",
                "Because it would take too long.",
            ),
            1,
            "The proof takes the sensitivity as public knowledge. Read off the rows, it differs between neighbouring "
            "tables, and the answer gives away which of the two it was.",
        ),
    )
    sources: ClassVar[tuple[Source, ...]] = (
        Source("Dwork, McSherry, Nissim, Smith 2006", "Calibrating noise to sensitivity (TCC)",
               "https://doi.org/10.1007/11681878_14"),
        Source("Balle, Wang 2018", "Improving the Gaussian mechanism (ICML)", "https://arxiv.org/abs/1805.06530"),
        Source("Kay et al. 2016", "When (ish) is my bus? Quantile dot plots (CHI)",
               "https://doi.org/10.1145/2858036.2858558"),
    )  # fmt: skip
    terms: ClassVar[tuple[str, ...]] = ("epsilon", "delta", "sensitivity", "neighbouring tables")

    epsilon: float = setting(0.5, 0.01, 10.0, steps=(0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0),
                             help="privacy budget ε of the one answer")  # fmt: skip
    mechanism: str = setting("laplace", choices=("laplace", "gaussian"), help="the noise's distribution")
    draws: int = setting(1, 1, 200, steps=DRAWS, help="answers drawn so far, from the table with the person")

    def work_out(self, data: Dataset, rng: np.random.Generator) -> Found:
        present = int(((data.table["age"] > 60).to_numpy() & (data.texts("income") == ">50K")).sum())
        edges = (present - 0.5) + self._spread() * SPREADS * np.linspace(-1, 1, BINS + 1)
        with_person, without = (np.diff(self._below(edges - mean)) for mean in (present, present - 1))
        tails = [np.array([self._below(edges[:1] - mean)[0], 1 - self._below(edges[-1:] - mean)[0]])
                 for mean in (present, present - 1)]  # fmt: skip
        p, q = np.append(with_person, tails[0]), np.append(without, tails[1])
        excess = max(float(np.maximum(a - math.exp(self.epsilon) * b, 0).sum()) for a, b in ((p, q), (q, p)))
        ratio = float(np.maximum(with_person / without, without / with_person).max())
        seen = present + self._draws(rng)
        told = best_guess(
            Guarantee(self.epsilon, 0.0 if self._is_laplace else DELTA, "add_or_remove_one", mu=self._mu())
        )
        table = pd.DataFrame({"from": edges[:-1], "to": edges[1:], "with": with_person, "without": without})
        table.attrs |= {"seen": seen.tolist(), "quantiles": (present + self._quantiles()).tolist()}
        return Found(
            numbers={"present": present, "absent": present - 1, "ratio": ratio, "bound": math.exp(self.epsilon),
                     "excess": excess, "guess": told, "spread": self._spread(), "last": float(seen[-1]),
                     "mean": float(seen.mean())},
            facts=(
                (f"{seen[-1]:,.1f}", "is the last answer drawn", f"of {self.draws}; true count {count(present)}"),
                (f"{ratio:.2f}", "times as likely at most, in a bin shown", f"e^ε is {math.exp(self.epsilon):.2f}"),
                (percent(told), "is the best guess right at most", "from even odds, proved"),
            ),
            table=table,
        )  # fmt: skip

    @property
    def _is_laplace(self) -> bool:
        return self.mechanism == "laplace"

    def _sigma(self) -> float:
        return noise_multiplier(self.epsilon, DELTA, 1)

    def _mu(self) -> float | None:
        return None if self._is_laplace else 1 / self._sigma()

    def _spread(self) -> float:
        return math.sqrt(2) / self.epsilon if self._is_laplace else self._sigma()

    def _below(self, x: Floats) -> Floats:
        found = laplace.cdf(x, scale=1 / self.epsilon) if self._is_laplace else norm.cdf(x, scale=self._sigma())
        return np.asarray(found, dtype=np.float64)

    def _quantiles(self) -> Floats:
        at = (np.arange(DOTS) + 0.5) / DOTS
        found = laplace.ppf(at, scale=1 / self.epsilon) if self._is_laplace else norm.ppf(at, scale=self._sigma())
        return np.asarray(found, dtype=np.float64)

    def _draws(self, rng: np.random.Generator) -> Floats:
        """The first draws of a longer run: one more does not change those before."""
        if self._is_laplace:
            return rng.laplace(scale=1 / self.epsilon, size=DRAWS[-1])[: self.draws]
        return rng.normal(scale=self._sigma(), size=DRAWS[-1])[: self.draws]

    def chart(self, found: Found, mode: Mode = "light") -> Chart:
        table, numbers = found.table, found.numbers
        limit = "never more than" if self._is_laplace else f"but for a chance of δ = {power(DELTA)} at most"
        return two_tables_chart(
            np.append(table["from"].to_numpy(), table["to"].iloc[-1]),
            table["with"].to_numpy(), table["without"].to_numpy(),
            np.array(table.attrs["quantiles"]), np.array(table.attrs["seen"]),
            exact=(int(numbers["present"]), int(numbers["absent"])),
            question="From which of the two tables is this answer?",
            answer=f"At ε = {budget(self.epsilon)}, no bin is more than {numbers['ratio']:.2f} times as likely under "
            f"one table as under the other, {limit} e^ε = {numbers['bound']:.2f}.",
            how_to_read="Blue: noisy counts of the table with a person; grey: without. Their heights are exact "
            "chances. The twenty blue dots are equally likely answers: count them to read a chance. The marks "
            "beneath are draws, the diamond the last one.",
            standing="The ratio is proved. The true count is internal, and draws from a seed are no release.",
            mode=mode,
        )  # fmt: skip

    def door(self) -> Door:
        return Door("private_training", "Train with this budget", {"epsilon": self.epsilon})
