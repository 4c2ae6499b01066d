"""All figures of networks that generate events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from numpy.typing import NDArray

from analysis.errors import DataError
from analysis.learning.evaluation.distances import correlations
from analysis.learning.evaluation.samples import samples_of
from analysis.plotting.history import draw_history
from analysis.plotting.scores import distribution
from analysis.plotting.style import COLOURS, FigureLabel, add_label, axis_title, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.learning.application.scores import Scores
    from analysis.learning.application.trained import Trained
    from analysis.learning.data.inputs import TrainingInputs
    from analysis.learning.evaluation.distances import Samples
    from analysis.learning.sample_settings import SampleFigures
    from analysis.measurement import Variable

__all__ = ["draw", "draw_samples"]

Array = NDArray[np.float64]

_REACH = 0.5


def draw(
    training: Trained,
    scores: Mapping[str, Scores],
    inputs: Mapping[str, TrainingInputs],
    label: FigureLabel,
    settings: SampleFigures,
) -> dict[str, Figure]:
    """Draw how a generator was trained, and what it draws beside the truth.

    Args:
        training: the generator, with its history.
        scores: by data set, what it drew for each event that it had no part in.
        inputs: the same events, by data set; those that are learned from are drawn.
        label: above each figure.
        settings: which targets are drawn, and how.

    Returns:
        ``history`` and the figures of :func:`draw_samples`.

    Raises:
        DataError: the history is empty or incomplete, or scores and inputs are of other events.
    """
    seeds = range(max(min(len(scores[name].by_seed) for name in inputs), 1))
    samples = [samples_of(inputs, scores, seed) for seed in seeds]
    return {"history": draw_history(training.history, label), **draw_samples(samples, label, settings)}


def draw_samples(samples: Sequence[Samples], label: FigureLabel, settings: SampleFigures) -> dict[str, Figure]:
    """Draw the distributions of variables, generated and true, and their correlations.

    Args:
        samples: of each seed of a generator; lines are drawn for those after the first.
        label: above each figure.
        settings: which variables are drawn, and how.

    Returns:
        A figure for each variable, by name, and ``correlations`` of those that are drawn.

    Raises:
        DataError: there is no such variable.
    """
    figures = {one.name: _draw_variable(one, samples, label, settings) for one in settings.variables}
    return {**figures, "correlations": _draw_correlations(samples[0], label, settings)}


def _draw_variable(
    variable: Variable, samples: Sequence[Samples], label: FigureLabel, settings: SampleFigures
) -> Figure:
    figure = new_figure(10.0, 10.5)
    above, below = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": (3.0, 1.0), "hspace": 0.07})
    figure.subplots_adjust(left=0.15, right=0.96, bottom=0.09, top=0.93)
    edges = np.asarray(variable.edges, np.float64)
    column = _column(samples[0], variable)
    true = _shares(samples[0].true[:, column], samples[0].weight, edges)
    drawn = [_shares(one.generated[:, column], one.weight, edges) for one in samples]
    logarithmic = variable.name in settings.logarithmic
    # the range comes first: a logarithmic axis does not find one when all bins are empty
    above.set_yscale("log" if logarithmic else "linear")
    above.set_ylim(*_range(np.concatenate([true[0], *(share for share, _ in drawn)]), logarithmic=logarithmic))
    handles = {settings.generated: _draw_band(above, edges, drawn[0])}
    for share, _ in drawn[1:]:
        handles["Other seeds"] = above.stairs(share, edges, baseline=None, color=COLOURS[3], linewidth=1.0)
    handles[settings.true] = _draw_points(above, edges, true)
    above.legend(handles.values(), handles.keys(), loc="upper right")
    width = edges[1] - edges[0]
    above.set_ylabel(f"Share of events / {f'{width:.2g} {variable.unit}'.rstrip()}")
    _draw_ratio(below, edges, true, drawn, f"{settings.generated.split()[0]} / {settings.true.split()[0].lower()}")
    below.set_xlabel(axis_title(variable.title, variable.unit))
    below.set_xlim(edges[0], edges[-1])
    add_label(above, label)
    figure.align_ylabels((above, below))
    return figure


def _column(samples: Samples, variable: Variable) -> int:
    name = variable.field or variable.name
    if name not in samples.names:
        raise DataError(f"there is no generated variable {name!r}", cure=f"use one of: {', '.join(samples.names)}")
    return list(samples.names).index(name)


def _shares(values: Array, weight: Array, edges: Array) -> tuple[Array, Array]:
    """Shares of all events in the bins, also of those outside, with their uncertainties, per width of the first bin."""
    ends = [min(edges[0], values.min()) - 1.0, max(edges[-1], values.max()) + 1.0]
    share, uncertainty = distribution(values, weight, np.concatenate([ends[:1], edges, ends[1:]]))
    widths = np.diff(edges) / (edges[1] - edges[0])
    return share[1:-1] / widths, uncertainty[1:-1] / widths


def _range(shares: Array, *, logarithmic: bool) -> tuple[float, float]:
    """Ends of the axis: everything is in sight, a quarter is left for words."""
    shares = shares[shares > 0]
    if not len(shares):
        return 1e-3, 1.0
    low, high = float(shares.min()), float(shares.max())
    return (0.5 * low, low * (high / low) ** 1.3 * 2.0) if logarithmic else (0.0, 1.35 * high)


def _draw_band(axes: Axes, edges: Array, shown: tuple[Array, Array]) -> Any:
    share, uncertainty = shown
    axes.stairs(
        share + uncertainty, edges, baseline=share - uncertainty, fill=True, color=COLOURS[0], alpha=0.35, linewidth=0.0
    )
    return axes.stairs(share, edges, baseline=None, color=COLOURS[0], linewidth=2.0)


def _draw_points(axes: Axes, edges: Array, shown: tuple[Array, Array]) -> Any:
    # bins without events have no logarithm
    there = shown[0] > 0
    centres = (edges[1:] + edges[:-1])[there] / 2.0
    return axes.errorbar(
        centres, shown[0][there], yerr=shown[1][there], fmt="o", color="black", markersize=6, linewidth=1.5
    )


def _draw_ratio(
    axes: Axes, edges: Array, true: tuple[Array, Array], drawn: Sequence[tuple[Array, Array]], title: str
) -> None:
    """Generated over true events; points carry the uncertainties of the true ones, the band those of the generated."""
    there = (true[0] > 0) & (drawn[0][0] > 0)
    safe = np.where(there, true[0], 1.0)
    relative = np.where(there, true[1] / safe, 0.0)
    for share, _ in drawn[1:]:
        axes.stairs(np.where(there, share / safe, np.nan), edges, baseline=None, color=COLOURS[3], linewidth=1.0)
    ratio, spread = (np.where(there, part / safe, np.nan) for part in drawn[0])
    _draw_band(axes, edges, (ratio, spread))
    axes.axhline(1.0, color="black", linewidth=1.0)
    centres = (edges[1:] + edges[:-1]) / 2.0
    axes.errorbar(centres[there], np.ones(there.sum()), yerr=relative[there], fmt="o", color="black", markersize=4)
    axes.set_ylim(1.0 - _REACH, 1.0 + _REACH)
    axes.set_ylabel(title, loc="center", fontsize=19)


def _draw_correlations(samples: Samples, label: FigureLabel, settings: SampleFigures) -> Figure:
    """Matrices of both samples and their difference."""
    columns = [_column(samples, variable) for variable in settings.variables]
    true, drawn = (correlations(one[:, columns], samples.weight) for one in (samples.true, samples.generated))
    parts = {settings.true: true, settings.generated: drawn, "Difference": drawn - true}
    words = [variable.title for variable in settings.variables]
    figure = new_figure(24.0, 9.5)
    panels = figure.subplots(1, 3, sharey=True)
    figure.subplots_adjust(left=0.11, right=0.985, bottom=0.2, top=0.87, wspace=0.06)
    colours = LinearSegmentedColormap.from_list("correlations", [COLOURS[0], "white", COLOURS[2]])
    for axes, (title, matrix) in zip(panels, parts.items(), strict=True):
        reach = 1.0 if title != "Difference" else max(0.1, float(np.abs(matrix).max()))
        axes.imshow(matrix, cmap=colours, vmin=-reach, vmax=reach, aspect="auto")
        for (row, column), value in np.ndenumerate(matrix):
            text = f"{100.0 * value:z.1f}" if title == "Difference" else f"{100.0 * value:z.0f}"
            axes.text(column, row, text.replace("-", "\N{MINUS SIGN}"), ha="center", va="center", fontsize=14)
        axes.set_xticks(range(len(words)), words, rotation=90, fontsize=16)
        axes.tick_params(length=0, which="both")
        axes.minorticks_off()
        axes.set_xlabel(title, loc="center")
    panels[0].set_yticks(range(len(words)), words, fontsize=16)
    add_label(panels[0], label)
    return figure
