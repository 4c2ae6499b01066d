"""One station's traces, as it sent them and as they are calibrated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.plotting.style import COLOURS, NEUTRAL, FigureLabel, add_label, axis_title, colour_of, new_figure
from analysis.studies.airshower.calibration.settings import CalibrationSettings

if TYPE_CHECKING:
    import awkward as ak
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_traces"]

_BITS = {1: "threshold", 2: "time over threshold", 3: "threshold, time over threshold"}
_TIME = axis_title("Time since begin of trace", r"$\mu$s")


def draw_traces(
    raw_station: ak.Record,
    calibrated_station: ak.Record,
    label: FigureLabel,
    settings: CalibrationSettings | None = None,
) -> Figure:
    """High and low gain of a station's photomultipliers in ADC counts; beside them, its calibrated trace in VEM peak.

    Args:
        raw_station: an entry of a raw event's ``stations``.
        calibrated_station: the same station in the calibrated event.
        label: above the figure.
        settings: that it was calibrated with; ``None`` for the default.
    """
    settings = settings or CalibrationSettings()
    sampling = settings.observatory.sampling / 1000.0
    figure = new_figure(20.0, 9.5)
    grid = figure.add_gridspec(
        2, 2, width_ratios=(1.0, 1.0), hspace=0.08, wspace=0.17, left=0.07, right=0.98, bottom=0.1, top=0.94
    )
    high = figure.add_subplot(grid[0, 0])
    low = figure.add_subplot(grid[1, 0], sharex=high)
    trace = figure.add_subplot(grid[:, 1])
    for axes, gain in ((high, "high"), (low, "low")):
        samples = np.asarray(raw_station[gain])
        for tube, line in enumerate(samples):
            _stairs(axes, line, 0.0, sampling, color=colour_of(tube), label=f"Photomultiplier {tube + 1}")
        full = 2**settings.observatory.bits - 1
        if samples.max() >= full:
            axes.axhline(full, color=NEUTRAL, linestyle=":", linewidth=1.5)
        # 0 is no natural lower end: the baseline is above it
        lowest, highest = int(samples.min()), int(samples.max())
        # room for the legend above what saturates
        above = 0.6 if axes is high else 0.08
        axes.set_ylim(lowest - 0.08 * (highest - lowest) - 1.0, highest + above * (highest - lowest) + 1.0)
        axes.set_ylabel(axis_title(f"{gain.capitalize()} gain", "ADC counts"))
    high.tick_params(labelbottom=False)
    high.legend(loc="upper right")
    low.set_xlabel(_TIME)
    low.set_xlim(0.0, settings.observatory.samples * sampling)

    start = (float(calibrated_station["start"]) - float(raw_station["start"])) / 1000.0
    # the start is within the first sample above the threshold, or at its end
    first = int(np.ceil(start / sampling - 1e-9)) - 1
    values = np.asarray(calibrated_station["trace"])
    begin = (first - settings.trace_before) * sampling
    _stairs(trace, values, begin, sampling, color="black", fill=COLOURS[0])
    for axes in (high, low, trace):
        axes.axvline(start, color=COLOURS[2], linestyle="--", linewidth=1.5)
    trace.set_xlim(begin, begin + len(values) * sampling)
    trace.set_ylim(min(0.0, 1.1 * float(values.min())), 1.12 * max(float(values.max()), 1e-3))
    trace.set_xlabel(_TIME)
    trace.set_ylabel(axis_title("Mean of the photomultipliers", "VEM peak"))
    trace.text(
        0.96,
        0.95,
        _words(calibrated_station),
        transform=trace.transAxes,
        ha="right",
        va="top",
        linespacing=1.6,
        size=19,
    )
    for axes in (high, trace):
        add_label(axes, label)
    figure.align_ylabels([high, low])
    return figure


def _stairs(
    axes: Axes, values: NDArray[Any], begin: float, width: float, color: str, label: str = "", fill: str = ""
) -> None:
    edges = begin + width * np.arange(len(values) + 1)
    if fill:
        axes.stairs(values, edges, fill=True, color=fill, alpha=0.35)
    axes.stairs(values, edges, baseline=None, color=color, linewidth=1.8, label=label or None)


def _words(station: ak.Record) -> str:
    signal = float(station["signal"])
    limit = r"\geq" if bool(station["saturated"]) else "="
    number = int(station["photomultipliers"])
    return "\n".join(
        (
            f"Station {int(station['station'])}",
            rf"$S {limit} {signal:.{1 if signal < 100.0 else 0}f}$ VEM",
            f"{number} photomultiplier{'' if number == 1 else 's'} used",
            f"trigger: {_BITS.get(int(station['trigger']), 'none')}",
            "dashed: start of the signal",
        )
    )
