"""The best setting that meets what a person needs, or the nearest one and what it misses.

In: families of scenarios, needs, a budget of evaluations. Out: a `Solution`. The search sees only the training people,
split again; a setting qualifies by one-sided bounds on fresh seeds and test people that no search has seen, so that
choosing the best of many does not make it look better than it is. All of it is internal (EVIDENCE 3): settings chosen
by looking at private people are not covered by any guarantee.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput
from ppml_core.experiment.axes import Axis, Reading, axes, axis_of
from ppml_core.experiment.designs import Family
from ppml_core.experiment.needs import Need
from ppml_core.experiment.scenario import Scenario
from ppml_core.experiment.search import Evaluator, OnPoint, Tried, people_to_search_on, search
from ppml_core.experiment.sweep import Forgetful, Memory

ERROR = 0.05
FRESH = 1_000
FITS = 4
MOST_FITS = 12
UNSURE = 4.0
LEAST_BUDGET = FITS + 1


@dataclass(frozen=True)
class Checked:
    """A setting on fresh seeds and untouched test people.

    `bounds` are one-sided, at a confidence that accounts for all looks; they and `readings` stand in the order of the
    needs, `others` are the axes of the objective, then all else that is known. `qualifies` says that every bound meets
    its need; `sentences` how each need is met or missed.
    """

    scenario: Scenario
    needs: tuple[Need, ...]
    readings: tuple[Reading, ...]
    bounds: tuple[float | None, ...]
    others: tuple[Reading, ...]
    fits: int
    confidence: float

    @property
    def qualifies(self) -> bool:
        met = all(need.miss(bound) == 0 for need, bound in zip(self.needs, self.bounds, strict=True))
        return met and self.fits >= FITS

    @property
    def misses(self) -> dict[str, float | None]:
        """By how much each need is missed that is, by its measured value or else its bound; None for a gap."""
        found: dict[str, float | None] = {}
        for need, reading, bound in zip(self.needs, self.readings, self.bounds, strict=True):
            if reading.value is None:
                found[need.axis.name] = None
            elif need.miss(reading.value) > 0:
                found[need.axis.name] = need.short_by(reading.value)
            elif bound is None or need.miss(bound) > 0:
                found[need.axis.name] = need.short_by(reading.value if bound is None else bound)
        return found

    @property
    def sentences(self) -> tuple[str, ...]:
        whole = zip(self.needs, self.readings, self.bounds, strict=True)
        return tuple(need.sentence(reading, bound) for need, reading, bound in whole)


@dataclass(frozen=True)
class Solution:
    """`best` where a setting qualifies, else `nearest`. `evaluations` counts single fits, known ones too.

    `tried` are the scenarios of the search, in order; `looks` how often test people were looked at, which the bounds
    account for.
    """

    needs: tuple[Need, ...]
    objective: tuple[Axis, ...]
    best: Checked | None
    nearest: Checked | None
    evaluations: int
    looks: int
    tried: tuple[Tried, ...]

    @property
    def feasible(self) -> bool:
        return self.best is not None

    @property
    def sentence(self) -> str:
        if self.best is not None:
            return "found: " + "; ".join(self.best.sentences) + "."
        if self.nearest is None:
            return "none; no setting could be computed."
        missing = [text for text in self.nearest.sentences if not text.startswith("it meets")]
        return "none; the nearest is given: " + "; ".join(missing or ["too few evaluations to show it"]) + "."


def default_objective(needs: Sequence[Need]) -> tuple[Axis, ...]:
    """Lowest risk, then ε, then seconds."""
    risks = [need.axis for need in needs if need.axis.kind == "risk"]
    return (*risks, axis_of("epsilon"), axis_of("seconds"))


def solve(
    families: Sequence[Family],
    needs: Sequence[Need],
    data: Dataset,
    memory: Memory | None = None,
    *,
    budget: int = 60,
    objective: Sequence[Axis] = (),
    seed: int = 1,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    on_point: OnPoint | None = None,
) -> Solution:
    """Searches, repeats where the decision is uncertain, and checks the most promising settings.

    Of the budget a third goes to checks and a sixth to repeats. The j-th look at the test people has the error rate
    .05 · 6 / (π² j²), so that all looks together err in at most 5 of 100 questions; several needs cost no more, for a
    setting that misses one qualifies wrongly only if that one's bound errs (intersection-union test, Berger 1982).
    `on_point` is told of every point that was asked for, since a search is a way of looking at private people.
    Raises BadInput for a budget below 5, or where no family hands out what a need is about.
    """
    if budget < LEAST_BUDGET:
        raise BadInput(f"budget must be at least {LEAST_BUDGET} evaluations, not {budget}.")
    check_handed_out(families, needs)
    memory = Forgetful() if memory is None else memory
    chosen = tuple(objective) or default_objective(needs)
    looking = Evaluator(people_to_search_on(data, families[0].base.seed), memory, on_point)
    checking = Evaluator(data, memory, on_point)

    def spent(_: int = 0) -> None:
        if progress:
            progress(min(looking.count + checking.count, budget), budget)

    checks = max(FITS, budget // 3)
    repeats = budget // 6
    guides = tuple(dict.fromkeys([*(need.axis for need in needs), *chosen[:1]]))
    exploring = max(1, budget - checks - repeats)
    tried = search(families, guides, looking, exploring, needs=needs, seed=seed, progress=spent, cancelled=cancelled)
    while looking.count < budget - checks and not (cancelled and cancelled()):
        unsure = _most_uncertain(tried, needs, chosen)
        if unsure is None:
            break
        unsure.rows.append(looking(unsure.scenario, unsure.repeats))
        spent()
    done = _check(tried, needs, chosen, checking, budget - looking.count, spent)
    good = [checked for checked in done.checked if checked.qualifies]
    best = min(good, key=lambda checked: order_of(checked.others[: len(chosen)]), default=None)
    nearest = None if best else min(done.checked, key=_distance, default=None)
    return Solution(
        tuple(needs), chosen, best, nearest, looking.count + checking.count, done.looks, tuple(tried)
    )  # fmt: skip


def check_handed_out(families: Sequence[Family], needs: Sequence[Need]) -> None:
    """Raises BadInput where a need is about something that no family hands out."""
    for need in needs:
        things = set(need.axis.things)
        if things and not any(things & set(family.base.things) for family in families):
            handed = sorted({thing for family in families for thing in family.base.things})
            raise BadInput(
                f"{need.axis.name} is defined for a {' or '.join(need.axis.things)} that is handed out; the scenario "
                f'hands out {" and ".join(handed)}: add an anonymizer, or releases = ["{need.axis.things[0]}"].'
            )


@dataclass
class _Done:
    checked: list[Checked]
    looks: int


def _check(
    tried: Sequence[Tried],
    needs: Sequence[Need],
    objective: Sequence[Axis],
    evaluate: Evaluator,
    budget: int,
    spent: Callable[[], None],
) -> _Done:
    """Looks at the surest setting, then halves the way to the best one; where none is expected to do, at the nearest.

    The order by objective is not the order by sureness, so a better setting may be passed over; none is taken wrongly.
    """
    done = _Done([], 0)

    def look(entry: Tried) -> bool:
        return _look(entry, needs, objective, evaluate, budget, done, spent)

    margins = {entry.scenario.id: _margin(entry, needs) for entry in tried}
    order = sorted(tried, key=lambda entry: order_of(entry.readings(objective)))
    surest = sorted(
        (entry for entry in order if margins[entry.scenario.id] >= 0), key=lambda e: -margins[e.scenario.id]
    )
    if not surest:
        for entry in sorted(tried, key=lambda entry: _total_miss(entry, needs))[:2]:
            look(entry)
        return done
    held = next((entry for entry in surest[:3] if look(entry)), None)
    if held is None:
        return done
    better = [entry for entry in order[: order.index(held)] if margins[entry.scenario.id] >= 1]
    low, high = -1, len(better)
    while high - low > 1 and evaluate.count + FITS <= budget:
        middle = (low + high) // 2
        if look(better[middle]):
            high = middle
        else:
            low = middle
    return done


def _look(
    entry: Tried,
    needs: Sequence[Need],
    objective: Sequence[Axis],
    evaluate: Evaluator,
    budget: int,
    done: _Done,
    spent: Callable[[], None],
) -> bool:
    """Whether the setting qualifies: fresh fits, then more while only a bound misses a need."""
    fresh = Tried(entry.scenario)
    checked: Checked | None = None
    while evaluate.count + FITS <= budget and fresh.repeats < MOST_FITS:
        for _ in range(FITS):
            fresh.rows.append(evaluate(entry.scenario, FRESH + fresh.repeats))
            spent()
        done.looks += 1
        checked = _checked(fresh, needs, objective, 1 - ERROR * 6 / (math.pi * done.looks) ** 2)
        if checked.qualifies or any(need.miss(r.value) > 0 for need, r in zip(needs, checked.readings, strict=True)):
            break
    if checked:
        done.checked.append(checked)
    return checked is not None and checked.qualifies


def _checked(fresh: Tried, needs: Sequence[Need], objective: Sequence[Axis], confidence: float) -> Checked:
    readings = fresh.readings([need.axis for need in needs])
    named = [*objective, *(need.axis for need in needs)]
    rest = fresh.readings([axis for axis in axes().values() if axis not in named])
    return Checked(
        scenario=fresh.scenario,
        needs=tuple(needs),
        readings=readings,
        bounds=tuple(reading.bound(confidence) for reading in readings),
        others=(*fresh.readings(objective), *(reading for reading in rest if reading.value is not None)),
        fits=fresh.repeats,
        confidence=confidence,
    )


def _most_uncertain(tried: Sequence[Tried], needs: Sequence[Need], objective: Sequence[Axis]) -> Tried | None:
    """Of the settings that may meet the needs, the one whose decision is least certain for the repeats it has."""
    open_ones = [(entry, abs(_margin(entry, needs))) for entry in tried if entry.repeats < MOST_FITS]
    unsure = [(entry, size) for entry, size in open_ones if size < UNSURE]
    best = sorted(unsure, key=lambda one: order_of(one[0].readings(objective)))[:8]
    return min(best, key=lambda one: (one[0].repeats, one[1]), default=(None, 0.0))[0]


def _margin(entry: Tried, needs: Sequence[Need]) -> float:
    """How many standard errors the tightest need is met by; negative where one is missed, -∞ for a gap."""
    margins = [math.inf]
    for need, reading in zip(needs, entry.readings([need.axis for need in needs]), strict=True):
        if reading.value is None:
            return -math.inf
        ahead = reading.value - need.limit if need.axis.higher_is_better else need.limit - reading.value
        if reading.spread is None:
            margins.append(math.inf if ahead >= 0 else -math.inf)
            continue
        people = reading.spread.below if need.axis.higher_is_better else reading.spread.above
        error = float(np.hypot(people, reading.spread.deviation / math.sqrt(reading.spread.fits)))
        margins.append(ahead / error if error > 0 else math.copysign(math.inf, ahead) if ahead else math.inf)
    return min(margins)


def order_of(readings: Sequence[Reading]) -> tuple[float, ...]:
    """What is compared, lower is better, one axis after another; a gap comes last."""
    return tuple(
        math.inf if reading.value is None else -reading.value if reading.axis.higher_is_better else reading.value
        for reading in readings
    )


def _total_miss(entry: Tried, needs: Sequence[Need]) -> tuple[int, float]:
    return _sum_of([need.miss(r.value) for need, r in zip(needs, entry.readings([n.axis for n in needs]), strict=True)])


def _distance(checked: Checked) -> tuple[int, float]:
    misses = [need.miss(reading.value) for need, reading in zip(checked.needs, checked.readings, strict=True)]
    return _sum_of(misses)


def _sum_of(misses: Sequence[float]) -> tuple[int, float]:
    """Gaps first, then the sum of the misses."""
    return sum(math.isinf(miss) for miss in misses), sum(miss for miss in misses if not math.isinf(miss))
