"""Figure of variables of simulated events before and after the refinement, beside the data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from analysis.learning.data.inputs import TrainingInputs, concatenate
from analysis.plotting.style import add_label, axis_title, colour_of, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from analysis.plotting.style import FigureLabel
    from analysis.studies.htautau_refined.settings import FigureSettings
    from analysis.study import Variable

__all__ = ["draw"]


def draw(
    before: Mapping[str, TrainingInputs],
    after: Mapping[str, TrainingInputs],
    label: FigureLabel,
    settings: FigureSettings,
) -> dict[str, Figure]:
    """Draw the variables in the half of the refiner's region that it has not seen, each normalised to the data.

    Args:
        before: simulated and measured events, by data set.
        after: the same, refined.
        label: above the figures.
        settings: variables.
    """
    samples = [concatenate(list(inputs.values())) for inputs in (before, after)]
    return {variable.name: _draw(samples, variable, label, settings.title) for variable in settings.variables}


def _draw(samples: list[TrainingInputs], variable: Variable, label: FigureLabel, title: str) -> Figure:
    figure = new_figure(10.0, 10.5)
    above, below = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": (3.0, 1.0), "hspace": 0.07})
    figure.subplots_adjust(left=0.15, right=0.96, bottom=0.09, top=0.93)
    edges = np.asarray(variable.edges)
    data, _ = _content(samples[0], 1, variable)
    total, centres = data.sum(), (edges[1:] + edges[:-1]) / 2.0
    for place, (name, inputs) in enumerate(zip(("simulation", "refined simulation"), samples, strict=True)):
        content, square = _content(inputs, 0, variable)
        content, error = content * total / content.sum(), np.sqrt(square) * total / content.sum()
        above.stairs(content, edges, color=colour_of(place), linewidth=2.5, label=name)
        there = content > 0
        ratio = data[there] / content[there]
        relative = np.hypot(1.0 / np.sqrt(np.maximum(data[there], 1.0)), error[there] / content[there])
        below.errorbar(centres[there], ratio, yerr=ratio * relative, fmt="o", color=colour_of(place), markersize=6)
    above.errorbar(centres, data, yerr=np.sqrt(data), fmt="o", color="black", label="data", markersize=7)
    above.set_ylim(0.0, 1.5 * data.max())
    above.set_ylabel("Events")
    above.legend(title=title)
    below.axhline(1.0, color="black", linewidth=1.0)
    below.set_ylim(0.4, 1.6)
    below.set_ylabel("Data / sim.", loc="center", fontsize=19)
    below.set_xlabel(axis_title(variable.title, variable.unit))
    below.set_xlim(edges[0], edges[-1])
    add_label(above, label)
    figure.align_ylabels((above, below))
    return figure


def _content(inputs: TrainingInputs, label: int, variable: Variable) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sums of weights and of squares in the bins, of one class in the refiner's region; missing values are left out."""
    block = inputs.features["event"]
    column = block.names.index(variable.name)
    rows = inputs.trainable & (inputs.label == label) & (inputs.spectators["region"] == 0) & block.present[:, column]
    values, weight = block.values[rows, column], inputs.weight[rows]
    first, second = (np.histogram(values, variable.edges, weights=one)[0] for one in (weight, weight**2))
    return first, second
