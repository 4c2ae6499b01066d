"""Dimuon resonances: their line shape and the fit of their mass.

The mass of the muon pair is the resonance's mass, smeared three times: by the natural width, by photons that the muons
radiate (they take the mass down, never up), and by the detector. Without the radiation a symmetric line fitted to the
asymmetric peak comes out low, more so for heavier resonances, and would be mistaken for a wrong momentum scale.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from iminuit import Minuit
from iminuit.cost import ExtendedBinnedNLL
from numpy.typing import NDArray
from scipy.special import chdtrc

from analysis.errors import DataError

if TYPE_CHECKING:
    from analysis.studies.htautau.settings import PeakSettings

__all__ = ["PeakFit", "fit_peak", "line_shape", "radiated_fraction"]

Array = NDArray[np.float64]

_FINE_STRUCTURE = 1.0 / 137.035999
_MUON_MASS = 0.1056583755


@dataclass(frozen=True, eq=False)
class PeakFit:
    """The result of a fit.

    Args:
        mass: in GeV, with ``uncertainty`` (statistical, from the curvature of the likelihood).
        uncertainty: of the mass, in GeV.
        resolution: relative width of the core of the detector's response.
        signal: fitted number of pairs from the resonance, with ``signal_uncertainty``.
        signal_uncertainty: of the signal.
        pairs: number of pairs in the window.
        chi2: likelihood ratio to the saturated model (S. Baker, R. D. Cousins, Nucl. Instrum. Meth. 221 (1984) 437).
        ndf: number of degrees of freedom.
        edges: of the bins, in GeV, shape (b + 1,).
        counts: pairs in each bin, shape (b,).
        expected: fitted pairs in each bin, shape (b,).
        background: the part of ``expected`` that is not the resonance.
    """

    mass: float
    uncertainty: float
    resolution: float
    signal: float
    signal_uncertainty: float
    pairs: int
    chi2: float
    ndf: int
    edges: Array
    counts: Array
    expected: Array
    background: Array

    @property
    def p_value(self) -> float:
        """Probability of a larger ``chi2`` if the model is right."""
        return float(chdtrc(self.ndf, self.chi2))


def radiated_fraction(fraction: Array, mass: float) -> Array:
    """Probability that photons take no more than a fraction of the squared mass from a muon pair.

    The exponentiated radiator of E. A. Kuraev, V. S. Fadin, Sov. J. Nucl. Phys. 41 (1985) 466, for the final state
    (G. Montagna, O. Nicrosini, F. Piccinini, Phys. Lett. B 406 (1997) 243), normalised to 1: with x the fraction and
    beta = 2 alpha / pi (ln(mass^2 / m_mu^2) - 1), the integral of beta x^(beta - 1) (1 + 3/4 beta) - beta (1 - x/2).

    Args:
        fraction: between 0 and 1, any shape.
        mass: of the resonance in GeV.

    Examples:
        >>> radiated_fraction(np.array([0.0, 1e-3, 1.0]), 91.188).round(3)
        array([0.   , 0.698, 1.   ])
    """
    beta = 2.0 * _FINE_STRUCTURE / np.pi * (np.log(mass**2 / _MUON_MASS**2) - 1.0)
    return fraction**beta * (1.0 + 0.75 * beta) - beta * (fraction - fraction**2 / 4.0)


def line_shape(peak: PeakSettings, radiation: bool = True) -> Callable[[Array, float, float, float, float], Array]:
    """The density of reconstructed masses of a resonance.

    Relativistic Breit-Wigner line with a mass-dependent width, m^power / ((m^2 - M^2)^2 + m^4 Gamma^2 / M^2) (a single
    mass for a resonance much narrower than the resolution), final-state radiation, and two Gaussian functions with a
    common mean for the detector.

    Args:
        peak: the resonance; its width relative to its mass is kept when the mass is moved.
        radiation: whether muons radiate.

    Returns:
        ``f(x, mass, resolution, fraction, ratio)`` with masses ``x`` and ``mass`` in GeV, the relative width of the
        narrower Gaussian, the fraction of the wider one and the ratio of their widths; normalisation arbitrary.
    """
    # on a grid in log(x / mass) radiation and resolution are convolutions that depend on neither mass nor x
    step = (peak.window[1] - peak.window[0]) / peak.bins / peak.window[1] / 2.0
    low = np.log(peak.window[0] / peak.mass) - 0.15
    size = int(np.ceil((np.log(peak.window[1] / peak.mass) + 0.40 - low) / step))
    origin = int(np.round(-low / step))
    grid = (np.arange(size) - origin) * step

    if peak.width / peak.mass > step:
        square = np.exp(2.0 * grid)
        line = np.exp((1.0 + peak.power) * grid) / ((square - 1.0) ** 2 + square**2 * (peak.width / peak.mass) ** 2)
    else:
        line = np.zeros(size)
        line[origin] = 1.0
    spectrum = np.fft.rfft(line)
    if radiation:
        loss = np.append(0.0, (np.arange(int(0.35 / step)) + 0.5) * step)
        radiated = np.diff(radiated_fraction(-np.expm1(-2.0 * loss), peak.mass))
        spectrum *= np.conj(np.fft.rfft(radiated, size))
    frequency = 2.0 * np.pi * np.fft.rfftfreq(size, step)

    def density(x: Array, mass: float, resolution: float, fraction: float, ratio: float) -> Array:
        response = (1.0 - fraction) * np.exp(-0.5 * (resolution * frequency) ** 2)
        response += fraction * np.exp(-0.5 * (ratio * resolution * frequency) ** 2)
        return np.interp(np.log(x / mass), grid, np.fft.irfft(spectrum * response, size)) / x

    return density


def fit_peak(
    masses: Array, peak: PeakSettings, *, tails: bool, radiation: bool = True, what: str = "all pairs"
) -> PeakFit:
    """Fit a resonance over an exponential background: extended maximum likelihood in fine bins.

    Args:
        masses: of muon pairs in GeV, shape (n,).
        peak: the resonance and its window.
        tails: whether the response has a second, wider Gaussian; pairs of unequal resolution need one.
        radiation: whether muons radiate.
        what: which pairs these are, for messages.

    Raises:
        DataError: there are too few pairs, or the fit does not converge.
    """
    counts, edges = np.histogram(masses, peak.bins, peak.window)
    pairs = int(counts.sum())
    if pairs < 100:
        raise DataError(
            f"{what}: {pairs} muon pairs between {peak.window[0]} and {peak.window[1]} GeV are too few to fit the "
            f"peak {peak.name!r}",
            cure="give the calibration more events",
        )
    centres = (edges[1:] + edges[:-1]) / 2.0
    middle = centres.mean()
    density = line_shape(peak, radiation)

    def parts(
        signal: float,
        mass: float,
        resolution: float,
        fraction: float,
        ratio: float,
        background: float,
        slope: float,
    ) -> tuple[Array, Array]:
        line = density(centres, mass, resolution, fraction, ratio)
        below = np.exp(-slope * (centres - middle))
        return signal * line / line.sum(), background * below / below.sum()

    def cumulative(_: Array, *parameters: float) -> Array:
        line, below = parts(*parameters)
        return np.append(0.0, np.cumsum(line + below))

    start = {
        "signal": 0.7 * pairs,
        "mass": peak.mass,
        "resolution": 0.012,
        "fraction": 0.3 if tails else 0.0,
        "ratio": 2.0,
        "background": 0.3 * pairs,
        "slope": 1.0 / middle,
    }
    minuit = Minuit(ExtendedBinnedNLL(counts, edges, cumulative), *start.values(), name=list(start))
    minuit.limits["signal", "background"] = (0.0, 2.0 * pairs)
    minuit.limits["mass"] = (0.97 * peak.mass, 1.03 * peak.mass)
    minuit.limits["resolution"] = (0.003, 0.05)
    minuit.limits["fraction"] = (0.0, 0.8)
    minuit.limits["ratio"] = (1.3, 5.0)
    minuit.fixed["fraction", "ratio"] = not tails
    minuit.strategy = 1
    minuit.migrad()
    if not minuit.valid:
        raise DataError(f"{what}: the fit of the peak {peak.name!r} to {pairs} muon pairs does not converge")
    minuit.hesse()
    line, below = parts(*minuit.values)
    return PeakFit(
        mass=minuit.values["mass"],
        uncertainty=minuit.errors["mass"],
        resolution=minuit.values["resolution"],
        signal=minuit.values["signal"],
        signal_uncertainty=minuit.errors["signal"],
        pairs=pairs,
        chi2=float(minuit.fval),
        ndf=peak.bins - minuit.nfit,
        edges=edges,
        counts=counts.astype(np.float64),
        expected=line + below,
        background=below,
    )
