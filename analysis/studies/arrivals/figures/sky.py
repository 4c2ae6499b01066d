"""Figures of the measured sky and of the published analysis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.plotting.style import NEUTRAL, FigureLabel, add_label, axis_title, colour_of, new_figure
from analysis.studies.arrivals.figures.maps import circle, new_map, on_map
from analysis.studies.arrivals.settings import CATALOGUES
from analysis.studies.arrivals.sky.directions import unit_vectors
from analysis.studies.arrivals.sky.exposure import INCLINED, VERTICAL, relative_exposure
from analysis.studies.arrivals.sources.comparison import NAMES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw"]


def draw(
    measured: Mapping[str, NDArray[np.float64]],
    hypotheses: Mapping[str, NDArray[np.float64]],
    search: Mapping[str, Any],
    catalogues: Mapping[str, Any],
    label: FigureLabel,
) -> dict[str, Figure]:
    """Draw the measured sky: events, declinations, the catalogue likelihood.

    Args:
        measured: events.
        hypotheses: of the catalogues.
        search: excesses in circles.
        catalogues: scans with the likelihood.
        label: above the figures.
    """
    return {
        "sky": _draw_sky(measured, hypotheses, search, label),
        "declinations": _draw_declinations(measured, label),
        "threshold_scan": _draw_thresholds(catalogues, label),
        "radius_scan": _draw_radii(catalogues, label),
        "isotropic_ts": _draw_isotropic(catalogues, label),
    }


def _draw_sky(
    measured: Mapping[str, Any], hypotheses: Mapping[str, Any], search: Mapping[str, Any], label: FigureLabel
) -> Figure:
    figure, axes = new_map(label)
    energy = measured["energy"]
    order = np.argsort(energy)
    x, y = on_map(measured["directions"][order])
    points = axes.scatter(
        x,
        y,
        s=(energy[order] / 32.0) ** 1.5 * 6.0,
        c=np.log10(energy[order]),
        cmap="viridis_r",
        alpha=0.75,
        linewidth=0,
    )
    weights = hypotheses["starburst_weights"][0]
    x, y = on_map(hypotheses["starburst_directions"])
    axes.scatter(
        x,
        y,
        s=60 + 1800 * weights,
        marker="*",
        facecolor="none",
        edgecolor="#bd1f01",
        linewidth=1.8,
        label="Starburst galaxies, size by flux",
    )
    (table,) = search["tables"]
    columns = {one["title"]: one["values"] for one in table["columns"]}
    for number, name in enumerate(table["axes"][0]["values"]):
        centre = unit_vectors(
            np.radians(columns["Right ascension"][number]), np.radians(columns["Declination"][number])
        )
        text = f"{name}: {columns['Radius'][number]:.0f}°, above {columns['Threshold'][number]:.0f} EeV"
        circle(axes, centre, columns["Radius"][number], color=("black", "#e76300")[number % 2], linewidth=2, label=text)
    axes.legend(loc="upper right", bbox_to_anchor=(1.02, 1.03), fontsize=13, frameon=True)
    bar = figure.colorbar(points, ax=axes, orientation="horizontal", fraction=0.04, pad=0.09, aspect=50)
    bar.set_label("lg(E / EeV)", fontsize=18)
    return figure


def _draw_declinations(measured: Mapping[str, Any], label: FigureLabel) -> Figure:
    figure = new_figure(11.0, 9.0)
    axes = figure.subplots()
    sine = np.sin(np.radians(measured["declination"]))
    inclined = measured["zenith"] >= VERTICAL[1]
    edges, fine = np.linspace(-1.0, 1.0, 21), np.linspace(-1.0, 1.0, 801)
    for number, (zenith, chosen, title) in enumerate(
        ((VERTICAL, ~inclined, "Zenith angles below 60°"), (INCLINED, inclined, "60° to 80°"))
    ):
        counts, _ = np.histogram(sine[chosen], edges)
        middle = 0.5 * (edges[1:] + edges[:-1])
        axes.errorbar(middle, counts, np.sqrt(counts), fmt="o", color=colour_of(number), label=title)
        curve = relative_exposure(np.arcsin(fine), zenith)
        density = curve / np.trapezoid(curve, fine) * chosen.sum() * (edges[1] - edges[0])
        axes.plot(fine, density, color=colour_of(number), linewidth=2)
    axes.plot([], [], color=NEUTRAL, linewidth=2, label="Isotropy")
    axes.set_xlabel("Sine of the declination")
    axes.set_ylabel("Events / 0.1")
    axes.set_xlim(-1.0, 1.0)
    axes.set_ylim(0.0, None)
    axes.legend()
    add_label(axes, label)
    return figure


def _draw_thresholds(catalogues: Mapping[str, Any], label: FigureLabel) -> Figure:
    figure = new_figure(11.0, 9.0)
    axes = figure.subplots()
    for number, name in enumerate(CATALOGUES):
        largest = np.max(catalogues["scans"][name]["ts"], axis=1)
        axes.plot(catalogues["thresholds"], largest, "o-", color=colour_of(number), linewidth=2, label=NAMES[name])
    axes.plot(38.0, 25.0, "*", color="black", markersize=18, label="44 starburst galaxies, published")
    axes.set_xlabel(axis_title("Energy threshold", "EeV"))
    axes.set_ylabel("Largest TS")
    axes.set_ylim(0.0, 29.0)
    axes.legend(fontsize=16)
    add_label(axes, label)
    return figure


def _draw_radii(catalogues: Mapping[str, Any], label: FigureLabel) -> Figure:
    figure = new_figure(11.0, 9.0)
    axes = figure.subplots()
    statistic = np.asarray(catalogues["scans"]["starburst"]["ts"])
    image = axes.pcolormesh(
        catalogues["radii"], catalogues["thresholds"], statistic, shading="nearest", cmap="viridis", rasterized=True
    )
    row, column = np.unravel_index(int(statistic.argmax()), statistic.shape)
    axes.plot(
        catalogues["radii"][column], catalogues["thresholds"][row], "+", color="white", markersize=22, markeredgewidth=3
    )
    axes.set_xlabel(axis_title("Radius", "°"))
    axes.set_ylabel(axis_title("Energy threshold", "EeV"))
    bar = figure.colorbar(image, ax=axes)
    bar.set_label("TS, starburst galaxies")
    add_label(axes, label)
    return figure


def _draw_isotropic(catalogues: Mapping[str, Any], label: FigureLabel) -> Figure:
    figure = new_figure(11.0, 9.0)
    axes = figure.subplots()
    for number, name in enumerate(CATALOGUES):
        values = np.sort(catalogues["isotropic"][name])
        above = np.arange(len(values), 0, -1) / len(values)
        axes.step(values, above, where="post", color=colour_of(number), linewidth=2, label=NAMES[name])
        measured = float(np.max(catalogues["scans"][name]["ts"]))
        axes.axvline(measured, color=colour_of(number), linestyle="--", linewidth=2)
    axes.plot([], [], "--", color=NEUTRAL, label="Measured sky")
    axes.set_yscale("log")
    axes.set_ylim(None, 30.0)
    axes.set_xlabel("Largest TS of all thresholds and radii")
    axes.set_ylabel("Share of skies with as much")
    axes.legend(fontsize=15, title="Isotropic skies (simulation)", alignment="left", ncols=2)
    add_label(axes, label)
    return figure
