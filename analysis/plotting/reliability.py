"""The reliability diagram: how often a class is true against its predicted probability."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from analysis.plotting.style import add_label, colour_of, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.learning.evaluation.reliability import Reliability
    from analysis.plotting.style import FigureLabel

__all__ = ["draw_reliability"]


def draw_reliability(
    networks: Mapping[str, Mapping[str, Reliability]], titles: Mapping[str, str], label: FigureLabel
) -> Figure:
    """Draw one panel a network, one set of points a class; on the diagonal, probabilities are frequencies.

    Args:
        networks: by title of the network, reliability by class.
        titles: of the classes, by name; may hold LaTeX.
        label: above the figure.
    """
    figure = new_figure(9.0 * len(networks), 9.5)
    panels = figure.subplots(1, len(networks), sharey=True, squeeze=False)[0]
    figure.subplots_adjust(left=0.15 / len(networks), right=0.98, bottom=0.11, top=0.92, wspace=0.05)
    for axes, (network, found) in zip(panels, networks.items(), strict=True):
        axes.plot((0.0, 1.0), (0.0, 1.0), color="black", linewidth=1.0, linestyle="--")
        for place, (name, one) in enumerate(found.items()):
            there = one.share > 0.0
            axes.errorbar(
                one.predicted[there],
                one.observed[there],
                yerr=one.uncertainty[there],
                fmt="o-",
                color=colour_of(place),
                markersize=6,
                linewidth=1.2,
                label=titles[name],
            )
        axes.set_xlim(0.0, 1.0)
        axes.set_ylim(0.0, 1.0)
        axes.set_xlabel("Predicted probability")
        axes.legend(title=network, loc="upper left")
    panels[0].set_ylabel("Share of the class")
    add_label(panels[0], label)
    return figure
