"""The lateral distribution: core and size of a shower from its signals, by maximum likelihood."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
from jax.scipy.special import log_ndtr

from analysis.studies.airshower.reconstruction.minimisation import Expansion, minimise, solve

if TYPE_CHECKING:
    from analysis.studies.airshower.reconstruction.settings import LateralSettings

__all__ = ["Lateral", "Signals", "fit_lateral", "log_signal", "mean_slope"]

_HELD = 1e12
# no station is nearer to the axis than that, in km: the function has a pole there
_NEAREST = 0.02


class Signals(NamedTuple):
    """Signals of stations, and stations without one; s places for stations, e events.

    Attributes:
        x: east of the origin, in km, (s, e).
        y: north of the origin, in km, (s, e).
        signal: in VEM; a lower limit where ``saturated``, (s, e).
        measured: 1 where the signal was measured, else 0, (s, e).
        saturated: 1 where there is a lower limit, else 0, (s, e).
        silent: 1 where there is a station that did not trigger, else 0, (s, e).
    """

    x: jax.Array
    y: jax.Array
    signal: jax.Array
    measured: jax.Array
    saturated: jax.Array
    silent: jax.Array


class Lateral(NamedTuple):
    """A fitted lateral distribution; e events.

    Attributes:
        x: east of the origin, in km, where the axis meets the ground, (e,).
        y: north of the origin, in km, (e,).
        log_size: ln(S(1000) / VEM), (e,).
        slope: β, (e,).
        uncertainty: of the logarithm of S(1000), (e,).
        chi2: of the measured signals, (e,).
        distance: expected further decrease of the objective, (e,).
    """

    x: jax.Array
    y: jax.Array
    log_size: jax.Array
    slope: jax.Array
    uncertainty: jax.Array
    chi2: jax.Array
    distance: jax.Array


def mean_slope(cosine: jax.Array, settings: LateralSettings) -> jax.Array:
    """β of the mean shower, (e,), from the cosine of the zenith angle, (e,)."""
    secant = 1.0 / cosine - 1.0
    return settings.slope[0] + settings.slope[1] * secant + settings.slope[2] * secant**2


def log_signal(distance: jax.Array, log_size: jax.Array, slope: jax.Array, gamma: float) -> jax.Array:
    """ln(S / VEM) at a distance to the axis in km; see :class:`LateralSettings`.

    Examples:
        >>> float(log_signal(jnp.array(1.0), jnp.array(3.0), jnp.array(-2.3), 0.0))
        3.0
    """
    return log_size + slope * jnp.log(distance) + (slope + gamma) * jnp.log((distance + 0.7) / 1.7)


def fit_lateral(
    signals: Signals,
    direction: tuple[jax.Array, jax.Array],
    start: tuple[jax.Array, jax.Array],
    settings: LateralSettings,
) -> Lateral:
    """Maximise the likelihood of the signals.

    With f² VEM a particle, n = S / f² follows a Poisson distribution (continued to real n) around the expected μ:
    ln L = n ln μ - μ; its variance is the measured one, f² S, and for large signals it is a normal distribution.
    Saturated stations contribute the probability of a signal above the limit, silent ones that of at most three
    particles (NIM A 798 (2015) 172; JINST 15 (2020) P10021). β is held at its mean where there are
    few stations and has it as an expectation elsewhere.

    Args:
        signals: of the stations.
        direction: (u, v) of the axis, (e,) each.
        start: core to begin with: east and north, in km, (e,) each.
        settings: of the model and the fit.
    """
    u, v = direction
    cosine = jnp.sqrt(1.0 - u**2 - v**2)
    share = (settings.fluctuation[0] + settings.fluctuation[1] / cosine) ** 2
    expected = mean_slope(cosine, settings)
    count = jnp.sum(signals.measured + signals.saturated, axis=0)
    hold = jnp.where(count < settings.least, _HELD, settings.spread**-2)

    def distance(x: jax.Array, y: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        """To the axis, and its derivatives with respect to the core."""
        east, north = signals.x - x, signals.y - y
        along = u * east + v * north
        far = jnp.sqrt(jnp.maximum(east**2 + north**2 - along**2, 0.0) + _NEAREST**2)
        return far, (along * u - east) / far, (along * v - north) / far

    def expand(parameters: jax.Array) -> Expansion:
        x, y, log_size, slope = parameters
        far, by_x, by_y = distance(x, y)
        log_expected = jnp.clip(log_signal(far, log_size, slope, settings.gamma), -30.0, 30.0)
        value, score, information = _log_likelihood(signals, log_expected, share, settings)
        outward = slope / far + (slope + settings.gamma) / (far + 0.7)
        slopes = (outward * by_x, outward * by_y, jnp.ones_like(far), jnp.log(far) + jnp.log((far + 0.7) / 1.7))
        pull = slope - expected
        # twice the negative logarithm everywhere, so that values compare with chi-squares
        objective = -2.0 * jnp.sum(value, axis=0) + hold * pull**2
        gradient = [-2.0 * jnp.sum(score * one, axis=0) for one in slopes]
        gradient[3] = gradient[3] + 2.0 * hold * pull
        matrix = [[2.0 * jnp.sum(information * one * two, axis=0) for two in slopes] for one in slopes]
        matrix[3][3] = matrix[3][3] + 2.0 * hold
        return Expansion(objective, jnp.stack(gradient), jnp.stack([jnp.stack(row) for row in matrix]))

    weight = (signals.measured + signals.saturated) * signals.signal
    shape = log_signal(distance(*start)[0], jnp.zeros_like(expected), expected, settings.gamma)
    # the size for which the sum of all expected signals is that of the measured ones
    size = jnp.log(jnp.sum(weight, axis=0) + 1e-3) - jnp.log(
        jnp.sum((signals.measured + signals.saturated) * jnp.minimum(jnp.exp(shape), 10.0), axis=0) + 1e-3
    )
    begin = jnp.stack([start[0], start[1], size, expected])
    found, there = minimise(expand, begin, settings.steps, (0.5, 0.5, 1.0, 0.5))
    unit = jnp.zeros_like(found).at[2].set(1.0)
    # the curvature is that of -2 ln L: twice the inverse is the covariance
    variance = 2.0 * solve(there.curvature, unit)[2]
    remaining = 0.5 * jnp.sum(there.gradient * solve(there.curvature, there.gradient), axis=0)
    mu = jnp.exp(jnp.clip(log_signal(distance(found[0], found[1])[0], found[2], found[3], settings.gamma), -30.0, 30.0))
    chi2 = jnp.sum(signals.measured * (signals.signal - mu) ** 2 / (share * mu), axis=0)
    return Lateral(found[0], found[1], found[2], found[3], jnp.sqrt(variance), chi2, remaining)


def _log_likelihood(
    signals: Signals, log_expected: jax.Array, share: jax.Array, settings: LateralSettings
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Each station's ln L, its derivative by the logarithm of the expected signal, and the information on that."""
    expected = jnp.exp(log_expected)
    mu = expected / share
    number = signals.signal / share
    # relative to the best possible value, so that large numbers cancel early
    best = number * jnp.log(jnp.maximum(number, 1e-9)) - number
    value = signals.measured * (number * (log_expected - jnp.log(share)) - mu - best)
    score = signals.measured * (number - mu)
    information = signals.measured * mu

    width = jnp.sqrt(share * expected)
    z = (expected - signals.signal) / width
    by_z = (expected + signals.signal) / (2.0 * width)
    above = log_ndtr(z)
    ratio = jnp.exp(-0.5 * z**2 - 0.5 * jnp.log(2.0 * jnp.pi) - above)
    value = value + signals.saturated * above
    score = score + signals.saturated * ratio * by_z
    information = information + signals.saturated * jnp.maximum(ratio * (ratio + z), 0.0) * by_z**2

    most = settings.particles
    below = jnp.exp(-mu) * sum(mu**k / math.factorial(k) for k in range(most + 1))
    by_log = -jnp.exp(-mu) * mu ** (most + 1) / math.factorial(most)
    silent = (1.0 - settings.missing) * below + settings.missing
    change = (1.0 - settings.missing) * by_log
    value = value + signals.silent * jnp.log(silent)
    score = score + signals.silent * change / silent
    information = information + signals.silent * change**2 / jnp.maximum(silent * (1.0 - silent), 1e-9)
    return value, score, information
