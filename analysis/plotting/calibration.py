"""Figures of a calibration: the peaks that it was derived from, before and after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.errors import DataError
from analysis.plotting.intervals import poisson_interval, with_uncertainty
from analysis.plotting.style import COLOURS, NEUTRAL, FigureLabel, add_label, axis_title, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["FittedPeak", "FittedSpectrum", "draw_peak", "fitted_peak", "merged"]

Array = NDArray[np.float64]

_STAGES = {"before": "Before calibration", "after": "After calibration"}
_MOST_BINS, _LEAST_BINS = 80, 25


@dataclass(frozen=True, eq=False)
class FittedSpectrum:
    """A distribution and what was fitted to it; b bins of equal width.

    Args:
        title: what distinguishes it, such as ``"After calibration"``.
        edges: of the bins, shape (b + 1,), in the peak's unit.
        counts: entries in each bin, shape (b,).
        expected: fitted entries in each bin, shape (b,).
        background: the part of ``expected`` that is not the peak, shape (b,).
        position: fitted position of the peak, in its unit, with its statistical ``uncertainty``.
        uncertainty: of the position.
        goodness: chi-square and number of degrees of freedom of the fit.
        p_value: probability of a worse fit.
        total_uncertainty: of the position, with systematic effects; ``None`` if they are not known.
    """

    title: str
    edges: Array
    counts: Array
    expected: Array
    background: Array
    position: float
    uncertainty: float
    goodness: tuple[float, int]
    p_value: float
    total_uncertainty: float | None = None


@dataclass(frozen=True)
class FittedPeak:
    """A peak of known position in one or more distributions.

    Args:
        title: what it is; may hold LaTeX.
        quantity: what is on the horizontal axis; may hold LaTeX.
        symbol: of its position; may hold LaTeX.
        unit: of the quantity.
        reference: where the peak should be, in that unit.
        spectra: the distributions, from left to right.
    """

    title: str
    quantity: str
    symbol: str
    unit: str
    reference: float
    spectra: tuple[FittedSpectrum, ...]


def fitted_peak(name: str, title: str, measurements: Mapping[str, Any], curves: Mapping[str, Array]) -> FittedPeak:
    """A peak from what a calibration keeps.

    Args:
        name: of the peak.
        title: of the peak; may hold LaTeX.
        measurements: ``quantity``, ``unit``, and in ``peaks``, by name: ``reference`` with ``mass``; ``before`` and
            ``after`` with ``mass``, ``uncertainty``, ``chi2``, ``ndf``, ``p_value``; ``after_total_uncertainty``.
        curves: arrays ``<name>_<before or after>_<edges, counts, expected or background>``.

    Raises:
        DataError: something of it is not there.
    """
    try:
        peak = measurements["peaks"][name]
        spectra = tuple(
            FittedSpectrum(
                title=text,
                **{array: curves[f"{name}_{stage}_{array}"] for array in ("edges", "counts", "expected", "background")},
                position=peak[stage]["mass"],
                uncertainty=peak[stage]["uncertainty"],
                goodness=(peak[stage]["chi2"], peak[stage]["ndf"]),
                p_value=peak[stage]["p_value"],
                total_uncertainty=peak.get(f"{stage}_total_uncertainty"),
            )
            for stage, text in _STAGES.items()
        )
        quantity, unit = measurements["quantity"], measurements["unit"]
        return FittedPeak(title, quantity, "$m$", unit, peak["reference"]["mass"], spectra)
    except KeyError as error:
        raise DataError(
            f"the calibration has no {error.args[0]!r} of the peak {name!r}",
            cure="let the study's derive_calibration keep it; analysis.plotting.calibration says in which form",
        ) from error


def draw_peak(peak: FittedPeak, label: FigureLabel) -> Figure:
    """The distributions of a peak side by side, each with its fit and the pulls below.

    Data points have Garwood intervals (see :func:`~analysis.plotting.intervals.poisson_interval`). Bins are merged for
    the eye; the fit used the fine ones. The pull is (entries - fitted) / sqrt(fitted), of bins with a fitted entry.
    """
    columns = len(peak.spectra)
    figure = new_figure(9.0 * columns + 1.5, 10.5)
    grid = figure.subplots(
        2,
        columns,
        sharex="col",
        sharey="row",
        squeeze=False,
        gridspec_kw={"height_ratios": (3.2, 1.0), "hspace": 0.07, "wspace": 0.09},
    )
    figure.subplots_adjust(left=1.35 / figure.get_figwidth(), right=1.0 - 0.3 / figure.get_figwidth())
    figure.subplots_adjust(bottom=0.1, top=0.93)
    for spectrum, (above, below) in zip(peak.spectra, grid.T, strict=True):
        per_bin = _draw_spectrum(above, peak, spectrum)
        _draw_pulls(below, peak, spectrum)
        below.set_xlabel(axis_title(peak.quantity, peak.unit))
        add_label(above, label)
        above.set_xlim(spectrum.edges[0], spectrum.edges[-1])
    grid[0, 0].set_ylabel(f"Entries / {per_bin}")
    grid[1, 0].set_ylabel("Pull", loc="center")
    top = max(np.max(merged(s.counts, _factor(s))) for s in peak.spectra)
    # room for the text above the points
    grid[0, 0].set_ylim(0.0, 1.5 * max(top, 1.0))
    grid[1, 0].set_ylim(-5.0, 5.0)
    grid[1, 0].set_yticks((-4.0, -2.0, 0.0, 2.0, 4.0))
    figure.align_ylabels(grid[:, 0])
    return figure


def merged(counts: Array, factor: int) -> Array:
    """Sums of neighbouring bins; the factor divides their number.

    Examples:
        >>> merged(np.array([1.0, 2.0, 3.0, 4.0]), 2)
        array([3., 7.])
    """
    return counts.reshape(-1, factor).sum(axis=1)


def _factor(spectrum: FittedSpectrum) -> int:
    """Return the number of fine bins that become one; 1 if no suitable number of bins divides theirs."""
    bins = len(spectrum.counts)
    return next((f for f in range(1, bins) if bins % f == 0 and _LEAST_BINS <= bins // f <= _MOST_BINS), 1)


def _draw_spectrum(axes: Axes, peak: FittedPeak, spectrum: FittedSpectrum) -> str:
    """Points, curves and text; returns the width of a bin in words."""
    factor = _factor(spectrum)
    counts, edges = merged(spectrum.counts, factor), spectrum.edges[::factor]
    centres = (edges[1:] + edges[:-1]) / 2.0
    fine = (spectrum.edges[1:] + spectrum.edges[:-1]) / 2.0
    data = axes.errorbar(
        centres, counts, yerr=poisson_interval(counts), fmt="o", color="black", markersize=5, linewidth=1.5, zorder=5
    )
    # curves are drawn in the fine bins, in entries of a merged one
    (fit,) = axes.plot(fine, spectrum.expected * factor, color=COLOURS[2], linewidth=2.5, zorder=4)
    (background,) = axes.plot(fine, spectrum.background * factor, color=COLOURS[0], linewidth=2.5, linestyle="--")
    reference = axes.axvline(peak.reference, color=NEUTRAL, linewidth=1.5, linestyle=":", zorder=1)
    handles: dict[str, Any] = {
        "Data": data,
        "Fit": fit,
        "Background": background,
        f"Reference: {peak.reference:g} {peak.unit}": reference,
    }
    axes.legend(handles.values(), handles.keys(), loc="upper right", title=peak.title, title_fontsize=22)
    axes.text(0.04, 0.96, spectrum.title, transform=axes.transAxes, va="top", fontweight="bold", fontsize=20)
    axes.text(0.04, 0.89, _results(peak, spectrum), transform=axes.transAxes, va="top", fontsize=17, linespacing=1.6)
    return f"{edges[1] - edges[0]:.3g} {peak.unit}".rstrip()


def _results(peak: FittedPeak, spectrum: FittedSpectrum) -> str:
    chi2, ndf = spectrum.goodness
    lines = [f"{peak.symbol} = ({with_uncertainty(spectrum.position, spectrum.uncertainty)}) {peak.unit}".rstrip()]
    if spectrum.total_uncertainty is not None:
        deviation = (spectrum.position - peak.reference) / spectrum.total_uncertainty
        lines.append(f"total uncertainty {spectrum.total_uncertainty:.2g} {peak.unit}".rstrip())
        lines.append(rf"deviation ${deviation:+.1f}\ \sigma$")
    lines.append(rf"$\chi^2$ / ndf = {chi2:.0f} / {ndf}, $p$ = {spectrum.p_value:.2g}")
    return "\n".join(lines)


def _draw_pulls(axes: Axes, peak: FittedPeak, spectrum: FittedSpectrum) -> None:
    factor = _factor(spectrum)
    counts, expected = merged(spectrum.counts, factor), merged(spectrum.expected, factor)
    edges = spectrum.edges[::factor]
    fitted = expected > 0
    pulls = (counts[fitted] - expected[fitted]) / np.sqrt(expected[fitted])
    for height in (-2.0, 2.0):
        axes.axhline(height, color=NEUTRAL, linewidth=1.0, linestyle=":")
    axes.axhline(0.0, color=COLOURS[2], linewidth=2.0)
    axes.axvline(peak.reference, color=NEUTRAL, linewidth=1.5, linestyle=":", zorder=1)
    axes.plot(((edges[1:] + edges[:-1]) / 2.0)[fitted], pulls, "o", color="black", markersize=5)
