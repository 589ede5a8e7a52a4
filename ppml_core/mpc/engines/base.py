"""What every engine owes: what is known of it without its library, and one verb. The library loads where it is used."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from ppml_core.mpc.holding import Holding, Opened
from ppml_core.mpc.plan import Model, Plan


class Engine(ABC):
    """Takes part in a computation on shares as one party. Its name is its file's.

    `steps` and `batch` are the usual number of each model's steps and of the people in one; `most_rows` and
    `most_test_rows` how many people it takes where nobody says. `sums` is what one party sees of what is computed,
    `notes` what else there is to know of the protocol, in sentences. `limits` says for which Python its library has a
    wheel, "" for all.
    """

    title: ClassVar[str]
    library: ClassVar[str]
    steps: ClassVar[Mapping[Model, int]]
    batch: ClassVar[Mapping[Model, int]]
    most_rows: ClassVar[int]
    most_test_rows: ClassVar[int]
    sums: ClassVar[str]
    notes: ClassVar[tuple[str, ...]]
    limits: ClassVar[str] = ""

    @classmethod
    def name(cls) -> str:
        return cls.__module__.rpartition(".")[2]

    @abstractmethod
    def take_part(self, plan: Plan, party: int, holding: Holding, addresses: tuple[str, ...]) -> Opened:
        """Shares what the party holds, computes with the others, and gives what is opened to this party."""
