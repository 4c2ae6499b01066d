from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import least_squares

from analysis.studies.airshower.constants import SPEED_OF_LIGHT
from analysis.studies.airshower.reconstruction.front import Times, fit_front, fit_plane, time_variance
from analysis.studies.airshower.reconstruction.settings import FrontSettings

X = np.array([0.0, 1.5, 0.75, -0.75, -1.5, -0.75, 0.75, 3.0, 2.25])[:, None]
Y = np.array([0.0, 0.0, 1.3, 1.3, 0.0, -1.3, -1.3, 0.0, 1.3])[:, None]
SETTINGS = FrontSettings()
FIT = jax.jit(fit_front, static_argnames="settings")


@pytest.fixture(autouse=True)
def double_precision():
    with jax.enable_x64(True):
        yield


def sphere(u: float, v: float, begin: float, curvature: float, core: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
    """Times in µs at the stations, from the distance to the centre of the sphere."""
    a = np.array([u, v, np.sqrt(1.0 - u**2 - v**2)])
    place = np.stack([X[:, 0] - core[0], Y[:, 0] - core[1], np.zeros(len(X))], axis=1)
    return (begin + (np.linalg.norm(a / curvature - place, axis=1) - 1.0 / curvature) / SPEED_OF_LIGHT)[:, None]


def times_of(time: np.ndarray, used: int = len(X)) -> Times:
    ones = np.ones_like(X)
    mask = (np.arange(len(X)) < used)[:, None].astype(float)
    return Times(*(jnp.asarray(array) for array in (X, Y, time, 0.2 * ones, 20.0 * ones, mask)))


@pytest.mark.parametrize(("u", "v"), [(0.0, 0.0), (0.5, -0.3), (-0.2, 0.8)])
def test_a_plane_front_is_found_exactly(u, v):
    found = fit_plane(times_of(5.0 - (u * X + v * Y) / SPEED_OF_LIGHT), SETTINGS.largest)
    np.testing.assert_allclose(np.asarray(found)[:, 0], [u, v], atol=1e-9)


@pytest.mark.parametrize("used", [5, 9])
def test_a_sphere_is_found_where_its_curvature_is_free(used):
    free = replace(SETTINGS, spread=1e3, steps=25)
    time = sphere(0.4, 0.3, 2.0, 0.12, core=(0.3, 0.2))
    found = FIT(times_of(time, used), (jnp.array([0.3]), jnp.array([0.2])), (jnp.array([0.3]),) * 2, settings=free)
    np.testing.assert_allclose([found.u[0], found.v[0], found.begin[0]], [0.4, 0.3, 2.0], atol=1e-5)
    np.testing.assert_allclose(found.curvature[0], 0.12, rtol=1e-4)
    assert found.chi2[0] < 1e-5
    assert found.distance[0] < 1e-6


@pytest.mark.parametrize("used", [3, 4])
def test_few_stations_get_the_mean_curvature(used):
    u, v = 0.4, 0.3
    mean = SETTINGS.curvature[0] * np.sqrt(1.0 - u**2 - v**2) ** SETTINGS.curvature[1]
    start = (jnp.array([u]), jnp.array([v]))
    found = FIT(times_of(sphere(u, v, 2.0, mean), used), (jnp.zeros(1),) * 2, start, settings=SETTINGS)
    np.testing.assert_allclose(found.curvature[0], mean, rtol=1e-9)
    np.testing.assert_allclose([found.u[0], found.v[0], found.begin[0]], [u, v, 2.0], atol=1e-7)


def test_one_early_muon_does_not_turn_the_shower():
    time = sphere(0.4, 0.3, 2.0, 0.12)
    time[7] -= 1.5
    found = FIT(times_of(time), (jnp.zeros(1),) * 2, fit_plane(times_of(time), SETTINGS.largest), settings=SETTINGS)
    np.testing.assert_allclose([found.u[0], found.v[0]], [0.4, 0.3], atol=2e-3)


def test_stations_in_one_line_do_not_know_the_direction():
    line = Times(*(array[jnp.array([4, 0, 1, 7])] for array in times_of(sphere(0.4, 0.0, 0.0, 0.1))))
    found = FIT(line, (jnp.zeros(1),) * 2, fit_plane(line, SETTINGS.largest), settings=SETTINGS)
    assert found.uncertainty[0] > SETTINGS.vague


def test_the_fit_agrees_with_scipy():
    random = np.random.default_rng(3)
    time = sphere(0.4, 0.3, 2.0, 0.12) + random.normal(0.0, 0.03, X.shape)
    times = times_of(time)
    start = fit_plane(times, SETTINGS.largest)
    found = FIT(times, (jnp.zeros(1),) * 2, start, settings=SETTINGS)
    sine = jnp.sqrt(start[0] ** 2 + start[1] ** 2)
    sigma = np.sqrt(np.asarray(time_variance(times, sine, SETTINGS)))[:, 0]
    mean = float(SETTINGS.curvature[0] * (1.0 - sine[0] ** 2) ** (0.5 * SETTINGS.curvature[1]))

    def residuals(parameters: np.ndarray) -> np.ndarray:
        z = (time - sphere(*parameters))[:, 0] / sigma
        c = SETTINGS.outlier
        robust = np.sign(z) * c * np.sqrt(np.log1p((z / c) ** 2))
        return np.append(robust, (parameters[3] - mean) / (SETTINGS.spread * mean))

    other = least_squares(residuals, [0.3, 0.3, 2.0, mean], x_scale=[0.1, 0.1, 0.1, 0.05], xtol=1e-14, ftol=1e-14)
    ours = [float(array[0]) for array in (found.u, found.v, found.begin, found.curvature)]
    np.testing.assert_allclose(ours, other.x, rtol=2e-4)
    np.testing.assert_allclose(found.chi2[0], np.sum(other.fun[:-1] ** 2), rtol=1e-4)


def test_times_of_more_particles_are_better_known():
    times = times_of(np.zeros_like(X))
    many = times._replace(signal=times.signal * 10.0)
    none = times._replace(signal=times.signal * 1e6)
    sine = jnp.array([0.5])
    one, ten, all_of_them = (time_variance(t, sine, SETTINGS)[0, 0] for t in (times, many, none))
    assert one > ten > all_of_them
    np.testing.assert_allclose(all_of_them, (SETTINGS.clock * 1e-3) ** 2, rtol=1e-6)
