"""What attacks on a table owe: they need a release and the people behind it, no model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ppml_core.attacks.base import Attack, Finding, Subject
from ppml_core.data.dataset import Dataset


class TableAttack(Attack, ABC):
    """Someone who sees a released table, and tries.

    `decided` are settings that are not the attacker's to choose: the method behind the release has them, `decided_by`
    reads them from its settings. `needs_others` where people are wanted whom the release never saw.
    """

    decided: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def short_name(cls) -> str:
        """What its command and its findings are called."""
        return cls.name()

    @classmethod
    def decided_by(cls, method: Mapping[str, Any] | None) -> dict[str, Any]:
        """The settings in `decided`, from those of the method behind the release, None for a table as it is.

        Raises BadInput where the attack is not about releases of that method.
        """
        return {}

    def needs_others(self) -> bool:
        return True

    def run(self, subject: Subject, rng: np.random.Generator) -> tuple[Finding, ...]:
        return self.on(subject.members, subject.others, subject.release, subject.kept, rng)

    @abstractmethod
    def on(
        self,
        members: Dataset,
        others: Dataset,
        release: Dataset,
        kept: npt.NDArray[np.int64],
        rng: np.random.Generator,
    ) -> tuple[Finding, ...]:
        """The attack on a release of members, without a model; `kept` is which member each of its records is."""
