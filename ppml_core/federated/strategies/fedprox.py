"""Federated averaging of clients that are held near the server's model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ppml_core.federated.strategies.fedavg import FedAvg


@dataclass(frozen=True)
class FedProx(FedAvg):
    """Averages like FedAvg; the plan's `proximal` term is added where clients train. Li et al. 2020, equation 2."""

    title: ClassVar[str] = "FedProx"
    holds_near: ClassVar[bool] = True
