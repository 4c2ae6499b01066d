"""The figure of a confusion matrix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from analysis.plotting.style import COLOURS, FigureLabel, add_label, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw_confusion"]


def draw_confusion(confusion: Mapping[str, Any], titles: Mapping[str, str], label: FigureLabel) -> Figure:
    """Draw the confusion matrix: shares of the events of each class that are taken for each class.

    Args:
        confusion: from :func:`analysis.learning.evaluation.classification.confusion`: ``classes``; ``fraction``
            (c, c) of the events of the true class (row) whose score is highest for a class (column), and
            ``fraction_uncertainty``.
        titles: of the classes by name; may hold LaTeX.
        label: above the figure.
    """
    names = [titles[name] for name in confusion["classes"]]
    shares, uncertainties = np.array(confusion["fraction"]), np.array(confusion["fraction_uncertainty"])
    number = len(names)
    figure = new_figure(12.0, 10.5)
    axes = figure.subplots()
    figure.subplots_adjust(left=0.18, right=0.97, bottom=0.12, top=0.93)
    colours = LinearSegmentedColormap.from_list("shares", ["white", COLOURS[0]])
    image = axes.imshow(shares, cmap=colours, vmin=0.0, vmax=1.0, aspect="auto")
    for (row, column), share in np.ndenumerate(shares):
        axes.text(
            column,
            row,
            f"{share:.3f}\n± {uncertainties[row, column]:.3f}",
            ha="center",
            va="center",
            fontsize=max(8, 20 - max(0, number - 5)),
            fontweight="bold" if row == column else "normal",
        )
    axes.set_xticks(range(number), names)
    axes.set_yticks(range(number), names)
    axes.tick_params(length=0, which="both")
    axes.minorticks_off()
    axes.set_xlabel("Class of the highest score")
    axes.set_ylabel("True class")
    bar = figure.colorbar(image, ax=axes, pad=0.02)
    bar.set_label("Share of the true class")
    add_label(axes, label)
    return figure
