"""Groups that are common knowledge: schooling, occupations, employers, marital status, each by words of the value.

Every vocabulary is a list of rules (pattern, labels from the finest group up); the first pattern that is found decides.
The patterns are read against the value in small letters without accents (`plain_words`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ppml_core.data.hierarchies.places import OTHER, REGIONS, plain_words, subregion_of

Groups = tuple[str, ...]

SCHOOL, BELOW, UNIVERSITY = "School", "No degree of a university", "Degree of a university"
PRIMARY = ("Primary school or less", SCHOOL, BELOW)
SECONDARY = ("Secondary school, not finished", SCHOOL, BELOW)
FINISHED = ("Secondary school, finished", SCHOOL, BELOW)
SHORT = ("College or training without a bachelor", "Beyond school", BELOW)
BACHELOR = ("Bachelor or equal", UNIVERSITY, UNIVERSITY)
HIGHER = ("Master, doctorate or professional", UNIVERSITY, UNIVERSITY)

EDUCATION: Sequence[tuple[str, Groups]] = (
    (r"not in universe|\bunknown\b", ("Not stated", "Not stated", BELOW)),
    (r"no diploma|\b(9|10|11|12)(th|st)?( grade)?$|some high school|less than (high|hs)|secondary incomplete"
     r"|hauptschule|realschule|mittlere reife|secundaria", SECONDARY),
    (r"preschool|primary|elementary|grundschule|primaire|primaria|children|kindergarten|no school|none|less than 1st"
     r"|\b[1-8](st|nd|rd|th)\b|middle school|illiterate", PRIMARY),
    (r"some college|assoc|vocational|apprentice|ausbildung|lehre|technical|certificate|post secondary|bts\b|fachschule",
     SHORT),
    (r"master|magister|diplom\b|doctor|phd|prof school|professional|advanced|graduate school|postgrad|promotion"
     r"|staatsexamen|doktor|maestria|\bmba\b|\bmd\b", HIGHER),
    (r"hs grad|high school|secondary|abitur|matura|baccalaureat|bachillerato|lycee|\bged\b|hochschulreife", FINISHED),
    (r"bachelor|college grad|licence|licenciatura|undergrad|university|universitat|graduate|\bba\b|\bbsc?\b|degree",
     BACHELOR),
)  # fmt: skip
OFFICE, SERVICE, MANUAL, NO_WORK = "Office work", "Service work", "Manual work", "Not at work"
OCCUPATION: Sequence[tuple[str, Groups]] = (
    (r"not in universe|unemploy|never worked|without work|retired|student"
     r"|arbeitslos|rentner|retraite|housewife|homemaker",
     ("Not at work", NO_WORK)),
    (r"clerical|clerk|secretar|office|receptionist|burokauf|administrativ|accountan|bookkeep",
     ("Technical and clerical work", OFFICE)),
    (r"exec|manag|director|chief|officer\b|leiter|\bceo\b|business owner", ("Managers and professionals", OFFICE)),
    (r"tech|laborator|programmer|comput|software|analyst|engineer|scien|developer|ingenieur",
     ("Technical and clerical work", OFFICE)),
    (r"armed|military|soldier|soldat|police|protective|guard|fire ?fighter|polizei", ("Security and forces", SERVICE)),
    (r"farm|forest|fish|agricult|garden|landwirt", ("Labour and farming", MANUAL)),
    (r"transport|driver|moving|pilot|truck|fahrer|chauffeur|logist", ("Machines and transport", MANUAL)),
    (r"machine|operator|inspct|assembl|factory|production worker|maschin", ("Machines and transport", MANUAL)),
    (r"craft|repair|precision|mechanic|electrician|carpent|plumb|construction|handwerk|maurer|artisan",
     ("Crafts and construction", MANUAL)),
    (r"handler|labor|labour|cleaner|unskilled|helper|elementary|hilfsarbeit|reinigung|manual",
     ("Labour and farming", MANUAL)),
    (r"sale|cashier|retail|shop|verkauf|vend", ("Sales", SERVICE)),
    (r"household|serv|cook|waiter|care\b|hair|hotel|kellner|koch", ("Personal services", SERVICE)),
    (r"prof|special|teach|doctor|nurse|lawyer|physician|legal|health|medic|arzt|lehrer|psycholog|journalis|\bart",
     ("Managers and professionals", OFFICE)),
)  # fmt: skip
GOVERNMENT, PRIVATE, UNPAID = "Government", "Private sector", "Without pay or work"
EMPLOYER: Sequence[tuple[str, Groups]] = (
    (r"without pay|never worked|unpaid|unemploy|not in universe|retired", (UNPAID, UNPAID)),
    (r"self emp|own business|freelance|selbstandig|independant|autonomo", ("Self-employed", PRIVATE)),
    (r"feder|national gov|central gov", ("Federal government", GOVERNMENT)),
    (r"state|local|municip|county|gov|public|beamt|fonction|civil serv", ("State or local government", GOVERNMENT)),
    (r"private|company|employee|angestellt|non profit|nonprofit|prive|privado", ("Private company", PRIVATE)),
)
MARITAL: Sequence[tuple[str, Groups]] = (
    (r"never|single|ledig|celibat|soltero|unmarried|not married", ("Never married", "Not married now")),
    (r"divorc|widow|geschieden|verwitwet|veuf|veuve|viud", ("Formerly married", "Not married now")),
    (r"separat|absent|getrennt", ("Married and apart", "Married")),
    (r"marri|verheiratet|casad|partner|pacs|civil union|cohabit", ("Married and together", "Married")),
)


@dataclass(frozen=True)
class Vocabulary:
    """Groups by public knowledge for one kind of value: `why` is the sentence that a suggestion shows."""

    title: str
    why: str
    groups_of: Callable[[str], Groups | None]
    meanings: frozenset[str] = frozenset()


def groups_by(rules: Sequence[tuple[str, Groups]]) -> Callable[[str], Groups | None]:
    """The function that gives a value's groups by the first rule whose pattern it holds."""
    compiled = [(re.compile(pattern), groups) for pattern, groups in rules]

    def groups_of(text: str) -> Groups | None:
        words = plain_words(text.replace("<", "less than "))
        return next((groups for pattern, groups in compiled if pattern.search(words)), None)

    return groups_of


def _world(text: str) -> Groups | None:
    subregion = subregion_of(text)
    return None if subregion is None else (subregion, REGIONS[subregion])


VOCABULARIES: Mapping[str, Vocabulary] = {
    "country": Vocabulary(
        "Parts of the world", "Countries are grouped by the United Nations' regions, known without the table.", _world
    ),
    "marital": Vocabulary(
        "Marital status in two steps", "The values speak of marriage, and who is married is known without the table.",
        groups_by(MARITAL),
    ),
    "education": Vocabulary(
        "Stages of schooling", "The values speak of schooling, whose stages are known without the table.",
        groups_by(EDUCATION),
    ),
    "employer": Vocabulary(
        "Government and private sector", "The values speak of employers, which are public or private ones.",
        groups_by(EMPLOYER),
    ),
    "occupation": Vocabulary(
        "Groups of occupations", "The values speak of occupations, and related ones are put together.",
        groups_by(OCCUPATION),
    ),
}  # fmt: skip


def rows_by(vocabulary: Vocabulary, values: Sequence[str]) -> tuple[list[list[str]], int]:
    """Rows (value, group, …, root) for the values, and how many of them the vocabulary knows; others go to "Other"."""
    groups = {value: vocabulary.groups_of(value) for value in values}
    depth = max((len(found) for found in groups.values() if found), default=1)
    rows = [[value, *(found or (OTHER,) * depth), "*"] for value, found in groups.items()]
    return rows, sum(found is not None for found in groups.values())
