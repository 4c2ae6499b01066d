"""Rise times: how fast the signal of a station builds up, and what an event's stations say together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.studies.airshower.reconstruction.stations import Stations, sum_by_event

if TYPE_CHECKING:
    from analysis.studies.airshower.reconstruction.settings import RiseTimeSettings

__all__ = ["benchmark", "event_rise_time", "growth", "lean", "station_spread", "time_of_share"]

Array = NDArray[np.float64]


def time_of_share(trace: NDArray[np.float32], share: float, sampling: float) -> Array:
    """Return the time at which a share of the whole signal has arrived, in ns after the trace's begin.

    Within a sample the signal is taken to arrive evenly.

    Args:
        trace: (m, samples).
        share: between 0 and 1.
        sampling: length of a sample in ns.

    Returns:
        (m,); 0 where there is no signal.

    Examples:
        >>> time_of_share(np.array([[0.0, 1.0, 1.0, 0.0]], np.float32), 0.25, 25.0)
        array([37.5])
    """
    total = np.cumsum(trace, axis=1, dtype=np.float64)
    goal = share * total[:, -1]
    # the first time that the goal is passed; noise may let the sum fall again later
    sample = np.argmax(total >= goal[:, None], axis=1)
    rows = np.arange(len(trace))
    after = total[rows, sample]
    before = np.where(sample > 0, total[rows, np.maximum(sample - 1, 0)], 0.0)
    part = np.divide(goal - before, after - before, out=np.zeros_like(goal), where=after > before)
    return np.where(goal > 0.0, (sample + part) * sampling, 0.0)


def growth(distance: Array, secant: Array, settings: RiseTimeSettings) -> Array:
    """Return the growth of rise times with the distance to the axis in m, 1 at 1000 m; see :class:`RiseTimeSettings`.

    Args:
        distance: in m.
        secant: sec θ.
        settings: of A.

    Examples:
        >>> from analysis.studies.airshower.reconstruction.settings import RiseTimeSettings
        >>> growth(np.array([0.0, 1000.0]), np.array([1.5, 1.5]), RiseTimeSettings())
        array([0., 1.])
    """
    bend = settings.bend[0] + settings.bend[1] * (secant - 1.0)
    return (np.hypot(bend, distance) - bend) / (np.hypot(bend, 1000.0) - bend)


def lean(distance: Array, angle: Array, zenith: Array, settings: RiseTimeSettings) -> Array:
    """Rise time at an angle around the axis (0 on the early side) relative to the mean at that distance in m."""
    share = settings.asymmetry * np.sin(zenith) * (1.0 + np.log(np.clip(distance, 400.0, 3000.0) / 1000.0))
    return 1.0 + share * np.cos(angle)


def benchmark(cosine: Array, settings: RiseTimeSettings) -> Array:
    """Mean rise time at 1000 m in ns, of all showers at that cosine of the zenith angle."""
    return np.asarray(np.polynomial.polynomial.polyval(cosine, settings.benchmark), np.float64)


def station_spread(distance: Array, secant: Array, signal: Array, settings: RiseTimeSettings) -> Array:
    """Standard deviation of a station's rise time in ns; see :class:`RiseTimeSettings`.

    Args:
        distance: to the axis in m.
        secant: sec θ.
        signal: in VEM.
        settings: of J.

    Examples:
        >>> from analysis.studies.airshower.reconstruction.settings import RiseTimeSettings
        >>> one = np.array([1.0])
        >>> station_spread(1000.0 * one, one, 50.0 * one, RiseTimeSettings()).round(1)
        array([55.7])
    """
    near, far = (a + b * secant + (c + d * secant) * distance for a, b, c, d in (settings.near, settings.far))
    scale = np.maximum(np.where(distance <= settings.border, near, far), settings.least)
    return np.hypot(scale / np.sqrt(np.maximum(signal, 1e-3)), settings.sampling)


def event_rise_time(
    stations: Stations, rise_time: Array, distance: Array, angle: Array, zenith: Array, settings: RiseTimeSettings
) -> tuple[Array, Array]:
    """The rise time at 1000 m, and the mean deviation from the benchmark in units of a station's resolution.

    The first is the mean of all suitable stations' values, each brought to 1000 m by the mean growth with distance and
    freed from the mean early-late asymmetry. The second is the Δ of the Pierre Auger Collaboration, PRD 96 (2017)
    122003: the mean of (t - t_benchmark) / σ.

    Args:
        stations: of n events, m in all.
        rise_time: of the stations in ns, (m,).
        distance: to the axis in m, (m,).
        angle: around the axis, 0 on the early side, (m,).
        zenith: of the events, (n,).
        settings: which stations are suitable and how their rise times behave.

    Returns:
        Rise time at 1000 m in ns and Δ, (n,) each; not a number where no station is suitable.
    """
    theta = zenith[stations.event]
    grown = np.maximum(growth(distance, 1.0 / np.cos(theta), settings), 1e-2)
    symmetric = rise_time / lean(distance, angle, theta, settings)
    at_1000 = settings.offset + (symmetric - settings.offset) / grown
    expected = benchmark(np.cos(theta), settings)
    spread = station_spread(distance, 1.0 / np.cos(theta), stations.signal, settings) / grown
    suitable = (
        ~stations.saturated
        & (stations.signal >= settings.least_signal)
        & (distance >= settings.nearest)
        & (distance <= settings.farthest)
        & (rise_time > 0.0)
    )
    count = sum_by_event(stations, suitable)
    weight = np.where(suitable, 1.0 / spread**2, 0.0)
    total = sum_by_event(stations, weight)
    known = count > 0
    mean = np.divide(sum_by_event(stations, weight * at_1000), total, out=np.full(len(known), np.nan), where=known)
    pull = np.where(suitable, (at_1000 - expected) / spread, 0.0)
    delta = np.divide(sum_by_event(stations, pull), count, out=np.full(len(known), np.nan), where=known)
    return mean, delta
