"""How one budget is shared by the steps of a method that read private rows.

In: a method whose settings called NAME_share say what each step gets, epsilon, delta. Out: `BudgetSplit`: every step's
share, what it would cost alone, and the composed total with the way in which it was added up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from ppml_core.accounting.concentrated import epsilon_of_rho, rho_of
from ppml_core.accounting.gaussian import epsilon_of
from ppml_core.accounting.selection import epsilon_of_selection, mu_of_selection
from ppml_core.settings import Method, settings_of

SHARE = "_share"
ADDED_BY = {
    "pure": "a plain sum of ε",
    "zcdp": "concentrated DP, where ρ adds up",
    "selection": "private selection (Papernot, Steinke 2022) over the runs that it chooses among",
}


class SharesBudget(Method):
    """A method whose budget may be shared by steps. `added_by` is a key of `ADDED_BY`, `last_step` gets the rest."""

    added_by: ClassVar[str] = "pure"
    last_step: ClassVar[str] = "model"

    def budget_shares(self) -> dict[str, float]:
        """Every step's part of the budget (0..1) by its name; empty where one step has all of it."""
        declared = [name for name in settings_of(type(self)) if name.endswith(SHARE)]
        if not declared or "epsilon" not in settings_of(type(self)):
            return {}
        given = {name.removesuffix(SHARE): float(self.values()[name]) for name in declared}
        return given | {self.last_step: max(1 - sum(given.values()), 0.0)}


@dataclass(frozen=True)
class SplitStep:
    """One step that reads private rows: its part of the budget (0..1), and the epsilon it would cost by itself."""

    name: str
    share: float
    epsilon: float


@dataclass(frozen=True)
class BudgetSplit:
    """The steps in their order and the (epsilon, delta) of all of them; `added_by` says how they were added up."""

    steps: tuple[SplitStep, ...]
    epsilon: float
    delta: float
    added_by: str


def split_of(method: SharesBudget, delta: float) -> BudgetSplit | None:
    """The split of the method's own epsilon at that delta; None where one step has all of it.

    Pure parts add up as they are; with concentrated DP the rho of the parts does; a private selection splits the mu of
    each of its runs, by squares.
    """
    shares = {name: share for name, share in method.budget_shares().items() if share > 0}
    if not shares:
        return None
    whole = sum(shares.values())
    shares = {name: share / whole for name, share in shares.items()}
    epsilon, way = float(method.values()["epsilon"]), method.added_by
    if way == "zcdp":
        rhos = {name: rho_of(epsilon, delta) * share for name, share in shares.items()}
        alone = {name: epsilon_of_rho(rho, delta) for name, rho in rhos.items()}
        total = epsilon_of_rho(sum(rhos.values()), delta)
    elif way == "selection":
        runs = float(method.values()["runs"])
        mu = mu_of_selection(epsilon, runs, delta)
        alone = {name: epsilon_of(mu * math.sqrt(share), delta) for name, share in shares.items()}
        total = epsilon_of_selection(mu, runs, delta)
    else:
        alone = {name: epsilon * share for name, share in shares.items()}
        total, delta = sum(alone.values()), 0.0
    steps = tuple(SplitStep(name, share, alone[name]) for name, share in shares.items())
    return BudgetSplit(steps, total, delta, ADDED_BY[way])
