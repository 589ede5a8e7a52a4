"""Sums on ciphertexts make the model that sums in the clear make."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.data.split import split
from ppml_core.errors import BadInput, NotApplicable
from ppml_core.learn.base import Fitted
from ppml_core.learn.logistic_regression import LogisticRegression
from ppml_core.venues.base import Venue
from ppml_core.venues.federated import Federated
from ppml_core.venues.federated_encrypted import FederatedEncrypted

VENUE = FederatedEncrypted(clients=4, rounds=3)


@pytest.fixture(scope="module")
def people() -> tuple[Dataset, Dataset]:
    return split(load("german_credit"), 1)


def trained(venue: Venue, data: Dataset) -> Fitted:
    return venue.train(LogisticRegression(knots=1), data, np.random.default_rng(1))


@pytest.mark.parametrize(
    "settings",
    [
        {},
        pytest.param({"strategy": "fedadam"}, marks=pytest.mark.slow),
        pytest.param({"partition": "dirichlet"}, marks=pytest.mark.slow),
    ],
)
def test_the_model_is_that_of_sums_in_the_clear(settings: dict[str, object], people: tuple[Dataset, Dataset]) -> None:
    train, test = people
    hidden = FederatedEncrypted(clients=4, rounds=3, **settings)
    clear = trained(Federated(**dataclasses.asdict(hidden.plan())), train)
    found = trained(hidden, train)
    assert np.abs(found.predict_proba(test) - clear.predict_proba(test)).max() < 1e-5
    assert dict(found.costs)["bytes"] > dict(clear.costs)["bytes"]


def test_a_sum_of_two_is_never_opened(people: tuple[Dataset, Dataset]) -> None:
    with pytest.raises(BadInput, match="clients"):
        FederatedEncrypted(clients=2)
    with pytest.raises(NotApplicable, match="lower dropout"):
        trained(dataclasses.replace(VENUE, dropout=0.95), people[0])


def test_clients_by_a_column_need_its_name() -> None:
    with pytest.raises(BadInput, match="by names a column"):
        dataclasses.replace(VENUE, partition="column").plan()
