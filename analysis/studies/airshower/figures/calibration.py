"""Figures of the calibration: muon humps with their fits, their course in time, the photomultipliers' differences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.plotting.intervals import poisson_interval, with_uncertainty
from analysis.plotting.style import COLOURS, NEUTRAL, FigureLabel, add_label, axis_title, colour_of, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.calibration import Calibration, SavedCalibration

__all__ = ["draw"]

Array = NDArray[Any]

_COUNTS = "ADC counts"
_HUMPS = {"charge": "Charge", "peak": "Pulse height"}
_UNITS = {"charge": "VEM charge", "peak": "VEM peak"}
# shown one by one; all others as a band
_SHOWN = 5
_MARKERS = ("o", "s", "D", "^", "v")
_HOUR = 3600.0


def draw(calibration: Calibration | SavedCalibration, label: FigureLabel) -> dict[str, Figure]:
    """Draw what the calibration was derived from, and what was derived.

    ``muon_humps``: one photomultiplier's charge and peak histograms in the first interval, with their fits and pulls.
    ``vem_charge_in_time``: how the VEM charge of some photomultipliers changes, and how it differs between all.
    ``gain_ratio``: the distribution of the ratios of high to low gain.

    Args:
        calibration: from :func:`analysis.studies.airshower.calibration.derive.derive`.
        label: above the figures.
    """
    curves = calibration.curves
    return {
        "muon_humps": _humps(curves, label),
        "vem_charge_in_time": _in_time(curves, label),
        "gain_ratio": _gain_ratio(curves, label),
    }


def _humps(curves: Mapping[str, Array], label: FigureLabel) -> Figure:
    figure = new_figure(19.5, 10.5)
    grid = figure.subplots(
        2, 2, sharex="col", gridspec_kw={"height_ratios": (3.2, 1.0), "hspace": 0.07, "wspace": 0.17}
    )
    figure.subplots_adjust(left=0.07, right=0.985, bottom=0.1, top=0.93)
    for name, (above, below) in zip(_HUMPS, grid.T, strict=True):
        _hump(above, below, name, curves)
        add_label(above, label)
        below.set_xlabel(axis_title(_HUMPS[name], _COUNTS))
        figure.align_ylabels([above, below])
    return figure


def _hump(above: Axes, below: Axes, name: str, curves: Mapping[str, Array]) -> None:
    """A histogram with its fit, and the pulls, (entries - fitted) / sqrt(fitted), in the window of the fit."""
    curve = {key: curves[f"example_{name}_{key}"] for key in _CURVES}
    edges, counts, falling = curve["edges"], curve["counts"], curve["falling"]
    expected = curve["hump"] + falling
    middles = (edges[1:] + edges[:-1]) / 2.0
    low, high = curve["window"]
    fitted = (middles >= low) & (middles <= high)
    position, uncertainty = curve["position"]
    points = above.errorbar(
        middles, counts / 1e3, yerr=np.array(poisson_interval(counts)) / 1e3, fmt="o", color="black", markersize=4
    )
    (fit,) = above.plot(middles[fitted], expected[fitted] / 1e3, color=COLOURS[2], linewidth=2.5, zorder=4)
    (background,) = above.plot(
        middles[fitted], falling[fitted] / 1e3, color=COLOURS[0], linewidth=2.5, linestyle="--", zorder=3
    )
    line = above.axvline(position, color=NEUTRAL, linestyle=":", linewidth=2.0, zorder=1)
    station, tube, _ = curves["example"]
    begin, end = curves["times"][:2] / 60.0
    above.legend(
        [points, fit, background, line],
        ["Background particles", "Fit", "Electromagnetic part", "Muon hump"],
        loc="upper right",
        title=f"Station {station}, photomultiplier {tube + 1}, {begin:.0f} to {end:.0f} min",
        title_fontsize=18,
    )
    chi2, ndf = curve["goodness"]
    factor = position / float(curves[f"vem_{name}"][tuple(curves["example"])])
    words = (
        f"Hump: {with_uncertainty(position, uncertainty)} {_COUNTS}",
        f"1 {_UNITS[name]} = hump / {factor:.3g}",
        f" = {with_uncertainty(position / factor, uncertainty / factor)} {_COUNTS}",
        rf"$\chi^2$ / ndf = {chi2:.0f} / {ndf:.0f}",
    )
    above.text(0.96, 0.56, "\n".join(words), transform=above.transAxes, ha="right", va="top", size=18, linespacing=1.6)
    top = max(float(expected[fitted].max()), 1.0) / 1e3
    # electromagnetic particles below the fit's window would squeeze the hump
    above.set_ylim(0.0, 1.75 * top)
    above.set_xlim(0.0, min(edges[-1], 3.0 * position))
    above.set_ylabel(rf"$10^3$ entries / {edges[1] - edges[0]:g} {_COUNTS}")
    for height in (-2.0, 2.0):
        below.axhline(height, color=NEUTRAL, linewidth=1.0, linestyle=":")
    below.axhline(0.0, color=COLOURS[2], linewidth=2.0)
    below.plot(middles[fitted], ((counts - expected) / np.sqrt(expected))[fitted], "o", color="black", markersize=4)
    below.set_ylim(-5.0, 5.0)
    below.set_yticks((-4.0, -2.0, 0.0, 2.0, 4.0))
    below.set_ylabel("Pull", loc="center")


_CURVES = ("edges", "counts", "hump", "falling", "window", "position", "goodness")


def _in_time(curves: Mapping[str, Array], label: FigureLabel) -> Figure:
    values, uncertainties = curves["vem_charge"], curves["vem_charge_uncertainty"]
    mean, change = _changes(values)
    middles = (curves["times"][1:] + curves["times"][:-1]) / 2.0 / _HOUR
    figure = new_figure(19.5, 9.0)
    left, right = figure.subplots(1, 2, gridspec_kw={"width_ratios": (1.6, 1.0), "wspace": 0.17})
    figure.subplots_adjust(left=0.07, right=0.985, bottom=0.11, top=0.93)
    used = np.isfinite(change).all(axis=2)
    if used.any():
        low, high = np.quantile(change[used], (0.16, 0.84), axis=0)
        left.fill_between(middles, low, high, color=COLOURS[-1], alpha=0.35, linewidth=0.0, label="68 % of all")
    # not the first ones, which stand beside each other: some from all over the array
    places = np.argwhere(used)
    for number, (station, tube) in enumerate(
        places[np.linspace(0, len(places) - 1, min(_SHOWN, len(places)), dtype=int)]
    ):
        left.errorbar(
            middles,
            change[station, tube],
            yerr=100.0 * uncertainties[station, tube] / mean[station, tube],
            fmt=_MARKERS[number],
            linestyle="-",
            linewidth=1.0,
            markersize=6,
            color=colour_of(number),
            label=f"Station {station}, photomultiplier {tube + 1}",
        )
    left.axhline(0.0, color=NEUTRAL, linestyle=":", linewidth=1.5, zorder=1)
    left.set_xlim(curves["times"][0] / _HOUR, curves["times"][-1] / _HOUR)
    lowest, highest = left.get_ylim()
    # room for the legend above the points
    left.set_ylim(lowest, highest + 0.45 * (highest - lowest))
    left.set_xlabel(axis_title("Time", "h"))
    left.set_ylabel(axis_title("VEM charge relative to its mean", "%"))
    left.legend(loc="upper right", ncols=2, fontsize=16, columnspacing=1.0)
    _distribution(right, mean[np.isfinite(mean)], axis_title("VEM charge", _COUNTS), _COUNTS)
    for axes in (left, right):
        add_label(axes, label)
    return figure


def _gain_ratio(curves: Mapping[str, Array], label: FigureLabel) -> Figure:
    mean, _ = _changes(curves["gain_ratio"])
    used = curves["gain_ratio"] > 0
    relative = curves["gain_ratio_uncertainty"][used] / curves["gain_ratio"][used]
    figure = new_figure(11.0, 9.0)
    axes = figure.subplots()
    figure.subplots_adjust(left=0.12, right=0.97, bottom=0.11, top=0.93)
    known = f"each known to {100.0 * np.median(relative) / np.sqrt(used.shape[2]):.1g} %"
    _distribution(axes, mean[np.isfinite(mean)], "High gain / low gain", "", known)
    add_label(axes, label)
    return figure


def _changes(values: Array) -> tuple[Array, Array]:
    """Means over the intervals in which a photomultiplier is used, (s, p), and changes relative to it in %, (s, p, i).

    Both are NaN where there is nothing.
    """
    known = np.where(values > 0, values, np.nan)
    number = (values > 0).sum(axis=2)
    mean = np.where(number > 0, values.sum(axis=2) / np.maximum(number, 1), np.nan)
    return mean, 100.0 * (known / mean[..., np.newaxis] - 1.0)


def _distribution(axes: Axes, values: Array, title: str, unit: str, more: str = "") -> None:
    # about 15 bins between round numbers
    rough = max(float(np.ptp(values)), 1e-3 * abs(float(values.mean())), 1e-9) / 15.0
    power = 10.0 ** np.floor(np.log10(rough))
    width = power * min((1.0, 2.0, 5.0, 10.0), key=lambda step: abs(step * power - rough))
    edges = width * np.arange(np.floor(values.min() / width), np.floor(values.max() / width) + 2)
    counts, _ = np.histogram(values, bins=edges)
    axes.stairs(counts, edges, fill=True, color=COLOURS[0], alpha=0.35)
    axes.stairs(counts, edges, color=COLOURS[0], linewidth=2.0)
    error = values.std() / np.sqrt(len(values))
    words = [f"{len(values)} photomultipliers", f"mean {with_uncertainty(values.mean(), error)} {unit}".rstrip()]
    words += [f"standard deviation {values.std():.2g} {unit}".rstrip(), *([more] if more else [])]
    axes.text(0.96, 0.95, "\n".join(words), transform=axes.transAxes, ha="right", va="top", size=18, linespacing=1.6)
    axes.set_ylim(0.0, 1.45 * counts.max())
    axes.set_xlabel(title)
    axes.set_ylabel(f"Photomultipliers / {width:.2g} {unit}".rstrip())
