"""The ledger: what several runs on one table cost together."""

from __future__ import annotations

import pytest

from ppml_core.accounting.accountants import gdp
from ppml_core.accounting.events import Composition, Gaussian
from ppml_core.accounting.gaussian import as_replace_one, epsilon_of, mu_of
from ppml_core.accounting.ledger import all_together, together
from ppml_core.errors import BadInput, NotApplicable
from ppml_core.evidence import Guarantee


def test_gaussian_runs_add_up_in_squares_as_the_accountant_says() -> None:
    runs = [Guarantee(e, 1e-5, "add_or_remove_one", mu=mu_of(e, 1e-5)) for e in (0.5, 1.0, 1.0, 3.0)]
    whole = together(runs)
    event = Composition(tuple((Gaussian(noise_multiplier=1 / (run.mu or 1.0)), 1) for run in runs))
    assert whole.epsilon == pytest.approx(gdp(event, 1e-5), rel=1e-9)
    assert whole.delta == 1e-5
    assert 3.0 < whole.epsilon < 5.5


def test_others_add_up_plainly() -> None:
    known = Guarantee(1.0, 1e-5, "replace_one", mu=mu_of(1.0, 1e-5))
    whole = together([known, Guarantee(0.5, 1e-6, "replace_one")])
    assert (whole.epsilon, whole.delta, whole.mu) == (1.5, pytest.approx(1.1e-5), None)


def test_what_does_not_add_up_is_refused() -> None:
    with pytest.raises(NotApplicable):
        together([Guarantee(1.0, 0.0, "replace_one"), Guarantee(1.0, 0.0, "add_or_remove_one")])
    with pytest.raises(NotApplicable):
        together([Guarantee(1.0, 0.4, "replace_one")] * 3)
    with pytest.raises(BadInput):
        together([])


def test_runs_of_all_mechanisms_add_up_under_one_relation() -> None:
    gaussian = Guarantee(1.0, 1e-5, "add_or_remove_one", mu=mu_of(1.0, 1e-5))
    pure = Guarantee(0.5, 0.0, "replace_one")
    alone, whole = together([gaussian] * 4), all_together([gaussian] * 4 + [pure])
    assert all_together([gaussian] * 4) == alone, "nothing to convert"
    assert whole.neighbours == "replace_one"
    assert whole.epsilon == pytest.approx(epsilon_of(4 * mu_of(1.0, 1e-5), 1e-5) + 0.5), "2·sqrt(4) times mu, and ε"
    assert whole.epsilon < sum(as_replace_one(gaussian).epsilon for _ in range(4)) + 0.5
    with pytest.raises(NotApplicable):
        all_together([pure, Guarantee(0.5, 0.0, "replace_one", unit="client")])
