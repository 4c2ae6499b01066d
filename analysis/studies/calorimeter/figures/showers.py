"""Figures of generated showers beside simulated ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, LogNorm
from numpy.typing import NDArray

from analysis.plotting.history import draw_history
from analysis.plotting.style import COLOURS, NEUTRAL, FigureLabel, add_label, axis_title, new_figure
from analysis.studies.calorimeter.shapes.comparison import Showers
from analysis.studies.calorimeter.shapes.settings import SHAPES, shape_names
from analysis.studies.calorimeter.shapes.variables import hits_of

if TYPE_CHECKING:
    import awkward as ak
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.learning.application.scores import Scores
    from analysis.learning.application.trained import Trained
    from analysis.learning.data.inputs import TrainingInputs
    from analysis.studies.calorimeter.shapes.settings import ComparisonSettings

__all__ = ["draw"]

Array = NDArray[np.float64]

_STYLES = {
    "simulated": ("Simulated", "black", "-"),
    "generated": ("Generated", COLOURS[2], "-"),
    "templates": ("Templates alone", COLOURS[0], "--"),
}


def draw(
    training: Trained,
    calibrated: Mapping[str, ak.Array],
    inputs: Mapping[str, TrainingInputs],
    scores: Mapping[str, Scores],
    templates: Mapping[str, Any],
    comparison: Mapping[str, Any],
    extrapolation: Mapping[str, Any],
    label: FigureLabel,
    settings: ComparisonSettings,
) -> dict[str, Figure]:
    """Draw generated showers beside simulated ones.

    Args:
        training: the generator, with its history.
        calibrated: simulated events by data set; likewise the following.
        inputs: of the generator.
        scores: of the generator.
        templates: of showers.
        comparison: results.
        extrapolation: results, of higher energies.
        label: above the figures.
        settings: of the comparison.
    """
    showers = Showers(calibrated, inputs, scores, templates, settings.shapes)
    return {
        "displays": _draw_displays(showers, settings, label),
        "profiles": _draw_profiles(showers, settings, label),
        "shapes": _draw_shapes(showers, settings, label),
        "resolution": _draw_resolution(comparison, extrapolation, label),
        "correlations": _draw_correlations(comparison, settings, label),
        "training": draw_history(list(training.history), label),
    }


def _grid(showers: Showers, kind: str, settings: ComparisonSettings) -> Array:
    """Hits in GeV, (n, rows, rows, layers)."""
    block = settings.shapes.block
    hits = hits_of(showers.cells[kind], settings.shapes) / 1000.0
    return hits.reshape(-1, block.rows, block.rows, block.layers)


def _draw_displays(showers: Showers, settings: ComparisonSettings, label: FigureLabel) -> Figure:
    figure = new_figure(16.0, 13.0)
    panels = figure.subplots(3, 2, sharex=True, sharey=True, squeeze=False)
    figure.subplots_adjust(left=0.08, right=0.9, bottom=0.08, top=0.93, hspace=0.12, wspace=0.05)
    block, energy = settings.shapes.block, showers.particles.energy
    seen = {kind: _grid(showers, kind, settings).sum(axis=2) for kind in ("simulated", "generated")}
    half, image = block.rows * block.width / 2, ScalarMappable()
    for row, wanted in zip(panels, (2.0, 6.0, 18.0), strict=True):
        event = int(np.argmin(np.abs(np.log(energy / wanted)) + (showers.particles.inclination < 0.5)))
        what = "photon" if showers.particles.kind[event] > 0 else "electron"
        angle = 10.0 * (showers.particles.inclination[event] + 1.0)
        for axes, kind in zip(row, seen, strict=True):
            image = axes.imshow(
                np.ma.masked_equal(seen[kind][event], 0.0),
                norm=LogNorm(3e-3, 10.0),
                cmap="viridis",
                aspect="auto",
                origin="lower",
                extent=(0.0, block.length, -half, half),
            )
            words = f"{_STYLES[kind][0]}: {what}, {energy[event]:.1f} GeV, {angle:.0f}°"
            behind = {"facecolor": "white", "alpha": 0.8, "edgecolor": "none"}
            axes.text(0.98, 0.05, words, transform=axes.transAxes, ha="right", fontsize=18, bbox=behind)
    for axes in panels[-1]:
        axes.set_xlabel(axis_title("Depth", "cm"))
    for axes in panels[:, 0]:
        axes.set_ylabel(axis_title("$x$", "cm"))
    bar = figure.colorbar(image, ax=panels, pad=0.02, aspect=40)
    bar.set_label(axis_title("Energy", "GeV"))
    add_label(panels[0, 0], label)
    return figure


def _draw_profiles(showers: Showers, settings: ComparisonSettings, label: FigureLabel) -> Figure:
    figure = new_figure(16.0, 8.5)
    panels = figure.subplots(1, 2)
    figure.subplots_adjust(left=0.07, right=0.985, bottom=0.11, top=0.92, wspace=0.2)
    block, energy = settings.shapes.block, showers.particles.energy
    low, high = np.quantile(energy, [0.25, 0.75])
    ranges = ((f"below {low:.1f} GeV", energy < low, COLOURS[0]), (f"above {high:.1f} GeV", energy > high, COLOURS[2]))
    places = (
        (block.length / block.layers * (np.arange(block.layers) + 0.5), (1, 2), "Depth"),
        (block.width * (np.arange(block.rows) - (block.rows - 1) / 2), (2, 3), "$x$"),
    )
    for axes, (place, summed, title) in zip(panels, places, strict=True):
        for words, chosen, colour in ranges:
            for kind, shift in (("simulated", -0.1), ("generated", 0.1)):
                shares = _grid(showers, kind, settings)[chosen].sum(axis=summed)
                shares = 100 * shares / np.maximum(shares.sum(axis=1, keepdims=True), 1e-9)
                mean, band = shares.mean(axis=0), np.quantile(shares, [0.16, 0.84], axis=0)
                if kind == "simulated":
                    axes.errorbar(
                        place + shift,
                        mean,
                        yerr=np.abs(band - mean),
                        fmt="o",
                        color=colour,
                        linewidth=2,
                        markersize=7,
                        label=f"Simulated, {words}",
                    )
                else:
                    axes.plot(place, mean, color=colour, linewidth=2.5, label=f"Generated, {words}")
                    axes.fill_between(place, *band, color=colour, alpha=0.2, linewidth=0.0)
        axes.set_xlabel(axis_title(title, "cm"))
        axes.set_ylabel(axis_title("Share of the energy", "%"))
        axes.set_ylim(0.0, None)
        axes.margins(y=0.15)
    panels[0].legend(fontsize=18)
    add_label(panels[0], label)
    return figure


def _draw_shapes(showers: Showers, settings: ComparisonSettings, label: FigureLabel) -> Figure:
    figure = new_figure(20.0, 19.0)
    panels = figure.subplots(3, 3)
    figure.subplots_adjust(left=0.05, right=0.985, bottom=0.05, top=0.95, wspace=0.2, hspace=0.28)
    names = shape_names(settings.shapes.block)
    for axes, (name, (title, unit)) in zip(panels.ravel(), SHAPES.items(), strict=True):
        column = {kind: one[:, names.index(name)] for kind, one in showers.shapes.items()}
        low, high = (float(one) for one in np.quantile(column["simulated"], [0.002, 0.998]))
        edges = np.linspace(low, high, 41)
        for kind, (words, colour, line) in _STYLES.items():
            axes.hist(
                np.clip(column[kind], edges[0], edges[-1]),
                bins=edges,
                histtype="stepfilled" if kind == "simulated" else "step",
                color=NEUTRAL if kind == "simulated" else colour,
                alpha=0.5 if kind == "simulated" else 1.0,
                linestyle=line,
                linewidth=2.5,
                label=words,
            )
        axes.set_xlabel(axis_title(title[0].upper() + title[1:], unit.replace("X0", "$X_0$")), fontsize=20)
        axes.set_ylabel("Showers", fontsize=20)
        axes.margins(y=0.2)
        axes.tick_params(labelsize=16)
    panels[0, 0].legend(fontsize=18, loc="upper left")
    add_label(panels[0, 0], label)
    return figure


def _draw_resolution(comparison: Mapping[str, Any], extrapolation: Mapping[str, Any], label: FigureLabel) -> Figure:
    figure = new_figure(11.0, 12.0)
    panels = figure.subplots(2, 1, sharex=True)
    figure.subplots_adjust(left=0.14, right=0.96, bottom=0.08, top=0.94, hspace=0.06)
    for results in (comparison, extrapolation):
        found = results["resolution"]
        edges = np.array(found["edges"])
        for number, (kind, (words, colour, _)) in enumerate(_STYLES.items()):
            # beside each other, not on top
            middle = np.sqrt(edges[:-1] * edges[1:]) * (0.97, 1.0, 1.03)[number]
            for axes, what, factor in zip(panels, ("mean", "width"), (1.0, 100.0), strict=True):
                _draw_bins(
                    axes, middle, found[kind]["bins"], what, factor, colour, words if results is comparison else ""
                )
    border = comparison["resolution"]["edges"][-1]
    for axes in panels:
        axes.axvspan(border, extrapolation["resolution"]["edges"][-1], color=NEUTRAL, alpha=0.2, linewidth=0.0)
        axes.set_xscale("log")
    panels[0].set_ylabel("Mean response")
    panels[1].set_ylabel(axis_title("Resolution", "%"))
    panels[1].set_ylim(0.0, None)
    panels[1].set_xlabel(axis_title("Energy", "GeV"))
    panels[1].set_xticks([1, 2, 5, 10, 20, 40], ["1", "2", "5", "10", "20", "40"])
    panels[1].legend()
    add_label(panels[0], label)
    figure.align_ylabels(panels)
    return figure


def _draw_bins(
    axes: Axes, middle: Array, bins: list[dict[str, float] | None], what: str, factor: float, colour: str, words: str
) -> None:
    known = [number for number, one in enumerate(bins) if one]
    found = [bins[number] or {} for number in known]
    axes.errorbar(
        middle[known],
        [factor * one[what] for one in found],
        yerr=[factor * one[f"{what}_error"] for one in found],
        fmt="o",
        color=colour,
        markersize=8,
        linewidth=2,
        label=words or None,
    )


def _draw_correlations(comparison: Mapping[str, Any], settings: ComparisonSettings, label: FigureLabel) -> Figure:
    figure = new_figure(17.0, 8.5)
    panels = figure.subplots(1, 2, sharey=True)
    figure.subplots_adjust(left=0.06, right=0.9, bottom=0.1, top=0.9, wspace=0.08)
    layers = settings.shapes.block.layers
    colours = LinearSegmentedColormap.from_list("correlations", [COLOURS[0], "white", COLOURS[2]])
    image = ScalarMappable()
    for axes, kind, title in zip(panels, ("true", "generated"), ("simulated", "generated"), strict=True):
        matrix = np.array(comparison["correlations"][kind])[-layers:, -layers:]
        image = axes.imshow(matrix, cmap=colours, vmin=-1.0, vmax=1.0)
        for (row, column), value in np.ndenumerate(matrix):
            text = f"{100 * value:.0f}".replace("-", "\N{MINUS SIGN}")
            axes.text(column, row, text, ha="center", va="center", fontsize=14)
        axes.set_xticks(range(layers), range(1, layers + 1))
        axes.set_yticks(range(layers), range(1, layers + 1))
        axes.minorticks_off()
        axes.set_xlabel(f"Layer, {title}")
    panels[0].set_ylabel("Layer")
    figure.colorbar(image, ax=panels, pad=0.02).set_label("Correlation of shares (numbers in %)")
    add_label(panels[0], label)
    return figure
