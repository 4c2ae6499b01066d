"""Histograms of two results, spectrum by spectrum: sums, chi2, and the bin that moved most."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.comparison.quantities import pull, ratio
from analysis.histograms.histograms import Histograms
from analysis.histograms.processes import NOMINAL

__all__ = ["ComparedSpectrum", "Spectrum", "compare_histograms"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Spectrum:
    """One of a study's spectra: a variable's, by the names of region, process and shift."""

    variable: str
    region: str
    process: str
    shift: str = NOMINAL


@dataclass(frozen=True)
class ComparedSpectrum:
    """A spectrum of two results, called a and b.

    Args:
        spectrum: which one.
        problem: why its bins cannot be compared: only one has it, or its edges are others; empty if they can.
        same: whether all sums are the same to the last bit.
        a: sum of weights over all bins of the first result.
        b: of the second one.
        ratio: b divided by a; ``None`` if that is zero.
        chi2: sum over bins of (difference)^2 / (sum of the variances), as it is for two independent histograms of
            weights (N. Gagunashvili, physics/0605123). Where the same events are in both, the difference varies less
            than that, and chi2 is smaller: it orders what moved, and no probability follows from it. ``None`` where a
            bin without uncertainty moved.
        bins: number of bins that are filled in one of them.
        pull: of the bin that moved most, its difference divided by the larger statistical uncertainty of the two.
        place: edges of that bin; ``None`` if none moved.
    """

    spectrum: Spectrum
    problem: str
    same: bool
    a: float | None = None
    b: float | None = None
    ratio: float | None = None
    chi2: float | None = None
    bins: int = 0
    pull: float | None = None
    place: tuple[float, float] | None = None

    @property
    def size(self) -> float:
        """Largest difference of a bin, in σ; infinite where there is no measure of it."""
        if self.same:
            return 0.0
        return math.inf if self.pull is None else abs(self.pull)


def compare_histograms(a: Histograms, b: Histograms) -> list[ComparedSpectrum]:
    """Compare all spectra of two results: nominal ones before shifted ones, those first that moved most.

    Sums of weights and of their squares are those that fits and figures get, with what lies outside in the first and
    the last bin.
    """
    known = [dict.fromkeys(_spectra(one)) for one in (a, b)]
    found = []
    for one in known[1] | known[0]:
        if one not in known[0] or one not in known[1]:
            found.append(ComparedSpectrum(one, f"only {'ab'[one in known[1]]} has it", same=False))
        elif not np.array_equal(a.edges(one.variable), b.edges(one.variable)):
            found.append(ComparedSpectrum(one, "its bins are others", same=False))
        else:
            found.append(_compared(one, a, b))
    return sorted(found, key=lambda one: (one.spectrum.shift != NOMINAL, -one.size))


def _spectra(histograms: Histograms) -> Iterator[Spectrum]:
    for variable, histogram in sorted(histograms.hists.items()):
        processes, regions, shifts = ([str(name) for name in axis] for axis in list(histogram.axes)[:3])
        for region in regions:
            yield from (Spectrum(variable, region, process, shift) for process in processes for shift in shifts)


def _compared(one: Spectrum, a: Histograms, b: Histograms) -> ComparedSpectrum:
    names = one.variable, one.process, one.region, one.shift
    (first, variance), (second, other) = a.content(*names), b.content(*names)
    difference, uncertainty = second - first, np.sqrt(np.maximum(variance, other))
    sums = float(first.sum()), float(second.sum())
    moved, place = _largest(difference, uncertainty, b.edges(one.variable))
    return ComparedSpectrum(
        one,
        "",
        bool(np.array_equal(first, second) and np.array_equal(variance, other)),
        *sums,
        ratio(*sums),
        _chi2(difference, variance + other),
        int(np.count_nonzero((first != 0.0) | (second != 0.0))),
        moved,
        place,
    )


def _chi2(difference: Array, variance: Array) -> float | None:
    if np.any((variance <= 0.0) & (difference != 0.0)):
        return None
    return float(np.sum(difference**2 / np.where(variance > 0.0, variance, 1.0)))


def _largest(difference: Array, uncertainty: Array, edges: Array) -> tuple[float | None, tuple[float, float] | None]:
    """Difference in units of the uncertainty, and edges, of the bin that moved most."""
    if not np.any(difference):
        return 0.0, None
    # a bin that moved and has no uncertainty comes first
    index = int(np.argmax(np.where(difference == 0.0, 0.0, np.abs(difference) / np.maximum(uncertainty, 1e-300))))
    return pull(float(difference[index]), float(uncertainty[index])), (float(edges[index]), float(edges[index + 1]))
