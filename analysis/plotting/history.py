"""The figure of a training: loss and merit, epoch by epoch, of all folds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from analysis.errors import DataError
from analysis.learning.losses import loss_named
from analysis.plotting.style import COLOURS, FigureLabel, add_label, axis_title, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_history", "fold_values"]

Array = NDArray[np.float64]


def fold_values(history: Sequence[Mapping[str, Any]], name: str) -> Array:
    """One value of every epoch and fold.

    Args:
        history: entries as :func:`analysis.learning.training.train` reports them, one an epoch.
        name: of the value in an entry's ``folds``.

    Returns:
        (epochs, folds); NaN in the epochs after a fold has stopped.

    Raises:
        DataError: the history is empty, or an entry has no such value.

    Examples:
        >>> entry = {"folds": [{"loss": 0.7, "stopped": True}, {"loss": 0.6, "stopped": False}]}
        >>> fold_values([entry, entry], "loss")
        array([[0.7, 0.6],
               [nan, 0.6]])
    """
    if not history:
        raise DataError("the history of the training has no epoch")
    try:
        values = np.array([[fold[name] for fold in entry["folds"]] for entry in history], np.float64)
        stopped = np.array([[fold["stopped"] for fold in entry["folds"]] for entry in history], bool)
    except KeyError as error:
        raise DataError(f"the history of the training has no {error.args[0]!r}") from error
    # a fold stops at the end of an epoch: that one still counts
    values[1:][stopped[:-1]] = np.nan
    return values


def draw_history(history: Sequence[Mapping[str, Any]], label: FigureLabel, unit: str = "") -> Figure:
    """Training and validation loss above, the validation's merit (such as the AUC) below.

    Lines are means over the folds that are still trained, bands reach from the lowest to the highest of them; a marker
    stands at the epoch that each fold keeps.

    Args:
        history: entries with ``epoch``, ``loss`` (its name; see :mod:`analysis.learning.losses`) and ``folds``; of each
            fold ``training_loss``, ``validation_loss``, ``validation_merit``, ``best_epoch`` and ``stopped``.
        label: above the figure.
        unit: of the merit; none, if not given.

    Raises:
        DataError: the history is empty or incomplete.
    """
    validation, merit = fold_values(history, "validation_loss"), fold_values(history, "validation_merit")
    training = fold_values(history, "training_loss")
    loss = loss_named(history[0]["loss"])
    epochs = np.array([entry["epoch"] for entry in history])
    kept = np.array([fold["best_epoch"] for fold in history[-1]["folds"]])
    figure = new_figure(11.0, 11.0)
    above, below = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": (2.0, 1.0), "hspace": 0.07})
    figure.subplots_adjust(left=0.14, right=0.96, bottom=0.09, top=0.93)
    handles = {
        "Training": _draw_band(above, epochs, training, COLOURS[0], "--"),
        "Validation": _draw_band(above, epochs, validation, COLOURS[2], "-"),
    }
    _draw_band(below, epochs, merit, COLOURS[2], "-")
    for axes, values in ((above, validation), (below, merit)):
        marks = _draw_kept(axes, epochs, values, kept)
    handles["Epoch kept, each fold"] = marks
    above.legend(
        handles.values(), handles.keys(), loc="upper right", title="Mean and range of the folds", alignment="left"
    )
    above.set_ylabel(loss.title)
    below.set_ylabel(axis_title(loss.merit_title, unit), loc="center")
    below.set_ylim(*_range(merit, rising=loss.rising))
    below.set_xlabel("Epoch")
    below.set_xlim(epochs[0] - 0.5, epochs[-1] + 0.5)
    below.xaxis.set_major_locator(MaxNLocator(integer=True))
    below.xaxis.minorticks_off()
    add_label(above, label)
    figure.align_ylabels((above, below))
    return figure


def _range(merit: Array, *, rising: bool) -> tuple[float, float]:
    """Limits of the merit's axis: the first steps from chance are of no interest."""
    low, high = np.nanquantile(merit, (0.1, 1.0) if rising else (0.0, 0.9))
    margin = max(0.15 * (high - low), 1e-3 * abs(high))
    return low - margin, high + margin


def _draw_band(axes: Axes, epochs: Array, values: Array, colour: str, line: str) -> Any:
    # in every epoch at least one fold is trained, so that no row is all NaN
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
