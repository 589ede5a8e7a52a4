"""Runs membership attacks on a game and reports them.

In: a game, an attack with settings left open or not. Out: `MembershipReport`s. What is left open is settled on the
shadow models before the attacked model is looked at.
"""

from __future__ import annotations

import time

import numpy as np

from ppml_core.attacks.membership.base import MembershipAttack
from ppml_core.attacks.membership.choosing import PLAYED, chosen
from ppml_core.attacks.membership.game import Game
from ppml_core.attacks.membership.report import (
    MembershipReport,
    auc_bound_of,
    bound_of,
    groups_found,
    most_exposed,
    nulled,
)
from ppml_core.attacks.rates import RATES, Scores, separation
from ppml_core.catalog import methods
from ppml_core.errors import NotApplicable


def settled(attack: MembershipAttack, game: Game, rng: np.random.Generator) -> MembershipAttack:
    """The attack with every open setting chosen on the shadow models.

    Raises NotApplicable with too few of them, or too few people known not to be members.
    """
    check_shadows(type(attack), len(game.shadows))
    if len(game.public) < attack.fewest_public:
        raise NotApplicable(
            f"{attack.name()} needs at least {attack.fewest_public} people known not to be members, "
            f"not {len(game.public)}: ask about fewer."
        )
    return chosen(attack.candidates(), game.evidence(), rng)


def check_shadows(attack: type[MembershipAttack], shadows: int) -> None:
    """Raises NotApplicable where the attack needs more shadow models."""
    if shadows < attack.fewest_shadows:
        raise NotApplicable(f"{attack.name()} needs at least {attack.fewest_shadows} shadow models, not {shadows}.")


def strongest(game: Game, rng: np.random.Generator) -> MembershipAttack:
    """The attack, with its settings, that does best against the shadow models; those that train none of their own."""
    able = [
        cls()
        for cls in methods(MembershipAttack).values()
        if not (cls.needs_training or cls.fewest_public) and len(game.shadows) >= cls.fewest_shadows
    ]
    return chosen([settled(attack, game, rng) for attack in able], game.evidence(), rng)


def report_of(attack: MembershipAttack, game: Game, rng: np.random.Generator, target: int = 0) -> MembershipReport:
    """What the attack finds out about one of the game's targets. Raises NotApplicable where it cannot be run."""
    start = time.perf_counter()
    ready = settled(attack, game, rng)
    return _reported(attack, ready, game, scores_of(ready, game, rng, target), rng, target, start)


def scores_of(attack: MembershipAttack, game: Game, rng: np.random.Generator, target: int = 0) -> Scores:
    """One score for each person asked about, larger where the attack believes in a member."""
    return attack.scores(game.evidence(target), rng)


def _reported(
    asked: MembershipAttack, ready: MembershipAttack, game: Game, scores: Scores, rng: np.random.Generator, target: int,
    start: float,
) -> MembershipReport:  # fmt: skip
    inside = game.inside[target]
    bound = bound_of(game.guarantee, game.drawn)
    played = min(PLAYED, len(game.shadows) // 2)
    return MembershipReport(
        attack=ready.name(),
        title=ready.title,
        settings=tuple(ready.values().items()),
        chosen_on="" if ready == asked else f"{played} shadow models, by members found at a rate of {RATES[0]:g}",
        members=int(inside.sum()),
        others=int((~inside).sum()),
        shadows=len(game.shadows) if ready.fewest_shadows else 0,
        drawn=game.drawn,
        found=separation(scores, inside),
        null=nulled(scores, inside, rng),
        exposed=most_exposed(scores, inside, game.rows),
        groups=groups_found(scores, inside, game.people),
        bound=bound,
        auc_bound=auc_bound_of(bound),
        seconds=game.seconds + time.perf_counter() - start,
    )
