"""Figures of refined simulation: what networks make of data, and what becomes of traces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.plotting.style import add_label, axis_title, colour_of, new_figure
from analysis.studies.refinement.settings import DATA, METHODS, SIMULATION

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.learning.application.scores import Scores
    from analysis.learning.data.inputs import TrainingInputs
    from analysis.plotting.style import FigureLabel

__all__ = ["draw"]

Array = NDArray[np.float64]

_MARKERS = dict(zip(METHODS, "osD^", strict=True))
_SAMPLING = 25.0  # ns


def draw(
    comparison: Mapping[str, Any],
    inputs: dict[str, TrainingInputs],
    refined_traces: dict[str, Scores],
    label: FigureLabel,
) -> dict[str, Figure]:
    """Draw bias and resolution on data for each way to train, and mean traces.

    Args:
        comparison: from :func:`analysis.studies.refinement.comparison.compare`.
        inputs: of simulation and data.
        refined_traces: of the simulation.
        label: above each figure.
    """
    own, measured = (inputs[name].features["traces"] for name in (SIMULATION, DATA))
    refined = refined_traces[SIMULATION].predictions.reshape(own.values.shape)
    traces = {
        "simulation": _hottest(own.values, inputs[SIMULATION]),
        "refined simulation": _hottest(refined, inputs[SIMULATION]),
        "data": _hottest(measured.values, inputs[DATA]),
    }
    return {"depth_on_data": _draw_depths(comparison, label), "mean_traces": _draw_traces(traces, label)}


def _draw_depths(comparison: Mapping[str, Any], label: FigureLabel) -> Figure:
    figure = new_figure(11.0, 11.0)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(1.4, 1.0))
    figure.subplots_adjust(left=0.13, right=0.96, bottom=0.09, top=0.93, hspace=0.06)
    edges = np.asarray(comparison["binned"]["edges"])
    centres, step = (edges[1:] + edges[:-1]) / 2.0, edges[1] - edges[0]
    for number, (name, title) in enumerate(METHODS.items()):
        for axes, moment in ((upper, "mean"), (lower, "width")):
            found = [(place, one[moment]) for place, one in enumerate(comparison["binned"][name]) if one[moment]]
            axes.errorbar(
                [centres[place] + (number - 1.5) * 0.08 * step for place, _ in found],
                [one["value"] for _, one in found],
                yerr=[one["uncertainty"] for _, one in found],
                fmt=_MARKERS[name],
                color=colour_of(number),
                markersize=9,
                label=title if axes is upper else None,
            )
    upper.axhline(0.0, color="black", linewidth=1.0)
    low, high = upper.get_ylim()
    upper.set_ylim(low, high + 0.8 * (high - low))
    upper.legend(loc="upper left", title="Networks trained with", alignment="left", fontsize=18, title_fontsize=18)
    unit = r"g/cm$^2$"
    upper.set_ylabel(axis_title(r"Bias of $X_\mathrm{max}$", unit))
    lower.set_ylabel(axis_title("Resolution", unit))
    lower.set_ylim(0.0, None)
    lower.set_xlabel(r"$\lg(E/\mathrm{eV})$")
    lower.set_xlim(edges[0], edges[-1])
    add_label(upper, label)
    return figure


def _hottest(traces: NDArray[Any], inputs: TrainingInputs) -> Array:
    """Mean trace of the hottest station."""
    mean: Array = traces[inputs.trainable, 0].astype(np.float64).mean(axis=0)
    return mean


def _draw_traces(traces: Mapping[str, Array], label: FigureLabel) -> Figure:
    figure = new_figure(11.0, 11.0)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(1.8, 1.0))
    figure.subplots_adjust(left=0.13, right=0.96, bottom=0.09, top=0.93, hspace=0.06)
    data = traces["data"]
    for number, (name, trace) in enumerate(traces.items()):
        time = _SAMPLING * np.arange(len(trace))
        style: dict[str, Any] = {"color": "black" if name == "data" else colour_of(number), "linewidth": 2.5}
        upper.step(time, trace, where="mid", label=name, **style)
        lower.step(time, np.divide(trace, data, out=np.full(len(data), np.nan), where=data > 0), where="mid", **style)
    upper.set_yscale("log")
    upper.set_ylim(max(float(data.max()) * 1e-3, 1e-3), None)
    upper.set_ylabel("Mean signal / VEM peak")
    upper.legend(loc="upper right", title="Hottest station", alignment="left")
    lower.set_ylim(0.7, 1.3)
    lower.set_ylabel("Ratio to data")
    lower.set_xlabel(axis_title("Time", "ns"))
    add_label(upper, label)
    return figure
