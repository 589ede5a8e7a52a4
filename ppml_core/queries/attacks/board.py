"""One attack beside every defence: which defences a page shows, and how often an attack is tried for it.

In: the policies that a desk runs, a budget. Out: `Row`s of defences, each attacked by itself, so that a page shows what
is there already. A large table is attacked through a desk over `MOST_PEOPLE` drawn people of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ppml_core.catalog import methods
from ppml_core.data.dataset import Dataset
from ppml_core.queries.attacks.base import Outcome, QueryAttack
from ppml_core.queries.attacks.channels import Defence, attacked, game_of
from ppml_core.queries.attacks.reconstruct import Reconstruct
from ppml_core.queries.policies.base import Policy
from ppml_core.queries.policies.fresh_noise import FreshNoise

MOST_PEOPLE = 5_000
SCALES = (0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
CURVE_TRIALS = 3
SEED = 1


@dataclass(frozen=True)
class Row:
    """A defence and what it is called; `runs` marks the one that the desk stands under now."""

    name: str
    defence: Defence
    runs: bool = False


def rows_of(running: Sequence[Policy], epsilon: float, private: bool = False) -> list[Row]:
    """Nothing at all, each restriction alone, what runs now, and a budget of pure ε for each trial.

    A restriction that runs has its settings from there. `private` says that the budget is what runs.

    >>> [row.name for row in rows_of([], 1.0, private=True)][::9]
    ['No restriction', 'Budget ε = 1']
    """
    chosen = {policy.name(): policy for policy in running}
    alone = [chosen.get(name, cls()) for name, cls in methods(Policy).items()]
    rows = [Row("No restriction", Defence(), runs=not running and not private)]
    rows += [
        Row(title_of([policy]), Defence((policy,)), runs=not private and list(running) == [policy]) for policy in alone
    ]
    if len(running) > 1:
        rows.append(Row("All that run, together", Defence(tuple(running)), runs=not private))
    return [*rows, Row(f"Budget ε = {epsilon:g}", Defence(epsilon=epsilon), runs=private)]


def title_of(policies: Sequence[Policy]) -> str:
    """Policies with their first setting, as a page names them.

    >>> title_of([FreshNoise(scale=5.0)])
    'Fresh noise (scale 5)'
    """
    return ", ".join(policy.short() for policy in policies) or "No restriction"


def drawn(data: Dataset, most: int = MOST_PEOPLE) -> Dataset:
    """The table, or so many people of it, always the same."""
    if len(data) <= most:
        return data
    chosen = np.random.default_rng([SEED]).choice(len(data), most, replace=False)
    return data.take(np.sort(chosen))


def faced(data: Dataset, attack: QueryAttack, defence: Defence) -> Outcome:
    """The attack against that defence; the same targets for each. Raises NotApplicable where there is nobody to
    attack."""
    return attacked(attack, game_of(data, defence.policies, defence.epsilon), attack.quick_trials, SEED)


def reconstructed(data: Dataset, scale: float) -> Outcome:
    """Reconstruction against fresh noise of that scale; 0 is exact answers."""
    return attacked(Reconstruct(), game_of(data, [FreshNoise(scale)] if scale else []), CURVE_TRIALS, SEED)
