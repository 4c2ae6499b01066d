"""Calibration of the networks' X_max on hybrid events: its bias against energy and zenith angle.

As the Observatory does it for its networks (Pierre Auger Collaboration, PRL 134 (2025) 021001, arXiv:2406.06315, and
PRD 111 (2025) 022003): showers that the telescopes saw, too, tell the bias of the networks, whatever the simulation
that they were trained with got wrong; it is subtracted from all showers. What is calibrated is the mean of all
primaries together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
from correctionlib import schemav2
from numpy.typing import NDArray

from analysis.calibration import Calibration
from analysis.errors import DataError
from analysis.studies.airshower.observatory.showers import Showers, of_dataset

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analysis.learning.application.scores import Scores
    from analysis.studies.airshower.observatory.settings import DepthScaleSettings

__all__ = ["DepthScale", "derive", "fit_depth_scale", "saved_depth_scale"]

Array = NDArray[np.float64]

_NAMES = ("constant", "energy", "zenith")
_LEAST_EVENTS = 12


@dataclass(frozen=True, eq=False)
class DepthScale:
    """Bias of the networks' X_max: b = p0 + p1 (lg E - e) + p2 (sec zenith - s), in g/cm2.

    Args:
        coefficients: (3,) p0, p1, p2.
        covariance: (3, 3) of them.
        reference: e and s.
        spread: standard deviation of network minus telescope about the bias, in g/cm2.
        events: number of hybrid events.
    """

    coefficients: Array
    covariance: Array
    reference: tuple[float, float]
    spread: float
    events: int

    def terms(self, energy: Array, zenith: Array) -> Array:
        """(n, 3) what the coefficients are multiplied with."""
        return np.stack([np.ones_like(energy), energy - self.reference[0], 1.0 / np.cos(zenith) - self.reference[1]], 1)

    def bias(self, energy: Array, zenith: Array) -> Array:
        """(n,) bias at log10(E/eV) and zenith angle in rad."""
        return (self.terms(energy, zenith) * self.coefficients).sum(axis=1)

    def uncertainty(self, energy: Array, zenith: Array) -> Array:
        """(3,) uncertainty of the mean bias of some showers: its length, and its direction to that of other showers."""
        mean = self.terms(energy, zenith).mean(axis=0)
        values, vectors = np.linalg.eigh(self.covariance)
        return np.asarray(np.sqrt(np.maximum(values, 0.0)) * (vectors.T @ mean))

    def corrected(self, some: Showers) -> Array:
        """(n,) X_max of the networks without the bias."""
        return some.depth - self.bias(some.energy, some.zenith)


def fit_depth_scale(some: Showers, reference: tuple[float, float], least_energy: float) -> DepthScale:
    """Fit the bias to the hybrid events by least squares; the residuals' own spread tells the uncertainty.

    Args:
        some: showers, of which the hybrid ones are used.
        reference: log10(E/eV) and secant of the zenith angle that the bias is developed around.
        least_energy: log10(E/eV); showers below are left out.

    Raises:
        DataError: there are too few hybrid events.
    """
    used = some.select(some.hybrid & (some.energy >= least_energy))
    if len(used) < _LEAST_EVENTS:
        raise DataError(
            f"the scale of X_max cannot be derived from {len(used)} hybrid events above lg(E/eV) = {least_energy:g}",
            cure="simulate more events of the data set",
        )
    empty = DepthScale(np.zeros(3), np.zeros((3, 3)), reference, 0.0, len(used))
    terms, difference = empty.terms(used.energy, used.zenith), used.depth - used.telescope
    inverse: Array = np.asarray(np.linalg.inv(terms.T @ terms), np.float64)
    coefficients = inverse @ (terms.T @ difference)
    variance = float(np.sum((difference - terms @ coefficients) ** 2) / (len(used) - len(coefficients)))
    return DepthScale(coefficients, variance * inverse, reference, float(np.sqrt(variance)), len(used))


def derive(reconstructed: dict[str, ak.Array], scores: dict[str, Scores], settings: DepthScaleSettings) -> Calibration:
    """Derive the correction ``depth_bias`` (g/cm2, of log10(E/eV) and the zenith angle in rad) from hybrid events.

    Args:
        reconstructed: by data set, with ``identity``, ``good``, ``energy``, ``zenith`` and ``fd_xmax``.
        scores: of the same events.
        settings: data set and references.

    Raises:
        DataError: the data set is not there, or has too few hybrid events.
    """
    some = of_dataset(reconstructed, scores, settings.dataset, settings.prediction)
    scale = fit_depth_scale(some, (settings.energy, settings.secant), settings.least_energy)
    # the last digits of a sum depend on the machine
    numbers = [float(f"{value:.6g}") for value in scale.coefficients]
    errors = np.sqrt(np.diag(scale.covariance))
    units = ("g/cm2", "g/cm2 per decade of energy", "g/cm2 per unit of sec zenith")
    coefficients = {
        name: {"value": value, "uncertainty": float(f"{error:.3g}"), "unit": unit}
        for name, value, error, unit in zip(_NAMES, numbers, errors, units, strict=True)
    }
    return Calibration(
        corrections=_corrections(numbers, settings),
        measurements={
            "depth_scale": {
                "method": "least squares of network minus telescope X_max of hybrid events; simulation",
                "coefficients": coefficients,
                "covariance": [[float(f"{value:.6g}") for value in row] for row in scale.covariance],
                "reference": {"log10_energy": settings.energy, "secant": settings.secant},
                "spread": {"value": float(f"{scale.spread:.4g}"), "unit": "g/cm2"},
                "events": scale.events,
            },
            "headline": {
                f"bias of networks on hybrid events at 10^{settings.energy:g} eV, simulated observatory": (
                    f"{numbers[0]:+.1f} ± {errors[0]:.1f} g/cm2, {numbers[1]:+.1f} ± {errors[1]:.1f} per decade, "
                    f"{numbers[2]:+.1f} ± {errors[2]:.1f} per sec zenith ({scale.events} events)"
                )
            },
        },
        curves=_points(some.select(some.hybrid), scale, settings),
    )


def saved_depth_scale(measurements: Mapping[str, Any]) -> DepthScale:
    """The calibration of X_max that measurements of :func:`derive` tell of."""
    found = measurements["depth_scale"]
    return DepthScale(
        np.array([found["coefficients"][name]["value"] for name in _NAMES], np.float64),
        np.array(found["covariance"], np.float64),
        (found["reference"]["log10_energy"], found["reference"]["secant"]),
        found["spread"]["value"],
        found["events"],
    )


def _points(hybrid: Showers, scale: DepthScale, settings: DepthScaleSettings) -> dict[str, Array]:
    """Mean of network minus telescope in bins of energy, before and after the calibration; bins with events alone."""
    before = hybrid.depth - hybrid.telescope
    after = scale.corrected(hybrid) - hybrid.telescope
    rows = []
    for low, high in zip(settings.edges, settings.edges[1:], strict=False):
        inside = (hybrid.energy >= low) & (hybrid.energy < high)
        if (number := int(inside.sum())) > 1:
            error = before[inside].std(ddof=1) / np.sqrt(number)
            rows.append((hybrid.energy[inside].mean(), before[inside].mean(), after[inside].mean(), error))
    columns = np.array(rows, np.float64).reshape(-1, 4)
    names = ("depth_scale_energy", "depth_scale_before", "depth_scale_after", "depth_scale_error")
    return {name: np.ascontiguousarray(columns[:, place]) for place, name in enumerate(names)}


def _corrections(numbers: list[float], settings: DepthScaleSettings) -> schemav2.CorrectionSet:
    expression = f"[0]+[1]*(x-{settings.energy!r})+[2]*(1/cos(y)-{settings.secant!r})"
    return schemav2.CorrectionSet(
        schema_version=2,
        description="Bias of the depth of shower maximum that networks predict, derived from hybrid events",
        corrections=[
            schemav2.Correction(
                name="depth_bias",
                description="What is subtracted from the networks' X_max",
                version=1,
                inputs=[
                    schemav2.Variable(name="energy", type="real", description="log10(E/eV), as reconstructed"),
                    schemav2.Variable(name="zenith", type="real", description="zenith angle in rad"),
                ],
                output=schemav2.Variable(name="depth_bias", type="real", description="in g/cm2"),
                data=schemav2.Formula(
                    nodetype="formula",
                    expression=expression,
                    parser="TFormula",
                    variables=["energy", "zenith"],
                    parameters=numbers,
                ),
            )
        ],
    )
