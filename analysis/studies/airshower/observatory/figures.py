"""Figures of the simulated observatory: moments of X_max, <ln A>, and the calibration on hybrid events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.plotting.style import NEUTRAL, add_label, axis_title, colour_of, new_figure
from analysis.studies.airshower.figures.depths import DEPTH, ENERGY
from analysis.studies.airshower.published import gumbel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.calibration import SavedCalibration
    from analysis.plotting.style import FigureLabel
    from analysis.studies.airshower.observatory.settings import ObservatoryMeasurement

__all__ = ["draw"]

Array = NDArray[np.float64]

_UNIT = r"g/cm$^2$"
_LIMITS = (18.5, 19.75)
_BARS = "bars: thick statistical, thin with calibration and systematic"
# half of the distance between the points of both samples
_ASIDE = 0.008
_SAMPLES = {
    "surface": ("All surface events, networks", {"marker": "o", "color": "black", "markersize": 9}),
    "hybrid": (
        "Hybrid events, telescopes",
        {"marker": "s", "color": "#717581", "markersize": 8, "markerfacecolor": "white"},
    ),
}


def draw(
    observatory: Mapping[str, Any],
    closure: Mapping[str, Any],
    depth_scale: SavedCalibration,
    label: FigureLabel,
    settings: ObservatoryMeasurement,
) -> dict[str, Figure]:
    """Draw what the simulated observatory measured, with all surface events and with its hybrid events.

    ``observatory_moments``: <X_max> and sigma(X_max) against the energy, with pure primaries. ``observatory_log_mass``:
    <ln A>, with the hidden one. ``depth_scale``: bias of the networks' X_max against the energy before and after the
    calibration, on hybrid events as an observatory sees it, and against the truth.

    Args:
        observatory: as :func:`~analysis.studies.airshower.observatory.results.measure` found it.
        closure: as :func:`~analysis.studies.airshower.observatory.closure.check` found it.
        depth_scale: the calibration.
        label: above the figures.
        settings: primaries and model.
    """
    samples = observatory["samples"]
    return {
        "observatory_moments": _moments(samples, label, settings),
        "observatory_log_mass": _log_mass(samples, closure["hidden"]["log_mass"], label),
        "depth_scale": _depth_scale(depth_scale.curves, closure["bias"], label),
    }


def _moments(samples: Mapping[str, Any], label: FigureLabel, settings: ObservatoryMeasurement) -> Figure:
    figure = new_figure(19.0, 9.0)
    left, right = figure.subplots(1, 2)
    figure.subplots_adjust(left=0.07, right=0.985, bottom=0.11, top=0.92, wspace=0.2)
    energy, lines = np.linspace(*_LIMITS, 40), {}
    for index, (name, mass) in enumerate(settings.primaries):
        (lines[f"Pure {name}"],) = left.plot(
            energy, gumbel.mean(energy, mass, settings.model), color=colour_of(index), linewidth=2
        )
        width = np.sqrt(gumbel.variance(energy, mass, settings.model))
        right.plot(energy, width, color=colour_of(index), linewidth=2)
    points = {}
    for sign, (sample, (title, style)) in zip((-1, 1), _SAMPLES.items(), strict=True):
        points[title] = _points(left, samples[sample], "mean", sign * _ASIDE, style)
        _points(right, samples[sample], "width", sign * _ASIDE, style)
    left.set_ylabel(axis_title(rf"$\langle${DEPTH}$\rangle$", _UNIT))
    right.set_ylabel(axis_title(rf"$\sigma(${DEPTH}$)$", _UNIT))
    left.set_ylim(640.0, 900.0)
    right.set_ylim(0.0, 105.0)
    left.legend(points.values(), points.keys(), loc="upper left", title=_BARS, title_fontsize=15, alignment="left")
    right.legend(lines.values(), lines.keys(), loc="upper right", ncols=2, title=settings.model, alignment="left")
    for axes in (left, right):
        axes.set_xlabel(ENERGY)
        axes.set_xlim(*_LIMITS)
        add_label(axes, label)
    return figure


def _log_mass(samples: Mapping[str, Any], hidden: float, label: FigureLabel) -> Figure:
    figure = new_figure(12.0, 9.0)
    axes = figure.subplots()
    figure.subplots_adjust(left=0.1, right=0.98, bottom=0.11, top=0.92)
    handles: dict[str, Any] = {
        "Hidden mixture": axes.axhline(hidden, color=colour_of(2), linewidth=2.0, linestyle="--", zorder=1)
    }
    for sign, (sample, (title, style)) in zip((-1, 1), _SAMPLES.items(), strict=True):
        handles[title] = _points(axes, samples[sample], "log_mass", sign * _ASIDE, style)
    axes.set_ylabel(r"$\langle\ln A\rangle$")
    axes.set_xlabel(ENERGY)
    axes.set_xlim(*_LIMITS)
    axes.set_ylim(-0.2, 4.8)
    for mass, name in ((1, "p"), (4, "He"), (14, "N"), (56, "Fe")):
        axes.axhline(np.log(mass), color=NEUTRAL, linewidth=1.0, linestyle=":", zorder=0)
        axes.text(_LIMITS[1] - 0.01, np.log(mass) + 0.03, name, ha="right", fontsize=18, color=NEUTRAL)
    axes.legend(handles.values(), handles.keys(), loc="upper left", title=_BARS, title_fontsize=15, alignment="left")
    add_label(axes, label)
    return figure


def _depth_scale(curves: Mapping[str, Array], bias: Mapping[str, list[float]], label: FigureLabel) -> Figure:
    figure = new_figure(19.0, 9.0)
    left, right = figure.subplots(1, 2, sharey=True)
    figure.subplots_adjust(left=0.07, right=0.985, bottom=0.11, top=0.92, wspace=0.06)
    seen = {name: np.asarray(curves[f"depth_scale_{name}"]) for name in ("energy", "before", "after", "error")}
    known = {name: np.asarray(bias[name]) for name in ("energy", "before", "after", "error")}
    panels = ((left, seen, "network - telescope, hybrid events"), (right, known, "network - truth, all events"))
    styles = {"before": _SAMPLES["hybrid"][1], "after": _SAMPLES["surface"][1]}
    for axes, found, title in panels:
        for sign, (name, style) in zip((-1, 1), styles.items(), strict=True):
            axes.errorbar(
                found["energy"] + sign * _ASIDE,
                found[name],
                yerr=found["error"],
                linestyle="none",
                elinewidth=2.0,
                label=f"{name} the calibration",
                **style,
            )
        axes.axhline(0.0, color=NEUTRAL, linewidth=1.0, linestyle=":")
        axes.set_xlabel(ENERGY)
        axes.set_xlim(*_LIMITS)
        axes.legend(loc="upper left", title=title, alignment="left")
        add_label(axes, label)
    largest = max(10.0, *(np.abs(one[name]).max(initial=0.0) for one in (seen, known) for name in ("before", "after")))
    left.set_ylim(-1.3 * largest, 2.0 * largest)
    left.set_ylabel(axis_title(rf"Mean error of {DEPTH}", _UNIT))
    return figure


def _points(axes: Axes, found: Mapping[str, Any], name: str, aside: float, style: dict[str, Any]) -> Any:
    """Points with thick statistical bars, and thin total ones."""
    quantity, energy = found[name], np.array(found["energy"]["mean"]) + aside
    stat, syst = (np.array(quantity[part]).T for part in ("stat", "syst"))
    value = np.array(quantity["value"])
    axes.errorbar(energy, value, yerr=np.hypot(stat, syst), fmt="none", ecolor=style["color"], elinewidth=1.0)
    return axes.errorbar(energy, value, yerr=stat, linestyle="none", elinewidth=3.0, **style)
