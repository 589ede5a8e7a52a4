"""The invented patients of `clinic`, the same bytes each time: `python datasets/clinic/generate.py [OUT.csv]`.

Nobody in this table exists. Names are drawn from lists, numbers are of the kinds that are reserved for fiction
(555-01xx), addresses end in example.org, example.com or example.net, ZIP codes begin with prefixes that the postal
service does not use. Readmission follows a formula below, so that there is something true to learn.
"""

from __future__ import annotations

import csv
import io
import math
import sys
import unicodedata
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from statistics import NormalDist

import numpy as np

SEED = 20251
PATIENTS = 2000
TODAY = date(2025, 6, 30)
YOUNGEST, OLDEST = 18.1, 99.0
COLUMNS = (
    "record_number", "name", "email", "phone", "birth_date", "zip", "sex", "diagnosis", "smoker",
    "systolic_bp", "note", "readmitted",
)  # fmt: skip

# One line per culture: women's names, men's names, family names.
NAMES = (
    ("Emma Olivia Grace Hannah", "James Oliver Henry Samuel", "Walker Bennett Turner Hughes Parker"),
    ("Aoife Niamh Saoirse", "Seán Cillian Oisín", "Murphy O'Brien Gallagher Kavanagh"),
    ("Anna Lena Ursula Jana", "Jürgen Lukas Karl Björn", "Müller Schäfer Groß Weiß Vogel"),
    ("Camille Élodie Chloé", "François Théo Rémi", "Lefèvre Moreau Girard Dubois"),
    ("Lucía María Carmen Ximena", "José Andrés Mateo Joaquín", "García Núñez Ortega Ibáñez Vargas"),
    ("Beatriz Inês Luana", "João Tiago Caio", "Silva Conceição Araújo Pereira"),
    ("Zofia Małgorzata Agnieszka", "Łukasz Paweł Stanisław", "Kowalczyk Wiśniewski Dąbrowski Żak"),
    ("Olga Irina Svetlana", "Dmitri Sergei Ivan", "Volkov Sokolov Orlov Lebedev"),
    ("Elif Ayşe Zeynep", "Mehmet Çağlar Emre", "Yılmaz Öztürk Şahin Aydın"),
    ("Fatima Layla Noor Yasmin", "Omar Hassan Khalid Yusuf", "Haddad Mansour Nasser Al-Sayed"),
    ("Shirin Parisa Leila", "Reza Dariush Kaveh", "Hosseini Karimi Rahimi"),
    ("Priya Ananya Lakshmi Meera", "Arjun Rahul Vikram Sanjay", "Sharma Patel Iyer Reddy Banerjee"),
    ("Li Na Mei Xiu", "Wei Jun Hao Ming", "Chen Wang Zhang Liu"),
    ("Yuki Sakura Keiko", "Hiroshi Kenji Takumi", "Tanaka Suzuki Kobayashi Mori"),
    ("Ji-woo Min-seo Hye-jin", "Min-jun Seo-joon Dong-hyun", "Kim Park Choi Kang"),
    ("Linh Thảo Hương", "Minh Tuấn Đức", "Nguyễn Trần Phạm Lê"),
    ("Ngozi Adaeze Chiamaka", "Emeka Chidi Obinna", "Okafor Eze Nwosu Okonkwo"),
    ("Ama Akosua Efua", "Kwame Kofi Yaw", "Mensah Owusu Boateng"),
    ("Selam Hanna Tigist", "Dawit Yonas Bekele", "Tesfaye Abebe Haile"),
    ("Leilani Malia Kalea", "Kai Keoni Ikaika", "Kahale Akana Kealoha"),
)

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip

# Prefixes that no post office has, each with five codes; the first are the most common.
PREFIXES = ("517", "518", "519", "695", "696", "697", "861", "862", "866", "867", "002", "003")
ZIPS = tuple(prefix + ending for ending in ("01", "04", "12", "27", "63") for prefix in PREFIXES)
AREAS = ("212", "313", "415", "504", "617", "702", "808", "907")
HOSTS = ("example.org", "example.com", "example.net")
DOCTORS = ("Dr. Adeyemi", "Dr. Lindqvist", "Dr. Castellanos", "Dr. Kapoor", "Dr. Novak")

# diagnosis: weight, age at which it peaks, weight for women relative to men, what it adds to the log-odds of a return
DIAGNOSES = {
    "asthma": (1.0, 30, 1.2, -0.4),
    "anxiety disorder": (0.9, 35, 1.6, -0.9),
    "breast cancer": (0.7, 60, 60.0, 0.4),
    "chronic kidney disease": (0.6, 72, 0.8, 0.9),
    "COPD": (0.9, 70, 0.8, 1.1),
    "depression": (0.9, 42, 1.5, -0.5),
    "epilepsy": (0.4, 35, 1.0, 0.0),
    "heart failure": (1.0, 78, 0.8, 1.5),
    "hip fracture": (0.6, 82, 2.0, 0.6),
    "HIV infection": (0.3, 40, 0.3, -0.2),
    "hypertension": (1.5, 62, 0.9, -0.3),
    "migraine": (0.7, 36, 2.5, -1.2),
    "pneumonia": (0.8, 68, 0.9, 0.5),
    "prostate cancer": (0.7, 70, 0.0, 0.3),
    "type 2 diabetes": (1.3, 58, 0.8, 0.2),
}
AGE_SPREAD = 16.0

NOTES = (
    "Stable on discharge, next visit on {visit}.",
    "Complains of poor sleep. Blood pressure {pressure} at rest.",
    "{name} was seen by {doctor} on {visit}; to continue as before.",
    "Lives alone, asks for a home visit. Call {phone} in the afternoon.",
    "Sister {other} is to be told of any change.",
    "Known for {diagnosis} since {year}. No allergies.",
    "Referred by {doctor}. Letter sent to {email}.",
    "Did not attend on {visit}. Record {record} to be reviewed.",
    "No complaints today.",
    "Asks for a second opinion; {doctor} agrees.",
    "Born {birth}, looks younger than stated age. Walks without help.",
    "Medication reviewed, no change.",
)


class Draw:
    """Choices made from one stream of uniform numbers, whose bits NumPy keeps the same between versions."""

    def __init__(self, seed: int) -> None:
        self.stream = np.random.Generator(np.random.PCG64(seed))

    def uniform(self) -> float:
        return float(self.stream.random())

    def below(self, limit: int) -> int:
        return int(self.uniform() * limit)

    def one(self, options: Sequence[str]) -> str:
        return options[self.below(len(options))]

    def weighted(self, options: Sequence[str], weights: Sequence[float]) -> str:
        rest = self.uniform() * sum(weights)
        for option, weight in zip(options, weights, strict=True):
            rest -= weight
            if rest < 0:
                return option
        return options[-1]

    def normal(self, mean: float, spread: float) -> float:
        return mean + spread * NormalDist().inv_cdf(min(max(self.uniform(), 1e-9), 1 - 1e-9))


def full_name(draw: Draw, sex: str) -> tuple[str, str]:
    """(given name, family name), both of one culture."""
    women, men, family = NAMES[draw.below(len(NAMES))]
    given = {"female": women, "male": men}.get(sex, f"{women} {men}")
    return draw.one(given.split()), draw.one(family.split())


def ascii_letters(text: str) -> str:
    """Lower-case letters a to z: "Łukasz" -> "lukasz".

    >>> ascii_letters("O'Brien"), ascii_letters("Müller")
    ('obrien', 'muller')
    """
    for letter, plain in (("ł", "l"), ("đ", "d"), ("ß", "ss"), ("ı", "i"), ("ø", "o")):
        text = text.lower().replace(letter, plain)
    return "".join(sign for sign in unicodedata.normalize("NFKD", text) if sign.isascii() and sign.isalpha())


def email(draw: Draw, given: str, family: str) -> str:
    first, last = ascii_letters(given), ascii_letters(family)
    local = draw.one((f"{first}.{last}", f"{first[0]}{last}", f"{last}.{first}{draw.below(90) + 10}"))
    return f"{local}@{draw.one(HOSTS)}"


def phone(draw: Draw) -> str:
    area, line = draw.one(AREAS), f"555-01{draw.below(100):02d}"
    return draw.one((f"({area}) {line}", f"{area}-{line}", f"+1 {area} {line}"))


def diagnosis(draw: Draw, sex: str, age: float) -> str:
    weights = []
    for weight, peak, women, _ in DIAGNOSES.values():
        by_sex = {"female": women, "male": 1.0}.get(sex, (1 + women) / 2)
        weights.append(weight * by_sex / max(1.0, women) * (math.exp(-(((age - peak) / AGE_SPREAD) ** 2) / 2) + 0.03))
    return draw.weighted(tuple(DIAGNOSES), weights)


def patient(draw: Draw, record: str) -> dict[str, str]:
    sex = draw.weighted(("female", "male", "other"), (0.515, 0.475, 0.01))
    given, family = full_name(draw, sex)
    age = draw.normal(56, 19)
    if not YOUNGEST < age < OLDEST:
        age = YOUNGEST + (OLDEST - YOUNGEST) * draw.uniform()
    birth = TODAY - timedelta(days=int(age * 365.25))
    found = diagnosis(draw, sex, age)
    smoker = draw.weighted(("never", "former", "current"), (0.58, 0.25, 0.3 if found == "COPD" else 0.17))
    raised = 14 if found == "hypertension" else 0
    pressure = min(max(round(draw.normal(112 + 0.28 * age + raised, 14)), 70), 240)
    odds = -0.9 + DIAGNOSES[found][3] + 0.035 * (age - 56) + 0.6 * (smoker == "current") + 0.012 * (pressure - 128)
    row = {
        "record_number": record,
        "name": f"{given} {family}",
        "email": email(draw, given, family) if draw.uniform() > 0.05 else "",
        "phone": phone(draw) if draw.uniform() > 0.03 else "",
        "birth_date": birth.isoformat(),
        "zip": draw.weighted(ZIPS, [1 / (rank + 3) for rank in range(len(ZIPS))]),
        "sex": sex,
        "diagnosis": found,
        "smoker": smoker,
        "systolic_bp": str(pressure),
        "readmitted": "yes" if draw.uniform() < 1 / (1 + math.exp(-odds)) else "no",
    }
    return row | {"note": note(draw, row)}


def note(draw: Draw, row: dict[str, str]) -> str:
    """One or two sentences; some of them give the person away."""
    visit = TODAY + timedelta(days=draw.below(180) - 90)
    words = {
        "visit": visit.isoformat() if draw.uniform() < 0.5 else f"{visit.day} {MONTHS[visit.month - 1]} {visit.year}",
        "pressure": f"{row['systolic_bp']}/{60 + draw.below(35)}",
        "name": row["name"],
        "doctor": draw.one(DOCTORS),
        "phone": row["phone"] or "the ward",
        "other": " ".join(full_name(draw, "female")),
        "diagnosis": row["diagnosis"],
        "year": str(2010 + draw.below(15)),
        "email": row["email"] or "the home address",
        "record": row["record_number"],
        "birth": row["birth_date"],
    }
    first, second = draw.below(len(NOTES)), draw.below(len(NOTES))
    chosen = (first,) if first == second or draw.uniform() < 0.5 else (first, second)
    return " ".join(NOTES[place].format(**words) for place in chosen)


def record_numbers(draw: Draw) -> list[str]:
    """Distinct numbers in no order."""
    order = sorted(range(PATIENTS), key=lambda _: draw.uniform())
    return [f"MRN-{100000 + 7 * place + draw.below(7)}" for place in order]


def table() -> bytes:
    """The whole table as UTF-8 CSV."""
    draw = Draw(SEED)
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(patient(draw, record) for record in record_numbers(draw))
    return out.getvalue().encode()


if __name__ == "__main__":
    Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).with_name("table.csv")).write_bytes(table())
