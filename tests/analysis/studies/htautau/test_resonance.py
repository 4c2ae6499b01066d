from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

from analysis.errors import DataError
from analysis.studies.htautau.resonance import fit_peak, line_shape, radiated_fraction
from analysis.studies.htautau.settings import PeakSettings
from analysis.studies.htautau.study import study

JPSI, Z = study.stage("calibration").step.settings.peaks


def radiate(generator: np.random.Generator, count: int, mass: float) -> np.ndarray:
    """Squared-mass fractions drawn from the radiator by inverting its distribution."""
    x = np.concatenate([[0.0], np.logspace(-200, 0, 400_001)])
    return np.interp(generator.random(count), radiated_fraction(x, mass), x)


def true_masses(generator: np.random.Generator, count: int, peak: PeakSettings, mass: float) -> np.ndarray:
    """Masses before radiation, drawn from the published line by inverting its sum."""
    if peak.width < 0.001:
        return np.full(count, mass)
    m = mass * np.exp(np.linspace(-0.5, 0.5, 200_001))
    line = m**peak.power / ((m**2 - mass**2) ** 2 + (m**2 * peak.width / peak.mass) ** 2) * m
    return np.interp(generator.random(count), np.cumsum(line) / line.sum(), m)


def toys(seed: int, peak: PeakSettings, mass: float, signal: int, background: int) -> np.ndarray:
    """Pairs from a resonance, with photons and a resolution of 1.2 %, and pairs from anywhere in the window."""
    generator = np.random.default_rng(seed)
    seen = true_masses(generator, signal, peak, mass)
    seen *= np.sqrt(1.0 - radiate(generator, signal, peak.mass))
    seen *= np.exp(0.012 * generator.standard_normal(signal))
    return np.concatenate([seen, generator.uniform(*peak.window, background)])


def test_the_radiator_is_a_distribution() -> None:
    x = np.linspace(0.0, 1.0, 100_001)
    for mass in (JPSI.mass, Z.mass):
        probability = radiated_fraction(x, mass)
        assert probability[0] == 0.0
        assert probability[-1] == pytest.approx(1.0, abs=1e-12)
        assert (np.diff(probability) > 0.0).all()
    # heavier resonances radiate more
    assert radiated_fraction(np.array(0.01), Z.mass) < radiated_fraction(np.array(0.01), JPSI.mass)


def test_the_density_of_the_radiator() -> None:
    """The derivative is the published density, with both muons' splitting function (1 + z^2) / (1 - z)."""
    beta = 2.0 / 137.035999 / np.pi * (np.log(Z.mass**2 / 0.1056583755**2) - 1.0)
    x, step = np.array([0.1, 0.3, 0.7]), 1e-6
    slope = (radiated_fraction(x + step, Z.mass) - radiated_fraction(x - step, Z.mass)) / (2 * step)
    published = beta * x ** (beta - 1.0) * (1.0 + 0.75 * beta) - beta * (1.0 - x / 2.0)
    assert slope == pytest.approx(published, rel=1e-7)
    first_order = beta * (1.0 + (1.0 - x) ** 2) / (2.0 * x)
    assert slope == pytest.approx(first_order, rel=0.2)


@pytest.mark.parametrize("peak", [JPSI, Z], ids=lambda peak: peak.name)
def test_the_line_shape_against_generated_events(peak: PeakSettings) -> None:
    """The convolution on the grid against a sum over generated photons, a way that shares no code with it."""
    edges = np.linspace(*peak.window, 41)
    fine = np.linspace(*peak.window, 4_001)
    shape = line_shape(peak)(fine, peak.mass, 0.012, 0.0, 2.0)
    cumulative = np.concatenate([[0.0], np.cumsum((shape[1:] + shape[:-1]) / 2.0)])
    expected = np.diff(np.interp(edges, fine, cumulative / cumulative[-1]))
    counts = np.histogram(toys(5, peak, peak.mass, 1_000_000, 0), edges)[0]
    expected *= counts.sum()
    assert chi2.sf(((counts - expected) ** 2 / expected).sum(), 39) > 1e-3


def test_radiation_and_resolution_move_the_line_down() -> None:
    x = np.linspace(Z.window[0], Z.window[1], 8_001)
    mean = {
        radiation: np.average(x, weights=line_shape(Z, radiation)(x, Z.mass, 0.012, 0.0, 2.0))
        for radiation in (False, True)
    }
    assert 0.5 < mean[False] - mean[True] < 2.0


@pytest.mark.parametrize("shift", [-0.01, 0.0, 0.004])
@pytest.mark.parametrize("peak", [JPSI, Z], ids=lambda peak: peak.name)
def test_the_fit_finds_the_mass(peak: PeakSettings, shift: float) -> None:
    fit = fit_peak(toys(7, peak, peak.mass * (1.0 + shift), 20_000, 3_000), peak, tails=False)
    assert fit.uncertainty < 1e-3 * peak.mass
    assert abs(fit.mass - peak.mass * (1.0 + shift)) < 3.0 * fit.uncertainty
    assert fit.resolution == pytest.approx(0.012, rel=0.05)
    assert fit.p_value > 1e-3
    assert fit.expected.sum() == pytest.approx(fit.counts.sum(), rel=1e-3)


def test_the_uncertainty_covers() -> None:
    pulls = []
    for seed in range(25):
        fit = fit_peak(toys(100 + seed, JPSI, JPSI.mass, 2_000, 1_000), JPSI, tails=False)
        pulls.append((fit.mass - JPSI.mass) / fit.uncertainty)
    # standard errors of mean and width of 25 pulls are 0.20 and 0.14
    assert abs(np.mean(pulls)) < 0.6
    assert 0.6 < np.std(pulls) < 1.4


def test_without_radiation_the_mass_comes_out_low() -> None:
    masses = toys(7, Z, Z.mass, 20_000, 3_000)
    fit = fit_peak(masses, Z, tails=False, radiation=False)
    assert fit.mass < Z.mass - 5.0 * fit.uncertainty


def test_too_few_pairs() -> None:
    with pytest.raises(DataError, match=r"muons in the barrel: 3 muon pairs between 2\.8 and 3\.4 GeV are too few"):
        fit_peak(np.array([3.0, 3.1, 3.2, 5.0]), JPSI, tails=False, what="muons in the barrel")
