"""What every membership attack owes: one score for each person, larger where it believes in a member."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np

from ppml_core.attacks.membership.evidence import Evidence
from ppml_core.attacks.rates import Scores
from ppml_core.settings import Method


class MembershipAttack(Method, ABC):
    """Scores people by what a model says of them, whatever the model.

    `fewest_shadows` is how many shadow models it needs, `fewest_public` how many people known not to be members.
    `needs_training` is True where scoring trains a model of its own, too slow to be tried on many shadows.
    """

    fewest_shadows: ClassVar[int] = 0
    fewest_public: ClassVar[int] = 0
    needs_training: ClassVar[bool] = False

    @abstractmethod
    def scores(self, evidence: Evidence, rng: np.random.Generator) -> Scores:
        """Shape (people,). Nothing here may depend on who of the people is a member of the attacked model."""

    def candidates(self) -> Sequence[Self]:
        """The attack with every choice of the settings that were left open; one of them is taken, on shadow models."""
        return (self,)
