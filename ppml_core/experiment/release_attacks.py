"""The same attacks on the table as it is and on a release of it: what the release changes for the people behind it.

In: a table and an anonymizer. Out: `Tried`, one for each attack and each of the two. Members are the training people,
controls the test people, whom neither table holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ppml_core.anonymize.base import Anonymizer
from ppml_core.attacks.base import Finding
from ppml_core.attacks.inference import Inference
from ppml_core.attacks.linkability import Linkability
from ppml_core.attacks.record_linkage import RecordLinkage
from ppml_core.attacks.singling_out import SinglingOut
from ppml_core.data.dataset import Dataset
from ppml_core.errors import NotApplicable
from ppml_core.experiment.prepare import parts

ATTACKS = (RecordLinkage, SinglingOut, Linkability, Inference)


@dataclass(frozen=True)
class Tried:
    """One attack on one table. `finding` is its success; None where it does not apply, with the `reason`."""

    attack: str
    table: str
    finding: Finding | None
    reason: str = ""


def attack_releases(
    data: Dataset,
    anonymizer: Anonymizer,
    names: tuple[str, str],
    seed: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Tried, ...]:
    """Every attack on the training people as they are and on their release; `names` is what the two are called.

    `progress(done, total)` counts attacks and may raise to stop. Raises what the anonymizer raises.
    """
    members, others = parts(data, seed)
    made = anonymizer.fit(members, np.random.default_rng([seed, 0]))
    tables = ((names[0], members, np.arange(len(members))), (names[1], made.release, made.kept))
    tried: list[Tried] = []
    for cls in ATTACKS:
        for name, release, kept in tables:
            if progress is not None:
                progress(len(tried), len(ATTACKS) * len(tables))
            try:
                findings = cls().on(members, others, release, kept, np.random.default_rng([seed, 1]))
            except NotApplicable as fault:
                tried.append(Tried(cls.title, name, None, str(fault)))
            else:
                tried.append(Tried(cls.title, name, findings[0]))
    return tuple(tried)
