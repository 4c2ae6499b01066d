"""Figures of the composition of cosmic rays: what was measured, beside what the Observatory published."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import MultipleLocator
from numpy.typing import NDArray

from analysis.errors import StudyError
from analysis.plotting.style import NEUTRAL, add_label, axis_title, colour_of, new_figure
from analysis.studies.airshower.composition.results import energy_bin
from analysis.studies.airshower.composition.settings import identifier
from analysis.studies.airshower.figures.depths import DEPTH, ENERGY, describe, draw_counts
from analysis.studies.airshower.published.composition import Fractions, LogMass, read_fractions_2014, read_log_mass
from analysis.studies.airshower.published.depth import read_moments

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.plotting.style import FigureLabel
    from analysis.studies.airshower.composition.settings import CompositionFigureSettings

__all__ = ["draw"]

Array = NDArray[np.float64]
Publications = Mapping[str, Mapping[str, Path]]

_LIMITS = (17.76, 19.72)
_BARS = "bars: thick statistical, thin total"
# half of the distance between this fit's points and the published ones
_ASIDE = 0.011
_LEAST_P_VALUE = 1e-3


def draw(
    publications: Publications, fit: Mapping[str, Any], label: FigureLabel, settings: CompositionFigureSettings
) -> dict[str, Figure]:
    """Draw the measured composition.

    ``fractions_<model>``: fractions of all primaries against the energy with statistical (thick) and total (thin)
    uncertainties, beside the published ones, and the p-values of the fits. ``log_mass``: mean and variance of ln A for
    all models, beside those that were published from the moments of X_max with their systematic band.
    ``fitted_distributions``: measured distributions of X_max with the fitted mixture.

    Args:
        publications: their files, by publication and file name.
        fit: what :func:`~analysis.studies.airshower.composition.fit.fit` found.
        label: above the figures.
        settings: what is drawn.

    Returns:
        The figures by name.

    Raises:
        StudyError: nothing was fitted, or there is no energy bin or model as the settings want it.
        DataError: a publication's file is missing or damaged.
    """
    models = fit.get("models", {})
    if not models:
        raise StudyError("there is no fitted composition to draw", cure="fit it first; FitMeasurement does")
    observed = fit["data"] == "observed"
    label = dataclasses.replace(label, simulation=not observed)
    energy = read_moments(publications[settings.publication], "xmaxMoments.txt").log10_energy
    figures = {
        f"fractions_{identifier(model)}": _draw_fractions(
            model,
            found,
            _published(read_fractions_2014, publications, settings.fractions_publication, model),
            energy,
            label,
            settings,
        )
        for model, found in models.items()
    }
    published = {
        model: _published(read_log_mass, publications, settings.log_mass_publication, model) for model in models
    }
    figures["log_mass"] = _draw_log_mass(models, published, energy, label, settings)
    if settings.distributions_model not in models:
        raise StudyError(
            f"the interaction model {settings.distributions_model!r} was not fitted",
            cure="draw the distributions of one of: " + ", ".join(models),
        )
    figures["fitted_distributions"] = _draw_distributions(
        settings.distributions_model, models[settings.distributions_model], observed, label, settings
    )
    return figures


def _published(reader: Any, publications: Publications, name: str, model: str) -> Any:
    """Published numbers; ``None`` for a model that was not published."""
    try:
        return reader(publications[name], model)
    except StudyError:
        return None


def _draw_fractions(
    model: str,
    found: Mapping[str, Any],
    published: Fractions | None,
    energy: Array,
    label: FigureLabel,
    settings: CompositionFigureSettings,
) -> Figure:
    symbols = dict(settings.symbols)
    figure = new_figure(13.0, 17.0)
    heights = [1.0] * len(found["fractions"]) + [0.75]
    *panels, last = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights)
    figure.subplots_adjust(left=0.12, right=0.98, bottom=0.06, top=0.955, hspace=0.07)
    handles: dict[str, Any] = {}
    for index, (axes, (primary, fraction)) in enumerate(zip(panels, found["fractions"].items(), strict=True)):
        if published is not None and published.total is not None:
            style = {"marker": "s", "color": NEUTRAL, "markersize": 6, "markerfacecolor": "white"}
            handles["Published 2014"] = _draw_points(
                axes,
                published.log10_energy + _ASIDE,
                published.fractions[index],
                published.statistical[:, index],
                published.total[:, index],
                style,
            )
        style = {"marker": "o", "color": colour_of(index), "markersize": 8}
        handles.setdefault("This fit", _draw_quantity(axes, energy - _ASIDE, fraction, style))
        axes.set_ylim(-0.06, 1.06)
        axes.set_ylabel(f"{symbols.get(primary, primary)} fraction", fontsize=22)
    # the heaviest are rare: there is room
    panels[-1].legend(
        handles.values(),
        handles.keys(),
        loc="upper left",
        ncols=2,
        fontsize=17,
        title=f"{model}; {_BARS}",
        title_fontsize=17,
    )
    _draw_p_values(last, found["goodness"], None if published is None else published.p_value, energy)
    last.set_xlabel(ENERGY)
    last.set_xlim(*_LIMITS)
    add_label(panels[0], label)
    figure.align_ylabels([*panels, last])
    return figure


def _draw_p_values(axes: Axes, goodness: Mapping[str, Any], published: Array | None, energy: Array) -> None:
    """P-values on a logarithmic axis; those below its end are arrows."""
    if published is not None:
        _draw_logarithmic(axes, energy + _ASIDE, published, {"marker": "s", "color": NEUTRAL, "markersize": 6})
    _draw_logarithmic(axes, energy - _ASIDE, np.array(goodness["p_value"]), {"marker": "o", "color": "black"})
    axes.axhline(0.05, color=NEUTRAL, linewidth=1.0, linestyle=":")
    axes.set_yscale("log")
    axes.set_ylim(0.6 * _LEAST_P_VALUE, 2.0)
    axes.set_ylabel("p-value", fontsize=22)


def _draw_logarithmic(axes: Axes, energy: Array, values: Array, style: dict[str, Any]) -> None:
    shown = values >= _LEAST_P_VALUE
    white: dict[str, Any] = {} if style["color"] == "black" else {"markerfacecolor": "white"}
    axes.plot(energy[shown], values[shown], linestyle="none", **style, **white)
    below = energy[~shown]
    axes.plot(below, np.full(len(below), _LEAST_P_VALUE), linestyle="none", **{**style, "marker": "v"}, **white)


def _draw_log_mass(
    models: Mapping[str, Any],
    published: Mapping[str, LogMass | None],
    energy: Array,
    label: FigureLabel,
    settings: CompositionFigureSettings,
) -> Figure:
    figure = new_figure(5.8 * len(models) + 1.2, 11.0)
    panels = figure.subplots(2, len(models), sharex=True, sharey="row", squeeze=False)
    figure.subplots_adjust(
        left=1.35 / figure.get_figwidth(), right=0.985, bottom=0.085, top=0.93, wspace=0.05, hspace=0.06
    )
    legends: list[dict[str, Any]] = []
    for column, (model, found) in enumerate(models.items()):
        other = published[model]
        for axes, kind in zip(panels[:, column], ("mean", "variance"), strict=True):
            handles: dict[str, Any] = {}
            if other is not None:
                value = getattr(other, kind)
                statistical, systematic = getattr(other, f"{kind}_statistical"), getattr(other, f"{kind}_systematic")
                handles["Published 2014, systematic"] = axes.fill_between(
                    other.log10_energy, value - systematic[0], value + systematic[1], color="#d9dade", linewidth=0
                )
                style = {"marker": "s", "color": NEUTRAL, "markersize": 6, "markerfacecolor": "white"}
                both = np.stack([statistical, statistical])
                handles["Published 2014, from moments"] = _draw_points(
                    axes, other.log10_energy + _ASIDE, value, both, None, style
                )
            style = {"marker": "o", "color": colour_of(column), "markersize": 8}
            handles["This fit, of distributions"] = _draw_quantity(
                axes, energy - _ASIDE, found["log_mass"][kind], style
            )
        legends.append(handles)
        panels[1, column].set_xlabel(ENERGY)
        panels[0, column].text(
            0.04, 0.95, model, transform=panels[0, column].transAxes, ha="left", va="top", fontsize=24
        )
        panels[1, column].xaxis.set_major_locator(MultipleLocator(0.5))
        panels[1, column].axhline(0.0, color=NEUTRAL, linewidth=1.0, linestyle=":")
    panels[0, 0].legend(
        legends[0].values(), legends[0].keys(), loc="upper left", bbox_to_anchor=(0.0, 0.9), fontsize=16
    )
    panels[0, -1].text(0.96, 0.95, _BARS, transform=panels[0, -1].transAxes, ha="right", va="top", fontsize=14)
    panels[0, 0].set_ylabel(r"$\langle\ln A\rangle$")
    panels[1, 0].set_ylabel(r"$V(\ln A)$")
    panels[0, 0].set_ylim(-0.4, 4.9)
    panels[1, 0].set_ylim(-2.6, 5.2)
    panels[0, 0].set_xlim(*_LIMITS)
    add_label(panels[0, 0], label)
    figure.align_ylabels(panels[:, 0])
    return figure


def _draw_distributions(
    model: str, found: Mapping[str, Any], observed: bool, label: FigureLabel, settings: CompositionFigureSettings
) -> Figure:
    symbols = dict(settings.symbols)
    figure = new_figure(17.0, 11.5)
    panels = figure.subplots(2, 3, sharex=True)
    figure.subplots_adjust(left=0.08, right=0.985, bottom=0.09, top=0.935, wspace=0.2, hspace=0.07)
    handles: dict[str, Any] = {}
    for axes, value in zip(panels.flat, settings.energies, strict=False):
        index = energy_bin(found["energy"], value)
        shown = found["distribution"][index]
        edges, counts = np.array(shown["depth"]), np.array(shown["counts"])
        below = np.zeros(len(counts))
        # heaviest first: the deep tail is the protons'
        for place, (primary, expected) in reversed(list(enumerate(shown["expected"].items()))):
            above = below + np.array(expected)
            handles[symbols.get(primary, primary)] = axes.stairs(
                above, edges, baseline=below, fill=True, color=colour_of(place), alpha=0.75, linewidth=0
            )
            below = above
        handles["Fit"] = axes.stairs(below, edges, color="black", linewidth=1.5)
        handles["Data" if observed else "Asimov data"] = draw_counts(axes, edges, counts)
        energies = found["energy"]["low"][index], found["energy"]["high"][index]
        words = f"{sum(counts):.0f} events", _p_value(found["goodness"], index)
        describe(axes, energies, *words, height=0.95, room=1.25)
    panels[0, 0].legend(
        handles.values(),
        handles.keys(),
        loc="upper right",
        bbox_to_anchor=(1.0, 0.76),
        fontsize=17,
        title=model,
        title_fontsize=17,
    )
    for axes in panels[-1]:
        axes.set_xlabel(axis_title(DEPTH, r"g/cm$^2$"))
    for axes in panels[:, 0]:
        axes.set_ylabel(r"Events / 20 g/cm$^2$")
    add_label(panels[0, 0], label)
    figure.align_ylabels(panels[:, 0])
    return figure


def _draw_quantity(axes: Axes, energy: Array, quantity: Mapping[str, Any], style: dict[str, Any]) -> Any:
    stat, syst = (np.array(quantity[part]).T for part in ("stat", "syst"))
    return _draw_points(axes, energy, np.array(quantity["value"]), stat, np.hypot(stat, syst), style)


def _draw_points(
    axes: Axes, energy: Array, value: Array, stat: Array, total: Array | None, style: dict[str, Any]
) -> Any:
    """Points with thick statistical bars, and thin total ones."""
    if total is not None:
        axes.errorbar(energy, value, yerr=total, fmt="none", ecolor=style["color"], elinewidth=1.0)
    return axes.errorbar(energy, value, yerr=stat, linestyle="none", elinewidth=3.0, **style)


def _p_value(goodness: Mapping[str, Any], index: int) -> str:
    value = goodness["p_value"][index]
    return f"p-value {value:.3f}" if value > 0 else f"p-value < {1 / goodness['toys_converged'][index]:.3f}"
