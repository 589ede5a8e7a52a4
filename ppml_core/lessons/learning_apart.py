"""Learning apart: hospitals add up what none of them shows, by random shares and by masks that cancel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from ppml_core.charts.level_bars import Bar, level_bars
from ppml_core.charts.template import Chart, Mode
from ppml_core.charts.words import count
from ppml_core.data.dataset import Dataset
from ppml_core.evidence import Estimate
from ppml_core.lessons.base import Door, Found, Lesson, Question, Source
from ppml_core.settings import setting

PRIME = 2**31 - 1
MOST = 8

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class LearningApart(Lesson):
    """What a server sees of several hospitals' counts, the sum it learns, and what colluding hospitals undo.

    Each pair of hospitals agrees on a random number modulo a prime; one adds it, the other takes it off, so that all
    masks cancel in the sum (Bonawitz et al. 2017, section 4, without drop-outs). Each count is also cut into shares
    that add up to it (additive secret sharing). Whoever lacks one share, or one mask, has a number that is uniform
    whatever the count is; server and all other hospitals together know the last one's count by subtraction.
    """

    title: ClassVar[str] = "Learning apart: a sum without its parts"
    number: ClassVar[int] = 7
    dataset: ClassVar[str] = "clinic"
    claim: ClassVar[str] = (
        "Several hospitals can learn how many of their patients smoke, although each sends only a random number."
    )
    do: ClassVar[str] = (
        "Add hospitals, then let some of them tell the server their masks. When does the first one show?"
    )
    why: ClassVar[str] = (
        "Every mask is added once and taken off once. What is left is the sum, and nothing but the sum, as long as one "
        "honest hospital beside the first keeps its masks to itself."
    )
    questions: ClassVar[tuple[Question, Question]] = (
        Question(
            "Two hospitals take part and the sum is published. What does each learn of the other?",
            ("Nothing, the masks hide it.", "Its exact count: the sum less its own.", "Only whether it is larger."),
            1,
            "The computation hides the parts, never what the result itself says. With two, the result is the other "
            "one's count; with three or more, each still learns the sum of the others.",
        ),
        Question(
            "Does the hidden sum make the patients differentially private?",
            ("Yes, nobody saw their hospital's count.", "No: the sum is exact, and one patient changes it by one."),
            1,
            "Secret sharing protects the computation, not its output. For the output, noise has to go into the sum: "
            "the two are used together.",
        ),
    )
    sources: ClassVar[tuple[Source, ...]] = (
        Source("Shamir 1979", "How to share a secret (CACM 22)", "https://doi.org/10.1145/359168.359176"),
        Source("Bonawitz et al. 2017", "Practical secure aggregation for privacy-preserving machine learning (CCS)",
               "https://doi.org/10.1145/3133956.3133982"),
    )  # fmt: skip
    terms: ClassVar[tuple[str, ...]] = ("secret sharing", "secure aggregation", "collusion")

    hospitals: int = setting(4, 2, MOST, slider=(2, MOST), help="how many take part", unit="hospitals")
    colluding: int = setting(0, 0, MOST - 1, slider=(0, MOST - 1),
                             help="hospitals that tell the server their masks and counts",
                             unit="hospitals")  # fmt: skip

    def work_out(self, data: Dataset, rng: np.random.Generator) -> Found:
        smokes = data.texts("smoker") == "current"
        where = rng.integers(0, self.hospitals, len(data))
        counts = np.bincount(where, weights=smokes, minlength=self.hospitals).astype(np.int64)
        masks = pairwise_masks(self.hospitals, rng)
        sent = (counts + masks.sum(axis=1)) % PRIME
        shares = additive_shares(int(counts[0]), self.hospitals, rng)
        others = min(self.colluding, self.hospitals - 1)
        told = np.arange(self.hospitals) >= self.hospitals - others
        rest = int((sent[0] - masks[0, told].sum()) % PRIME)
        table = pd.DataFrame({"hospital": np.arange(1, self.hospitals + 1), "smokers (its own)": counts,
                              "what the server sees": sent, "share of the first one's count": shares,
                              "tells the server": told})  # fmt: skip
        total = int(sent.sum() % PRIME)
        shows = others == self.hospitals - 1
        return Found(
            numbers={"true": int(counts.sum()), "sum": total, "first": int(counts[0]), "sent": int(sent[0]),
                     "left": rest,
                     "shows": float(shows), "shared": float(shares.sum() % PRIME)},
            facts=(
                (count(total), "smokers in all, from masked numbers", f"{count(int(counts.sum()))} if counted openly"),
                (f"{sent[0] / PRIME:.3f}", "of the prime, sent by the first one", f"{count(int(sent[0]))}: random"),
                (count(rest) if shows else "hidden", "is the first one's count to the colluders",
                 f"{others} of {self.hospitals - 1} others tell" if not shows else "everybody else told"),
            ),
            table=table,
        )  # fmt: skip

    def chart(self, found: Found, mode: Mode = "light") -> Chart:
        rows = found.table.to_dict("records")
        shows = bool(found.numbers["shows"])
        bars = []
        for row in rows:
            open_now = bool(row["tells the server"]) or (shows and row["hospital"] == 1)
            share = (row["smokers (its own)"] if open_now else row["what the server sees"]) / PRIME
            note = (
                f"{count(int(row['smokers (its own)']))} smokers"
                if open_now
                else f"{count(int(row['what the server sees']))}"
            )
            bars.append(Bar(f"hospital {row['hospital']}", Estimate(share, share, share, covers="one number"),
                            role="risk" if open_now else "bound", note=f" {note}"))  # fmt: skip
        total = count(int(found.numbers["sum"]))
        hidden = "the first hospital's count shows" if shows else "the first hospital's count stays hidden"
        return level_bars(
            bars,
            question="What does the server see of each hospital?",
            answer=f"The numbers add up to {total}, the true number of smokers; "
            f"with {min(self.colluding, self.hospitals - 1)} colluding, {hidden}.",
            axis="number sent, from 0 to the prime",
            how_to_read=f"Each bar is the number that a hospital sends, modulo the prime {count(PRIME)}. It is as "
            "likely to be any other number, whatever the hospital's count. Vermilion: the count is known to the "
            "server. Sums are taken modulo the prime as well.",
            table=found.table,
            standing="Invented patients. The masks here come from a seed; in earnest they come from a key agreement.",
            show=lambda share: "",
            mode=mode,
        )

    def door(self) -> Door:
        return Door("data_roles", "Look at the clinic's table", {"dataset": "clinic"})


def pairwise_masks(parties: int, rng: np.random.Generator) -> Ints:
    """Random numbers modulo the prime, shape (parties, parties), that cancel: row i column j is minus row j column i.

    >>> masks = pairwise_masks(3, np.random.default_rng(0))
    >>> int(masks.sum() % PRIME)
    0
    """
    upper = np.triu(rng.integers(0, PRIME, (parties, parties)), 1)
    return np.asarray((upper - upper.T) % PRIME, dtype=np.int64)


def additive_shares(secret: int, parties: int, rng: np.random.Generator) -> Ints:
    """Numbers modulo the prime that add up to the secret; all but one of them are uniform and independent of it.

    >>> int(additive_shares(42, 3, np.random.default_rng(0)).sum() % PRIME)
    42
    """
    first = rng.integers(0, PRIME, parties - 1)
    return np.append(first, (secret - first.sum()) % PRIME).astype(np.int64)
