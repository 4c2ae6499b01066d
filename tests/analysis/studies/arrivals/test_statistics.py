from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

from analysis.studies.arrivals.statistics import Tail, chance, significances


def test_chances_are_counted():
    found = chance(2.5, np.array([1.0, 2.0, 3.0, 4.0]))
    assert found.value == pytest.approx(3 / 5)
    assert found.note == "2 of 4 isotropic skies"
    none = chance(9.0, np.zeros(99))
    assert none.value == pytest.approx(0.01)
    assert none.error[1] > 0


def test_tails_of_likelihood_ratios_are_those_of_wilks():
    """3 standard deviations from 4000 skies, of a chi2 with two degrees of freedom."""
    values = chi2(2).rvs(4000, random_state=np.random.default_rng(1))
    tail = Tail.of(values)
    for true in (1e-2, 1.35e-3, 1e-5):
        found = tail.p_values(np.array([chi2(2).isf(true)]))
        assert np.log(found[0] / true) == pytest.approx(0.0, abs=0.5)
    # below the tail, skies are counted
    assert tail.p_values(np.array([chi2(2).isf(0.5)]))[0] == pytest.approx(0.5, abs=0.03)
    assert tail.p_values(np.array([0.0]))[0] == 1.0


def test_significances_are_one_sided():
    assert significances(np.array([0.5, 1.3499e-3, 2.8665e-7])) == pytest.approx([0.0, 3.0, 5.0], abs=1e-3)
    assert significances(np.array([1.0])).tolist() == [0.0]
