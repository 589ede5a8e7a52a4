"""Who holds whom: people dealt out to clients, evenly or as unevenly as life does it.

In: class numbers or a column's texts, a plan, a generator. Out: for each client the places of its people; together
everyone, each once.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput
from ppml_core.federated.plan import COLUMN, Plan
from ppml_core.learn.encoding import texts_of
from ppml_core.learn.target import encode_target, target_classes

Places = npt.NDArray[np.int64]


def partition(plan: Plan, data: Dataset, rng: np.random.Generator) -> list[Places]:
    """The places of each client's people in the table, ascending. Raises BadInput where there are fewer people."""
    if len(data) < plan.clients:
        raise BadInput(f"{len(data)} people cannot be dealt out to {plan.clients} clients: set fewer clients.")
    if plan.partition == COLUMN:
        parts = by_column(data, plan.by, plan.clients)
    elif plan.partition == "dirichlet":
        parts = label_skew(encode_target(data, target_classes(data.schema)), plan.clients, plan.alpha, rng)
    elif plan.partition == "quantity":
        parts = quantity_skew(len(data), plan.clients, plan.alpha, rng)
    else:
        parts = np.array_split(rng.permutation(len(data)), plan.clients)
    return [np.sort(part) for part in parts]


def label_skew(labels: npt.NDArray[np.int64], clients: int, alpha: float, rng: np.random.Generator) -> list[Places]:
    """Each class dealt out in shares drawn from a Dirichlet distribution. Hsu, Qi, Brown 2019, section 3."""
    parts: list[list[Places]] = [[] for _ in range(clients)]
    for label in np.unique(labels):
        people = rng.permutation(np.flatnonzero(labels == label))
        for part, own in zip(parts, _dealt(people, clients, alpha, rng), strict=True):
            part.append(own)
    return [np.concatenate(part) for part in parts]


def quantity_skew(people: int, clients: int, alpha: float, rng: np.random.Generator) -> list[Places]:
    """Everybody dealt out by lot in shares drawn from a Dirichlet distribution: alike but for their numbers."""
    return _dealt(rng.permutation(people), clients, alpha, rng)


def by_column(data: Dataset, column: str, clients: int) -> list[Places]:
    """Whole values of a column, the most frequent first, each to the client with the fewest people so far.

    Raises BadInput where the column is not there or has fewer values than there are clients.
    """
    if column not in data.table.columns:
        raise BadInput(f"there is no column {column!r} to tell the clients apart by.")
    codes, texts = texts_of(data, column)
    if len(texts) < clients:
        raise BadInput(f"{column!r} has {len(texts)} values, too few for {clients} clients: set fewer clients.")
    counts = np.bincount(codes, minlength=len(texts))
    held, owner = np.zeros(clients, dtype=np.int64), np.zeros(len(texts), dtype=np.int64)
    for code in np.lexsort((np.argsort(np.argsort(texts.astype(str))), -counts)):
        owner[code] = int(held.argmin())
        held[owner[code]] += counts[code]
    return [np.flatnonzero(owner[codes] == client) for client in range(clients)]


def _dealt(people: Places, clients: int, alpha: float, rng: np.random.Generator) -> list[Places]:
    ends = np.round(np.cumsum(rng.dirichlet(np.full(clients, alpha))) * len(people)).astype(np.int64)
    return list(np.split(people, ends[:-1]))
