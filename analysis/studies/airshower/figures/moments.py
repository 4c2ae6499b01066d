"""Figures of what the Pierre Auger Observatory measured, beside what pure primaries would look like."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.plotting.style import NEUTRAL, FigureLabel, add_label, axis_title, colour_of, new_figure
from analysis.studies.airshower.figures.depths import DEPTH, ENERGY, describe, draw_counts
from analysis.studies.airshower.published import gumbel
from analysis.studies.airshower.published.depth import (
    read_acceptance,
    read_distributions,
    read_moments,
    read_resolution,
)
from analysis.studies.airshower.published.templates import template

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.studies.airshower.published.depth import Moments
    from analysis.studies.airshower.published.settings import PublicationFigureSettings

__all__ = ["draw"]

Array = NDArray[Any]
Publications = Mapping[str, Mapping[str, Path]]

_UNIT = r"g/cm$^2$"
_LINES = ("-", "--", ":")
# the newest stands out and comes last
_MEASUREMENTS = (
    ("2014", "xmax2014", "xmaxMoments.txt", {"marker": "s", "color": "#94a4a2", "markersize": 7}),
    ("2017", "xmax2017", "xmaxMoments17.txt", {"marker": "D", "color": NEUTRAL, "markersize": 6}),
    ("2019", "xmax2019", "xmaxMoments19.txt", {"marker": "o", "color": "black", "markersize": 8}),
)


def draw(publications: Publications, label: FigureLabel, settings: PublicationFigureSettings) -> dict[str, Figure]:
    """Draw the published moments and distributions of the depth of shower maximum.

    ``moments``: <X_max> on the left, sigma(X_max) on the right, against the energy; bars are statistical, boxes (of the
    newest measurement only) systematic uncertainties. ``distributions``: the measured histograms in all energy
    bins, with pure protons and pure iron as the detector would see them.

    Args:
        publications: their files, by publication and file name.
        label: above the figures; its experiment is replaced, since nothing here is the study's own.
        settings: models and primaries.

    Returns:
        The figures ``moments`` and ``distributions``.

    Raises:
        DataError: a file is missing or damaged.
        StudyError: an interaction model is not known.
    """
    label = dataclasses.replace(label, experiment=settings.experiment, simulation=False)
    return {
        "moments": _draw_moments(publications, label, settings),
        "distributions": _draw_distributions(publications, label, settings),
    }


def _draw_moments(publications: Publications, label: FigureLabel, settings: PublicationFigureSettings) -> Figure:
    figure = new_figure(19.0, 9.0)
    left, right = figure.subplots(1, 2)
    figure.subplots_adjust(left=0.07, right=0.985, bottom=0.11, top=0.92, wspace=0.2)
    points: dict[str, Any] = {}
    for year, publication, name, style in _MEASUREMENTS:
        moments = read_moments(publications[publication], name)
        points[year] = _draw_points(left, moments, "mean", style)
        _draw_points(right, moments, "width", style)
    points["2019, systematic"] = _draw_systematic(left, moments.log10_energy, moments.mean, moments.mean_systematic)
    _draw_systematic(right, moments.log10_energy, moments.width, moments.width_systematic)
    lines = _draw_primaries(left, right, settings)
    left.set_ylabel(axis_title(rf"$\langle${DEPTH}$\rangle$", _UNIT))
    right.set_ylabel(axis_title(rf"$\sigma(${DEPTH}$)$", _UNIT))
    left.set_ylim(580.0, 880.0)
    right.set_ylim(0.0, 80.0)
    # axes have one legend; a second one is an artist beside it
    left.add_artist(left.legend(points.values(), points.keys(), loc="upper left", title="Data", alignment="left"))
    left.legend(
        lines.values(), lines.keys(), loc="lower right", ncols=2, title="Pure primaries", alignment="left", fontsize=16
    )
    for axes in (left, right):
        axes.set_xlabel(ENERGY)
        axes.set_xlim(17.2, 20.0)
        add_label(axes, label)
    return figure


def _draw_points(axes: Axes, moments: Moments, what: str, style: dict[str, Any]) -> Any:
    return axes.errorbar(
        moments.log10_energy,
        getattr(moments, what),
        yerr=getattr(moments, f"{what}_statistical"),
        linestyle="none",
        markerfacecolor="black" if style["color"] == "black" else "white",
        elinewidth=1.5,
        zorder=3,
        **style,
    )


def _draw_systematic(axes: Axes, energy: Array, value: Array, systematic: Array) -> Any:
    return axes.bar(
        energy, systematic.sum(axis=0), 0.06, value - systematic[0], color=NEUTRAL, alpha=0.35, linewidth=0, zorder=2
    )


def _draw_primaries(left: Axes, right: Axes, settings: PublicationFigureSettings) -> dict[str, Any]:
    """Lines of all primaries and models; primaries differ by the colour, models by the dashes."""
    energy = np.linspace(17.2, 20.0, 57)
    lines: dict[str, Any] = {}
    for index, (symbol, mass_number) in enumerate(settings.primaries):
        for model, dashes in zip(settings.models, _LINES, strict=False):
            mean = gumbel.mean(energy, mass_number, model)
            width = np.sqrt(gumbel.variance(energy, mass_number, model))
            for axes, values in ((left, mean), (right, width)):
                (line,) = axes.plot(energy, values, color=colour_of(index), linestyle=dashes, linewidth=2, zorder=1)
            # the first model's line is the full one
            lines.setdefault(symbol, line)
    for model, dashes in zip(settings.models, _LINES, strict=False):
        (lines[model],) = right.plot([], [], color="black", linestyle=dashes, linewidth=2)
    return lines


def _draw_distributions(publications: Publications, label: FigureLabel, settings: PublicationFigureSettings) -> Figure:
    files = publications["xmax2014"]
    measured = read_distributions(files)
    energy = read_moments(files, "xmaxMoments.txt").log10_energy
    detector = read_acceptance(files), read_resolution(files)
    expected = [
        (index, symbol, template(measured.depth_edges, energy, mass_number, settings.models[0], *detector))
        for index, (symbol, mass_number) in enumerate(settings.primaries)
        # lightest and heaviest: the others lie between them
        if index in (0, len(settings.primaries) - 1)
    ]
    figure = new_figure(20.0, 24.0)
    panels = figure.subplots(6, 3, sharex=True)
    figure.subplots_adjust(left=0.075, right=0.985, bottom=0.045, top=0.965, wspace=0.16, hspace=0.07)
    for number, axes in enumerate(panels.flat):
        counts = measured.counts[number]
        handles = {"Data": draw_counts(axes, measured.depth_edges, counts)}
        for index, symbol, shares in expected:
            handles[f"Pure {symbol}, {settings.models[0]}"] = axes.stairs(
                shares[number] * counts.sum(), measured.depth_edges, color=colour_of(index), linewidth=2.0
            )
        low, high = measured.energy_edges[number : number + 2]
        describe(axes, (low, high), f"{counts.sum()} events", height=0.93, room=1.15)
    panels[0, 0].legend(handles.values(), handles.keys(), loc="center right", fontsize=17)
    for axes in panels[-1]:
        axes.set_xlabel(axis_title(DEPTH, _UNIT))
    for axes in panels[:, 0]:
        axes.set_ylabel(f"Events / 20 {_UNIT}", fontsize=20)
    add_label(panels[0, 0], label)
    figure.align_ylabels(panels[:, 0])
    return figure
