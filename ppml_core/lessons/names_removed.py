"""Names removed is not anonymous: patients without names are found again in a list of voters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from ppml_core.charts.level_bars import Bar, level_bars
from ppml_core.charts.template import Chart, Mode
from ppml_core.charts.words import count, percent
from ppml_core.data.dataset import Dataset
from ppml_core.evidence import Estimate
from ppml_core.lessons.base import Door, Found, Lesson, Question, Source
from ppml_core.settings import setting

KNOWN = {"day": 10, "month": 7, "year": 4, "decade": 3}
STRANGERS = 18_000
REGISTERED = 0.6
DAYS_PER_YEAR = 365


@dataclass(frozen=True)
class NamesRemoved(Lesson):
    """How many patients are found again by birth date, ZIP code and sex once their names are gone.

    The clinic's patients are invented, and so is the list of voters: a share of the patients, and strangers who live
    where patients live, drawn from the seed. A patient is named where exactly one voter has the same birth date, ZIP
    code and sex; wrongly where that voter is somebody else.
    """

    title: ClassVar[str] = "Names removed is not anonymous"
    number: ClassVar[int] = 1
    dataset: ClassVar[str] = "clinic"
    claim: ClassVar[str] = (
        "Taking the names away leaves birth date, ZIP code and sex, and in a public list the three of them together "
        "often name one person."
    )
    do: ClassVar[str] = "Publish less of the birth date, or fewer digits of the ZIP code, and watch who can be named."
    why: ClassVar[str] = (
        "No single column names anybody. It is the combination that is rare, and any list that carries the same "
        "columns with names turns it into a key."
    )
    questions: ClassVar[tuple[Question, Question]] = (
        Question(
            "The clinic also removes the ZIP code of everyone it thinks is at risk. Is that enough?",
            (
                "Yes, the ZIP code was what gave people away.",
                "No: whoever is left with a rare birth date and sex is still found.",
                "Yes, as long as the voter list is not free of charge.",
            ),
            1,
            "What gives away is the combination of all that is left. It has to be counted for each person, as the "
            "bars do; no single column is the culprit.",
        ),
        Question(
            "Some patients are named wrongly. Does that protect the others?",
            (
                "Yes, nobody can trust a list with errors in it.",
                "No: most names are right, and the wrongly named are harmed as well.",
            ),
            1,
            "An attacker who is right most of the time has a useful list. People who are taken for somebody else bear "
            "the consequences of a record that is not even theirs.",
        ),
    )
    sources: ClassVar[tuple[Source, ...]] = (
        Source("Sweeney 2000", "Simple demographics often identify people uniquely (CMU, Data Privacy WP 3)",
               "https://dataprivacylab.org/projects/identifiability/paper1.pdf"),
        Source("Golle 2006", "Revisiting the uniqueness of simple demographics in the US population (WPES)",
               "https://doi.org/10.1145/1179601.1179615"),
    )  # fmt: skip
    terms: ClassVar[tuple[str, ...]] = ("quasi-identifier", "record linkage", "uniqueness")

    birth_date: str = setting("day", choices=tuple(KNOWN), help="how exactly the birth date is published")
    zip_digits: int = setting(5, 0, 5, slider=(0, 5), help="digits of the ZIP code that are published", unit="digits")

    def work_out(self, data: Dataset, rng: np.random.Generator) -> Found:
        people = pd.DataFrame({name: data.texts(name).astype(str) for name in ("birth_date", "zip", "sex")})
        voters, person = _voters(people, rng)
        rows: list[dict[str, Any]] = []
        for birth, letters in KNOWN.items():
            mine, theirs = (_keys(frame, letters, self.zip_digits) for frame in (people, voters))
            rows.append({"birth": birth, **_linked(mine, theirs, person)})
        table = pd.DataFrame(rows)
        now = next(row for row in rows if row["birth"] == self.birth_date)
        right, wrong = (float(now[name]) for name in ("named right", "named wrong"))
        unique = float(now["alone in the table"])
        return Found(
            numbers={"unique": unique, "right": right, "wrong": wrong, "voters": len(voters),
                     **{f"right_{row['birth']}": float(row["named right"]) for row in rows}},
            facts=(
                (percent(right), "of the patients are named", f"of {count(len(people))} invented patients"),
                (percent(wrong), "get somebody else's name", "counted apart"),
                (percent(unique), "are alone in the clinic's table", "with what is published"),
            ),
            table=table,
        )  # fmt: skip

    def chart(self, found: Found, mode: Mode = "light") -> Chart:
        bars = [
            Bar(
                f"{row['birth']} of birth" if row["birth"] != "day" else "full birth date",
                Estimate.of_share(float(row["named right"]), int(row["patients"]), covers="patients"),
                chosen=row["birth"] == self.birth_date,
            )
            for row in found.table.to_dict("records")
        ]
        right, wrong = found.numbers["right"], found.numbers["wrong"]
        digits = "without the ZIP code" if not self.zip_digits else f"with {self.zip_digits} digits of the ZIP code"
        return level_bars(
            bars,
            question="How many patients without a name can be named?",
            answer=f"With the {self.birth_date} of birth, the sex, and {digits}, {percent(right)} are named right and "
            f"{percent(wrong)} wrongly.",
            axis="patients named right",
            how_to_read="Each bar publishes the birth date less exactly. A patient is named where exactly one of the "
            f"{count(int(found.numbers['voters']))} voters fits. The line on a bar is its 95 % interval over patients.",
            standing="Patients and voters are invented: nothing here is about anyone.",
            table=found.table,
            mode=mode,
        )

    def door(self) -> Door:
        return Door("anonymize", "Give the clinic's patients look-alikes", {"dataset": "clinic"})


def _voters(people: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, npt.NDArray[np.int64]]:
    """The list, and which patient each voter is, -1 for a stranger; strangers resemble patients column by column."""
    there = np.flatnonzero(rng.random(len(people)) < REGISTERED)
    drawn = {name: people[name].to_numpy()[rng.integers(0, len(people), STRANGERS)] for name in people}
    shift = rng.integers(-5 * DAYS_PER_YEAR, 5 * DAYS_PER_YEAR, STRANGERS)
    born = np.array(drawn["birth_date"], dtype="datetime64[D]") + shift
    strangers = pd.DataFrame(drawn | {"birth_date": born.astype(str)})
    person = np.concatenate([there, np.full(STRANGERS, -1)])
    return pd.concat([people.iloc[there], strangers], ignore_index=True), person.astype(np.int64)


def _keys(people: pd.DataFrame, letters: int, digits: int) -> pd.Series[str]:
    return people["birth_date"].str[:letters] + "|" + people["zip"].str[:digits] + "|" + people["sex"]


def _linked(
    mine: pd.Series[str], theirs: pd.Series[str], person: npt.NDArray[np.int64]
) -> dict[str, float]:  # fmt: skip
    """Shares of the patients who are named right, named wrong, and alone in their own table."""
    once = ~theirs.duplicated(keep=False).to_numpy()
    voter = dict(zip(theirs[once], person[once], strict=True))
    named = np.array([voter.get(key, -2) for key in mine])
    right = named == np.arange(len(mine))
    return {
        "patients": len(mine),
        "named right": float(right.mean()),
        "named wrong": float(((named != -2) & ~right).mean()),
        "alone in the table": float((~mine.duplicated(keep=False)).mean()),
    }
