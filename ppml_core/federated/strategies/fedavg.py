"""Federated averaging: the mean of the clients' models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ppml_core.federated.strategies.base import Strategy


@dataclass(frozen=True)
class FedAvg(Strategy):
    """The clients' weights averaged by their rows. McMahan et al. 2017, Algorithm 1."""

    title: ClassVar[str] = "FedAvg"
