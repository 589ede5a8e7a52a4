"""All that is told of a table beside its prosecutor risk: journalist, population, column sets, special uniques, values.

In: the counts of a table, and its population or the size of it where one is known. Out: `Exposure`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ppml_core.attacks.column_sets import ColumnSet, column_sets, largest_affordable, special_uniques
from ppml_core.attacks.journalist import IndividualRisk, Journalist, individual_risk, journalist, population_sizes
from ppml_core.data.counts import Counts
from ppml_core.data.packing import Ints
from ppml_core.data.schema import Schema
from ppml_core.data.starred import starred_among
from ppml_core.errors import BadInput
from ppml_core.measures.copula import ASSUMPTION, copula
from ppml_core.measures.uniqueness import ASSUMPTIONS, ESTIMATORS, chosen

MOST_L = 5


@dataclass(frozen=True)
class PopulationUniqueness:
    """Estimated share of the population that is unique by the quasi-identifiers; NaN where a model has no estimate.

    `chosen` is the estimate of `rule`, which the decision rule picks (Dankar et al. 2012, as ARX applies it); the rule
    does not know `copula`. `counted` is the true share, where a table of the population was given.
    """

    population_size: int
    sampled: float
    pitman: float
    zayatz: float
    snb: float
    copula: float
    chosen: float
    rule: str
    assumptions: dict[str, str]
    counted: float | None = None


@dataclass(frozen=True)
class FewValues:
    """People whose look-alikes share fewer than `l` values of a sensitive column.

    At l = 2 their value is certain (homogeneity); at a larger l it is so to someone who can rule out l - 2 values
    (background knowledge). Machanavajjhala et al. 2007, section 2.
    """

    sensitive: str
    l: int  # noqa: E741
    people: int
    share: float


@dataclass(frozen=True)
class SpecialUniquesFound:
    """People with a minimal sample unique of 1, 2, … columns as their smallest, and the largest score among people.

    Sets of at most `largest` columns were looked through. `contribution` is per column the share of all scores.
    """

    largest: int
    people_by_smallest: dict[int, int]
    highest_score: float
    mean_score: float
    contribution: dict[str, float]


@dataclass(frozen=True)
class Exposure:
    """What someone may do who does not know whether a person is in the table, or knows only some columns.

    `attributes` are all sets of up to `attributes_up_to` columns, the most telling first. Rows of `*` alone are left
    aside as in `RiskReport`.
    """

    journalist: Journalist
    individual_risk: IndividualRisk | None
    population_uniqueness: PopulationUniqueness | None
    attributes: tuple[ColumnSet, ...]
    attributes_up_to: int
    special_uniques: SpecialUniquesFound
    l_diversity: tuple[FewValues, ...]

    def values(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return dataclasses.asdict(self)


def exposure(
    counts: Counts,
    schema: Schema,
    quasi_identifiers: Sequence[str],
    sensitive: Sequence[str] = (),
    population: Counts | None = None,
    meaning: Schema | None = None,
    population_size: int | None = None,
    threshold: float = 0.2,
) -> Exposure:
    """From counts over the quasi-identifiers and sensitive columns, and those of a population over the former.

    The size of the population is that of its table where none is given. Raises BadInput where it is smaller than the
    table, or does not fit it.
    """
    counts = _without_starred(counts, quasi_identifiers)
    known = counts.over(quasi_identifiers)
    sizes, theirs = known.people, None
    if population is not None:
        sizes, theirs = population_sizes(known, schema, population, meaning or schema, quasi_identifiers)
        population_size = population.rows if population_size is None else population_size
    if population_size is not None and population_size < max(known.rows, 0 if population is None else population.rows):
        raise BadInput(
            f"a population of {population_size:,} is smaller than a table of {known.rows:,} people drawn from it: "
            f"give the number of all who might be in it."
        )
    return Exposure(
        journalist=journalist(sizes, theirs, threshold),
        individual_risk=None if population_size is None else individual_risk(sizes, population_size, threshold),
        population_uniqueness=_uniqueness(sizes, known, population_size, population, quasi_identifiers),
        attributes=column_sets(known, quasi_identifiers),
        attributes_up_to=largest_affordable(len(known), len(quasi_identifiers)),
        special_uniques=_special(known, quasi_identifiers),
        l_diversity=tuple(few for name in sensitive for few in few_values(counts, quasi_identifiers, name)),
    )


def few_values(counts: Counts, quasi_identifiers: Sequence[str], sensitive: str) -> tuple[FewValues, ...]:
    """People in classes with fewer than 2, 3, 4 and 5 values of a sensitive column, as far as it has so many.

    An absent value counts as one.

    >>> import pandas as pd
    >>> from ppml_core.data.counts import count_table
    >>> people = pd.DataFrame({"sex": ["F", "F", "M", "M"], "ill": ["flu", "flu", "flu", "none"]})
    >>> [few.people for few in few_values(count_table(people, ["sex", "ill"]), ["sex"], "ill")]
    [2]
    """
    pairs = counts.over([*quasi_identifiers, sensitive])
    groups, first = pairs.number(quasi_identifiers)
    values = np.bincount(groups, minlength=len(first))
    sizes = np.bincount(groups, weights=pairs.people, minlength=len(first)).astype(np.int64)
    most = min(MOST_L, max(2, len(pairs.over([sensitive]))))
    found = [(l, int(sizes[values < l].sum())) for l in range(2, most + 1)]  # noqa: E741
    return tuple(FewValues(sensitive, l, people, people / counts.rows) for l, people in found)  # noqa: E741


def _uniqueness(
    sizes: Ints, known: Counts, size: int | None, population: Counts | None, names: Sequence[str]
) -> PopulationUniqueness | None:
    if size is None:
        return None
    estimates = {name: ESTIMATORS[name](sizes, size) for name in ("pitman", "zayatz", "snb")}
    rule = chosen(sizes, size)
    counted = None
    if population is not None:
        counted = float((population.over(names).people == 1).sum() / population.rows)
    told = {name: ASSUMPTIONS[name] for name in estimates} | {"copula": ASSUMPTION}
    estimates["copula"] = copula(known, names, size)
    return PopulationUniqueness(
        size, float(sizes.sum()) / size, **estimates, chosen=estimates[rule], rule=rule, assumptions=told,
        counted=counted,
    )  # fmt: skip


def _special(known: Counts, names: Sequence[str]) -> SpecialUniquesFound:
    found = special_uniques(known, names)
    by_smallest = {size: int((found.smallest == size).sum()) for size in range(1, found.largest + 1)}
    return SpecialUniquesFound(
        found.largest, by_smallest, float(found.score.max(initial=0.0)), float(found.score.sum() / known.rows),
        found.contribution,
    )  # fmt: skip


def _without_starred(counts: Counts, names: Sequence[str]) -> Counts:
    """The counts of people of whom something is told; all of them where nobody is such."""
    columns = [counts.as_coded(name) for name in names]
    codes = [np.where(counts.codes[name] < 0, len(counts.values[name]), counts.codes[name]) for name in names]
    starred = starred_among(columns, lambda at: codes[at], len(counts))
    if not starred.any() or starred.all():
        return counts
    kept = {name: counts.codes[name][~starred] for name in counts.names}
    return Counts(counts.values, kept, counts.people[~starred])
