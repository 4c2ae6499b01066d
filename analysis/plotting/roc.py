"""The figure of ROC curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.plotting.intervals import with_uncertainty
from analysis.plotting.style import NEUTRAL, FigureLabel, add_label, colour_of, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["RocCurve", "draw_roc", "roc_curves"]


@dataclass(frozen=True, eq=False)
class RocCurve:
    """One class against the rest; p points by falling threshold, the last of which is (1, 1).

    Args:
        title: of the class; may hold LaTeX.
        accepted: (p,), share of the class above the threshold.
        mistaken: (p,), share of the rest above the threshold.
        auc: area under the curve.
        uncertainty: of the area.
    """

    title: str
    accepted: NDArray[np.float64]
    mistaken: NDArray[np.float64]
    auc: float
    uncertainty: float


def roc_curves(metrics: Mapping[str, Any], titles: Mapping[str, str]) -> list[RocCurve]:
    """The curves of all classes.

    Args:
        metrics: from :func:`analysis.learning.evaluation.classification.summarise`.
        titles: of the classes, by name.
    """
    return [
        RocCurve(
            titles[name],
            np.array(metrics["curves"][name]["signal_efficiency"]),
            np.array(metrics["curves"][name]["background_efficiency"]),
            area["value"],
            area["uncertainty"],
        )
        for name, area in metrics["auc"].items()
    ]


def draw_roc(curves: Sequence[RocCurve], label: FigureLabel) -> Figure:
    """Efficiency for each class against the share of all other events that is taken along; area in the legend."""
    figure = new_figure(10.0, 10.0)
    axes = figure.subplots()
    figure.subplots_adjust(left=0.13, right=0.96, bottom=0.11, top=0.93)
    for index, curve in enumerate(curves):
        text = f"{curve.title}: {with_uncertainty(curve.auc, curve.uncertainty)}"
        # no event passes a threshold above all scores
        mistaken, accepted = np.append(0.0, curve.mistaken), np.append(0.0, curve.accepted)
        axes.plot(mistaken, accepted, color=colour_of(index), linewidth=2.5, label=text)
    axes.plot((0.0, 1.0), (0.0, 1.0), color=NEUTRAL, linestyle=":", linewidth=1.5)
    axes.set_xlim(0.0, 1.0)
    axes.set_ylim(0.0, 1.0)
    axes.set_xlabel("Background efficiency")
    axes.set_ylabel("Signal efficiency")
    axes.legend(loc="lower right", title="AUC, class against rest", alignment="left")
    add_label(axes, label)
    return figure
