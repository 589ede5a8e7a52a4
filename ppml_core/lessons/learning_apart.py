"""Learning apart: hospitals add up what none of them shows, by masks that cancel, by shares, or on ciphertexts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from ppml_core.charts.level_bars import Bar, level_bars
from ppml_core.charts.template import Chart, Mode
from ppml_core.charts.words import count
from ppml_core.data.dataset import Dataset
from ppml_core.encrypted.aggregation import EncryptedSums, summed_blobs
from ppml_core.encrypted.ckks import KeyHolder, Ring
from ppml_core.encrypted.messages import filled
from ppml_core.evidence import Estimate
from ppml_core.lessons.base import Door, Fact, Found, Lesson, Question, Source
from ppml_core.mpc.sharing import P, shamir_secret, shamir_secrets_that_fit, shamir_shares
from ppml_core.settings import setting

MOST = 8
DOORS: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "masks": ("federated", {"secagg": True}),
    "shares": ("secret_shares", {}),
    "encryption": ("federated_encrypted", {}),
}
SEEN = {
    "masks": "what the server sees",
    "shares": "its share of the first one's count",
    "encryption": "what the server gets",
}
HOW = {
    "masks": f"Each bar is the number that a hospital sends, modulo the prime {count(P)}. It is as likely to be any "
    "other number, whatever the hospital's count. Vermilion: the count is known to the server. Sums are taken modulo "
    "the prime as well.",
    "shares": f"Each bar is the point of the first one's random polynomial that a hospital holds, modulo the prime "
    f"{count(P)}. Vermilion: it was told. As many points as the degree say nothing, whatever the count; one more "
    "gives it. Each hospital adds the points that it holds of all counts, and the sums are points of the sum.",
    "encryption": "Each hospital encrypts its count under CKKS and sends it; the line says that without the key it may "
    "be any number, as long as lattice problems are hard. The server adds ciphertexts. Vermilion: a hospital told its "
    "key, and all hospitals share one.",
}

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Sight:
    """What the three ways have in common: whose numbers are open, what is left of the first count, the picture."""

    total: int
    open: Sequence[bool]
    left: int | None
    seen: Sequence[float | str]
    facts: tuple[Fact, ...]
    more: Mapping[str, float]


@dataclass(frozen=True)
class LearningApart(Lesson):
    """What is seen of several hospitals' counts on the way to their sum, and how many must collude to open one.

    Masks: each pair of hospitals agrees on a random number modulo a prime; one adds it, the other takes it off, so that
    all masks cancel in the sum (Bonawitz et al. 2017, section 4, without drop-outs). Shares: each count is the value at
    0 of a random polynomial, each hospital gets one point of it, sums of points are points of the sum (Shamir 1979).
    Encryption: ciphertexts are added by a server without the key (Cheon, Kim, Kim, Song 2017). However it is done,
    all other hospitals together know the last one's count by subtraction.
    """

    title: ClassVar[str] = "Learning apart: a sum without its parts"
    number: ClassVar[int] = 7
    dataset: ClassVar[str] = "clinic"
    claim: ClassVar[str] = (
        "Several hospitals can learn how many of their patients smoke, although none of them shows its own count."
    )
    do: ClassVar[str] = (
        "Let some hospitals tell the server all they have. With masks, with shares, with encryption: when does the "
        "first count show?"
    )
    why: ClassVar[str] = (
        "Every mask is added once and taken off once, so that nothing but the sum is left as long as one honest "
        "hospital beside the first keeps its masks. A polynomial of degree t fits every count until t + 1 of its "
        "points are known. A ciphertext is opened by whoever has the key, and here every hospital has it."
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
        Source("Cheon, Kim, Kim, Song 2017", "Homomorphic encryption for arithmetic of approximate numbers (ASIACRYPT)",
               "https://eprint.iacr.org/2016/421"),
        Source("Bonawitz et al. 2017", "Practical secure aggregation for privacy-preserving machine learning (CCS)",
               "https://doi.org/10.1145/3133956.3133982"),
    )  # fmt: skip
    terms: ClassVar[tuple[str, ...]] = ("secret sharing", "secure aggregation", "homomorphic encryption", "collusion")

    way: str = setting("masks", choices=tuple(DOORS), help="how the counts are hidden")

    hospitals: int = setting(4, 2, MOST, slider=(2, MOST), help="how many take part", unit="hospitals")
    colluding: int = setting(0, 0, MOST - 1, slider=(0, MOST - 1),
                             help="hospitals that tell the server their counts, masks, shares, keys",
                             unit="hospitals")  # fmt: skip
    threshold: int = setting(2, 1, MOST - 1, slider=(1, MOST - 1),
                             help="with shares: how many of them together tell nothing", unit="hospitals")  # fmt: skip

    def work_out(self, data: Dataset, rng: np.random.Generator) -> Found:
        smokes = data.texts("smoker") == "current"
        where = rng.integers(0, self.hospitals, len(data))
        counts = np.bincount(where, weights=smokes, minlength=self.hospitals).astype(np.int64)
        others = min(self.colluding, self.hospitals - 1)
        told = np.arange(self.hospitals) >= self.hospitals - others
        sight: Sight = {"masks": self._masked, "shares": self._shared, "encryption": self._encrypted}[self.way](
            counts, told, len(data), rng
        )
        true, first = int(counts.sum()), int(counts[0])
        return Found(
            numbers={"true": true, "sum": sight.total, "first": first, "shows": float(sight.left is not None),
                     "left": -1.0 if sight.left is None else sight.left, **sight.more},
            facts=(
                (count(sight.total), "smokers in all, from what was sent", f"{count(true)} if counted openly"),
                *sight.facts,
                ("hidden" if sight.left is None else count(sight.left), "is the first one's count to the colluders",
                 f"{others} of {self.hospitals - 1} others tell"),
            ),
            table=pd.DataFrame({
                "hospital": np.arange(1, self.hospitals + 1), "smokers (its own)": counts, SEEN[self.way]: sight.seen,
                "tells the server": told, "open": sight.open,
            }),
        )  # fmt: skip

    def _masked(self, counts: Ints, told: Bools, people: int, rng: np.random.Generator) -> Sight:
        masks = pairwise_masks(self.hospitals, rng)
        sent = (counts + masks.sum(axis=1)) % P
        shows = int(told.sum()) == self.hospitals - 1
        left = int((sent[0] - masks[0, told].sum()) % P)
        return Sight(
            int(sent.sum() % P), [bool(one) or (shows and not place) for place, one in enumerate(told)],
            left if shows else None, [int(number) for number in sent],
            ((f"{sent[0] / P:.3f}", "of the prime, sent by the first one", f"{count(int(sent[0]))}: random"),),
            {"sent": int(sent[0])},
        )  # fmt: skip

    def _shared(self, counts: Ints, told: Bools, people: int, rng: np.random.Generator) -> Sight:
        """Points of everybody's polynomial go to everybody; what is published are the sums of points."""
        parties, threshold = range(1, self.hospitals + 1), min(self.threshold, self.hospitals - 1)
        cut = [shamir_shares(int(number), self.hospitals, threshold, rng) for number in counts]
        sums = {party: sum(shares[party] for shares in cut) % P for party in parties}
        total = shamir_secret({party: sums[party] for party in list(parties)[-threshold - 1 :]}, threshold)
        pooled = {party: cut[0][party] for party, tells in zip(parties, told, strict=True) if tells}
        fit = shamir_secrets_that_fit(pooled, threshold, range(people + 1))
        last = int(told.sum()) == self.hospitals - 1
        left = fit[0] if len(fit) == 1 else int(total - counts[told].sum()) if last else None
        return Sight(
            total, list(told), left, [cut[0][party] for party in parties],
            ((count(len(fit)), "first counts fit the pooled shares",
              f"{len(pooled)} of {threshold + 1} that it takes; {count(people + 1)} before"),),
            {"fit": len(fit), "takes": threshold + 1,
             "again": shamir_secret({party: sums[party] for party in list(parties)[: threshold + 1]}, threshold)},
        )  # fmt: skip

    def _encrypted(self, counts: Ints, told: Bools, people: int, rng: np.random.Generator) -> Sight:
        """Real ciphertexts of CKKS; raises NotApplicable where TenSEAL is not installed, BadInput for two hospitals."""
        parameters = EncryptedSums(self.hospitals, most=float(people)).parameters
        holder = KeyHolder(parameters)
        sent = [holder.encrypt(np.array([float(number)])) for number in counts]
        (summed,) = summed_blobs(Ring(parameters), [[blob] for blob in sent])
        opened_by_key = [holder.decrypt(holder.ring.read("Ciphertext", blob)) for blob in (summed, sent[0])]
        total, first = (round(float(values[0])) for values in opened_by_key)
        size, opened = filled(len(sent[0])) // 1_000, bool(told.any())
        return Sight(
            total, [opened] * self.hospitals, first if opened else None,
            [f"a ciphertext of {size} kB"] * self.hospitals,
            ((f"{size} kB", "sent by each hospital for one number", "the server adds them and has no key"),),
            {"kilobytes": size},
        )  # fmt: skip

    def chart(self, found: Found, mode: Mode = "light") -> Chart:
        rows = ({str(key): value for key, value in row.items()} for row in found.table.to_dict("records"))
        bars = [self._bar(row) for row in rows]
        others = min(self.colluding, self.hospitals - 1)
        hidden = "the first hospital's count shows" if found.numbers["shows"] else "the first count stays hidden"
        return level_bars(
            bars,
            question="What is seen of each hospital's count?" if self.way != "shares"
            else "What does each hospital hold of the first one's count?",
            answer=f"What was sent adds up to {count(int(found.numbers['sum']))}, the true number of smokers; "
            f"with {others} colluding, {hidden}.",
            axis="without the key: any number" if self.way == "encryption" else "from 0 to the prime",
            how_to_read=HOW[self.way],
            table=found.table.drop(columns="open"),
            standing="Invented patients. What is random here comes from a seed, but for encryption; in earnest all of "
            "it is secret.",
            show=lambda share: "",
            mode=mode,
        )  # fmt: skip

    def _bar(self, row: Mapping[str, Any]) -> Bar:
        own, seen = int(row["smokers (its own)"]), row[SEEN[self.way]]
        name = f"hospital {row['hospital']}"
        if self.way == "shares":
            told = " tells" if row["open"] else " keeps"
            return Bar(f"{name}{told}", _exactly(seen / P), role="risk" if row["open"] else "bound",
                       note=f" {count(seen)}")  # fmt: skip
        if row["open"]:
            return Bar(name, _exactly(own / P), role="risk", note=f" {count(own)} smokers")
        if self.way == "encryption":
            return Bar(name, Estimate(0.0, 0.0, 1.0, covers="what it may hold"), role="bound", note=f" {seen}")
        return Bar(name, _exactly(seen / P), role="bound", note=f" {count(seen)}")

    def door(self) -> Door:
        venue, settings = DOORS[self.way]
        chosen = {f"{venue}.{name}": value for name, value in settings.items()}
        return Door(
            "together_apart", "Train apart on the clinic's table", {"dataset": "clinic", "venue": venue}, chosen
        )


def _exactly(share: float) -> Estimate:
    return Estimate(share, share, share, covers="one number")


def pairwise_masks(parties: int, rng: np.random.Generator) -> Ints:
    """Random numbers modulo the prime, shape (parties, parties), that cancel: row i column j is minus row j column i.

    >>> masks = pairwise_masks(3, np.random.default_rng(0))
    >>> int(masks.sum() % P)
    0
    """
    upper = np.triu(rng.integers(0, P, (parties, parties)), 1)
    return np.asarray((upper - upper.T) % P, dtype=np.int64)
