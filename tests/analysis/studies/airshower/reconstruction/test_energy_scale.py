from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import DataError
from analysis.studies.airshower.reconstruction.energy_scale import fit_energy_scale

A, B, FLUCTUATION, RESOLUTION, THRESHOLD = 1.9e17, 1.025, 0.1, 0.08, 10.0**18.65


def hybrids(count: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fluorescence energies, sizes and their uncertainties, of energies ~ E^-3 above 10^18.3 eV."""
    random = np.random.default_rng(seed)
    energy = 10.0**18.3 * (1.0 - random.uniform(size=count)) ** -0.5
    fluorescence = energy * (1.0 + RESOLUTION * random.standard_normal(count))
    expected = (energy / A) ** (1.0 / B)
    noise = 0.8 * np.sqrt(expected) * random.standard_normal(count)
    size = np.maximum(expected * (1.0 + FLUCTUATION * random.standard_normal(count)) + noise, 0.1)
    # as the fit of an event states it: from the size that it found
    return fluorescence, size, 0.8 * np.sqrt(size)


def energy_at(found, size: float) -> float:
    return found.factor * size**found.exponent


def test_the_scale_is_found_without_bias():
    found = fit_energy_scale(*hybrids(60_000), RESOLUTION, THRESHOLD)
    for size in (25.0, 50.0, 150.0):
        assert energy_at(found, size) == pytest.approx(A * size**B, rel=0.006)
    assert found.fluctuation == pytest.approx(FLUCTUATION, rel=0.05)
    assert found.spectral_index[0] == pytest.approx(3.0, abs=3.0 * found.spectral_index[1])


def test_a_plain_line_through_the_logarithms_is_biased():
    fluorescence, size, _ = hybrids(60_000)
    used = fluorescence > THRESHOLD
    slope, offset = np.polyfit(np.log(size[used]), np.log(fluorescence[used]), 1)
    assert abs(np.exp(offset) * 25.0**slope / (A * 25.0**B) - 1.0) > 0.01


def test_uncertainties_are_true():
    pulls = []
    for seed in range(25):
        found = fit_energy_scale(*hybrids(3000, seed), RESOLUTION, THRESHOLD)
        truth = np.array([np.log(A), B, FLUCTUATION])
        values = np.array([np.log(found.factor), found.exponent, found.fluctuation])
        pulls.append((values - truth) / np.sqrt(np.diag(found.covariance)))
    assert np.all(np.abs(np.mean(pulls, axis=0)) < 0.7)
    assert np.all((np.std(pulls, axis=0) > 0.6) & (np.std(pulls, axis=0) < 1.5))


def test_too_few_events_are_an_error():
    with pytest.raises(DataError, match="energy scale cannot be derived from 0 events"):
        fit_energy_scale(*hybrids(1000), RESOLUTION, 1e21)
