"""Measurement of <X_max>, sigma(X_max) and composition with all surface events, beside the hybrid events alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.errors import DataError
from analysis.studies.airshower.composition.goodness import goodness
from analysis.studies.airshower.observatory.log_mass import combined, log_mass
from analysis.studies.airshower.observatory.mixture import NUISANCES, Histogram, fit_mixtures, true_moments
from analysis.studies.airshower.published import gumbel
from analysis.studies.airshower.simulation.fluorescence import depth_resolution

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.studies.airshower.observatory.depth_scale import DepthScale
    from analysis.studies.airshower.observatory.response import Response
    from analysis.studies.airshower.observatory.settings import ObservatoryMeasurement
    from analysis.studies.airshower.observatory.showers import Showers

__all__ = ["SAMPLES", "histograms", "measured"]

Array = NDArray[np.float64]

SAMPLES = ("surface", "hybrid")
"""All events with the networks' calibrated X_max, and those that telescopes saw with their X_max."""

_LEAST_EVENTS = 2
# quantiles of an energy bin that stand for it, and numbers of depths that stand for a primary
_PLACES = (0.125, 0.375, 0.625, 0.875)
_QUANTILES = 200
# of what networks say of single simulated showers, in g/cm2: their number makes no finer template
_SMEARING = 6.0


def histograms(
    some: Showers, scale: DepthScale, response: Response, settings: ObservatoryMeasurement, name: str = "observatory"
) -> dict[str, list[Histogram]]:
    """Depths in bins of energy, by sample of :data:`SAMPLES`.

    Args:
        some: all showers.
        scale: calibration of the networks' X_max.
        response: of the networks to each primary.
        settings: bins and resolutions.
        name: of the observatory; toys depend on it.

    Raises:
        DataError: an energy bin has fewer than two hybrid events.
    """
    depth = scale.corrected(some)
    found: dict[str, list[Histogram]] = {sample: [] for sample in SAMPLES}
    primaries = len(settings.primaries)
    for low, high in zip(settings.energies, settings.energies[1:], strict=False):
        inside = (some.energy >= low) & (some.energy < high)
        hybrid = inside & some.hybrid
        if hybrid.sum() < _LEAST_EVENTS:
            raise DataError(
                f"{int(hybrid.sum())} hybrid events lie between lg(E/eV) = {low:g} and {high:g}: too few to measure",
                cure="simulate more events, or choose wider ObservatoryMeasurement.energies",
            )
        where, energies = f"{name} {low:g} {high:g}", np.quantile(some.energy[inside], _PLACES)
        energy = float(some.energy[inside].mean())
        found["surface"].append(
            Histogram(
                name=f"surface {where}",
                energy=some.energy[inside],
                depth=depth[inside],
                expected=response.depths(energies),
                smearing=_SMEARING,
                bias=response.bias(energy),
                noise=response.noise(energy),
                calibration=scale.uncertainty(some.energy[inside], some.zenith[inside]),
            )
        )
        width = float(depth_resolution(energy, settings.fluorescence_depth))
        found["hybrid"].append(
            Histogram(
                name=f"hybrid {where}",
                energy=some.energy[hybrid],
                depth=some.telescope[hybrid],
                expected=_true_depths(energies, settings),
                smearing=width,
                bias=np.zeros(primaries),
                noise=np.full(primaries, width),
                calibration=np.zeros(3),
            )
        )
    return found


def _true_depths(energies: Array, settings: ObservatoryMeasurement) -> Array:
    """(s, k) quantiles of the true X_max of pure primaries at some energies."""
    places = (np.arange(_QUANTILES) + 0.5) / _QUANTILES
    return np.stack(
        [
            gumbel.quantile(places, energies[:, np.newaxis], float(mass), settings.model).ravel()
            for _, mass in settings.primaries
        ]
    )


def measured(
    some: Showers, scale: DepthScale, response: Response, settings: ObservatoryMeasurement
) -> dict[str, dict[str, Any]]:
    """Moments of X_max and composition in bins of energy, by sample; arguments as in :func:`histograms`.

    Returns:
        Of each sample, with an entry for each energy bin: ``energy`` (``low``, ``high``, ``mean``, log10(E/eV)),
        ``events``, ``mean`` and ``width`` of X_max, ``fractions`` by primary, ``log_mass`` (each with ``value``,
        ``stat`` and ``syst``, pairs downwards and upwards), ``p_value``; and ``combined`` <ln A> of all of them.

    Raises:
        DataError: an energy bin has too few hybrid events.
    """
    by_sample = histograms(some, scale, response, settings)
    every = [one for sample in SAMPLES for one in by_sample[sample]]
    found = fit_mixtures(every, settings)
    good = goodness(found.channels, found.best, settings.toys, settings.seed)
    bins = len(settings.energies) - 1
    weights = [len(one.depth) for one in by_sample["surface"]]
    result = {}
    for place, sample in enumerate(SAMPLES):
        rows = np.arange(place * bins, (place + 1) * bins)
        moments = [_moments(every[row], found.best.fractions[row], settings) for row in rows]
        masses = [log_mass(every[row], settings) for row in rows]
        whole = combined(masses, weights)
        result[sample] = {
            "energy": {
                "low": list(settings.energies[:-1]),
                "high": list(settings.energies[1:]),
                "mean": _rounded([every[row].energy.mean() for row in rows]),
            },
            "events": [len(every[row].depth) for row in rows],
            "mean": _quantities([one["mean"] for one in moments]),
            "width": _quantities([one["width"] for one in moments]),
            "fractions": {
                name: _intervals(quantity, rows)
                for (name, _), quantity in zip(settings.primaries, found.fractions, strict=True)
            },
            "log_mass": _quantities([(one.value, one.stat, float(np.linalg.norm(one.calibration))) for one in masses]),
            "p_value": _rounded(good.p_value[rows]),
            "combined": {
                "value": round(whole.value, 6),
                "stat": round(whole.stat, 6),
                "calibration": round(float(np.linalg.norm(whole.calibration)), 6),
                "slope": round(whole.slope, 6),
            },
        }
    return result


def _moments(one: Histogram, shares: Array, settings: ObservatoryMeasurement) -> dict[str, tuple[float, float, float]]:
    """Mean and width of the true X_max: value, statistical and systematic uncertainty, in g/cm2."""
    number, centred = len(one.depth), one.depth - one.depth.mean()
    variance = float(centred @ centred) / (number - 1)
    added, change = true_moments(one, shares, settings)
    width = float(np.sqrt(max(variance - added, 1.0)))
    # variance of a variance, from the fourth moment
    spread = np.sqrt(max(float(np.mean(centred**4)) - variance**2, 0.0) / number)
    return {
        "mean": (float(one.depth.mean()), float(np.sqrt(variance / number)), one.scale),
        "width": (width, float(spread) / (2.0 * width), change / (2.0 * width)),
    }


def _quantities(some: Sequence[tuple[float, float, float]]) -> dict[str, Any]:
    values, stat, syst = (_rounded(part) for part in zip(*some, strict=True))
    return {"value": values, "stat": [[one, one] for one in stat], "syst": [[one, one] for one in syst]}


def _intervals(found: Any, rows: NDArray[np.int64]) -> dict[str, Any]:
    return {
        "value": _rounded(found.value[rows]),
        "stat": _rounded(found.stat[:, rows].T),
        "syst": _rounded(found.syst[:, rows].T),
        "sources": {name: _rounded(found.sources[kind][:, rows].T) for kind, name in enumerate(NUISANCES)},
    }


def _rounded(values: Any) -> Any:
    return (np.round(np.asarray(values, np.float64), 5) + 0.0).tolist()
