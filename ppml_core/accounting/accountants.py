"""From events to epsilon, in five ways: pure sums, concentrated and Renyi DP, exact Gaussian DP, loss distributions.

In: an event or a composition, and delta. Out: an epsilon that holds. Each way covers some events and raises
NotApplicable for the others. Loss distributions and Renyi curves of subsampled noise come from Google's dp-accounting;
Gaussian DP and concentrated DP are worked out here. Of dp-accounting 0.6.0 only single distributions are taken: its
accountant counts a randomized response once however often it is composed.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from ppml_core.accounting.concentrated import epsilon_of_rho
from ppml_core.accounting.events import (
    Composition,
    Event,
    Gaussian,
    Laplace,
    PureEpsilon,
    Selection,
    SubsampledGaussian,
)
from ppml_core.accounting.gaussian import epsilon_of
from ppml_core.errors import BadInput, NotApplicable

Events = Event | Composition

FINEST, COARSEST = 2e-5, 1e-2
CELLS = 3000
GEOMETRIC = 1.0


def pure(event: Events, delta: float) -> float:
    """The sum of pure epsilons; delta is not needed. Dwork, McSherry, Nissim, Smith 2006.

    >>> pure(Composition(((Laplace(noise_multiplier=2.0), 3),)), 0.0)
    1.5
    """
    return sum(count * _pure_epsilon(part, "a sum of pure epsilons") for part, count in _parts(event))


def zcdp(event: Events, delta: float) -> float:
    """Concentrated DP: rho adds up, a pure epsilon counts as epsilon²/2. Bun, Steinke 2016, Proposition 1.4."""
    return epsilon_of_rho(rho_of_events(event), _needed(delta))


def rho_of_events(event: Events) -> float:
    """The rho of zero-concentrated DP. Raises NotApplicable for subsampled noise."""
    return sum(count * _rho(part) for part, count in _parts(event))


def gdp(event: Events, delta: float) -> float:
    """Exact Gaussian DP of Gaussian noise alone: mu² adds up. Dong, Roth, Su 2022, Corollary 3.3."""
    return epsilon_of(mu_of_events(event), _needed(delta))


def mu_of_events(event: Events) -> float:
    """The mu of Gaussian DP. Raises NotApplicable for anything but Gaussian noise on all rows."""
    total = 0.0
    for part, count in _parts(event):
        if not isinstance(part, Gaussian) and not (isinstance(part, SubsampledGaussian) and part.rate == 1):
            raise NotApplicable("exact Gaussian DP is known for Gaussian noise on all rows only.")
        total += count / part.noise_multiplier**2
    return math.sqrt(total)


def rdp(event: Events, delta: float) -> float:
    """An upper bound by Renyi DP. Mironov 2017; Mironov, Talwar, Zhang 2019 for the sampled Gaussian; Papernot, Steinke
    2022 for a selection, which no other accountant here covers.
    """
    import dp_accounting
    import dp_accounting.dp_event
    from dp_accounting.rdp import RdpAccountant

    logging.getLogger("absl").setLevel(logging.ERROR)  # it would tell of every order that it leaves out
    accountant = RdpAccountant()
    for part, count in _parts(event):
        if isinstance(part, PureEpsilon):
            theirs: Any = dp_accounting.ZCDpEvent(part.epsilon**2 / 2)
        elif isinstance(part, SubsampledGaussian):
            _only_add_or_remove(part)
            theirs = dp_accounting.PoissonSampledDpEvent(
                part.rate, dp_accounting.GaussianDpEvent(part.noise_multiplier)
            )
        elif isinstance(part, Gaussian):
            theirs = dp_accounting.GaussianDpEvent(part.noise_multiplier)
        elif isinstance(part, Selection):
            one = dp_accounting.GaussianDpEvent(part.noise_multiplier)
            theirs = dp_accounting.dp_event.RepeatAndSelectDpEvent(one, part.expected_runs, GEOMETRIC)
        else:
            theirs = dp_accounting.LaplaceDpEvent(_multiplier(part))
        accountant.compose(theirs, count)
    return float(accountant.get_epsilon(_needed(delta)))


def pld(event: Events, delta: float) -> float:
    """A tight upper bound by privacy loss distributions. Koskela, Jälkö, Honkela 2020; Doroshenko et al. 2022."""
    rough = float(_distribution(event, COARSEST).get_epsilon_for_delta(_needed(delta)))
    interval = min(max(rough / CELLS, FINEST), COARSEST)
    return min(rough, float(_distribution(event, interval).get_epsilon_for_delta(delta)))


ACCOUNTANTS: dict[str, Callable[[Events, float], float]] = {
    "pure": pure, "zcdp": zcdp, "rdp": rdp, "gdp": gdp, "pld": pld,
}  # fmt: skip


def _distribution(event: Events, interval: float) -> Any:
    whole = None
    for part, count in _parts(event):
        one = _single(part, interval)
        several = one.self_compose(count) if count > 1 else one
        whole = several if whole is None else whole.compose(several)
    return whole


@lru_cache(maxsize=64)
def _single(part: Event, interval: float) -> Any:
    from dp_accounting.pld import common, privacy_loss_distribution

    shared: dict[str, Any] = {"value_discretization_interval": interval, "use_connect_dots": True}
    if isinstance(part, PureEpsilon):
        parameters = common.DifferentialPrivacyParameters(part.epsilon, 0.0)
        return privacy_loss_distribution.from_privacy_parameters(parameters, value_discretization_interval=interval)
    if isinstance(part, SubsampledGaussian):
        _only_add_or_remove(part)
        return privacy_loss_distribution.from_gaussian_mechanism(
            part.noise_multiplier, sampling_prob=part.rate, **shared
        )
    if isinstance(part, Gaussian):
        return privacy_loss_distribution.from_gaussian_mechanism(part.noise_multiplier, **shared)
    return privacy_loss_distribution.from_laplace_mechanism(_multiplier(part), **shared)


def _parts(event: Events) -> tuple[tuple[Event, int], ...]:
    return event.parts if isinstance(event, Composition) else ((event, 1),)


def _pure_epsilon(part: Event, way: str) -> float:
    if isinstance(part, PureEpsilon):
        return part.epsilon
    if isinstance(part, Laplace):
        return 1 / part.noise_multiplier
    what = "A selection among Gaussian runs" if isinstance(part, Selection) else "Gaussian noise"
    raise NotApplicable(f"{what} has no pure epsilon, so {way} says nothing.")


def _rho(part: Event) -> float:
    if isinstance(part, SubsampledGaussian) and part.rate < 1:
        raise NotApplicable("concentrated DP gains nothing from sampling, so it says nothing of subsampled noise.")
    if isinstance(part, Gaussian | SubsampledGaussian):
        return 1 / (2 * part.noise_multiplier**2)
    return _pure_epsilon(part, "concentrated DP") ** 2 / 2


def _multiplier(part: Event) -> float:
    if not isinstance(part, Laplace):
        raise NotApplicable(f"{type(part).__name__} is no event of this accountant.")
    return part.noise_multiplier


def _only_add_or_remove(part: SubsampledGaussian) -> None:
    if part.neighbours != "add_or_remove_one" and part.rate < 1:
        raise NotApplicable("Poisson sampling is accounted for adding or removing one person, not for replacing one.")


def _needed(delta: float) -> float:
    if not 0 < delta < 1:
        raise BadInput(f"delta must be above 0 and below 1, not {delta}.")
    return delta
