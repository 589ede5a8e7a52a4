"""Audits of everything that claims a guarantee, found by the catalog: nobody leaks more than they claim.

Every private learner under every relation that it offers, for every kind of target that it has; every anonymizer with a
budget; what leaves by the release path; and every noise that is added, the query desk's among it. `audited.py` says how
sure all of it together is, `test_audit_power.py` what would be caught.
"""

from __future__ import annotations

import numpy as np
import pytest
from audited import ANONYMIZERS, DELTA, ERROR, FEW, GAUSSIAN_EPSILON, LEARNERS, PRIVATE, RELEASES, Case, budget

from ppml_core.anonymize.base import Anonymizer
from ppml_core.attacks.audits.running import audit_anonymizer, audit_canaries, audit_learner, audit_release, telling
from ppml_core.attacks.audits.worlds import built_in, pairs
from ppml_core.catalog import methods
from ppml_core.errors import BadInput, NotApplicable
from ppml_core.experiment.mechanisms import MECHANISMS, audit_mechanism
from ppml_core.settings import settings_of

pytestmark = pytest.mark.slow

# Sentences by which a learner may decline a kind of target or of setting; any other way out is a fault.
DECLINED = ("is offered for two classes", "set rate to 1")


def declines(case: Case) -> bool:
    """Whether the learner says that it is not made for this."""
    try:
        case.method.fit(pairs(case.schema, "add_or_remove_one")[0].second, np.random.default_rng(0))
    except NotApplicable as why:
        if any(sentence in str(why) for sentence in DECLINED):
            return True
        raise
    return False


@pytest.mark.parametrize("case", LEARNERS, ids=str)
def test_no_learner_leaks_more_than_it_claims(case: Case) -> None:
    if declines(case):
        return
    found = audit_learner(case.method, case.runs, error=ERROR, schema=case.schema)
    assert found.claim.neighbours == (case.relation or found.claim.neighbours)
    assert not found.contradicted, found


@pytest.mark.parametrize("name", PRIVATE)
def test_no_learner_gives_away_more_canaries_than_it_claims(name: str) -> None:
    cls = PRIVATE[name]
    found = audit_canaries(cls.from_values(budget(cls) | telling(cls)), 300, error=ERROR)
    assert not found.contradicted, found


@pytest.mark.parametrize("inputs", [False, True], ids=["target alone", "all columns"])
@pytest.mark.parametrize("case", ANONYMIZERS, ids=str)
def test_no_anonymizer_leaks_more_than_it_claims(case: Case, inputs: bool) -> None:
    found = audit_anonymizer(case.method, FEW, error=ERROR, schema=built_in(inputs=inputs))
    assert not found.contradicted, found


@pytest.mark.parametrize("name", methods(Anonymizer))
def test_an_anonymizer_without_a_budget_claims_nothing(name: str) -> None:
    cls = methods(Anonymizer)[name]
    if "epsilon" not in settings_of(cls):
        with pytest.raises((NotApplicable, BadInput)):
            audit_anonymizer(cls(), FEW)


@pytest.mark.parametrize("case", RELEASES, ids=str)
def test_what_leaves_leaks_no_more_than_it_claims(case: Case) -> None:
    """Noise of the operating system: the discrete Gaussian of OpenDP on exact sums and counts, and its choices."""
    found = audit_release(case.method, FEW, error=ERROR, schema=case.schema)
    assert not found.contradicted, found


RUNS = dict.fromkeys(("gaussian", "desk_gaussian", "randomized_response"), 1000)
RUNS |= {"desk_laplace": 2000, "release_choice": 8000, "desk_selection": 8000}


@pytest.mark.parametrize("name", MECHANISMS)
def test_noise_as_it_is_used_keeps_its_claim_and_half_of_it_is_caught(name: str) -> None:
    """Power: three audits catch half of the noise, with so many runs in each world as each noise needs.

    Where no seed repeats them, two of the three: by 1,500 simulations of each, one in 1,500 audits or fewer misses it,
    so that less than one in 100,000 runs of this test fails by bad luck.
    """
    mechanism = MECHANISMS[name]
    asked = (GAUSSIAN_EPSILON, DELTA) if mechanism.gaussian else (1.0, 0.0)
    runs = RUNS.get(name, 4000)
    assert not audit_mechanism(name, *asked, runs, seed=1, error=ERROR).contradicted
    caught = sum(audit_mechanism(name, *asked, runs, seed, ERROR, noise=0.5).contradicted for seed in (1, 2, 3))
    assert caught >= (3 if mechanism.seeded else 2)
