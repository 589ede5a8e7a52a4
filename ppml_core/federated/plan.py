"""What server and clients agree on before the first round: plain public values, the same for all of them.

In: settings. Out: a `Plan`, and the generators that grow from a scenario's seed. Everything drawn at random has one of
its own, by purpose, client and round, so that a client's numbers depend on nothing that happens beside it, and the
engine in one process and real processes that are given the seed reach the same weights.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from ppml_core.errors import BadInput
from ppml_core.settings import Method, setting

COLUMN = "column"
PARTITIONS = ("iid", "dirichlet", "quantity", COLUMN)
STRATEGIES = ("fedavg", "fedprox", "fedadam", "median", "trimmed_mean")


@dataclass(frozen=True)
class Plan(Method):
    """The settings of a federated training; JSON carries them (`values`, `from_values`)."""

    clients: int = setting(5, 1, 10_000, slider=(2, 50), help="holders of people, each with its own rows", log=True)
    rounds: int = setting(20, 1, 10_000, slider=(1, 100), help="times that the model goes to the clients and back")
    strategy: str = setting("fedavg", choices=STRATEGIES, help="what the server makes of the clients' updates")
    partition: str = setting(
        "iid", choices=PARTITIONS, help="who holds whom: by lot, by skewed classes, in unequal numbers, by a column"
    )
    alpha: float = setting(
        0.3, 1e-3, 1e4, slider=(0.05, 10.0), log=True,
        help="Dirichlet parameter of skewed classes or numbers; the smaller, the more unlike the clients",
    )  # fmt: skip
    by: str = setting("", help="the column whose values tell the clients apart, where the partition is by a column")
    fraction: float = setting(1.0, 1e-3, 1.0, slider=(0.1, 1.0), help="share of the clients in a round", unit="share")
    dropout: float = setting(
        0.0, 0.0, 0.95, slider=(0.0, 0.8), help="chance that a client in a round does not answer", unit="share"
    )
    local_epochs: int = setting(1, 1, 1000, slider=(1, 20), help="times a client goes through its rows in a round")
    batch: int = setting(64, 1, 1_000_000, slider=(8, 1024), help="rows in a local step", unit="rows", log=True)
    learning_rate: float = setting(8.0, 1e-5, 1e4, slider=(0.25, 64.0), log=True, help="length of a local step")
    proximal: float = setting(
        0.1, 0.0, 1e3, slider=(0.001, 1.0), log=True, help="FedProx: how hard a client is held near the server's model"
    )
    server_rate: float = setting(
        0.1, 1e-5, 1e3, slider=(0.001, 1.0), log=True, help="FedAdam: length of the server's step"
    )
    trimmed: float = setting(
        0.2, 0.0, 0.49, slider=(0.0, 0.45), help="trimmed mean: share of the clients left out at either end"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.partition == COLUMN) != bool(self.by):
            raise BadInput("by names a column where, and only where, partition is 'column'.")

    @property
    def sampled(self) -> int:
        """Clients in a round."""
        return max(1, round(self.fraction * self.clients))


def generator(seed: int, purpose: str, *places: int) -> np.random.Generator:
    """The generator for one purpose (and client, round …) of a training with that seed.

    >>> bool(generator(1, "order", 0, 3).random() == generator(1, "order", 0, 3).random())
    True
    """
    return np.random.default_rng(np.random.SeedSequence([seed, zlib.crc32(purpose.encode()), *places]))
