import numpy as np
import pytest

from analysis.studies.airshower.published import gumbel
from analysis.studies.airshower.published.depth import Acceptance, Resolution, read_acceptance, read_resolution
from analysis.studies.airshower.published.templates import template

EDGES = np.linspace(0, 2000, 101)
CENTRES = (EDGES[1:] + EDGES[:-1]) / 2
ENERGY = np.linspace(17.85, 19.6, 18)


def open_acceptance():
    limits = np.array([[0.0] * 18, [3000.0] * 18])
    ones = np.ones((2, 18))
    return Acceptance(np.linspace(17.8, 20, 19), limits, ones, 100 * ones, ones)


@pytest.mark.parametrize("mass_number", [1, 56])
def test_moments_are_those_of_the_shower_and_of_the_resolution(published, mass_number):
    resolution = read_resolution(published["xmax2014"])
    shares = template(EDGES, ENERGY, mass_number, "EPOS-LHC", open_acceptance(), resolution)
    assert shares.shape == (18, 100)
    assert shares.sum(axis=1) == pytest.approx(np.ones(18))
    mean = shares @ CENTRES
    assert mean == pytest.approx(gumbel.mean(ENERGY, mass_number, "EPOS-LHC"), abs=0.2)
    variance = shares @ CENTRES**2 - mean**2
    expected = gumbel.variance(ENERGY, mass_number, "EPOS-LHC") + resolution.width() ** 2 + 20**2 / 12
    assert np.sqrt(variance) == pytest.approx(np.sqrt(expected), rel=0.005)


def test_without_detector_the_shares_are_differences_of_the_distribution():
    none = Resolution(np.linspace(17.8, 20, 19), np.full((2, 18), 0.8), np.zeros((2, 18)), np.ones(18))
    shares = template(EDGES, ENERGY, 4, "Sibyll2.1", open_acceptance(), none)
    expected = np.diff(gumbel.cdf(EDGES[:, np.newaxis], ENERGY, 4, "Sibyll2.1"), axis=0).T
    assert np.abs(shares - expected).max() < 2e-3


def test_the_acceptance_takes_deep_showers_away(published):
    files = published["xmax2014"]
    resolution = read_resolution(files)
    shift = {
        mass_number: (
            template(EDGES, ENERGY, mass_number, "EPOS-LHC", read_acceptance(files), resolution)
            - template(EDGES, ENERGY, mass_number, "EPOS-LHC", open_acceptance(), resolution)
        )
        @ CENTRES
        for mass_number in (1, 56)
    }
    assert np.all((shift[1] < -1) & (shift[1] > -10))
    # iron is well within the limits of full acceptance
    assert np.abs(shift[56]).max() < 0.1


def test_each_energy_bin_may_have_edges_of_its_own(published):
    resolution = read_resolution(published["xmax2014"])
    shift = np.linspace(-10, 10, 18)
    moved = template(EDGES[:, np.newaxis] + shift, ENERGY, 4, "EPOS-LHC", open_acceptance(), resolution)
    for index in (0, 9, 17):
        alone = template(EDGES + shift[index], ENERGY, 4, "EPOS-LHC", open_acceptance(), resolution)
        assert moved[index] == pytest.approx(alone[index], abs=1e-12)
