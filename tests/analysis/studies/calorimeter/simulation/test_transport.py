"""Showers against shower theory."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from analysis.events.identity import identify
from analysis.studies.calorimeter.settings import Block
from analysis.studies.calorimeter.simulation.lead_tungstate import CRITICAL_ENERGY, MOLIERE_RADIUS, RADIATION_LENGTH
from analysis.studies.calorimeter.simulation.particles import Particles
from analysis.studies.calorimeter.simulation.random_numbers import SHOWER, stream
from analysis.studies.calorimeter.simulation.settings import TransportSettings
from analysis.studies.calorimeter.simulation.transport import Deposits, transport

# layers of a block that is as wide as can be, and half a radiation length deep each
DEEP = Block(rows=1, layers=80, width=80.0, length=40 * RADIATION_LENGTH)
FINE = Block(rows=81, layers=1, width=0.2, length=40.0)
DEPTH = 0.5 * (np.arange(80) + 0.5)


def primaries(energy: float, number: int) -> Particles:
    direction = np.zeros((3, number))
    direction[2] = 1.0
    states = stream(identify("theory", 0, number), SHOWER)
    shower, place = np.arange(number), np.zeros((3, number))
    return Particles(shower, states, np.full(number, energy), place, direction, np.zeros(number, np.bool_))


def shower(energy: float, number: int, block: Block, *, photons: bool = False) -> Deposits:
    return transport(primaries(energy, number), np.full(number, not photons), block, TransportSettings())


@cache
def profile(energy: float, number: int, *, photons: bool = False) -> np.ndarray:
    """Deposits in half a radiation length each, (n, 80), as shares."""
    found: np.ndarray = shower(energy, number, DEEP, photons=photons).cells[:, 0, 0] / energy
    return found


def maximum(mean: np.ndarray) -> float:
    """Depth of the maximum, by a parabola."""
    near = slice(max(mean.argmax() - 4, 0), mean.argmax() + 5)
    a, b, _ = np.polyfit(DEPTH[near], mean[near], 2)
    return -b / (2 * a)


@pytest.mark.parametrize("photons", [False, True])
def test_all_energy_is_somewhere(photons: bool) -> None:
    found = shower(500.0, 20, Block(), photons=photons)
    np.testing.assert_allclose(found.cells.sum(axis=(1, 2, 3)) + found.lost, 500.0, rtol=1e-12)
    assert (found.cells >= 0).all()
    assert (found.lost > 0).all()


def test_the_maximum_is_where_theory_has_it() -> None:
    """ln(E / Ec) - 0.5 radiation lengths of electrons, + 0.5 of photons (B. Rossi, 1952; Particle Data Group)."""
    for photons, shift in ((False, -0.5), (True, 0.5)):
        found = maximum(profile(2000.0, 200, photons=photons).mean(axis=0))
        assert found == pytest.approx(np.log(2000.0 / CRITICAL_ENERGY) + shift, abs=0.45)


def test_depth_grows_with_the_logarithm_of_the_energy() -> None:
    middle = [profile(energy, number).mean(axis=0) @ DEPTH for energy, number in ((500.0, 200), (4000.0, 60))]
    assert (middle[1] - middle[0]) / np.log(8.0) == pytest.approx(1.0, abs=0.15)


def test_photons_are_later_by_their_first_conversion() -> None:
    later = profile(2000.0, 200, photons=True).mean(axis=0) @ DEPTH - profile(2000.0, 200).mean(axis=0) @ DEPTH
    assert later == pytest.approx(1.0, abs=0.35)


def test_the_profile_is_a_gamma_distribution() -> None:
    """E. Longo and I. Sestili, NIM 128 (1975) 283; b is about 0.5, less in heavy materials."""
    mean = profile(4000.0, 60).mean(axis=0)
    mean = mean / mean.sum()
    middle = mean @ DEPTH
    variance = mean @ (DEPTH - middle) ** 2
    b = middle / variance
    a = middle * b
    assert b == pytest.approx(0.45, abs=0.06)
    assert (a - 1) / b == pytest.approx(maximum(mean), abs=0.6)
    expected = DEPTH ** (a - 1) * np.exp(-b * DEPTH)
    assert np.abs(np.cumsum(mean) - np.cumsum(expected / expected.sum())).max() < 0.02


def test_radii_are_those_of_moliere() -> None:
    """About 90 % within one radius (measured in lead tungstate: 1.96 to 2.7 cm) and 95 % within two."""
    lateral = shower(1000.0, 60, FINE).cells.sum(axis=(0, 3))
    across = 0.2 * (np.arange(81) - 40)
    radius = np.hypot(*np.meshgrid(across, across)).ravel()
    order = np.argsort(radius)
    inside = np.cumsum(lateral.ravel()[order]) / 60_000.0
    found = [float(np.interp(share, inside, radius[order])) for share in (0.9, 0.95)]
    assert 1.0 < found[0] / MOLIERE_RADIUS < 1.4
    assert found[1] / MOLIERE_RADIUS == pytest.approx(2.0, abs=0.25)


def test_the_block_is_linear() -> None:
    few = [
        shower(energy, number, Block()).cells.sum() / energy / number for energy, number in ((500.0, 80), (4000.0, 30))
    ]
    assert few[0] == pytest.approx(few[1], rel=0.01)
    assert few[0] == pytest.approx(0.975, abs=0.01)


def test_finer_cuts_and_steps_change_little() -> None:
    coarse = shower(1000.0, 100, Block())
    fine = transport(
        primaries(1000.0, 100),
        np.ones(100, np.bool_),
        Block(),
        TransportSettings(electrons=1.0, radiation=0.5, step=0.2),
    )
    assert fine.cells.sum() == pytest.approx(coarse.cells.sum(), rel=0.01)
    central = [one.cells[:, 2, 2].sum() / 1e5 for one in (coarse, fine)]
    assert central[0] == pytest.approx(central[1], abs=0.03)
