from __future__ import annotations

from typing import Any

import healpy
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import sph_harm_y

from analysis.studies.faraday.harmonics import as_complex, grid_interpolation, legendre, modes, synthesise

LMAX, RINGS = 12, 24


@pytest.fixture
def double() -> Any:
    with jax.enable_x64(True):
        yield


def coefficients(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(LMAX + 1) ** 2)


def grid(values: np.ndarray) -> np.ndarray:
    _, index = modes(LMAX)
    return np.asarray(synthesise(jnp.asarray(values), jnp.asarray(legendre(LMAX, RINGS)), jnp.asarray(index)))


@pytest.mark.usefixtures("double")
def test_a_field_is_that_of_spherical_harmonics():
    values = coefficients()
    theta = (np.arange(RINGS) + 0.5) / RINGS * np.pi
    phi = np.arange(2 * RINGS) / (2 * RINGS) * 2 * np.pi
    complex_ones = as_complex(values)
    degree, order = healpy.Alm.getlm(LMAX)
    waves = sph_harm_y(degree[:, None, None], order[:, None, None], theta[None, :, None], phi[None, None, :])
    expected = np.sum(((2 - (order == 0)) * complex_ones)[:, None, None] * waves, axis=0).real
    assert grid(values) == pytest.approx(expected, abs=1e-12)


@pytest.mark.usefixtures("double")
def test_its_power_is_that_of_its_coefficients():
    values = coefficients()
    degree, _ = modes(LMAX)
    own = np.array([np.mean(values[degree == one] ** 2) for one in range(LMAX + 1)])
    assert healpy.alm2cl(as_complex(values)) == pytest.approx(own)


@pytest.mark.usefixtures("double")
def test_its_transpose_is_that_of_the_transform():
    some, other = coefficients(2), np.random.default_rng(3).normal(size=(RINGS, 2 * RINGS))
    _, index = modes(LMAX)
    table = jnp.asarray(legendre(LMAX, RINGS))
    _, back = jax.vjp(lambda one: synthesise(one, table, jnp.asarray(index)), jnp.asarray(some))
    assert np.sum(grid(some) * other) == pytest.approx(float(np.asarray(back(jnp.asarray(other))[0]) @ some))


def test_multipoles_have_their_numbers_of_modes():
    degree, index = modes(LMAX)
    assert np.bincount(degree).tolist() == [2 * one + 1 for one in range(LMAX + 1)]
    # each coefficient has one place
    assert sorted(index[index < len(degree)].tolist()) == list(range(len(degree)))


@pytest.mark.usefixtures("double")
def test_between_points_a_smooth_field_is_nearly_itself():
    values = coefficients()
    values[modes(LMAX)[0] > 3] = 0.0
    random = np.random.default_rng(4)
    longitude, latitude = random.uniform(-180, 540, 500), np.degrees(np.arcsin(random.uniform(-1, 1, 500)))
    longitude[:3], latitude[:3] = (0.0, 123.0, 359.9), (89.9, -89.9, 90.0)
    points, weights = grid_interpolation(RINGS, longitude, latitude)
    assert weights.sum(axis=0) == pytest.approx(1.0)
    assert weights.min() >= 0
    found = np.sum(weights * grid(values).reshape(-1)[points], axis=0)
    pixels = healpy.alm2map(as_complex(values), 64, lmax=LMAX)
    exact = healpy.get_interp_val(pixels, longitude, latitude, lonlat=True)
    assert np.std(found - exact) < 0.02 * np.std(exact)
    assert np.abs(found - exact).max() < 0.1 * np.std(exact)
