"""Fits of mixtures of primaries to the X_max of surface or hybrid events, many histograms side by side.

Templates of hybrid events are the distributions of the true X_max of pure primaries (generalised Gumbel distribution),
folded with the telescopes' resolution; those of surface events are what networks say of simulated showers. The
likelihood, its minimum and the intervals are those that the published distributions are fitted with
(:mod:`analysis.studies.airshower.composition`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from analysis.studies.airshower.composition.intervals import Intervals, intervals
from analysis.studies.airshower.composition.likelihood import Channels, Fitted, solve
from analysis.studies.airshower.published import gumbel

if TYPE_CHECKING:
    from analysis.studies.airshower.observatory.settings import ObservatoryMeasurement

__all__ = ["NUISANCES", "Histogram", "Mixtures", "fit_mixtures", "true_moments"]

Array = NDArray[np.float64]

NUISANCES = ("depth_scale", "depth_resolution")
"""Nuisance parameters: the mean X_max by the uncertainty of its calibration, and the relative resolution."""

# what a bin holds at least of a template: no likelihood is infinite, also for a few showers that came out badly
_LEAST = 1e-4


@dataclass(frozen=True, eq=False)
class Histogram:
    """Depths of some showers of one energy bin, and how they are measured; s primaries.

    Args:
        name: of the sample and bin.
        energy: (n,) log10(E/eV).
        depth: (n,) measured X_max, calibrated, in g/cm2.
        expected: (s, k) depths that stand for what is measured of a pure primary, not calibrated, in g/cm2.
        smearing: standard deviation that each of them stands for, in g/cm2.
        bias: (s,) mean error of each primary; that of the mixture has been calibrated away.
        noise: (s,) standard deviation of the error at given true depth, in g/cm2.
        calibration: uncertainty of the calibration, common to all showers, in g/cm2; a vector (3,), so that those of
            other histograms of the same calibration can be added.
    """

    name: str
    energy: Array
    depth: Array
    expected: Array
    smearing: float
    bias: Array
    noise: Array
    calibration: Array

    @property
    def scale(self) -> float:
        """Uncertainty of the calibration in g/cm2."""
        return float(np.linalg.norm(self.calibration))

    @property
    def variance(self) -> Array:
        """(s,) of what is measured of a pure primary."""
        return np.asarray(self.expected.var(axis=1) + self.smearing**2)


class Mixtures(NamedTuple):
    """Mixtures fitted to c histograms.

    Attributes:
        channels: templates and counts.
        best: the fits.
        fractions: (s, c) intervals of each primary's fraction.
    """

    channels: Channels
    best: Fitted
    fractions: tuple[Intervals, ...]


def fit_mixtures(histograms: Sequence[Histogram], settings: ObservatoryMeasurement) -> Mixtures:
    """Fit fractions of primaries to each histogram by itself.

    The calibration on hybrid events takes away the bias of the mixture that there is. Its templates are thus moved
    against each other by what the biases of primaries differ from the mixture's, which the fit itself tells: a few
    rounds settle it.

    Args:
        histograms: c of them.
        settings: bins, primaries, model.
    """
    first, last, width = settings.depth
    edges = np.arange(first, last + width, width, dtype=np.float64)
    counts = np.stack([np.histogram(np.clip(one.depth, first, last - 1e-6), edges)[0] for one in histograms])
    counts = counts.astype(np.float64)
    size, primaries = len(histograms), len(settings.primaries)
    index = np.arange(size)
    shares = np.full((size, primaries), 1.0 / primaries)
    biases = np.stack([one.bias for one in histograms])
    channels = _channels(histograms, counts, edges, (shares * biases).sum(axis=1), settings, ())
    for _ in range(settings.rounds if biases.any() else 0):
        shares = solve(channels, index, counts).fractions
        channels = _channels(histograms, counts, edges, (shares * biases).sum(axis=1), settings, ())
    channels = _channels(histograms, counts, edges, (shares * biases).sum(axis=1), settings, NUISANCES)
    best = solve(channels, index, counts)
    wanted = np.eye(primaries)
    repeated = np.repeat(index, len(wanted))
    found = intervals(channels, repeated, counts[repeated], np.tile(wanted, (size, 1)))
    return Mixtures(channels, best, tuple(_every(found, start, len(wanted)) for start in range(len(wanted))))


def true_moments(one: Histogram, shares: Array, settings: ObservatoryMeasurement) -> tuple[float, float]:
    """Variance that the measurement adds to a mixture's X_max, and its change with the resolution's uncertainty.

    Args:
        one: the histogram.
        shares: (s,) of the mixture.
        settings: model and primaries.

    Returns:
        Both in (g/cm2)^2; the first is negative where a network draws depths to the mean more than it smears them.
    """
    energy = float(one.energy.mean())
    masses = [float(mass) for _, mass in settings.primaries]
    mean = np.array([float(gumbel.mean(energy, mass, settings.model)) for mass in masses])
    variance = np.array([float(gumbel.variance(energy, mass, settings.model)) for mass in masses])

    def of_mixture(means: Array, variances: Array) -> float:
        return float(shares @ (variances + means**2) - (shares @ means) ** 2)

    # energies of the bin spread depths, true and measured alike
    spread = np.array([float(np.var(gumbel.mean(one.energy, mass, settings.model))) for mass in masses])
    added = 2.0 * settings.resolution_uncertainty * float(shares @ one.noise**2)
    return of_mixture(mean + one.bias, one.variance - spread) - of_mixture(mean, variance), added


def _every(found: Intervals, start: int, step: int) -> Intervals:
    some = slice(start, None, step)
    return Intervals(
        found.value[some],
        found.stat[:, some],
        found.syst[:, some],
        found.sources[:, :, some],
        found.at_limit[:, some],
        found.converged[some],
    )


def _channels(
    histograms: Sequence[Histogram],
    counts: Array,
    edges: Array,
    offset: Array,
    settings: ObservatoryMeasurement,
    nuisances: tuple[str, ...],
) -> Channels:
    """Templates of all histograms, with their changes by some nuisance parameters."""
    nominal, down, up = [], [], []
    for one, seen, moved in zip(histograms, counts, offset, strict=True):
        relative = settings.resolution_uncertainty
        # (scale in g/cm2, relative width) downwards and upwards
        ways = {
            "depth_scale": ((-one.scale, 1.0), (one.scale, 1.0)),
            "depth_resolution": ((0.0, 1 - relative), (0.0, 1 + relative)),
        }
        total = seen.sum()
        central = total * _templates(one, edges + moved, 1.0)
        nominal.append(central)
        ends = [
            [total * _templates(one, edges + moved - shift, factor) for shift, factor in ways[name]]
            for name in nuisances
        ]
        down.append([central - low for low, _ in ends])
        up.append([high - central for _, high in ends])
    shape = (len(histograms), len(nuisances), len(settings.primaries), len(edges) - 1)
    return Channels(
        models=tuple("observatory" for _ in histograms),
        names=tuple(one.name for one in histograms),
        primaries=tuple(name for name, _ in settings.primaries),
        nuisances=nuisances,
        sizes=tuple(len(edges) - 1 for _ in histograms),
        counts=counts,
        nominal=np.stack(nominal),
        down=np.array(down, np.float64).reshape(shape),
        up=np.array(up, np.float64).reshape(shape),
    )


def _templates(one: Histogram, edges: Array, factor: float) -> Array:
    """(s, d) shares of each primary's showers in the bins; the outer ones reach to infinity.

    Args:
        one: the histogram.
        edges: (d + 1,) in g/cm2.
        factor: that the resolution is multiplied with; depths are stretched about their mean for the same variance.
    """
    stretch = np.sqrt(1.0 + (factor**2 - 1.0) * one.noise**2 / one.variance)[:, np.newaxis]
    mean = one.expected.mean(axis=1, keepdims=True)
    depths = (mean + stretch * (one.expected - mean))[:, np.newaxis]
    below = ndtr((edges[1:-1, np.newaxis] - depths) / (one.smearing * stretch[:, np.newaxis])).mean(axis=2)
    ends = np.zeros((len(below), 1)), np.ones((len(below), 1))
    return np.asarray(np.diff(np.concatenate([ends[0], below, ends[1]], axis=1), axis=1) + _LEAST)
