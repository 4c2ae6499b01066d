"""One event: the stations that it triggered, its lateral distribution and its front."""

from __future__ import annotations

from typing import TYPE_CHECKING

import awkward as ak
import numpy as np
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from analysis.plotting.style import COLOURS, NEUTRAL, FigureLabel, add_label, axis_title, new_figure
from analysis.studies.airshower.array import positions
from analysis.studies.airshower.constants import SPEED_OF_LIGHT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.studies.airshower.reconstruction.settings import FitSettings

__all__ = ["draw_footprint"]

Array = NDArray[np.float64]

_FIT = COLOURS[2]


def draw_footprint(event: ak.Record, truth: ak.Record, label: FigureLabel, settings: FitSettings) -> Figure:
    """The event's stations from above; beside it, their signals and start times against the distance to the axis.

    Args:
        event: reconstructed.
        truth: of the same event.
        label: above the figure.
        settings: that the event was fitted with.
    """
    figure = new_figure(21.0, 10.5)
    grid = figure.add_gridspec(
        2, 2, width_ratios=(1.12, 1.0), hspace=0.06, wspace=0.2, left=0.06, right=0.985, bottom=0.09, top=0.94
    )
    above = figure.add_subplot(grid[:, 0])
    signals = figure.add_subplot(grid[0, 1])
    front = figure.add_subplot(grid[1, 1], sharex=signals)
    _draw_map(figure, above, event, truth, settings)
    _draw_signals(signals, event, settings)
    _draw_front(front, event)
    signals.tick_params(labelbottom=False)
    farthest = float(ak.max(event["geometry"]["distance"])) / 1000.0
    front.set_xlim(0.0, 1.08 * farthest)
    front.set_xlabel(axis_title("Distance to the axis", "km"))
    figure.align_ylabels([signals, front])
    for axes in (above, signals):
        add_label(axes, label)
    return figure


def _column(records: ak.Array, name: str) -> Array:
    return ak.to_numpy(records[name]).astype(np.float64)


def _draw_map(figure: Figure, axes: Axes, event: ak.Record, truth: ak.Record, settings: FitSettings) -> None:
    stations = event["stations"]
    where = positions(settings.observatory) / 1000.0
    axes.scatter(where[:, 0], where[:, 1], s=26, facecolors="none", edgecolors=NEUTRAL, linewidths=1.0, zorder=1)
    start = (_column(stations, "start") - ak.min(stations["start"])) / 1000.0
    area = 60.0 + 130.0 * np.log1p(_column(stations, "signal"))
    points = axes.scatter(
        _column(stations, "x") / 1000.0,
        _column(stations, "y") / 1000.0,
        s=area,
        c=start,
        cmap="plasma_r",
        edgecolors="black",
        linewidths=1.0,
        zorder=2,
    )
    bar = figure.colorbar(points, ax=axes, pad=0.015, fraction=0.045)
    bar.set_label(axis_title("Start after the first station", r"$\mu$s"))
    for record, colour, width, zorder in ((truth, "black", 7.0, 4), (event, _FIT, 3.0, 5)):
        x, y = float(record["x_core"]) / 1000.0, float(record["y_core"]) / 1000.0
        length = 3.0 * np.sin(float(record["zenith"]))
        tail = (x + length * np.cos(float(record["azimuth"])), y + length * np.sin(float(record["azimuth"])))
        axes.annotate(
            "",
            xy=(x, y),
            xytext=tail,
            arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": width, "shrinkA": 0, "shrinkB": 0},
            zorder=zorder,
        )
        axes.plot(x, y, marker="+" if record is truth else "x", color=colour, markersize=18, mew=width, zorder=zorder)
    handles = [
        Line2D([], [], color=_FIT, marker="x", markersize=12, mew=3.0, linewidth=3.0),
        Line2D([], [], color="black", marker="+", markersize=12, mew=4.5, linewidth=6.0),
    ]
    axes.legend(
        handles,
        ["Reconstructed axis and core", "True axis and core"],
        loc="lower left",
        frameon=True,
        framealpha=0.85,
        edgecolor="none",
    )
    axes.text(
        0.025,
        0.975,
        _words(event, truth),
        transform=axes.transAxes,
        va="top",
        fontsize=17,
        linespacing=1.5,
        zorder=6,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 3.0},
    )
    # around the event, with room for the text above
    east, north = _column(stations, "x") / 1000.0, _column(stations, "y") / 1000.0
    middle = (float(east.min() + east.max()) / 2.0, float(north.min() + north.max()) / 2.0)
    half = 0.5 * max(float(np.ptp(east)), float(np.ptp(north)), 5.0) + 1.2
    axes.set_aspect("equal", adjustable="datalim")
    # wider where the axes are: the aspect decides
    axes.set_xlim(middle[0] - half, middle[0] + half, auto=True)
    axes.set_ylim(middle[1] - 1.25 * half, middle[1] + 1.45 * half)
    axes.set_xlabel(axis_title("East", "km"))
    axes.set_ylabel(axis_title("North", "km"))


def _words(event: ak.Record, truth: ak.Record) -> str:
    def degrees(name: str) -> str:
        one, other = (np.degrees(float(record[name])) for record in (event, truth))
        return rf"{one:.1f}$\degree$ ({other:.1f}$\degree$)"

    return "\n".join(
        (
            "reconstructed (true)",
            rf"$E$ = {float(event['energy']) / 1e18:.1f} EeV ({float(truth['energy']) / 1e18:.1f} EeV)",
            rf"$\theta$ = {degrees('zenith')},  $\phi$ = {degrees('azimuth')}",
            rf"$S(1000)$ = ({float(event['s1000']):.1f} $\pm$ {float(event['s1000_uncertainty']):.1f}) VEM",
        )
    )


def _draw_signals(axes: Axes, event: ak.Record, settings: FitSettings) -> None:
    lateral, slope = settings.lateral, float(event["slope"])
    distance = _column(event["geometry"], "distance") / 1000.0
    signal = _column(event["stations"], "signal")
    saturated = ak.to_numpy(event["stations"]["saturated"])
    share = lateral.fluctuation[0] + lateral.fluctuation[1] / np.cos(float(event["zenith"]))

    def expected(r: Array) -> Array:
        return float(event["s1000"]) * r**slope * ((r + 0.7) / 1.7) ** (slope + lateral.gamma)

    fine = np.linspace(min(0.15, 0.8 * distance.min()), 1.1 * distance.max(), 400)
    axes.plot(fine, expected(fine), color=_FIT, linewidth=2.5, zorder=2, label="Fitted lateral distribution")
    width = share * np.sqrt(expected(fine))
    axes.fill_between(
        fine,
        np.maximum(expected(fine) - width, 1e-2),
        expected(fine) + width,
        color=_FIT,
        alpha=0.15,
        linewidth=0.0,
        label="Fluctuation of a signal",
    )
    measured = ~saturated
    axes.plot(distance[measured], signal[measured], "o", color="black", markersize=8, zorder=3, label="Signals")
    if saturated.any():
        axes.errorbar(
            distance[saturated],
            signal[saturated],
            yerr=0.7 * signal[saturated],
            lolims=True,
            fmt="o",
            mfc="white",
            color="black",
            markersize=8,
            zorder=3,
            label="Saturated (lower limits)",
        )
    axes.plot(1.0, float(event["s1000"]), marker="*", color=_FIT, markersize=22, mec="black", zorder=4, label="S(1000)")
    axes.set_yscale("log")
    axes.set_ylim(0.6 * signal.min(), 12.0 * signal.max())
    axes.set_ylabel(axis_title("Signal", "VEM"))
    axes.legend(loc="upper right", fontsize=16)
    goodness = rf"$\chi^2$ / ndf = {float(event['lateral_chi2']):.1f} / {int(event['lateral_ndf'])}"
    axes.text(0.03, 0.06, goodness, transform=axes.transAxes, fontsize=17)


def _draw_front(axes: Axes, event: ak.Record) -> None:
    distance = _column(event["geometry"], "distance") / 1000.0
    residual = _column(event["geometry"], "residual")
    early = np.cos(_column(event["geometry"], "angle")) > 0.0
    radius = float(event["radius"]) / 1000.0
    fine = np.linspace(0.0, 1.1 * distance.max(), 300)
    sphere = (np.hypot(radius, fine) - radius) / SPEED_OF_LIGHT * 1000.0
    axes.plot(fine, sphere, color=_FIT, linewidth=2.5, label=f"Sphere of {radius:.1f} km", zorder=2)
    axes.plot(distance[early], residual[early], "o", color=COLOURS[0], markersize=9, label="Early side", zorder=3)
    axes.plot(distance[~early], residual[~early], "s", color=COLOURS[1], markersize=8, label="Late side", zorder=3)
    axes.axhline(0.0, color=NEUTRAL, linewidth=1.5, linestyle=":")
    top = max(float(residual.max()), float(sphere.max()))
    axes.set_ylim(min(-0.08 * top, 1.15 * float(residual.min())), 1.12 * top)
    axes.set_ylabel(axis_title("Start after the plane front", "ns"))
    axes.legend(loc="upper left", fontsize=16)
    goodness = rf"$\chi^2$ / ndf = {float(event['time_chi2']):.1f} / {int(event['time_ndf'])}"
    axes.text(0.97, 0.12, goodness, transform=axes.transAxes, fontsize=17, ha="right")
