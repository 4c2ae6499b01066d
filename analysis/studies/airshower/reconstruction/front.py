"""The shower front: a plane, then a sphere, fitted to the stations' start times."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp

from analysis.studies.airshower.constants import SPEED_OF_LIGHT
from analysis.studies.airshower.reconstruction.minimisation import Expansion, minimise, solve

if TYPE_CHECKING:
    from analysis.studies.airshower.reconstruction.settings import FrontSettings

__all__ = ["Front", "Times", "fit_front", "fit_plane", "time_variance"]

# weight of a parameter that is held at its expected value
_HELD = 1e12


class Times(NamedTuple):
    """Times at which stations saw the front; s places for stations, e events.

    Attributes:
        x: east of the origin, in km, (s, e).
        y: north of the origin, in km, (s, e).
        time: of the signal's start, in µs, (s, e).
        half: T50, the time in which the first half of the signal arrives, in µs, (s, e).
        signal: in VEM, (s, e).
        used: 1 where there is a station, else 0, (s, e).
    """

    x: jax.Array
    y: jax.Array
    time: jax.Array
    half: jax.Array
    signal: jax.Array
    used: jax.Array


class Front(NamedTuple):
    """A fitted front; e events.

    Attributes:
        u: east component of the unit vector towards the shower's origin, (e,).
        v: its north component, (e,).
        begin: time at the core, in µs, (e,).
        curvature: in 1/km, (e,).
        uncertainty: of the direction (u, v), the larger of both, (e,).
        chi2: of the times, where outliers count less, without the expectation of the curvature, (e,).
        distance: expected further decrease of the objective, (e,).
    """

    u: jax.Array
    v: jax.Array
    begin: jax.Array
    curvature: jax.Array
    uncertainty: jax.Array
    chi2: jax.Array
    distance: jax.Array


def fit_plane(times: Times, largest: float) -> tuple[jax.Array, jax.Array]:
    """Direction (u, v) of a plane front through all start times, by least squares; stations count alike.

    c (t - t0) = -(u x + v y), as all stations are at one altitude.
    """
    count = jnp.maximum(jnp.sum(times.used, axis=0), 1.0)

    def centred(quantity: jax.Array) -> jax.Array:
        return (quantity - jnp.sum(quantity * times.used, axis=0) / count) * times.used

    x, y, path = centred(times.x), centred(times.y), centred(times.time) * SPEED_OF_LIGHT
    xx, xy, yy = jnp.sum(x * x, axis=0), jnp.sum(x * y, axis=0), jnp.sum(y * y, axis=0)
    matrix = jnp.stack([jnp.stack([xx, xy]), jnp.stack([xy, yy])])
    found = solve(matrix, -jnp.stack([jnp.sum(x * path, axis=0), jnp.sum(y * path, axis=0)]))
    u, v = _confined(found[0], found[1], largest)
    return u, v


def time_variance(times: Times, sine: jax.Array, settings: FrontSettings) -> jax.Array:
    """Variance of start times in µs², (s, e); see :class:`FrontSettings` for the model.

    Args:
        times: of the stations.
        sine: of the zenith angle, (e,).
        settings: of the model.
    """
    cosine = jnp.sqrt(1.0 - sine**2)
    # volume over projected area of a cylinder, in units of its height
    track = 1.0 / (cosine + 2.0 / jnp.pi * settings.height_over_radius * sine)
    particles = jnp.maximum(times.signal / track, 2.0)
    spread = settings.scale * 2.0 * times.half / particles
    return spread**2 * (particles - 1.0) / (particles + 1.0) + (settings.clock * 1e-3) ** 2


def fit_front(
    times: Times, core: tuple[jax.Array, jax.Array], start: tuple[jax.Array, jax.Array], settings: FrontSettings
) -> Front:
    """Fit a sphere that moves with the speed of light and whose centre is on the axis.

    c (t - t0) = |a / κ - d| - 1 / κ with the unit vector a towards the origin, d from the core to the station and the
    curvature κ, which is held at its mean where there are few stations and has it as an expectation elsewhere. Times
    that are far off count little (A. L. Cauchy's distribution instead of a normal one at large deviations).

    Args:
        times: of the stations.
        core: where the axis meets the ground: east and north, in km, (e,) each.
        start: direction (u, v) to begin with, (e,) each.
        settings: of the fit.
    """
    x, y = times.x - core[0], times.y - core[1]
    square = x**2 + y**2
    sine = jnp.sqrt(start[0] ** 2 + start[1] ** 2)
    weight = times.used / time_variance(times, sine, settings) / SPEED_OF_LIGHT**2
    path = times.time * SPEED_OF_LIGHT
    expected = settings.curvature[0] * (1.0 - sine**2) ** (0.5 * settings.curvature[1])
    count = jnp.sum(times.used, axis=0)
    hold = jnp.where(count < settings.least, _HELD, 1.0 / (settings.spread * expected) ** 2)

    def expand(parameters: jax.Array) -> Expansion:
        u, v, begin, curvature = parameters
        along = u * x + v * y
        # |a - κ d| with d in the ground plane; written so that a plane, κ = 0, is nothing special
        length = jnp.sqrt(jnp.maximum(1.0 - 2.0 * curvature * along + curvature**2 * square, 1e-6))
        numerator, denominator = curvature * square - 2.0 * along, length + 1.0
        residual = path - begin - numerator / denominator
        bend = (square * denominator - numerator * (curvature * square - along) / length) / denominator**2
        slopes = (-x / length, -y / length, jnp.ones_like(x), bend)
        pull = curvature - expected
        square_pull = weight * residual**2 / settings.outlier**2
        value = settings.outlier**2 * jnp.sum(jnp.log1p(square_pull), axis=0) + hold * pull**2
        trusted = weight / (1.0 + square_pull)
        gradient = [-2.0 * jnp.sum(trusted * residual * slope, axis=0) for slope in slopes]
        gradient[3] = gradient[3] + 2.0 * hold * pull
        matrix = [[2.0 * jnp.sum(trusted * one * two, axis=0) for two in slopes] for one in slopes]
        matrix[3][3] = matrix[3][3] + 2.0 * hold
        return Expansion(value, jnp.stack(gradient), jnp.stack([jnp.stack(row) for row in matrix]))

    def confine(parameters: jax.Array) -> jax.Array:
        u, v, begin, curvature = parameters
        return jnp.stack([*_confined(u, v, settings.largest), begin, jnp.clip(curvature, 1e-2, 1.0)])

    # the time at the core of the plane through the mean station
    mean = jnp.sum((path + start[0] * x + start[1] * y) * times.used, axis=0) / jnp.maximum(count, 1.0)
    begin = jnp.stack([start[0], start[1], mean, expected])
    found, there = minimise(expand, begin, settings.steps, (0.3, 0.3, 10.0, 0.1), confine)
    distance = 0.5 * jnp.sum(there.gradient * solve(there.curvature, there.gradient), axis=0)
    chi2 = there.value - hold * (found[3] - expected) ** 2
    # the curvature of the objective is that of a chi-square: twice the inverse is the covariance
    units = (jnp.zeros_like(found).at[k].set(1.0) for k in (0, 1))
    variance = [2.0 * solve(there.curvature, unit)[k] for k, unit in enumerate(units)]
    uncertainty = jnp.sqrt(jnp.maximum(*variance))
    return Front(found[0], found[1], found[2] / SPEED_OF_LIGHT, found[3], uncertainty, chi2, distance)


def _confined(u: jax.Array, v: jax.Array, largest: float) -> tuple[jax.Array, jax.Array]:
    """The direction, tilted to the largest sine of the zenith angle where it is beyond."""
    excess = jnp.maximum(jnp.sqrt(u**2 + v**2) / largest, 1.0)
    return u / excess, v / excess
