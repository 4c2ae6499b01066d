"""The energy scale: the size of showers against the energy that the fluorescence telescopes measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from iminuit import Minuit
from numpy.typing import NDArray

from analysis.errors import DataError

__all__ = ["EnergyScale", "fit_energy_scale"]

Array = NDArray[np.float64]

_REFERENCE = 1e19
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(9)
_LEAST_EVENTS = 20


@dataclass(frozen=True, eq=False)
class EnergyScale:
    """E = A (S38 / VEM)^B.

    Attributes:
        factor: A, in eV.
        exponent: B.
        fluctuation: relative standard deviation of S38 from shower to shower.
        covariance: of ln A, B and ``fluctuation``, (3, 3).
        spectral_index: of the showers' energies, γ in dN/dE ~ E^-γ, and its uncertainty.
        events: number of events.
    """

    factor: float
    exponent: float
    fluctuation: float
    covariance: Array
    spectral_index: tuple[float, float]
    events: int


def fit_energy_scale(
    fluorescence: Array, size: Array, uncertainty: Array, resolution: float, least_energy: float
) -> EnergyScale:
    """Maximise the likelihood of the sizes, given the fluorescence energies.

    Least squares are biased, as steeply falling spectra push more showers up than down through a threshold and through
    the resolution (H. P. Dembinski et al., Astropart. Phys. 73 (2016) 44). Here the selection is on the fluorescence
    energy F alone, above full trigger efficiency, and the likelihood is that of the size at given F:
    p(S | F) = ∫ p(S | E) p(E | F) dE with p(E | F) ~ p(F | E) E^-γ, the threshold being on F. The true
    energies of a power law are log-normal around ln F - (γ - 3/2) σ² with width σ, the relative resolution; γ is the
    maximum-likelihood index of the fluorescence energies, 1 + n / Σ ln(F / F_least). The size is normal around
    (E / A)^(1/B) with the showers' fluctuation and the fit's uncertainty, brought from the found to the expected size.

    Args:
        fluorescence: F, in eV, (n,).
        size: S38, in VEM, (n,).
        uncertainty: of S38 from the fit, in VEM, (n,).
        resolution: σ.
        least_energy: events below it are left out, in eV.

    Raises:
        DataError: too few events, or the fit does not converge.
    """
    used = fluorescence >= least_energy
    events = int(used.sum())
    if events < _LEAST_EVENTS:
        raise DataError(
            f"the energy scale cannot be derived from {events} events with a fluorescence energy above "
            f"{least_energy:.2g} eV",
            cure="simulate more events of the data set, or choose a smaller ScaleSettings.least_energy",
        )
    energy, size, uncertainty = fluorescence[used], size[used], uncertainty[used]
    above = events / np.sum(np.log(energy / least_energy))
    # γ - 1 = above
    mean = np.log(energy / _REFERENCE) - (above - 0.5) * resolution**2
    log_energy = mean[:, None] + resolution * _NODES
    # the fit's variance grows with the size; that of the expected size is used, or else sizes that are too small by
    # chance would count more than those that are too large
    poisson = uncertainty**2 / size

    def objective(log_factor: float, exponent: float, fluctuation: float) -> float:
        expected = np.exp((log_energy - log_factor) / exponent)
        variance = poisson[:, None] * expected + (fluctuation * expected) ** 2
        density = np.exp(-0.5 * (size[:, None] - expected) ** 2 / variance) / np.sqrt(variance)
        return -2.0 * float(np.sum(np.log(density @ _WEIGHTS + 1e-300)))

    slope, offset = np.polyfit(np.log(size), mean, 1)
    minuit = Minuit(objective, log_factor=offset, exponent=slope, fluctuation=0.1)
    minuit.limits["exponent"], minuit.limits["fluctuation"] = (0.5, 2.0), (0.0, 1.0)
    minuit.errordef = Minuit.LEAST_SQUARES  # the objective is -2 ln L
    minuit.migrad()
    minuit.hesse()
    if not minuit.valid:
        raise DataError(
            "the fit of the energy scale does not converge",
            cure="look at sizes and fluorescence energies of the data set; PlotCalibration draws them",
        )
    return EnergyScale(
        factor=float(_REFERENCE * np.exp(minuit.values["log_factor"])),
        exponent=float(minuit.values["exponent"]),
        fluctuation=float(minuit.values["fluctuation"]),
        covariance=np.asarray(minuit.covariance),
        spectral_index=(float(1.0 + above), float(above / np.sqrt(events))),
        events=events,
    )
