"""Homogeneity and background knowledge: the one sensitive value that is left among a person's look-alikes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from ppml_core.attacks.against_control import BothSides, Rows, known_columns, secret_column, told
from ppml_core.attacks.base import Finding, Thing
from ppml_core.attacks.cell_distances import Compared, Packed
from ppml_core.attacks.criteria_kernels import possible
from ppml_core.attacks.table_attack import TableAttack
from ppml_core.data.dataset import Dataset
from ppml_core.data.groups import group_of
from ppml_core.errors import NotApplicable
from ppml_core.settings import setting


@dataclass(frozen=True)
class Homogeneity(TableAttack):
    """Who finds a person's look-alikes in the release reads the value that all of them share.

    Homogeneity is a success where one value is left and it is the person's; with background knowledge the attacker
    rules out `ruled_out` other values first, the ones that help most. Both are certain knowledge, not guesses:
    l-diversity promises that homogeneity never succeeds on the people behind a release (l >= 2), nor background
    knowledge of up to l - 2 values. The control are people whom the release never saw, who look like someone in it.
    The baseline is 0: without the release nothing is certain. Machanavajjhala et al. 2007, section 2.
    """

    title: ClassVar[str] = "Homogeneity and background knowledge"
    against: ClassVar[tuple[Thing, ...]] = ("table",)

    targets: int = setting(1_000, 20, 20_000, slider=(200, 5_000), help="people on either side who are tried")
    secret: str = setting("", help="the column to read; none: the sensitive one, or the target")
    ruled_out: int = setting(1, 1, 20, help="values that background knowledge rules out", unit="values")

    def measures(self) -> tuple[str, ...]:
        return tuple(f"{kind}_{what}" for kind in ("homogeneity", "background") for what in ("success", "advantage"))

    def on(
        self, members: Dataset, others: Dataset, release: Dataset, kept: Rows, rng: np.random.Generator
    ) -> tuple[Finding, ...]:
        """The attack on a release of members, without a model; members who were left out are not tried."""
        secret = secret_column(self.secret, members, release, "read")
        names = [name for name in known_columns(members, release, (), ("quasi_identifier",)) if name != secret]
        if not len(release) or not names:
            raise NotApplicable("the release has no record or no quasi-identifier to find look-alikes by.")
        released = members.take(np.unique(kept)) if len(kept) else members
        sides = BothSides.drawn(released, others, self.targets, rng)
        texts, shown = sides.people.texts(secret), release.texts(secret)
        codes, labels = pd.factorize(shown)
        places = {text: code for code, text in enumerate(labels)}
        truth = np.array([places.get(text, -1) for text in texts[sides.targets]], dtype=np.int64)
        _, first = np.unique(group_of(release.table, [*names, secret]), return_index=True)
        compared = [Compared.of(sides.people, release, name, sides.targets, first) for name in names]
        packed = Packed.of(compared, len(sides.targets), len(first))
        left, there = possible(
            packed.asked, truth, packed.released, codes[first].astype(np.int64), len(labels), *packed.rest
        )
        number = len(sides.members)
        found: list[Finding] = []
        for kind, ruled_out in (("homogeneity", 0), ("background", self.ruled_out)):
            certain = (there & (left <= 1 + ruled_out)).astype(np.float64)
            found += told(kind, certain[:number], certain[number:], 0.0)
        return tuple(found)
