"""Figures of the energy scale: the attenuation of showers and their size against fluorescence energies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.plotting.intervals import with_uncertainty
from analysis.plotting.style import COLOURS, NEUTRAL, FigureLabel, add_label, axis_title, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.calibration import Calibration, SavedCalibration

__all__ = ["draw_attenuation", "draw_energy_scale"]

_FIT = COLOURS[2]


def draw_attenuation(scale: Calibration | SavedCalibration, label: FigureLabel) -> Figure:
    """S(1000) of equal intensity against cos² θ, with the polynomial and its uncertainty.

    Args:
        scale: from :func:`analysis.studies.airshower.reconstruction.scale.derive`.
        label: above the figure.
    """
    found = scale.measurements["attenuation"]
    curves = scale.curves
    reference = np.cos(np.radians(found["reference_zenith"]["value"])) ** 2
    size_38 = found["size_38"]["value"]
    coefficients = [entry["value"] for entry in found["coefficients"].values()]
    figure = new_figure(12.5, 10.5)
    axes = figure.add_axes((0.12, 0.1, 0.85, 0.84))
    x = curves["attenuation_x"] + reference
    axes.errorbar(
        x,
        curves["attenuation_size"],
        yerr=curves["attenuation_size_uncertainty"],
        xerr=(x[1] - x[0]) / 2.0,
        fmt="o",
        color="black",
        markersize=9,
        linewidth=2.0,
        zorder=4,
        label=f"{found['events_per_bin_above']:.0f} events above, in each bin",
    )
    edge = x[0] - (x[1] - x[0]) / 2.0
    fine = np.linspace(edge, 1.0, 200)
    powers = (fine - reference)[:, None] ** np.arange(1, len(coefficients) + 1)
    mean = 1.0 + powers @ np.array(coefficients)
    spread = np.sqrt(np.einsum("nk,kl,nl->n", powers, np.array(found["covariance"]), powers))
    axes.plot(fine, size_38 * mean, color=_FIT, linewidth=2.5, zorder=3, label=_polynomial(len(coefficients)))
    axes.fill_between(
        fine,
        size_38 * (mean - spread),
        size_38 * (mean + spread),
        color=_FIT,
        alpha=0.2,
        linewidth=0.0,
        label="Uncertainty of its shape",
    )
    axes.axvline(reference, color=NEUTRAL, linestyle=":", linewidth=1.5)
    axes.set_xlim(edge, 1.0)
    low, high = axes.get_ylim()
    axes.set_ylim(low - 0.3 * (high - low), high + 0.35 * (high - low))
    axes.set_xlabel(r"$\cos^2\theta$")
    axes.set_ylabel(axis_title("S(1000) of equal intensity", "VEM"))
    _mark_angles(axes, edge)
    numbers = ",  ".join(
        f"${name}$ = {with_uncertainty(entry['value'], entry['uncertainty'])}".replace("-", "−")
        for name, entry in found["coefficients"].items()
    )
    goodness = rf"$\chi^2$ / ndf = {found['chi2']:.1f} / {found['ndf']}"
    axes.text(0.04, 0.09, f"{numbers}\n{goodness}", transform=axes.transAxes, fontsize=18, linespacing=1.6)
    axes.legend(loc="upper left")
    add_label(axes, label)
    return figure


def draw_energy_scale(scale: Calibration | SavedCalibration, label: FigureLabel) -> Figure:
    """S38 against the fluorescence energy with the fit; beside it the distribution of their energies' ratio.

    Args:
        scale: from :func:`analysis.studies.airshower.reconstruction.scale.derive`.
        label: above the figure.
    """
    found, curves = scale.measurements["energy_scale"], scale.curves
    factor, exponent = found["A"]["value"], found["B"]["value"]
    least = found["least_fluorescence_energy"]["value"]
    energy, size = (curves[f"energy_scale_{name}"] for name in ("fluorescence", "size_38"))
    error = curves["energy_scale_size_38_uncertainty"]
    used = energy >= least
    figure = new_figure(20.0, 10.0)
    axes, side = figure.subplots(1, 2, gridspec_kw={"width_ratios": (1.6, 1.0), "wspace": 0.2})
    figure.subplots_adjust(left=0.065, right=0.985, bottom=0.1, top=0.935)
    for chosen, colour, text in (
        (~used, "#94a4a2", "Below the least energy, not used"),
        (used, COLOURS[0], "Used"),
    ):
        axes.errorbar(
            energy[chosen],
            size[chosen],
            xerr=found["fluorescence_resolution"] * energy[chosen],
            yerr=error[chosen],
            fmt="o",
            color=colour,
            markersize=4,
            linewidth=0.6,
            alpha=0.75,
            label=text,
            zorder=2,
        )
    fine = np.geomspace(0.9 * energy.min(), 1.1 * energy.max(), 100)
    axes.plot(fine, (fine / factor) ** (1.0 / exponent), color=_FIT, linewidth=2.5, zorder=3, label="Fit")
    axes.axvline(least, ymax=0.78, color=NEUTRAL, linestyle=":", linewidth=1.5)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(fine[0], fine[-1])
    axes.set_xlabel(axis_title("Fluorescence energy", "eV"))
    axes.set_ylabel(axis_title(r"$S_{38}$", "VEM"))
    axes.legend(loc="upper left", markerscale=2.0)
    text = "\n".join(
        (
            r"$E = A\ (S_{38}/\mathrm{VEM})^B$",
            rf"$A$ = ({with_uncertainty(factor / 1e18, found['A']['uncertainty'] / 1e18)}) EeV",
            rf"$B$ = {with_uncertainty(exponent, found['B']['uncertainty'])}",
            rf"$\sigma(S_{{38}})/S_{{38}}$ = {100 * found['fluctuation']['value']:.1f} %, shower to shower",
            f"{found['events']} events",
        )
    )
    axes.text(0.97, 0.05, text, transform=axes.transAxes, ha="right", fontsize=18, linespacing=1.5)
    ratio = factor * size[used] ** exponent / energy[used]
    edges = np.linspace(0.4, 1.6, 41)
    side.hist(np.clip(ratio, edges[0], edges[-1]), bins=edges, color=COLOURS[0], alpha=0.35)
    side.hist(np.clip(ratio, edges[0], edges[-1]), bins=edges, histtype="step", color=COLOURS[0], linewidth=2.0)
    side.axvline(1.0, ymax=0.77, color=NEUTRAL, linestyle=":", linewidth=1.5)
    side.set_xlim(edges[0], edges[-1])
    side.set_ylim(0.0, 1.3 * side.get_ylim()[1])
    side.set_xlabel("Energy from $S_{38}$ / fluorescence energy")
    side.set_ylabel(f"Events / {edges[1] - edges[0]:.2f}")
    mean = with_uncertainty(float(ratio.mean()), float(ratio.std() / np.sqrt(max(len(ratio), 1))))
    side.text(
        0.04,
        0.95,
        f"used events\nmean {mean}\nstandard deviation {100 * ratio.std():.1f} %",
        transform=side.transAxes,
        va="top",
        fontsize=18,
        linespacing=1.6,
    )
    for panel in (axes, side):
        add_label(panel, label)
    return figure


def _mark_angles(axes: Axes, edge: float) -> None:
    """Zenith angles in degrees along the lower axis, inside."""
    for angle in (0, 20, 30, 38, 45, 50, 55, 60):
        place = np.cos(np.radians(angle)) ** 2
        axes.annotate(
            rf"${angle}\degree$",
            xy=(np.clip(place, edge, 1.0), 0.0),
            xycoords=("data", "axes fraction"),
            xytext=(8 if angle == 60 else -8 if angle == 0 else 0, 16),
            textcoords="offset points",
            ha="left" if angle == 60 else "right" if angle == 0 else "center",
            fontsize=16,
            color=NEUTRAL,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
        )


def _polynomial(degree: int) -> str:
    names = ("a x", "b x^2", "c x^3")[:degree]
    return rf"$S_{{38}}\,(1 + {' + '.join(names)})$,  $x = \cos^2\theta - \cos^2 38\degree$"
