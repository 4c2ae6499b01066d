"""Figures of the seeds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np

from analysis.plotting.style import COLOURS, NEUTRAL, FigureLabel, add_label, axis_title, new_figure
from analysis.studies.tracking.performance.evaluation import ALL
from analysis.studies.tracking.performance.matching import match, particles_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.studies.tracking.performance.settings import PerformanceSettings

__all__ = ["draw"]

_MARKERS = ("o", "s", "^")
_TITLES = {"pt": (r"$p_T$", "GeV"), "eta": (r"$\eta$", ""), "radius": ("Radius of origin", "mm")}


def draw(
    truth: Mapping[str, ak.Array],
    space_points: Mapping[str, ak.Array],
    seeds: Mapping[str, ak.Array],
    peers: Mapping[str, ak.Array],
    beam_spot: Mapping[str, Any],
    optimisation: Mapping[str, Any],
    performance: Mapping[str, Any],
    label: FigureLabel,
    settings: PerformanceSettings,
) -> dict[str, Figure]:
    """Draw efficiencies, fakes and seeds.

    Args:
        truth: of the simulation, by data set; likewise the following.
        space_points: of events.
        seeds: of the automaton.
        peers: of ACTS, also of the events that cuts were learned from.
        beam_spot: which radii are relative to.
        optimisation: cuts that were tried.
        performance: results.
        label: above the figures.
        settings: of the comparison.
    """
    tuned = (truth["tuning"], peers["tuning"])
    return {
        "efficiency": _draw_efficiency(performance["binned"], label),
        "pileup": _draw_pileup(performance, label),
        "front": _draw_front(optimisation, tuned, beam_spot, label, settings),
        "display": _draw_display(space_points["vertices_50"][0], seeds["vertices_50"][0], label),
    }


def _draw_efficiency(binned: Mapping[str, Any], label: FigureLabel) -> Figure:
    figure = new_figure(22.0, 8.5)
    panels = figure.subplots(1, 3, sharey=True)
    figure.subplots_adjust(left=0.055, right=0.99, bottom=0.12, top=0.92, wspace=0.06)
    shown = (("vertices_100", "pt"), ("vertices_100", "eta"), ("decays", "radius"))
    for axes, (name, quantity) in zip(panels, shown, strict=True):
        found = binned[name][quantity]
        edges = np.array(found["edges"])
        middle, half = (edges[1:] + edges[:-1]) / 2, np.diff(edges) / 2
        for (seeder, title), colour, marker in zip(ALL, COLOURS, _MARKERS, strict=False):
            known = [number for number, one in enumerate(found[seeder]) if one]
            values = 100 * np.array([found[seeder][number] for number in known])
            axes.errorbar(
                middle[known],
                values[:, 0],
                xerr=half[known],
                yerr=values[:, 1:].T,
                fmt=marker,
                color=colour,
                markersize=8,
                linewidth=2,
                label=title,
            )
        axes.set_xlabel(axis_title(*_TITLES[quantity]))
        axes.set_ylim(20.0, 104.0)
        axes.axhline(100.0, color=NEUTRAL, linewidth=1, linestyle=":")
    panels[0].set_xscale("log")
    panels[0].set_xticks([0.5, 1, 2, 5], ["0.5", "1", "2", "5"])
    panels[0].minorticks_off()
    panels[0].set_ylabel(axis_title("Efficiency", "%"))
    panels[1].legend(loc="lower center")
    add_label(panels[0], label)
    return figure


def _draw_pileup(performance: Mapping[str, Any], label: FigureLabel) -> Figure:
    figure = new_figure(11.0, 12.0)
    panels = figure.subplots(2, 1, sharex=True)
    figure.subplots_adjust(left=0.13, right=0.96, bottom=0.08, top=0.94, hspace=0.07)
    numbers = {one["name"]: one for one in performance["numbers"]}
    names = [name for name in performance["binned"] if name.startswith("vertices_")]
    vertices = np.array([float(name.partition("_")[2]) for name in names])
    for (seeder, title), colour, marker in zip(ALL, COLOURS, _MARKERS, strict=False):
        for axes, what in zip(panels, ("efficiency", "fakes"), strict=True):
            found = [numbers[f"{what}_{seeder}_{name}"] for name in names]
            axes.errorbar(
                vertices,
                [one["value"] for one in found],
                yerr=np.array([one["stat"] for one in found]).T,
                fmt=f"{marker}-",
                color=colour,
                markersize=8,
                linewidth=2,
                label=title,
            )
    panels[0].set_ylabel(axis_title("Efficiency", "%"))
    panels[1].set_ylabel(axis_title("Fakes", "%"))
    panels[1].set_ylim(0.0, None)
    panels[1].set_xscale("log")
    panels[1].set_xticks(vertices, [f"{one:g}" for one in vertices])
    panels[1].minorticks_off()
    panels[1].set_xlabel("Vertices")
    panels[0].margins(y=0.3)
    panels[1].legend()
    add_label(panels[0], label)
    figure.align_ylabels(panels)
    return figure


def _draw_front(
    optimisation: Mapping[str, Any],
    tuned: tuple[ak.Array, ak.Array],
    beam_spot: Mapping[str, Any],
    label: FigureLabel,
    settings: PerformanceSettings,
) -> Figure:
    figure = new_figure(11.0, 10.0)
    axes = figure.subplots()
    tried = 100 * np.array([[one["fakes"], one["efficiency"]] for one in optimisation["tried"]])
    front, chosen = tried[optimisation["front"]], tried[optimisation["chosen"]]
    axes.plot(*tried.T, "o", color=NEUTRAL, alpha=0.6, markersize=7, label="Cuts that were tried")
    axes.plot(*front.T, "o-", color=COLOURS[0], markersize=9, linewidth=2, label="Front")
    axes.plot(*chosen, "*", color=COLOURS[2], markersize=24, label="Chosen")
    true, found = tuned
    particles = particles_of(true, (beam_spot["x"], beam_spot["y"]))
    wanted = particles.wanted(settings)
    for (seeder, title), colour, marker in list(zip(ALL, COLOURS, _MARKERS, strict=False))[1:]:
        counts = match(true, found[seeder], particles)
        axes.plot(
            100 * counts.fake_share, 100 * counts.found[wanted].mean(), marker, color=colour, markersize=13, label=title
        )
    axes.set_xlabel(axis_title("Fakes", "%"))
    axes.set_ylabel(axis_title("Efficiency", "%"))
    axes.set_ylim(max(float(axes.get_ylim()[0]), 80.0), 100.0)
    axes.legend(loc="lower right")
    add_label(axes, label)
    return figure


def _draw_display(points: Any, seeds: Any, label: FigureLabel) -> Figure:
    figure = new_figure(11.0, 10.5)
    axes: Axes = figure.subplots()
    places = np.stack([np.asarray(points.points[name]) for name in ("x", "y")], axis=1)
    near = (np.arctan2(places[:, 1], places[:, 0]) > 0) & (np.arctan2(places[:, 1], places[:, 0]) < np.pi / 5)
    axes.plot(*places[near].T, ".", color=NEUTRAL, markersize=5, label="Space points")
    for seed in ak.to_list(seeds.automaton):
        if near[seed].all():
            axes.plot(*places[seed].T, "-", color=COLOURS[0], linewidth=1.2, alpha=0.7)
    axes.plot([], [], "-", color=COLOURS[0], linewidth=1.5, label="Seeds")
    axes.set_xlabel(axis_title("$x$", "mm"))
    axes.set_ylabel(axis_title("$y$", "mm"))
    axes.set_aspect("equal")
    axes.legend(loc="upper left")
    add_label(axes, label)
    return figure
