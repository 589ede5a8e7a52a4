"""What server and clients agree on before the first round: plain public values, the same for all of them.

In: settings. Out: a `Plan`, and the generators that grow from a scenario's seed. Everything drawn at random has one of
its own, by purpose, client and round, so that a client's numbers depend on nothing that happens beside it, and the
engine in one process and real processes that are given the seed reach the same weights.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from ppml_core.accounting.budget_settings import delta_setting, epsilon_setting
from ppml_core.catalog import method, methods
from ppml_core.errors import BadInput
from ppml_core.federated.strategies.base import Strategy
from ppml_core.settings import Method, setting, settings_of

COLUMN = "column"
SKEWED = ("dirichlet", "quantity")
PARTITIONS = ("iid", *SKEWED, COLUMN)
NOISES = ("none", "central", "local", "distributed")
NOISY = ("dp", NOISES[1:])
UNITS = ("record", "client")
LEAST_SURVIVORS = 3
LEAST_CLIENTS_AS_UNIT = 200


def partition_setting() -> Any:
    """How people are laid out among holders."""
    told = "who holds whom: by lot, by skewed classes, in unequal numbers, by a column"
    return setting("iid", choices=PARTITIONS, help=told)


def alpha_setting() -> Any:
    """How unlike the holders are."""
    told = "Dirichlet parameter of skewed classes or numbers; the smaller, the more unlike the holders"
    return setting(0.3, 1e-3, 1e4, slider=(0.05, 10.0), log=True, help=told, needs=("partition", SKEWED))


def by_setting() -> Any:
    """A column's name, "" where the partition is by none."""
    told = "the column whose values tell the holders apart, where the partition is by a column"
    return setting("", help=told, needs=("partition", (COLUMN,)))


@dataclass(frozen=True)
class Plan(Method):
    """The settings of a federated training; JSON carries them (`values`, `from_values`)."""

    clients: int = setting(5, 1, 10_000, slider=(2, 50), help="holders of people, each with its own rows", log=True)
    rounds: int = setting(20, 1, 10_000, slider=(1, 100), help="times that the model goes to the clients and back")
    strategy: str = setting(
        "fedavg", choices=tuple(methods(Strategy)), help="what the server makes of the clients' updates"
    )
    partition: str = partition_setting()
    alpha: float = alpha_setting()
    by: str = by_setting()
    fraction: float = setting(1.0, 1e-3, 1.0, slider=(0.1, 1.0), help="share of the clients in a round", unit="share")
    poisson: bool = setting(False, help="each client is in a round by its own coin, not a fixed number of them")
    dropout: float = setting(
        0.0, 0.0, 0.95, slider=(0.0, 0.8), help="chance that a client in a round does not answer", unit="share"
    )
    local_epochs: int = setting(1, 1, 1000, slider=(1, 20), help="times a client goes through its rows in a round")
    batch: int = setting(128, 1, 1_000_000, slider=(8, 1024), help="rows in a local step", unit="rows", log=True)
    learning_rate: float | None = setting(
        None, 1e-5, 1e4, slider=(0.25, 64.0), log=True,
        help="length of a local step; none is the model's own, or follows from the budget",
    )  # fmt: skip
    momentum: float | None = setting(
        None, 0.0, 0.99, slider=(0.0, 0.95),
        help="share of the server's last step that is kept; none is 0, or with noise for records by rounds",
    )  # fmt: skip
    proximal: float = setting(
        0.001, 0.0, 1e3, slider=(1e-4, 0.1), log=True, needs=("strategy", ("fedprox",)),
        help="FedProx: how hard a client is held near the server's model",
    )  # fmt: skip
    server_rate: float = setting(
        1.0, 1e-5, 1e3, slider=(0.01, 10.0), log=True, needs=("strategy", ("fedadam",)),
        help="FedAdam: length of the server's step",
    )  # fmt: skip
    trimmed: float = setting(
        0.2, 0.0, 0.49, slider=(0.0, 0.45), needs=("strategy", ("trimmed_mean",)),
        help="trimmed mean: share of the clients left out at either end",
    )  # fmt: skip
    secagg: bool = setting(False, help="secure aggregation: the server learns the sum of a round's updates only")
    quorum: float = setting(
        0.6, 0.01, 1.0, slider=(0.5, 1.0), unit="share",
        help="share of a round's clients that must answer before a sum is opened; 3 clients at least",
        needs=("secagg", (True,)),
    )  # fmt: skip
    dp: str = setting("none", choices=NOISES, help="who adds the noise of differential privacy, if anybody")
    unit: str = setting(
        "record", choices=UNITS, help="what is protected: a person's record, or all that a client has", needs=NOISY
    )
    epsilon: float = epsilon_setting(steps=(), needs=NOISY)
    delta: float | None = delta_setting(NOISY)
    clip_norm: float | None = setting(
        None, 1e-4, 100.0, slider=(0.05, 10.0), log=True,
        help="most that one record, or client, adds to a sum; none follows from the budget", needs=NOISY,
    )  # fmt: skip
    rate: float = setting(
        1.0, 1e-4, 1.0, slider=(0.01, 1.0), log=True, unit="share",
        help="chance that a record is in its client's sample of a round, where records are protected", needs=NOISY,
    )  # fmt: skip

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.partition == COLUMN) != bool(self.by):
            raise BadInput("by names a column where, and only where, partition is 'column'.")
        if self.dp == "distributed" and not self.secagg:
            raise BadInput("distributed noise is enough in the sum alone: set secagg to true, or dp to local.")
        needs_each = method(Strategy, self.strategy).needs_each
        if self.secagg and needs_each:
            raise BadInput(f"{self.strategy} looks at each update, and secagg opens their sum only: choose another.")
        if self.secagg and self.sampled < LEAST_SURVIVORS:
            raise BadInput(f"a sum is opened of {LEAST_SURVIVORS} clients at least: {self.sampled} are in a round.")
        if self.secagg and self.poisson:
            raise BadInput("a sum is opened of a fixed number of clients: set poisson to false, or secagg to false.")
        if self.dp == "central" and needs_each:
            raise BadInput(f"central noise is for a sum, and {self.strategy} is none: set dp to local.")
        if self.dp != "none" and self.unit == "client" and self.clients < LEAST_CLIENTS_AS_UNIT:
            raise BadInput(
                f"noise that hides a whole client drowns the sum of {self.clients}: set clients to "
                f"{LEAST_CLIENTS_AS_UNIT} or more, or unit to record."
            )
        if self.rate < 1 and (self.dp == "none" or self.unit != "record"):
            raise BadInput("rate is for records that are protected by noise: set it to 1.")

    @property
    def sampled(self) -> int:
        """Clients in a round, in expectation where they come by their own coins."""
        return max(1, round(self.fraction * self.clients))

    @property
    def least_survivors(self) -> int:
        """How many clients must answer before a sum is opened."""
        return max(LEAST_SURVIVORS, int(np.ceil(self.quorum * self.sampled)))


def strategy_of(plan: Plan, **instead: Any) -> Strategy:
    """The plan's strategy with those of the plan's settings, or of `instead`, that it has."""
    cls = method(Strategy, plan.strategy)
    own = settings_of(cls)
    given = {name: value for name, value in (plan.values() | instead).items() if name in own and value is not None}
    return cls.from_values(given)


def generator(seed: int, purpose: str, *places: int) -> np.random.Generator:
    """The generator for one purpose (and client, round …) of a training with that seed.

    >>> bool(generator(1, "order", 0, 3).random() == generator(1, "order", 0, 3).random())
    True
    """
    return np.random.default_rng(np.random.SeedSequence([seed, zlib.crc32(purpose.encode()), *places]))
