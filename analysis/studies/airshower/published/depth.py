"""Readers of the measured depth of shower maximum: distributions, moments, and what the detector does to them.

The ``README`` among the files describes them, and ``example.C`` beside it in the package shows how the numbers are
meant to be used. Depths are in g/cm2, energies are log10(E/eV).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from analysis.studies.airshower.published.columns import columns, damaged, numbers

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "Acceptance",
    "Distributions",
    "Moments",
    "Resolution",
    "Scale",
    "read_acceptance",
    "read_distributions",
    "read_moments",
    "read_resolution",
    "read_scale",
]

_BINS = 18
_EVENTS = 19_759
_MOMENTS = {"xmaxMoments.txt": 18, "xmaxMoments17.txt": 24, "xmaxMoments19.txt": 20}


@dataclass(frozen=True, eq=False)
class Distributions:
    """Measured distributions of X_max; detector effects are still in them.

    Args:
        energy_edges: (b + 1,) edges of the energy bins, log10(E/eV).
        depth_edges: (d + 1,) edges of the histograms, in g/cm2.
        counts: (b, d) events.
    """

    energy_edges: NDArray[np.float64]
    depth_edges: NDArray[np.float64]
    counts: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Moments:
    """Mean and standard deviation of X_max, corrected for detector effects; depths in g/cm2.

    Args:
        log10_energy: (b,) mean log10(E/eV) in each energy bin.
        events: (b,) number of events.
        mean: (b,) <X_max>.
        mean_statistical: (b,) its statistical uncertainty.
        mean_systematic: (2, b) its systematic uncertainty downwards and upwards, both positive.
        width: (b,) sigma(X_max).
        width_statistical: (b,) its statistical uncertainty.
        width_systematic: (2, b) its systematic uncertainty downwards and upwards, both positive.
    """

    log10_energy: NDArray[np.float64]
    events: NDArray[np.int64]
    mean: NDArray[np.float64]
    mean_statistical: NDArray[np.float64]
    mean_systematic: NDArray[np.float64]
    width: NDArray[np.float64]
    width_statistical: NDArray[np.float64]
    width_systematic: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Resolution:
    """Resolution of X_max by energy bin: a sum of two Gaussians around zero.

    Args:
        energy_edges: (b + 1,) log10(E/eV).
        sigma: (2, b) widths of the Gaussians, in g/cm2.
        sigma_uncertainty: (2, b) in g/cm2; both move together.
        fraction: (b,) of the first Gaussian.
    """

    energy_edges: NDArray[np.float64]
    sigma: NDArray[np.float64]
    sigma_uncertainty: NDArray[np.float64]
    fraction: NDArray[np.float64]

    def density(self, difference: ArrayLike, shift: float = 0.0) -> NDArray[np.float64]:
        """Probability density of a measured minus a true X_max.

        Args:
            difference: (..., b) or what broadcasts to it, in g/cm2.
            shift: of the widths, in standard deviations.

        Returns:
            (..., b) in 1/(g/cm2).
        """
        sigma = self.sigma + shift * self.sigma_uncertainty
        first, second = (_normal(np.asarray(difference, np.float64), s) for s in sigma)
        return self.fraction * first + (1.0 - self.fraction) * second

    def cdf(self, difference: ArrayLike, shift: float = 0.0) -> NDArray[np.float64]:
        """Probability of a smaller difference; arguments as in :meth:`density`, (..., b)."""
        sigma = self.sigma + shift * self.sigma_uncertainty
        first, second = (special.ndtr(np.asarray(difference, np.float64) / s) for s in sigma)
        return self.fraction * first + (1.0 - self.fraction) * second

    def width(self, shift: float = 0.0) -> NDArray[np.float64]:
        """(b,) standard deviation of the resolution in g/cm2; the shift as in :meth:`density`."""
        sigma = self.sigma + shift * self.sigma_uncertainty
        return np.sqrt(self.fraction * sigma[0] ** 2 + (1.0 - self.fraction) * sigma[1] ** 2)


@dataclass(frozen=True, eq=False)
class Acceptance:
    """Relative acceptance by energy bin: one between two depths, with exponential tails. A function of the true X_max.

    Args:
        energy_edges: (b + 1,) log10(E/eV).
        limits: (2, b) shallowest and deepest X_max of full acceptance, in g/cm2.
        limits_uncertainty: (2, b) in g/cm2.
        tails: (2, b) attenuation lengths of the shallow and the deep tail, in g/cm2.
        tails_uncertainty: (2, b) in g/cm2.
    """

    energy_edges: NDArray[np.float64]
    limits: NDArray[np.float64]
    limits_uncertainty: NDArray[np.float64]
    tails: NDArray[np.float64]
    tails_uncertainty: NDArray[np.float64]

    def efficiency(self, depth: ArrayLike, shift: float = 0.0) -> NDArray[np.float64]:
        """Acceptance relative to its largest value.

        Args:
            depth: (..., b) or what broadcasts to it: true X_max in g/cm2.
            shift: towards the wider (positive) or narrower (negative) extreme, in standard deviations.

        Returns:
            (..., b) between 0 and 1.
        """
        low, high = self.limits + shift * np.array([[-1.0], [1.0]]) * self.limits_uncertainty
        shallow, deep = self.tails + shift * self.tails_uncertainty
        depth = np.asarray(depth, np.float64)
        return np.exp(np.minimum(0.0, (depth - low) / shallow) - np.maximum(0.0, (depth - high) / deep))


@dataclass(frozen=True, eq=False)
class Scale:
    """Systematic uncertainty of the scale of X_max by energy bin.

    Args:
        energy_edges: (b + 1,) log10(E/eV).
        systematic: (2, b) downwards and upwards, both positive, in g/cm2.
        correlation: (2, b, b) between energy bins, downwards and upwards.
    """

    energy_edges: NDArray[np.float64]
    systematic: NDArray[np.float64]
    correlation: NDArray[np.float64]


def read_distributions(files: Mapping[str, Path]) -> Distributions:
    """Read the measured distributions of X_max.

    Args:
        files: of the publication ``xmax2014``, by name.

    Raises:
        DataError: the file is missing or damaged.

    Examples:
        >>> from analysis.events.resources import copy_resource
        >>> from analysis.studies.airshower.published.files import XMAX_2014
        >>> folder = Path(getfixture("tmp_path"))
        >>> for file in XMAX_2014.files:
        ...     copy_resource(file, folder / file.name)
        >>> distributions = read_distributions({file.name: folder / file.name for file in XMAX_2014.files})
        >>> int(distributions.counts.sum())
        19759
    """
    path = _path(files, "xmaxHistograms.txt")
    table = numbers(path, _BINS, 107)
    events, bins, low, high = table[:, 3], table[:, 4], table[:, 5], table[:, 6]
    counts = table[:, 7:]
    if (bins != counts.shape[1]).any() or np.ptp(low) or np.ptp(high):
        raise damaged(path, "does not have the same bins of depth at all energies")
    if (counts != np.rint(counts)).any() or (counts < 0).any() or (counts.sum(axis=1) != events).any():
        raise damaged(path, "has histograms whose entries do not add up to its numbers of events")
    if events.sum() != _EVENTS:
        raise damaged(path, f"should hold {_EVENTS} events, and holds {int(events.sum())}")
    return Distributions(
        energy_edges=_edges(path, table),
        depth_edges=np.linspace(low[0], high[0], counts.shape[1] + 1),
        counts=counts.astype(np.int64),
    )


def read_moments(files: Mapping[str, Path], name: str) -> Moments:
    """Read published moments of X_max.

    Args:
        files: of the publication, by name.
        name: ``xmaxMoments.txt`` (of ``xmax2014``), ``xmaxMoments17.txt`` (``xmax2017``) or ``xmaxMoments19.txt``
            (``xmax2019``).

    Raises:
        DataError: the file is missing or damaged.
    """
    path = _path(files, name)
    table = columns(path, _MOMENTS[name])
    try:
        moments = Moments(
            log10_energy=table["meanLgEnergy"],
            events=table["numberOfEvents"].astype(np.int64),
            mean=table["meanXmax"],
            mean_statistical=table["meanXmaxSigmaStat"],
            mean_systematic=np.stack([-table["meanXmaxSigmaSysLow"], table["meanXmaxSigmaSysUp"]]),
            width=table["sigmaXmax"],
            width_statistical=table["sigmaXmaxSigmaStat"],
            width_systematic=np.stack([-table["sigmaXmaxSigmaSysLow"], table["sigmaXmaxSigmaSysUp"]]),
        )
    except KeyError as error:
        raise damaged(path, f"has no column {error}") from error
    uncertainties = (moments.mean_statistical, moments.width_statistical)
    if any((u <= 0).any() for u in (*uncertainties, moments.mean_systematic, moments.width_systematic)):
        raise damaged(path, "has an uncertainty of the wrong sign")
    return moments


def read_resolution(files: Mapping[str, Path]) -> Resolution:
    """Read the resolution of X_max; arguments and errors as in :func:`read_distributions`."""
    path = _path(files, "resolution.txt")
    table = numbers(path, _BINS, 8)
    return Resolution(_edges(path, table), table[:, [3, 5]].T, table[:, [4, 6]].T, table[:, 7])


def read_acceptance(files: Mapping[str, Path]) -> Acceptance:
    """Read the acceptance for X_max; arguments and errors as in :func:`read_distributions`."""
    path = _path(files, "acceptance.txt")
    table = numbers(path, _BINS, 11)
    return Acceptance(
        _edges(path, table), table[:, [3, 5]].T, table[:, [4, 6]].T, table[:, [7, 9]].T, table[:, [8, 10]].T
    )


def read_scale(files: Mapping[str, Path]) -> Scale:
    """Read the systematic uncertainty of X_max; arguments and errors as in :func:`read_distributions`."""
    path = _path(files, "xmaxSystematics.txt")
    table = numbers(path, _BINS, 5)
    if (table[:, 3] <= 0).any() or (table[:, 4] >= 0).any():
        raise damaged(path, "has an uncertainty of the wrong sign")
    matrices = []
    for name in ("correlationSysMinus.txt", "correlationSysPlus.txt"):
        matrix = numbers(_path(files, name), _BINS, _BINS)
        if (matrix != matrix.T).any() or (np.diagonal(matrix) != 1.0).any() or (np.abs(matrix) > 1.0).any():
            raise damaged(files[name], "holds no matrix of correlations")
        matrices.append(matrix)
    return Scale(_edges(path, table), np.stack([-table[:, 4], table[:, 3]]), np.stack(matrices))


def _edges(path: Path, table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Edges of energy bins, from the columns: number of the bin, its lower and its upper edge."""
    index, low, high = table[:, 0], table[:, 1], table[:, 2]
    if (index != np.arange(len(index))).any() or (low[1:] != high[:-1]).any() or (low >= high).any():
        raise damaged(path, "has energy bins that do not follow one another")
    return np.append(low, high[-1])


def _path(files: Mapping[str, Path], name: str) -> Path:
    return Path(files.get(name, name))


def _normal(x: NDArray[np.float64], sigma: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.exp(-0.5 * (x / sigma) ** 2) / (np.sqrt(2.0 * np.pi) * sigma)
