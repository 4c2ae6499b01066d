"""All figures of networks that predict a number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from matplotlib.colors import LogNorm
from numpy.typing import NDArray

from analysis.learning.application.scores import scored
from analysis.plotting.history import draw_history
from analysis.plotting.intervals import with_uncertainty
from analysis.plotting.scores import distribution
from analysis.plotting.style import NEUTRAL, FigureLabel, add_label, axis_title, colour_of, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.learning.application.scores import Scores
    from analysis.learning.application.trained import Trained
    from analysis.learning.data.inputs import TrainingInputs
    from analysis.learning.regression_settings import FigureAxis, RegressionFigures

__all__ = ["draw"]

Array = NDArray[np.float64]

_ALL = "black"
_MARKERS = ("o", "s", "^", "D", "v", "P")
_PULLS = 4.0


class _Judged(NamedTuple):
    """Trainable events, what networks say of them, (n, 2), what that was judged to be, and titles of the classes."""

    events: TrainingInputs
    predictions: Array
    performance: Mapping[str, Any]
    titles: Mapping[str, str]


def draw(
    training: Trained,
    scores: Mapping[str, Scores],
    inputs: Mapping[str, TrainingInputs],
    performance: Mapping[str, Any],
    titles: Mapping[str, str],
    label: FigureLabel,
    settings: RegressionFigures,
) -> dict[str, Figure]:
    """Draw how networks were trained, and how well they and other estimators predict.

    Args:
        training: the networks, with their history.
        scores: predictions and their standard deviations by data set, each event's from the network it had no part in.
        inputs: the same events; those that are trainable are drawn.
        performance: from :func:`analysis.learning.evaluation.regression.evaluate` or ``compare_estimators``.
        titles: of the classes, by name.
        label: above each figure.
        settings: titles, and what is drawn.

    Returns:
        ``history``; for each axis ``resolution_<name>``, bias and resolution by class, a column an estimator;
        ``prediction`` against truth; ``pulls``; ``merit_factor``, if a spectator for it is given. See
        :attr:`analysis.learning.regression_settings.RegressionFigures.names`.

    Raises:
        DataError: the history is empty or incomplete, or scores and inputs are of other events.
    """
    events, predictions = scored(inputs, scores)
    judged = _Judged(
        events.select(events.trainable), predictions[events.trainable].astype(np.float64), performance, titles
    )
    figures = {"history": draw_history(list(training.history), label, settings.unit)}
    for axis in settings.axes:
        figures[f"resolution_{axis.name}"] = _draw_resolution(axis, judged, label, settings)
    figures["prediction"] = _draw_prediction(judged, label, settings)
    figures["pulls"] = _draw_pulls(judged, label)
    if settings.separation:
        figures["merit_factor"] = _draw_merit_factor(judged, label, settings)
    return figures


def _draw_resolution(axis: FigureAxis, judged: _Judged, label: FigureLabel, settings: RegressionFigures) -> Figure:
    columns = len(settings.estimators)
    figure = new_figure(2.0 + 8.5 * columns, 13.0)
    panels = figure.subplots(2, columns, sharex=True, sharey="row", squeeze=False)
    figure.subplots_adjust(
        left=1.5 / (2.0 + 8.5 * columns), right=0.985, bottom=0.075, top=0.94, wspace=0.06, hspace=0.06
    )
    classes = judged.events.classes
    for (name, title), (above, below) in zip(settings.estimators, panels.T, strict=True):
        found = judged.performance["estimators"][name]["binned"][axis.spectator]
        edges = np.asarray(found["edges"])
        above.axhline(0.0, color=NEUTRAL, linewidth=1.5)
        for row, what in ((above, "mean"), (below, "width")):
            for index, group in enumerate(classes):
                values, place = [entry[what] for entry in found[group]], 0.5 + 0.1 * (index - (len(classes) - 1) / 2)
                _draw_points(row, edges, values, place, colour_of(index), _MARKERS[index % 6])
            every = _draw_steps(row, edges, [entry[what] for entry in found["all"]])
        add_label(above, label)
        above.text(0.04, 0.95, title, transform=above.transAxes, ha="left", va="top", fontweight="bold")
        below.set_xlabel(axis_title(axis.title, axis.unit))
        below.set_xlim(edges[0], edges[-1])
    handles = [*panels[1, 0].containers, every]
    names = [judged.titles.get(name, name) for name in classes]
    panels[1, 0].legend(handles, [*names, "all"], loc="upper right", ncols=2, columnspacing=1.2)
    panels[0, 0].set_ylabel(axis_title(rf"Bias of {settings.title}", settings.unit))
    panels[1, 0].set_ylabel(axis_title(rf"Resolution of {settings.title}", settings.unit))
    low, high = _limits([panel.dataLim for panel in panels[0]])
    reach = 1.35 * max(abs(low), abs(high), 1.0)
    panels[0, 0].set_ylim(-reach, reach)
    # a third is left for the legend
    panels[1, 0].set_ylim(0.0, 1.5 * _limits([panel.dataLim for panel in panels[1]])[1])
    figure.align_ylabels(panels[:, 0])
    return figure


def _limits(boxes: Sequence[Any]) -> tuple[float, float]:
    """Lowest and highest value in sight; 0 and 1 where there is nothing."""
    low, high = min(box.y0 for box in boxes), max(box.y1 for box in boxes)
    return (low, high) if np.isfinite([low, high]).all() else (0.0, 1.0)


def _draw_points(
    axes: Axes, edges: Array, values: Sequence[Mapping[str, float] | None], place: float, colour: str, marker: str
) -> Any:
    there = [number for number, value in enumerate(values) if value is not None]
    shown = [value for value in values if value is not None]
    # side by side within the bin: intervals that lie on each other cannot be read
    centres = edges[:-1] + np.diff(edges) * place
    return axes.errorbar(
        centres[there],
        [value["value"] for value in shown],
        yerr=[value["uncertainty"] for value in shown],
        fmt=marker,
        color=colour,
        markersize=8,
        elinewidth=2,
    )


def _draw_steps(axes: Axes, edges: Array, values: Sequence[Mapping[str, float] | None]) -> Any:
    heights = [np.nan if value is None else value["value"] for value in values]
    # an open step, not an area down to zero
    return axes.stairs(heights, edges, baseline=None, color=_ALL, linewidth=2.0)


def _draw_prediction(judged: _Judged, label: FigureLabel, settings: RegressionFigures) -> Figure:
    figure = new_figure(12.0, 10.5)
    axes = figure.subplots()
    figure.subplots_adjust(left=0.13, right=0.93, bottom=0.1, top=0.93)
    truth = judged.events.target[:, 0].astype(np.float64)
    predicted = judged.predictions[:, 0]
    low, high = (float(f) for f in np.quantile(np.concatenate([truth, predicted]), (0.001, 0.999)))
    margin = 0.05 * (high - low)
    edges = np.linspace(low - margin, high + margin, 61)
    counts, _, _ = np.histogram2d(truth, predicted, (edges, edges))
    mesh = axes.pcolormesh(
        edges, edges, np.ma.masked_equal(counts.T, 0), norm=LogNorm(1.0, max(2.0, counts.max())), cmap="viridis"
    )
    # a mesh of thousands of outlines would make a huge file
    mesh.set_rasterized(True)
    axes.plot(edges[[0, -1]], edges[[0, -1]], color="black", linewidth=1.5, linestyle="--")
    found = judged.performance["estimators"]["network"]["residuals"]["all"]
    text = f"{len(truth)} test events"
    for title, what in (("bias", "mean"), ("resolution", "width")):
        text += f"\n{title} {_in_words(found[what])} {settings.unit}"
    axes.text(0.04, 0.96, text, transform=axes.transAxes, ha="left", va="top", fontsize=19)
    axes.set_xlabel(axis_title(f"True {settings.title}", settings.unit))
    axes.set_ylabel(axis_title(f"Predicted {settings.title}", settings.unit))
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(edges[0], edges[-1])
    figure.colorbar(mesh, ax=axes, pad=0.02).set_label("Events")
    add_label(axes, label)
    return figure


def _draw_pulls(judged: _Judged, label: FigureLabel) -> Figure:
    figure = new_figure(11.0, 9.5)
    axes = figure.subplots()
    figure.subplots_adjust(left=0.14, right=0.96, bottom=0.1, top=0.92)
    inputs, predictions = judged.events, judged.predictions
    pulls = (predictions[:, 0] - inputs.target[:, 0]) / predictions[:, 1]
    edges = np.linspace(-_PULLS, _PULLS, 41)
    centres, step = (edges[1:] + edges[:-1]) / 2.0, edges[1] - edges[0]
    handles: dict[str, Any] = {}
    found = judged.performance["estimators"]["network"]["pulls"]
    for index, name in enumerate(inputs.classes):
        own = inputs.label == index
        # what lies outside belongs to the total, but to no bin
        share, uncertainty = distribution(np.clip(pulls[own], -9.0, 9.0), inputs.weight[own], _with_flanks(edges))
        title = judged.titles.get(name, name)
        handles[f"{title}: {_mean_and_width(found[name])}"] = axes.errorbar(
            centres,
            share[1:-1] / step,
            yerr=uncertainty[1:-1] / step,
            fmt=_MARKERS[index % 6],
            color=colour_of(index),
            markersize=6,
            elinewidth=1.5,
        )
    curve = np.linspace(-_PULLS, _PULLS, 201)
    (handles["normal distribution"],) = axes.plot(
        curve, np.exp(-0.5 * curve**2) / np.sqrt(2.0 * np.pi), color="black", linewidth=2.0
    )
    axes.legend(
        handles.values(),
        handles.keys(),
        loc="upper left",
        title=f"Network, all events: {_mean_and_width(found['all'])}",
        title_fontsize=17,
        fontsize=17,
        alignment="left",
    )
    axes.set_xlabel("(Predicted $-$ true) / predicted uncertainty")
    axes.set_ylabel("Probability density")
    axes.set_xlim(-_PULLS, _PULLS)
    axes.set_ylim(0.0, 0.75)
    add_label(axes, label)
    return figure


def _with_flanks(edges: Array) -> Array:
    return np.concatenate([[-10.0], edges, [10.0]])


def _draw_merit_factor(judged: _Judged, label: FigureLabel, settings: RegressionFigures) -> Figure:
    figure = new_figure(11.0, 9.5)
    axes = figure.subplots()
    figure.subplots_adjust(left=0.12, right=0.96, bottom=0.11, top=0.92)
    (axis,) = (axis for axis in settings.axes if axis.spectator == settings.separation)
    metrics = judged.performance
    edges = np.asarray(metrics["estimators"]["network"]["binned"][axis.spectator]["edges"])
    truth = metrics["truth"]["merit_factor"]
    handles = {f"True {settings.title}": _draw_steps(axes, edges, truth["binned"][axis.spectator])}
    for index, (name, title) in enumerate(settings.estimators):
        values = metrics["estimators"][name]["merit_factor"]["binned"][axis.spectator]
        handles[title] = _draw_points(axes, edges, values, 0.45 + 0.1 * index, colour_of(2 * index), _MARKERS[index])
    light, heavy = (judged.titles.get(name, name) for name in truth["classes"])
    axes.legend(handles.values(), handles.keys(), loc="upper left")
    axes.set_xlabel(axis_title(axis.title, axis.unit))
    axes.set_ylabel(f"Merit factor {light} $-$ {heavy}")
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(0.0, 1.4 * _limits([axes.dataLim])[1])
    add_label(axes, label)
    return figure


def _in_words(estimate: Mapping[str, float] | None) -> str:
    if estimate is None:
        return "unknown"
    return with_uncertainty(estimate["value"], estimate["uncertainty"]).replace("-", "\N{MINUS SIGN}")


def _mean_and_width(found: Mapping[str, Any]) -> str:
    return f"mean {_in_words(found['mean'])}, width {_in_words(found['width'])}"
