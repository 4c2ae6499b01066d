"""The figure of a training: loss and metric, epoch by epoch, of all networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from analysis.errors import DataError
from analysis.learning.losses.by_name import LOSSES
from analysis.learning.training.monitoring import METRICS
from analysis.plotting.style import COLOURS, FigureLabel, add_label, axis_title, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_history", "network_values"]

Array = NDArray[np.float64]


def network_values(history: Sequence[Mapping[str, Any]], name: str) -> Array:
    """One value of every epoch and network.

    Args:
        history: entries as :func:`analysis.learning.training.train.train` reports them, one an epoch.
        name: of the value in an entry's ``networks``, or of a metric.

    Returns:
        (epochs, networks); NaN in the epochs after a network has stopped.

    Raises:
        DataError: the history is empty, or an entry has no such value.

    Examples:
        >>> entry = {"networks": [{"loss": 0.7, "stopped": True}, {"metrics": {"loss": 0.6}, "stopped": False}]}
        >>> network_values([entry, entry], "loss")
        array([[0.7, 0.6],
               [nan, 0.6]])
    """
    if not history:
        raise DataError("the history of the training has no epoch")
    try:
        values = np.array(
            [[{**n.get("metrics", {}), **n}[name] for n in entry["networks"]] for entry in history], np.float64
        )
        stopped = np.array([[n["stopped"] for n in entry["networks"]] for entry in history], bool)
    except KeyError as error:
        raise DataError(f"the history of the training has no {error.args[0]!r}") from error
    # a network stops at the end of an epoch: that one still counts
    values[1:][stopped[:-1]] = np.nan
    return values


def draw_history(history: Sequence[Mapping[str, Any]], label: FigureLabel, unit: str = "") -> Figure:
    """Training and validation loss above, the first metric of the validation (such as the AUC) below, if there is one.

    Lines are means over the networks that are still trained, bands reach from the lowest to the highest of them; a
    marker stands at the epoch that each network keeps.

    Args:
        history: entries with ``epoch``, ``loss`` and ``metrics`` (their names; see
            :mod:`analysis.learning.losses.by_name` and :mod:`analysis.learning.training.monitoring`) and
            ``networks``; of each ``training_loss``, ``validation_loss``, ``metrics``, ``best_epoch`` and ``stopped``.
        label: above the figure.
        unit: of the metric; none, if not given.

    Raises:
        DataError: the history is empty or incomplete.
    """
    validation, training = network_values(history, "validation_loss"), network_values(history, "training_loss")
    metric = METRICS[history[0]["metrics"][0]] if history[0]["metrics"] else None
    epochs = np.array([entry["epoch"] for entry in history])
    kept = np.array([network["best_epoch"] for network in history[-1]["networks"]])
    figure = new_figure(11.0, 11.0)
    rows = {"height_ratios": (2.0, 1.0) if metric else (1.0,), "hspace": 0.07}
    panels = figure.subplots(2 if metric else 1, 1, sharex=True, gridspec_kw=rows, squeeze=False)[:, 0]
    figure.subplots_adjust(left=0.14, right=0.96, bottom=0.09, top=0.93)
    above = panels[0]
    handles = {
        "Training": _draw_band(above, epochs, training, COLOURS[0], "--"),
        "Validation": _draw_band(above, epochs, validation, COLOURS[2], "-"),
        "Epoch kept, each network": _draw_kept(above, epochs, validation, kept),
    }
    above.legend(
        handles.values(), handles.keys(), loc="upper right", title="Mean and range of the networks", alignment="left"
    )
    above.set_ylabel(LOSSES[history[0]["loss"]].title)
    if metric:
        below, values = panels[1], network_values(history, metric.name)
        _draw_band(below, epochs, values, COLOURS[2], "-")
        _draw_kept(below, epochs, values, kept)
        below.set_ylabel(axis_title(metric.title, unit if metric.dimension else ""), loc="center")
        below.set_ylim(*_range(values, higher_is_better=metric.higher_is_better))
    last = panels[-1]
    last.set_xlabel("Epoch")
    last.set_xlim(epochs[0] - 0.5, epochs[-1] + 0.5)
    last.xaxis.set_major_locator(MaxNLocator(integer=True))
    last.xaxis.minorticks_off()
    add_label(above, label)
    figure.align_ylabels(panels)
    return figure


def _range(values: Array, *, higher_is_better: bool) -> tuple[float, float]:
    """Limits of the metric's axis: the first steps from chance are of no interest."""
    low, high = np.nanquantile(values, (0.1, 1.0) if higher_is_better else (0.0, 0.9))
    margin = max(0.15 * (high - low), 1e-3 * abs(high))
    return low - margin, high + margin


def _draw_band(axes: Axes, epochs: Array, values: Array, colour: str, line: str) -> Any:
    # in every epoch at least one network is trained, so that no row is all NaN
    axes.fill_between(
        epochs, np.nanmin(values, axis=1), np.nanmax(values, axis=1), color=colour, alpha=0.25, linewidth=0.0
    )
    (mean,) = axes.plot(epochs, np.nanmean(values, axis=1), color=colour, linestyle=line, linewidth=2.5)
    return mean


def _draw_kept(axes: Axes, epochs: Array, values: Array, kept: NDArray[np.int_]) -> Any:
    rows = np.searchsorted(epochs, kept)
    heights = values[rows, np.arange(len(kept))]
    (marks,) = axes.plot(kept, heights, "v", color="black", markersize=10, markerfacecolor="white", markeredgewidth=2)
    return marks
