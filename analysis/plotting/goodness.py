"""The figure of a fit's goodness: its statistic among those of toys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import MaxNLocator
from scipy.special import chdtr

from analysis.errors import DataError
from analysis.plotting.style import COLOURS, FigureLabel, add_label, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw_goodness"]


def draw_goodness(fit: Mapping[str, Any], label: FigureLabel, *, bins: int = 30) -> Figure:
    """The saturated likelihood ratio of the fit, of toys, and of many events (a chi-square distribution).

    Args:
        fit: of one workspace: ``goodness`` with ``statistic``, ``ndf``, ``p_value``, ``p_value_toys`` and
            ``toy_statistics``, where ``None`` stands for a toy whose fit did not converge.
        label: above the figure.
        bins: number of bins of the toys' histogram.

    Raises:
        DataError: no toy converged, or there are none.
    """
    found = fit["goodness"]
    toys = np.array([one for one in found.get("toy_statistics") or () if one is not None], dtype=np.float64)
    if not len(toys):
        raise DataError("the goodness of the fit was judged by no toys", cure="ask the measurement for some")
    observed = found["statistic"]
    low, high = min(float(toys.min()), observed), max(float(toys.max()), observed)
    margin = 0.05 * (high - low) or 1.0
    edges = np.linspace(max(0.0, low - margin), high + margin, bins + 1)
    figure = new_figure(10.0, 9.0)
    axes = figure.subplots()
    figure.subplots_adjust(left=0.12, right=0.96, bottom=0.11, top=0.92)
    content, _ = np.histogram(toys, edges)
    axes.stairs(content, edges, fill=True, color=COLOURS[0], alpha=0.5, label=f"{len(toys)} toys")
    tops = [float(content.max())]
    if found["ndf"] > 0:
        # expected contents of the same bins, drawn where the eye looks for a curve: at their centres
        expected = len(toys) * np.diff(chdtr(found["ndf"], edges))
        centres = (edges[1:] + edges[:-1]) / 2.0
        axes.plot(centres, expected, color=COLOURS[1], linewidth=2.5, label=rf"$\chi^2$, {found['ndf']} d.o.f.")
        tops.append(float(expected.max()))
    axes.axvline(observed, ymax=1.0 / 1.3, color="black", linewidth=2.5, label=f"fit: {observed:.1f}")
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(0.0, 1.3 * max(tops))
    words = [
        f"$p$ = {found[name]:.2g} ({how})"
        for name, how in (("p_value_toys", "toys"), ("p_value", r"$\chi^2$"))
        if found.get(name) is not None
    ]
    axes.text(0.04, 0.96, "\n".join(words), transform=axes.transAxes, va="top", fontsize=19, linespacing=1.5)
    axes.legend(loc="upper right")
    axes.set_xlabel(r"$-2\ln(L / L_\mathrm{saturated})$")
    axes.set_ylabel("Toys")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    add_label(axes, label)
    return figure
