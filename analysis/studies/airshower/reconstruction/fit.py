"""One event's geometry and size, from its calibrated stations."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import awkward as ak
import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from analysis.events.columns import values
from analysis.studies.airshower.constants import SPEED_OF_LIGHT
from analysis.studies.airshower.reconstruction.front import Front, Times, fit_front, fit_plane
from analysis.studies.airshower.reconstruction.lateral import Lateral, Signals, fit_lateral
from analysis.studies.airshower.reconstruction.rise_time import event_rise_time, time_of_share
from analysis.studies.airshower.reconstruction.stations import Stations, block_of, read_stations

if TYPE_CHECKING:
    from analysis.studies.airshower.reconstruction.settings import FitSettings

__all__ = ["fit", "fit_block"]

Array = NDArray[np.float64]

# samples of a calibrated trace before the signal's start
_BEFORE = 4
# what a fit finds, in the order of the output's fields
_NUMBERS = (
    *("zenith", "azimuth", "x_core", "y_core", "begin", "radius", "time_chi2", "s1000", "s1000_uncertainty"),
    *("slope", "lateral_chi2"),
)


def fit(calibrated: ak.Array, settings: FitSettings) -> ak.Array:
    """Fit direction, core and size of each event.

    An event's numbers depend on its own stations only, to the last bit.

    Args:
        calibrated: n events.
        settings: of the fits.

    Returns:
        n records: ``identity``; ``good`` (at least three stations, not in one line, and all fits have come to an end
        inside their limits), ``n_stations``, ``zenith`` and ``azimuth`` (rad), ``x_core`` and ``y_core`` (m),
        ``radius`` (m, of the front at the core), ``time_chi2``, ``time_ndf``, ``s1000`` and ``s1000_uncertainty``
        (VEM), ``slope`` (β of the lateral distribution), ``lateral_chi2``, ``lateral_ndf``, ``hottest`` (index in the
        event's list of stations, -1 without one), ``rise_time_1000`` (ns) and ``delta``, both missing where no station
        is suitable, and by station in ``geometry``: ``distance`` to the axis (m), ``angle`` around it (rad, 0 on the
        early side), ``residual`` (ns, start after the plane front through the core), ``rise_time`` (ns). Where an
        event is not good, its numbers are 0 and its ``rise_time_1000`` and ``delta`` are missing.
    """
    stations = read_stations(calibrated)
    sampling = settings.observatory.sampling
    middle = time_of_share(stations.trace, 0.5, sampling)
    numbers = _fit_all(stations, np.maximum(middle - _BEFORE * sampling, sampling / 2.0), settings)
    good = numbers.pop("good")
    numbers = {name: np.where(good, values, 0.0) for name, values in numbers.items()}
    geometry = _geometry(stations, numbers, good)
    times = settings.rise_time
    begin, end = (time_of_share(stations.trace, share, sampling) for share in (times.begin, times.end))
    rise_time = end - begin
    rise_1000, delta = event_rise_time(
        stations, rise_time, geometry["distance"], geometry["angle"], numbers["zenith"], times
    )
    limited = np.minimum(stations.counts, settings.stations)
    dropped = np.bincount(
        stations.event, weights=stations.saturated & (stations.rank < settings.stations), minlength=len(limited)
    ).astype(np.int64)
    hottest = np.full(len(good), -1, np.int32)
    local = np.arange(len(stations.event)) - (np.cumsum(stations.counts) - stations.counts)[stations.event]
    hottest[stations.event[stations.rank == 0]] = local[stations.rank == 0]

    def degrees(measured: NDArray, least: int) -> NDArray[np.int32]:
        free = 3 + (limited >= least)
        return np.where(good, np.maximum(measured - free, 0), 0).astype(np.int32)

    fields = {
        "identity": values(calibrated, "identity"),
        "good": good,
        "n_stations": stations.counts.astype(np.int32),
        **{name: numbers[name] for name in ("zenith", "azimuth", "x_core", "y_core", "radius", "time_chi2")},
        "time_ndf": degrees(limited, settings.front.least),
        **{name: numbers[name] for name in ("s1000", "s1000_uncertainty", "slope", "lateral_chi2")},
        "lateral_ndf": degrees(limited - dropped, settings.lateral.least),
        "hottest": hottest,
        "rise_time_1000": ak.mask(ak.Array(np.nan_to_num(rise_1000)), good & np.isfinite(rise_1000)),
        "delta": ak.mask(ak.Array(np.nan_to_num(delta)), good & np.isfinite(delta)),
        "geometry": ak.unflatten(
            ak.zip({name: v.astype(np.float32) for name, v in (*geometry.items(), ("rise_time", rise_time))}),
            stations.counts,
        ),
    }
    return ak.zip(fields, depth_limit=1)


def _fit_all(stations: Stations, half: Array, settings: FitSettings) -> dict[str, NDArray]:
    """The fits of all events, block by block of one fixed size, so that they are compiled once."""
    blocks = []
    with jax.enable_x64(True):
        for begin in range(0, len(stations.counts), settings.block):
            block = block_of(
                stations, half, begin, settings.block, settings.stations, settings.lateral.ring, settings.observatory
            )
            origins = {name: block.pop(name) for name in ("origin_x", "origin_y", "origin_time")}
            found = {name: np.asarray(values) for name, values in fit_block(block, settings=settings).items()}
            found["x_core"] = found["x_core"] + origins["origin_x"]
            found["y_core"] = found["y_core"] + origins["origin_y"]
            found["begin"] = found["begin"] + origins["origin_time"]
            blocks.append(found)
    count = len(stations.counts)
    if not blocks:
        return {"good": np.zeros(0, np.bool_), **{name: np.zeros(0) for name in _NUMBERS}}
    return {name: np.concatenate([block[name] for block in blocks])[:count] for name in ("good", *_NUMBERS)}


@partial(jax.jit, static_argnames="settings")
def fit_block(block: dict[str, jax.Array], settings: FitSettings) -> dict[str, jax.Array]:
    """All fits of a block of e events: plane, then lateral distribution and sphere in turns.

    Args:
        block: from :func:`~analysis.studies.airshower.reconstruction.stations.block_of`, without the origins.
        settings: of the fits.

    Returns:
        ``good`` and the numbers of :func:`fit` (rad, m, ns, VEM) relative to the block's origins, (e,) each; ``begin``
        is the time at the core.
    """
    used = block["measured"] + block["saturated"]
    triggered = slice(0, settings.stations)
    seen = {name: block[name][triggered] for name in ("x", "y", "time", "half", "signal")}
    times = Times(**seen, used=used[triggered])
    signals = Signals(*(block[name] for name in ("x", "y", "signal", "measured", "saturated", "silent")))
    count = jnp.sum(used, axis=0)
    front_settings, lateral_settings = settings.front, settings.lateral

    plane = fit_plane(times, front_settings.largest)
    # the square root gives distant stations a say, which barycentres of steep distributions need
    weight = used * jnp.sqrt(block["signal"])
    total = jnp.maximum(jnp.sum(weight, axis=0), 1e-9)
    core = (jnp.sum(weight * block["x"], axis=0) / total, jnp.sum(weight * block["y"], axis=0) / total)

    def one_round(
        _: int, state: tuple[tuple[jax.Array, jax.Array], tuple[jax.Array, jax.Array], Lateral, Front]
    ) -> tuple[tuple[jax.Array, jax.Array], tuple[jax.Array, jax.Array], Lateral, Front]:
        core, axis, *_found = state
        lateral = fit_lateral(signals, axis, core, lateral_settings)
        front = fit_front(times, (lateral.x, lateral.y), axis, front_settings)
        return (lateral.x, lateral.y), (front.u, front.v), lateral, front

    empty = jnp.zeros_like(count)
    begin = (core, plane, Lateral(*[empty] * len(Lateral._fields)), Front(*[empty] * len(Front._fields)))
    *_, lateral, front = jax.lax.fori_loop(0, settings.rounds, one_round, begin)
    sine = jnp.sqrt(front.u**2 + front.v**2)
    size = jnp.exp(lateral.log_size)
    found = {
        "zenith": jnp.arcsin(jnp.minimum(sine, 1.0)),
        "azimuth": jnp.mod(jnp.arctan2(front.v, front.u), 2.0 * jnp.pi),
        "x_core": lateral.x * 1e3,
        "y_core": lateral.y * 1e3,
        "begin": front.begin * 1e3,
        "radius": 1e3 / front.curvature,
        "time_chi2": front.chi2,
        "s1000": size,
        "s1000_uncertainty": size * lateral.uncertainty,
        "slope": lateral.slope,
        "lateral_chi2": lateral.chi2,
    }
    finite = jnp.all(jnp.stack([jnp.isfinite(values) for values in found.values()]), axis=0)
    good = (
        finite
        & (count >= 3)
        & (sine < front_settings.largest - 1e-3)
        & (front.distance < settings.distance)
        & (lateral.distance < settings.distance)
        # stations in one line do not know the direction
        & (front.uncertainty < front_settings.vague)
        & (lateral.uncertainty < lateral_settings.vague)
    )
    return {"good": good, **found}


def _geometry(stations: Stations, numbers: dict[str, Array], good: NDArray[np.bool_]) -> dict[str, Array]:
    """Return the stations' positions in the shower plane and their signals' delays; 0 in events that are not good."""
    event = stations.event
    sine, cosine = np.sin(numbers["zenith"])[event], np.cos(numbers["zenith"])[event]
    towards_x, towards_y = np.cos(numbers["azimuth"])[event], np.sin(numbers["azimuth"])[event]
    x, y = stations.x - numbers["x_core"][event], stations.y - numbers["y_core"][event]
    upstream = x * towards_x + y * towards_y
    across = y * towards_x - x * towards_y
    known = good[event]
    return {
        "distance": np.where(known, np.hypot(upstream * cosine, across), 0.0),
        "angle": np.where(known, np.arctan2(across, upstream * cosine), 0.0),
        # the early side is the one towards the shower's origin: the front arrives there first
        "residual": np.where(known, stations.start - numbers["begin"][event] + upstream * sine / SPEED_OF_LIGHT, 0.0),
    }
