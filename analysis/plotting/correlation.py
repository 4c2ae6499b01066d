"""The figure of the correlations between a fit's parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from analysis.errors import DataError
from analysis.plotting.style import COLOURS, FigureLabel, add_label, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw_correlation"]

_WRITTEN = 0.05


def draw_correlation(
    fit: Mapping[str, Any],
    pois: Sequence[str],
    label: FigureLabel,
    *,
    titles: Mapping[str, str] | None = None,
    number: int = 20,
) -> Figure:
    """Correlation coefficients of the parameters that are most correlated with those of interest.

    Those of 5 % and more are written, in percent.

    Args:
        fit: of one workspace: ``correlation``.
        pois: names of the parameters of interest, which come first; those that the fit keeps fixed are left out.
        label: above the figure.
        titles: of parameters by name; others are shown by their names.
        number: how many parameters are shown.

    Raises:
        DataError: the fit has no free parameter.
    """
    names, matrix = fit["correlation"]["names"], np.array(fit["correlation"]["matrix"], dtype=np.float64)
    if not names:
        raise DataError("the fit has no free parameters, and so no correlations")
    first = [names.index(poi) for poi in pois if poi in names]
    strength = np.abs(matrix[first or slice(None)]).max(axis=0)
    # a stable order: equal ones stay in the order of the fit
    others = [int(place) for place in np.argsort(-np.nan_to_num(strength), kind="stable") if place not in first]
    shown = [*first, *others][:number]
    matrix = matrix[np.ix_(shown, shown)]
    words = [(titles or {}).get(names[place], names[place]) for place in shown]
    figure = new_figure(11.0, 10.5)
    axes = figure.subplots()
    figure.subplots_adjust(left=0.27, right=0.98, bottom=0.24, top=0.94)
    colours = LinearSegmentedColormap.from_list("correlations", [COLOURS[0], "white", COLOURS[2]])
    image = axes.imshow(matrix, cmap=colours, vmin=-1.0, vmax=1.0, aspect="auto")
    size = 15 if len(shown) <= 12 else 10
    for (row, column), value in np.ndenumerate(matrix):
        axes.text(column, row, _percent(value), ha="center", va="center", fontsize=size)
    axes.set_xticks(range(len(shown)), words, rotation=90, fontsize=14)
    axes.set_yticks(range(len(shown)), words, fontsize=14)
    axes.tick_params(length=0, which="both")
    axes.minorticks_off()
    figure.colorbar(image, ax=axes, pad=0.02).set_label("Correlation")
    add_label(axes, label)
    return figure


def _percent(value: float) -> str:
    """A coefficient in percent; nothing for those that matter to nobody.

    Examples:
        >>> _percent(-0.256), _percent(0.04), _percent(1.0)
        ('−26', '', '100')
    """
    return f"{100.0 * value:.0f}".replace("-", "\N{MINUS SIGN}") if abs(value) >= _WRITTEN else ""
