"""A fitted release looked at as a preview is: class sizes, risk and detail, whatever method made it.

In: a Dataset, a Recoding of it, the k that was asked. Out: `ReleaseView`, with the numbers that stand beside a slider.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ppml_core.anonymize.base import Recoding
from ppml_core.anonymize.transforms.drop_identifiers import DropIdentifiers
from ppml_core.attacks.linkage import RiskReport, class_sizes, risk_report
from ppml_core.data.dataset import Dataset
from ppml_core.experiment.preview import THRESHOLD, ReleaseRisk

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ReleaseView:
    """One release of one table. `before` and `after` are sizes of classes, as in `Preview`."""

    data: Dataset
    made: Recoding
    k: int

    @property
    def people(self) -> int:
        return len(self.data)

    @property
    def suppressed(self) -> int:
        return self.people - len(self.made.kept)

    @property
    def suppressed_share(self) -> float:
        return self.suppressed / self.people

    @cached_property
    def before(self) -> Ints:
        return class_sizes(self.data)

    @cached_property
    def after(self) -> Ints:
        return class_sizes(self.made.release)

    @property
    def granularity(self) -> float | None:
        """1 is no loss, 0 everything; None where the method's loss is not counted in generalized cells."""
        found = self.made.statistics.get("granularity")
        return None if found is None else float(found)

    def risk(self, threshold: float = THRESHOLD) -> ReleaseRisk:
        """As `Preview.risk`."""
        if not len(self.made.release):
            return ReleaseRisk(0.0, 0.0, 0.0, threshold)
        report = self._report
        return ReleaseRisk(
            report.prosecutor.max, report.prosecutor.mean, report.prosecutor.share_above, threshold,
            report.attribute_disclosure.certain_share,
        )  # fmt: skip

    def unique_with_kept(self) -> float:
        """As `Preview.unique_with_kept`."""
        return float(self._report.unique_share_with_kept or 0.0) if len(self.made.release) else 0.0

    def release(self) -> Dataset:
        """The table to publish, without identifiers."""
        return DropIdentifiers().fit(self.made.release, np.random.default_rng(0)).release

    def recoding(self) -> Recoding:
        return self.made

    @cached_property
    def _report(self) -> RiskReport:
        return risk_report(self.made.release, THRESHOLD, marked=False)
