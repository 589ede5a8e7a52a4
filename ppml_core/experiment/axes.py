"""The axes of the risk-utility map: what may stand on one, what it is defined for, and what result rows say of it.

In: tidy rows of one scenario. Out: a `Reading`: a measured value with its interval, or what is proved, or the reason
why there is neither. What is proved and what was measured are different kinds of axis and never share one (EVIDENCE 3).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from ppml_core.attacks.base import Attack, Thing
from ppml_core.catalog import methods
from ppml_core.errors import BadInput
from ppml_core.evidence import ANY, SHARE, Z95, Estimate
from ppml_core.experiment.results import estimate_of
from ppml_core.measures.base import Measure

Kind = Literal["utility", "risk", "proved", "cost"]


@dataclass(frozen=True)
class Axis:
    """One thing that scenarios are compared by. `measure` names its result rows; it is empty for columns of all rows.

    `things` says for which releases it is defined, () for all; `attack` which attack finds it, where one does.
    `accepts` bounds what a person may ask for, `also` are other names they may ask by.
    """

    name: str
    title: str
    unit: str
    kind: Kind
    higher_is_better: bool
    measure: str = ""
    things: tuple[Thing, ...] = ()
    attack: str = ""
    accepts: tuple[float, float] = ANY
    also: tuple[str, ...] = ()

    @property
    def log(self) -> bool:
        """Whether ratios count and not differences."""
        return self.kind in ("proved", "cost")


@dataclass(frozen=True)
class Reading:
    """A scenario's place on an axis: `estimate` where it was measured, `proved` where it is proved, else a `reason`."""

    axis: Axis
    estimate: Estimate | None = None
    proved: float | None = None
    reason: str = ""
    spread: Spread | None = None

    @property
    def value(self) -> float | None:
        return self.proved if self.estimate is None else self.estimate.value

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval; what is proved has no width."""
        if self.estimate is not None:
            return self.estimate.low, self.estimate.high
        return None if self.proved is None else (self.proved, self.proved)

    def bound(self, confidence: float = 0.95) -> float | None:
        """The one-sided bound on the worse side: what is reached at least, or at most where lower is better."""
        if self.spread is None:
            return self.proved
        return self.spread.bound(confidence, upper=not self.axis.higher_is_better)


@dataclass(frozen=True)
class Spread:
    """What a one-sided bound is made of: errors over people (below, above) and the spread of `fits` repeats."""

    mean: float
    below: float
    above: float
    deviation: float
    fits: int

    def bound(self, confidence: float, *, upper: bool) -> float:
        """Normal over people and Student's t over fits, in quadrature; one fit that could differ bounds nothing.

        >>> round(Spread(0.8, 0.01, 0.01, 0.0, 3).bound(0.95, upper=False), 4)
        0.7836
        """
        people = float(stats.norm.ppf(confidence)) * (self.above if upper else self.below)
        seeds = 0.0
        if self.deviation > 0:
            seeds = float(stats.t.ppf(confidence, self.fits - 1)) * self.deviation / np.sqrt(self.fits)
        reach = float(np.hypot(people, seeds))
        return self.mean + reach if upper else self.mean - reach


def axes() -> dict[str, Axis]:
    """Every axis by name: utility, risk (each finding of an attack among them), what is proved, cost."""
    return {axis.name: axis for axis in (*_utility(), *OF_A_TABLE, *_findings(), *PROVED, *COSTS)}


def axis_of(name: str) -> Axis:
    """The axis of that name (`prosecutor.max`, `prosecutor_max` or its rows' name); BadInput with those that exist."""
    known = axes()
    plain = name.strip().lower()
    if plain in known:
        return known[plain]
    for axis in known.values():
        if plain in (axis.measure, axis.name.replace(".", "_"), *axis.also):
            return axis
    raise BadInput(f"there is no measure, risk or cost {name!r}; there are {', '.join(known)}.")


def default_risk(things: tuple[Thing, ...]) -> Axis:
    """The risk that a map shows at first: an attack on the model where one is handed out, else on the table."""
    return axis_of("membership.tpr_at_0.01" if "model" in things else "linkage")


def reading_of(axis: Axis, rows: pd.DataFrame) -> Reading:
    """What the tidy rows of one scenario say of it."""
    if axis.kind == "proved":
        return _proved(axis, rows)
    own = _cost_rows(rows) if axis.name == "seconds" else rows[rows["measure"] == axis.measure]
    if own.empty:
        return Reading(axis, reason=_why_absent(axis, rows))
    sides = (own["value"] - own["low"], own["high"] - own["value"])
    estimate = estimate_of(own["value"], own["std_error"], sides)
    if estimate is None:
        return Reading(axis, reason=str(own["error"].dropna().iloc[0]))
    if axis.kind == "cost":
        estimate = dataclasses.replace(estimate, low=max(0.0, estimate.low))
    there = own["value"].notna()
    values = own.loc[there, "value"].to_numpy(dtype=float)
    below, above = (float(side[there].fillna(0.0).mean()) / Z95 for side in sides)
    deviation = float(values.std(ddof=1)) if len(values) > 1 else 0.0
    return Reading(axis, estimate, spread=Spread(float(values.mean()), below, above, deviation, len(values)))


def readings(axis: Axis, rows: pd.DataFrame) -> dict[str, Reading]:
    """The reading of every scenario in the rows, by scenario id."""
    return {str(name): reading_of(axis, part) for name, part in rows.groupby("scenario_id", sort=False)}


def in_people(axis: Axis, reading: Reading, beside: Reading) -> str:
    """A difference of accuracy as a person counts it; "" for other axes and for gaps.

    >>> accuracy = axis_of("accuracy")
    >>> here, there = (Reading(accuracy, Estimate(v, v, v, "people")) for v in (0.83, 0.842))
    >>> in_people(accuracy, here, there)
    'of 1,000 people, 12 more are misjudged'
    """
    if axis.name != "accuracy" or reading.value is None or beside.value is None:
        return ""
    more = round(1000 * (beside.value - reading.value))
    if more == 0:
        return "of 1,000 people, as many are misjudged"
    return (
        f"of 1,000 people, {abs(more)} {'more' if more > 0 else 'fewer'} {'is' if abs(more) == 1 else 'are'} misjudged"
    )


def _utility() -> list[Axis]:
    return [
        Axis(name, cls.title, cls.unit, "utility", cls.higher_is_better, name, accepts=cls.accepts, also=cls.also)
        for name, cls in methods(Measure).items()
    ]


def named_risks() -> tuple[Axis, ...]:
    """What classes say of a released table, and the findings to which an attack gives a name of their own."""
    return (*OF_A_TABLE, *(axis for axis in _findings() if axis.name != axis.measure))


def _findings() -> list[Axis]:
    """What the attacks of the catalog find, those with names of their own first."""
    found = [
        Axis(axis.name, axis.title, axis.unit, "risk", False, axis.measure, cls.against, name, axis.accepts, axis.also)
        for name, cls in methods(Attack).items()
        for axis in cls().axes()
    ]
    return sorted(found, key=lambda axis: axis.name == axis.measure)


def _proved(axis: Axis, rows: pd.DataFrame) -> Reading:
    known = rows[f"guarantee_{axis.name}"].dropna()
    own = rows.loc[rows["measure"].isin(list(methods(Measure)))]
    own = own[~own["measure"].str.startswith(("train_", "baseline_"))]
    covered = own[own["value"].notna()]
    if known.empty or covered[f"guarantee_{axis.name}"].isna().any():
        return Reading(axis, reason="nothing is proved about what is handed out")
    units = set(rows["guarantee_unit"].dropna()) - {"record"} if "guarantee_unit" in rows else set()
    if "client" in units:
        return Reading(axis, reason="what is proved protects whole clients, and does not compare with single records")
    return Reading(axis, proved=float(known.max()))


def _cost_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """The seconds of each repeat's own fit as if they had been measured rows."""
    own = rows[rows["measure"].isin(list(methods(Measure))) & rows["value"].notna()]
    fits = own.drop_duplicates("repeat")
    return fits.assign(value=fits["seconds"], low=fits["seconds"], high=fits["seconds"], std_error=0.0)


def _why_absent(axis: Axis, rows: pd.DataFrame) -> str:
    faults = rows["error"].dropna()
    if len(faults) and rows["value"].isna().all():
        return str(faults.iloc[0])
    if axis.attack:
        return f"the attack {axis.attack} was not run on it"
    if axis.things == ("table",):
        return "no table is handed out, in which somebody could be looked up"
    if axis.name == "bytes":
        return "nothing is sent: everything is computed in one place"
    return f"the results have no {axis.title.lower()}"


ABOVE_ZERO = (0.0, np.inf)
OF_A_TABLE = (
    Axis("prosecutor.max", "Largest prosecutor risk", "probability", "risk", False, "release_prosecutor_max",
         ("table",), accepts=SHARE),
    Axis("prosecutor.mean", "Mean prosecutor risk", "probability", "risk", False, "release_prosecutor_mean", ("table",),
         accepts=SHARE),
    Axis("prosecutor.share_above", "People above the threshold of risk", "share of people", "risk", False,
         "release_prosecutor_share_above", ("table",), accepts=SHARE),
    Axis("unique_share", "People unique in the table", "share of people", "risk", False, "release_unique_share",
         ("table",), accepts=SHARE),
    Axis("certain_share", "People whose sensitive value is certain", "share of people", "risk", False,
         "release_certain_share", ("table",), accepts=SHARE),
    Axis("linkage", "Record linkage success", "share of people", "risk", False, "release_linkage_success", ("table",),
         accepts=SHARE, also=("record_linkage", "linkage.success")),
)  # fmt: skip
PROVED = (Axis("epsilon", "Proved ε", "ε", "proved", False, accepts=ABOVE_ZERO),)
COSTS = (
    Axis("seconds", "Seconds of training", "s", "cost", False, accepts=ABOVE_ZERO),
    Axis("bytes", "Bytes sent", "bytes", "cost", False, "bytes", accepts=ABOVE_ZERO),
)
