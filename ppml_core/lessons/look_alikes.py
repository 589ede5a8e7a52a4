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
SECRET, HOME = "income", "relationship"
TRAINED = 0.8
NEARLY = 0.95
DIVERSE = "distinct_l_diversity(l=2)"


@dataclass(frozen=True)
class LookAlikes(Lesson):
    """Whose income is certain among their look-alikes, under k alone, with l-diversity, and with t-closeness.

    Three releases of the same people by full-domain generalization, at most 5 % left out. Certain: all look-alikes
    share the value (the homogeneity attack, Machanavajjhala et al. 2007, section 2). Nearly certain: 95 % of them do.
    The control are people whom the release never saw.

    Background knowledge is shown on a secret of six values, the role at home: for whom it is certain once the
    `ruled_out` values that help most cannot be theirs, under k alone and with l two above, which is what l promises to
    withstand (there, section 3).
    """

    title: ClassVar[str] = "k, l, t: a crowd to hide in, and how it fails"
    number: ClassVar[int] = 2
    dataset: ClassVar[str] = "adult"
    needs: ClassVar[int] = 5_000
    claim: ClassVar[str] = (
        "Among k look-alikes nobody can say which row is yours. But where all of them share a secret, nobody has to; "
        "and who knows what yours is not, needs fewer to share it."
    )
    do: ClassVar[str] = (
        "Raise k, then tighten t. Which bar falls, and which one stays? Then rule out more values of the role at home."
    )
    why: ClassVar[str] = (
        "k counts people and never looks at what they have in common. l-diversity asks for several values in each "
        "class, yet nineteen of twenty may share one. t-closeness keeps each class near the whole table, which also "
        "blurs what a reader could learn. Background knowledge takes values away before the class is read, so l has to "
        "leave two more than an acquaintance can rule out."
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
    terms: ClassVar[tuple[str, ...]] = ("k-anonymity", "l-diversity", "t-closeness", "homogeneity attack",
                                    "background knowledge")  # fmt: skip

    k: int = setting(5, 2, 100, steps=(2, 5, 10, 20, 50), help="smallest class of look-alikes", unit="people")
    t: float = setting(0.15, 0.01, 1.0, steps=(0.05, 0.1, 0.15, 0.2, 0.3),
                       help="how far a class may be from the whole table")  # fmt: skip
    ruled_out: int = setting(1, 0, 3, slider=(0, 3), unit="values",
                             help="roles at home that an acquaintance knows are not yours")  # fmt: skip

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
        rows += [self._known_not(members, others, models, rng) for models in ("", f"distinct_l_diversity(l={self._l})")]
        table = pd.DataFrame(rows)
        names = ("k", "l", "t")
        numbers = {f"certain_{name}": float(row["certain"]) for name, row in zip(names, rows[:3], strict=True)}
        numbers |= {f"nearly_{name}": float(row["nearly certain"]) for name, row in zip(names, rows[:3], strict=True)}
        numbers |= {"background_k": float(rows[3]["certain"]), "background_l": float(rows[4]["certain"])}
        return Found(
            numbers=numbers,
            facts=tuple(
                (percent(row["nearly certain"]), f"nearly certain with {row['protection']}",
                 "19 of 20 look-alikes or more share the income")
                for row in rows[:3]
            ),
            table=table,
        )  # fmt: skip

    @property
    def _l(self) -> int:
        return self.ruled_out + 2

    def _known_not(self, members: Dataset, others: Dataset, models: str, rng: np.random.Generator) -> dict[str, Any]:
        """For whom the role at home is certain once some values are ruled out, the ones that help most."""
        members, others = (_secret_at_home(people) for people in (members, others))
        made = FullDomain(k=self.k, models=models).fit(members, rng)
        attack = Homogeneity(targets=len(others), secret=HOME, ruled_out=max(self.ruled_out, 1))
        found = attack.on(members, others, made.release, made.kept, rng)[2 if self.ruled_out else 0]
        protection = f"k and l = {self._l}" if models else "k alone"
        return {
            "protection": f"{protection}; role at home, {self.ruled_out} ruled out",
            "certain": found.estimate.value, "low": found.estimate.low, "high": found.estimate.high,
            "people tried": len(others), "people in the release": len(made.release),
            "never in the data, certain": found.control.value if found.control else None,
            "detail lost": 1 - float(made.statistics["granularity"]),
        }  # fmt: skip

    def chart(self, found: Found, mode: Mode = "light") -> Chart:
        rows = found.table.to_dict("records")
        bars = []
        for row in rows:
            certain = Estimate(row["certain"], row["low"], row["high"], covers="people tried")
            bars += [Bar(f"{row['protection']}, certain", certain, chosen=True)]
            if not pd.isna(row["nearly certain"]):
                nearly = Estimate.of_share(row["nearly certain"], int(row["people in the release"]), covers="people")
                bars += [Bar(f"{row['protection']}, nearly certain", nearly)]
        first, known = rows[0], rows[3]
        return level_bars(
            bars,
            question="For whom is the secret plain although k look-alikes hide them?",
            answer=f"At k = {self.k}, the income of {percent(first['certain'])} of the people is certain. With l = 2 "
            f"it is certain for {percent(rows[1]['certain'])}, and nearly certain for "
            f"{percent(rows[1]['nearly certain'])}. Who can rule out {self.ruled_out} of six roles at home is certain "
            f"of {percent(known['certain'])}; with l = {self._l}, of {percent(rows[4]['certain'])}.",
            axis="people",
            how_to_read=f"Three releases of the same {count(int(TRAINED * self.needs))} people. Certain: all "
            "look-alikes of a person share one income class. Nearly certain: at least 19 of 20 do. The line on a bar "
            "is its 95 % interval. The last two bars are about another secret, the role at home, for an attacker who "
            "knows which values it cannot be, those that help most. The table behind it also holds people who were "
            "never in the data and look like someone in it: what is certain about them is learnt without their record.",
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


def _secret_at_home(people: Dataset) -> Dataset:
    """The same people, their role at home being the secret in the place of their income."""
    home = dataclasses.replace(people.schema[HOME], role="sensitive")
    income = dataclasses.replace(people.schema[SECRET], role="feature")
    return people.with_schema(people.schema.replace_columns({HOME: home, SECRET: income}))
