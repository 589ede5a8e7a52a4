"""A crowd to hide in, and how it fails: k, l and t on the same people, and what their look-alikes give away."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from ppml_core.anonymize.transforms.full_domain import FullDomain
from ppml_core.attacks.homogeneity import Homogeneity
from ppml_core.charts.level_bars import Bar, level_bars
from ppml_core.charts.template import Chart, Mode
from ppml_core.charts.words import count, percent
from ppml_core.data.dataset import Dataset
from ppml_core.data.groups import group_of
from ppml_core.evidence import Estimate
from ppml_core.lessons.base import INTERNAL, Door, Found, Lesson, Question, Source
from ppml_core.settings import setting

KNOWN = ("age", "sex", "race", "marital_status")
SECRET = "income"
TRAINED = 0.8
NEARLY = 0.95
DIVERSE = "distinct_l_diversity(l=2)"


@dataclass(frozen=True)
class LookAlikes(Lesson):
    """Whose income is certain among their look-alikes, under k alone, with l-diversity, and with t-closeness.

    Three releases of the same people by full-domain generalization, at most 5 % left out. Certain: all look-alikes
    share the value (the homogeneity attack, Machanavajjhala et al. 2007, section 2). Nearly certain: 95 % of them do.
    The control are people whom the release never saw.
    """

    title: ClassVar[str] = "k, l, t: a crowd to hide in, and how it fails"
    number: ClassVar[int] = 2
    dataset: ClassVar[str] = "adult"
    needs: ClassVar[int] = 5_000
    claim: ClassVar[str] = (
        "Among k look-alikes nobody can say which row is yours. But where all of them share a secret, nobody has to."
    )
    do: ClassVar[str] = "Raise k, then tighten t. Which bar falls, and which one stays?"
    why: ClassVar[str] = (
        "k counts people and never looks at what they have in common. l-diversity asks for several values in each "
        "class, yet nineteen of twenty may share one. t-closeness keeps each class near the whole table, which also "
        "blurs what a reader could learn."
    )
    questions: ClassVar[tuple[Question, Question]] = (
        Question(
            "A release has k = 20. All 20 look-alikes of your neighbour earn at most 50K. What is learnt?",
            (
                "Nothing, for 20 people cannot be told apart.",
                "Your neighbour's income class, with certainty.",
                "One chance in twenty of being right.",
            ),
            1,
            "k hides which row is whose. The secret is the same in all 20 rows, so it is told without knowing the row: "
            "the homogeneity attack.",
        ),
        Question(
            "l-diversity with l = 2 holds everywhere. Can a secret still be guessed well?",
            (
                "Yes: two values are there, but one may be far more frequent.",
                "No: with two values every guess is right half of the time.",
            ),
            0,
            "Distinct values say nothing of how they are mixed. A class of 19 and 1 keeps l = 2 and is right for 19 of "
            "20: skewness, and the reason for t-closeness.",
        ),
    )
    sources: ClassVar[tuple[Source, ...]] = (
        Source("Sweeney 2002", "k-anonymity: a model for protecting privacy (IJUFKS 10)",
               "https://doi.org/10.1142/S0218488502001648"),
        Source("Machanavajjhala et al. 2007", "l-diversity: privacy beyond k-anonymity (TKDD 1)",
               "https://doi.org/10.1145/1217299.1217302"),
        Source("Li, Li, Venkatasubramanian 2007", "t-closeness (ICDE)", "https://doi.org/10.1109/ICDE.2007.367856"),
    )  # fmt: skip
    terms: ClassVar[tuple[str, ...]] = ("k-anonymity", "l-diversity", "t-closeness", "homogeneity attack")

    k: int = setting(5, 2, 100, steps=(2, 5, 10, 20, 50), help="smallest class of look-alikes", unit="people")
    t: float = setting(0.15, 0.01, 1.0, steps=(0.05, 0.1, 0.15, 0.2, 0.3),
                       help="how far a class may be from the whole table")  # fmt: skip

    def work_out(self, data: Dataset, rng: np.random.Generator) -> Found:
        data = _roles(data)
        cut = int(TRAINED * len(data))
        members, others = data.take(np.arange(cut)), data.take(np.arange(cut, len(data)))
        asked = {"k alone": "", "k and l = 2": DIVERSE, f"k and t = {self.t:g}": f"equal_t_closeness(t={self.t!r})"}
        rows: list[dict[str, Any]] = []
        for name, models in asked.items():
            made = FullDomain(k=self.k, models=models).fit(members, rng)
            attack = Homogeneity(targets=len(others), secret=SECRET)
            found = attack.on(members, others, made.release, made.kept, rng)[0]
            nearly = _nearly(made.release)
            rows.append({
                "protection": name, "certain": found.estimate.value, "low": found.estimate.low,
                "high": found.estimate.high, "nearly certain": nearly, "people tried": len(others),
                "people in the release": len(made.release),
                "never in the data, certain": found.control.value if found.control else None,
                "detail lost": 1 - float(made.statistics["granularity"]),
            })  # fmt: skip
        table = pd.DataFrame(rows)
        names = ("k", "l", "t")
        numbers = {f"certain_{name}": float(row["certain"]) for name, row in zip(names, rows, strict=True)}
        numbers |= {f"nearly_{name}": float(row["nearly certain"]) for name, row in zip(names, rows, strict=True)}
        return Found(
            numbers=numbers,
            facts=tuple(
                (percent(row["nearly certain"]), f"nearly certain with {row['protection']}",
                 "19 of 20 look-alikes or more share the income")
                for row in rows
            ),
            table=table,
        )  # fmt: skip

    def chart(self, found: Found, mode: Mode = "light") -> Chart:
        rows = found.table.to_dict("records")
        bars = []
        for row in rows:
            certain = Estimate(row["certain"], row["low"], row["high"], covers="people tried")
            nearly = Estimate.of_share(row["nearly certain"], int(row["people in the release"]), covers="people")
            bars += [Bar(f"{row['protection']}, certain", certain, chosen=True)]
            bars += [Bar(f"{row['protection']}, nearly certain", nearly)]
        first = rows[0]
        return level_bars(
            bars,
            question="For whom is the income plain although k look-alikes hide them?",
            answer=f"At k = {self.k}, the income of {percent(first['certain'])} of the people is certain. With l = 2 "
            f"it is certain for {percent(rows[1]['certain'])}, and nearly certain for "
            f"{percent(rows[1]['nearly certain'])}.",
            axis="people",
            how_to_read=f"Three releases of the same {count(int(TRAINED * self.needs))} people. Certain: all "
            "look-alikes of a person share one income class. Nearly certain: at least 19 of 20 do. The line on a bar "
            "is its 95 % interval. The table behind it also holds people who were never in the data and look like "
            "someone in it: what is certain about them is learnt without their record.",
            standing=INTERNAL,
            table=found.table,
            mode=mode,
        )

    def door(self) -> Door:
        return Door("anonymize", "Ask for l or t on Adult", {"k": self.k, "models": DIVERSE})


def _roles(data: Dataset) -> Dataset:
    """What an acquaintance knows is the quasi-identifier here, nothing else."""
    columns = {
        name: dataclasses.replace(column, role="quasi_identifier" if name in KNOWN else "feature")
        for name, column in data.schema.columns.items()
        if name in KNOWN or column.role == "quasi_identifier"
    }
    return data.with_schema(data.schema.replace_columns(columns))


def _nearly(release: Dataset) -> float:
    """Share of the people in a release, of whose look-alikes one value covers at least 95 %."""
    groups = group_of(release.table, list(KNOWN))
    counts = pd.crosstab(groups, release.texts(SECRET)).to_numpy()
    sizes = counts.sum(axis=1)
    return float(sizes[counts.max(axis=1) >= NEARLY * sizes].sum() / sizes.sum())
