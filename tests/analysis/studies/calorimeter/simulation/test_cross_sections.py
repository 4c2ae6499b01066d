"""Interactions against published numbers, and what is drawn against its density."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.studies.calorimeter.simulation import cross_sections
from analysis.studies.calorimeter.simulation.lead_tungstate import (
    ATTENUATION,
    CRITICAL_ENERGY,
    ELECTRON_MASS,
    MOLIERE_RADIUS,
    RADIATION_LENGTH,
)
from analysis.studies.calorimeter.simulation.random_numbers import stream


def states(number: int) -> np.ndarray:
    return stream(np.arange(number, dtype=np.uint64), 2)


def test_photons_interact_as_published() -> None:
    energy, total = ATTENUATION
    found = np.sum(cross_sections.photon_rates(energy), axis=0)
    np.testing.assert_allclose(found, total, rtol=0.01)
    # an absorption edge lies below, a minimum near 4 MeV
    assert 3.0 < energy[total.argmin()] < 5.0


def test_scattering_is_thomsons_at_low_energies() -> None:
    # 0.6652 barn, 0.41315 mol of electrons a gram
    classical = 0.6652e-24 * 6.022e23 * 0.41315 * 8.3 * RADIATION_LENGTH
    assert cross_sections.compton(np.array([1e-3]))[0] == pytest.approx(classical, rel=5e-3)
    # Klein and Nishina at 1 MeV: 0.2112 barn
    assert cross_sections.compton(np.array([1.0]))[0] / classical == pytest.approx(0.2112 / 0.6652, rel=2e-3)


def test_pairs_need_two_masses_and_tend_to_seven_ninths() -> None:
    _, pair, _ = cross_sections.photon_rates(np.array([0.5, 1.02, 2.0, 1e5, 1e6]))
    assert pair[0] == pair[1] == 0
    assert 0 < pair[2] < 0.1
    assert pair[3] == pytest.approx(7 / 9, rel=0.01)
    assert pair[3] < pair[4] < 7 / 9


def test_radiation_takes_all_of_an_electrons_energy_in_a_radiation_length() -> None:
    energy = np.array([50.0, 5000.0])
    np.testing.assert_allclose(cross_sections.soft_bremsstrahlung(energy, 1e6), energy)
    # what is soft and what is not make the whole
    least = 1.0
    y = np.linspace(least / 50.0, 1.0, 100_001)
    hard = np.trapezoid(50.0 * (4 / 3 - 4 / 3 * y + y**2), y)
    assert hard + cross_sections.soft_bremsstrahlung(energy, least)[0] == pytest.approx(50.0, rel=1e-6)


def test_radiated_photons_have_their_number_and_their_density() -> None:
    energy = np.full(100_000, 100.0)
    y, radiated = cross_sections.bremsstrahlung_share(energy, 1.0, states(len(energy)))
    rate = (
        cross_sections.bremsstrahlung(energy[:1], 1.0)[0] / cross_sections.bremsstrahlung_envelope(energy[:1], 1.0)[0]
    )
    assert radiated.mean() == pytest.approx(rate, abs=5e-3)
    grid = np.linspace(0.01, 1.0, 10_001)
    density = (4 / 3 - 4 / 3 * grid + grid**2) / grid
    assert y[radiated].mean() == pytest.approx(np.average(grid, weights=density), rel=0.02)
    assert y.min() >= 0.01


def test_shares_of_pairs_have_their_density() -> None:
    x = cross_sections.pair_share(states(100_000))
    assert 0 <= x.min() < x.max() <= 1
    assert x.mean() == pytest.approx(0.5, abs=5e-3)
    grid = np.linspace(0.0, 1.0, 10_001)
    expected = np.average((grid - 0.5) ** 2, weights=1 - 4 / 3 * grid * (1 - grid))
    assert x.var() == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("energy", [0.3, 5.0])
def test_scattered_photons_have_klein_and_nishinas_density(energy: float) -> None:
    found = cross_sections.compton_energy(np.full(100_000, energy), states(100_000))
    k = energy / ELECTRON_MASS
    share = np.linspace(1 / (1 + 2 * k), 1.0, 20_001)
    turn = (1 - share) / (k * share)
    density = (share + 1 / share) - turn * (2 - turn)
    assert found.min() >= share[0] * energy * (1 - 1e-12)
    assert found.mean() == pytest.approx(energy * np.average(share, weights=density), rel=0.01)


def test_constants_agree_with_each_other() -> None:
    # Moliere's radius: X0 times 21.2 MeV over the critical energy
    assert pytest.approx(RADIATION_LENGTH * 21.2 / CRITICAL_ENERGY, rel=2e-3) == MOLIERE_RADIUS
