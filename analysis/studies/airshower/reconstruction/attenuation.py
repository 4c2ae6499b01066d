"""Attenuation of the size of equal showers with the zenith angle: the constant intensity cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.errors import DataError

if TYPE_CHECKING:
    from analysis.studies.airshower.reconstruction.settings import ScaleSettings

__all__ = ["Attenuation", "constant_intensity_cut", "relative_attenuation"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Attenuation:
    """S(1000) of equal intensity against x = cos² θ - cos² 38°, and the polynomial through it; b bins, degree d.

    Attributes:
        x: mean of each bin, (b,).
        size: S(1000) in VEM above which each bin has ``intensity`` events, (b,).
        size_uncertainty: statistical, (b,).
        intensity: number of events in each bin.
        size_38: of the polynomial at x = 0, in VEM, and its uncertainty.
        coefficients: of 1 + a x + b x² + c x³ from a on, (d,).
        covariance: of the coefficients, (d, d).
        chi2: of the polynomial.
    """

    x: Array
    size: Array
    size_uncertainty: Array
    intensity: float
    size_38: tuple[float, float]
    coefficients: Array
    covariance: Array
    chi2: float

    @property
    def ndf(self) -> int:
        """Number of degrees of freedom of the polynomial's fit."""
        return len(self.x) - len(self.coefficients) - 1


def relative_attenuation(zenith: Array, coefficients: Array, reference: float) -> Array:
    """S(1000) of showers at a zenith angle, relative to equal showers at the reference: 1 + a x + b x² + c x³.

    Args:
        zenith: in rad.
        coefficients: a, b, c.
        reference: zenith angle in degrees.

    Examples:
        >>> relative_attenuation(np.radians([38.0]), np.array([0.9, -1.2]), 38.0)
        array([1.])
    """
    x = np.cos(zenith) ** 2 - np.cos(np.radians(reference)) ** 2
    return np.polynomial.polynomial.polyval(x, [1.0, *coefficients])


def constant_intensity_cut(zenith: Array, size: Array, settings: ScaleSettings) -> Attenuation:
    """Compare the sizes of showers that come equally often from equal exposures.

    Cosmic rays come alike from all directions, so the same number of events per dN/d(cos² θ) means the same energy
    (J. Hersil et al., PRL 6 (1961) 22; Pierre Auger Collaboration, PRL 101 (2008) 061101). The uncertainty of a size is
    half the difference of those one standard deviation of the number of events more and less.

    Args:
        zenith: of well fitted events, in rad, (n,).
        size: S(1000), in VEM, (n,).
        settings: bins, share, and degree of the polynomial.

    Raises:
        DataError: too few events.
    """
    square, least = np.cos(zenith) ** 2, np.cos(np.radians(settings.largest)) ** 2
    used = square >= least
    bins = max(settings.degree + 2, min(settings.bins, int(used.sum()) // settings.least_events))
    edges = np.linspace(least, 1.0, bins + 1)
    place = np.minimum(np.searchsorted(edges, square[used], side="right") - 1, bins - 1)
    total = np.bincount(place, minlength=bins)
    intensity = settings.share * used.sum() / bins
    if intensity < 10 or total.min() <= intensity + np.sqrt(intensity) + 1:
        raise DataError(
            f"the attenuation cannot be derived from {int(used.sum())} events in {bins} bins of zenith angle",
            cure="simulate more events of the data set, or choose fewer bins or a smaller share in ScaleSettings",
        )
    falling = [np.sort(size[used][place == number])[::-1] for number in range(bins)]

    def at(rank: float) -> Array:
        # halfway between the events of whole ranks n and n + 1 there are n events above
        return np.array([np.interp(rank - 0.5, np.arange(len(sizes)), sizes) for sizes in falling])

    found = at(intensity)
    uncertainty = (at(intensity - np.sqrt(intensity)) - at(intensity + np.sqrt(intensity))) / 2.0
    x = (edges[1:] + edges[:-1]) / 2.0 - np.cos(np.radians(settings.reference)) ** 2
    design = x[:, None] ** np.arange(settings.degree + 1) / uncertainty[:, None]
    inverse = np.linalg.inv(design.T @ design)
    solution = inverse @ (design.T @ (found / uncertainty))
    # coefficients are relative to the value at x = 0
    jacobian = np.column_stack([-solution[1:] / solution[0] ** 2, np.eye(settings.degree) / solution[0]])
    return Attenuation(
        x=x,
        size=found,
        size_uncertainty=uncertainty,
        intensity=float(intensity),
        size_38=(float(solution[0]), float(np.sqrt(inverse[0, 0]))),
        coefficients=solution[1:] / solution[0],
        covariance=jacobian @ inverse @ jacobian.T,
        chi2=float(np.sum((found / uncertainty - design @ solution) ** 2)),
    )
