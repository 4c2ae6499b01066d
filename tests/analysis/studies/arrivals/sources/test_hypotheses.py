from __future__ import annotations

from typing import Any

import awkward as ak
import numpy as np
import pytest

from analysis.studies.arrivals.settings import CATALOGUES, ScanSettings
from analysis.studies.arrivals.sources.hypotheses import attenuation, density, pixel_exposure


def test_the_density_is_one_source_a_sphere():
    sine = (np.arange(2000) + 0.5) / 1000.0 - 1.0
    for radius in (6.0, 25.0, 44.0):
        # around the pole the density depends on the declination alone
        where = np.stack([np.sqrt(1 - sine**2), np.zeros_like(sine), sine], axis=1)
        found = density(where, np.array([[0.0, 0.0, 1.0]]), np.ones(1), radius)
        assert found.mean() * 4.0 * np.pi == pytest.approx(1.0, rel=3e-3)


@pytest.mark.long
def test_ratios_are_one_on_average(hypotheses: Any, array: Any):
    settings = ScanSettings()
    exposure = pixel_exposure(settings.nside)
    for row, threshold in enumerate(settings.thresholds):
        inclined = array["inclined"][array["energy"] >= threshold].mean()
        seen = (1.0 - inclined) * exposure[0] + inclined * exposure[1]
        for name in CATALOGUES:
            assert hypotheses[f"{name}_ratios"][row] @ seen == pytest.approx(np.ones(len(settings.radii)), abs=1e-5)


def test_far_sources_lose_more_and_the_more_so_the_higher_the_energy(sources: ak.Array):
    own = sources[np.asarray(sources.catalogue) == 0]
    factors = attenuation(
        np.asarray(own.emitted_energy), np.asarray(own.arrival_energy), np.array([40.0, 60.0, 80.0]), 2.0
    )
    distance = np.asarray(own.distance)
    assert ((factors > 0) & (factors <= 1)).all()
    near, far = int(distance.argmin()), int(distance.argmax())
    assert (factors[:, near] > 0.95).all()
    assert (factors[:, far] < 0.8).all()
    assert factors[2, far] < 0.1
    assert (np.diff(factors[:, far]) < 0).all()
    # a hard spectrum loses less
    harder = attenuation(np.asarray(own.emitted_energy), np.asarray(own.arrival_energy), np.array([60.0]), 1.5)
    assert harder[0, far] == pytest.approx(np.sqrt(factors[1, far]))


def test_weights_are_shares(hypotheses: Any):
    for name in CATALOGUES:
        weights = hypotheses[f"{name}_weights"]
        assert weights.sum(axis=1) == pytest.approx(np.ones(len(weights)))
        assert (weights >= 0).all()
