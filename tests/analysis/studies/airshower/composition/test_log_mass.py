import numpy as np
import pytest

from analysis.errors import StudyError
from analysis.studies.airshower.composition.log_mass import log_masses, mean, variance


def test_moments_are_those_of_events(generator):
    logarithms = log_masses(("proton", "helium", "iron"), {"iron": 56, "proton": 1, "helium": 4})
    fractions = np.array([[0.2, 0.5, 0.3], [1.0, 0.0, 0.0]])
    drawn = generator(1).choice(logarithms, 200_000, p=fractions[0])
    assert mean(fractions, logarithms)[0] == pytest.approx(drawn.mean(), abs=0.015)
    assert variance(fractions, logarithms)[0] == pytest.approx(drawn.var(), abs=0.02)
    assert mean(fractions, logarithms)[1] == variance(fractions, logarithms)[1] == 0.0


def test_an_unknown_primary_is_named():
    with pytest.raises(StudyError, match="of photon is not known"):
        log_masses(("proton", "photon"), {"proton": 1})
