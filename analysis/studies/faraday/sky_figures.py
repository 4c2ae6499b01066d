"""Figures of the Faraday sky and its power spectrum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.plotting.style import COLOURS, NEUTRAL, FigureLabel, add_label, new_figure
from analysis.studies.faraday.projection import draw_map
from analysis.studies.faraday.spectrum import PUBLISHED_SLOPE, slopes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw"]

_DEPTH = r"Faraday depth [rad/m$^2$]"


def draw(maps: Mapping[str, NDArray], sky: Mapping[str, NDArray], label: FigureLabel) -> dict[str, Figure]:
    """Draw maps of the posterior and the inferred power spectrum.

    Args:
        maps: of :func:`analysis.studies.faraday.sky.make_maps`.
        sky: record of the inference of all sources.
        label: above the figures.
    """
    from matplotlib.colors import LogNorm, Normalize, SymLogNorm

    largest = float(np.ceil(np.quantile(np.abs(maps["mean"]), 0.995) / 100.0) * 100.0)
    signed = SymLogNorm(30.0, vmin=-largest, vmax=largest)
    least, most = np.quantile(maps["deviation"], (0.005, 0.995))
    widest = float(np.quantile(np.abs(maps["field_mean"]), 0.995))
    return {
        "faraday_sky": draw_map(maps["mean"], label, "Faraday depth of the Galaxy", _DEPTH, cmap="RdBu_r", norm=signed),
        "faraday_uncertainty": draw_map(
            maps["deviation"], label, "Posterior standard deviation", _DEPTH, cmap="viridis", norm=LogNorm(least, most)
        ),
        "faraday_field": draw_map(
            maps["field_mean"],
            label,
            "Faraday depth / latitude profile",
            "dimensionless",
            cmap="RdBu_r",
            norm=Normalize(-widest, widest),
        ),
        "power_spectrum": _draw_spectrum(sky["spectrum"], label),
    }


def _draw_spectrum(spectra: NDArray, label: FigureLabel) -> Figure:
    figure = new_figure(11.0, 9.0)
    axes = figure.subplots()
    figure.subplots_adjust(left=0.14, right=0.97, bottom=0.12, top=0.92)
    degree = np.arange(1, spectra.shape[1])
    low, below, median, above, high = np.quantile(spectra[:, 1:], (0.025, 0.16, 0.5, 0.84, 0.975), axis=0)
    axes.fill_between(degree, low, high, color=COLOURS[0], alpha=0.25, linewidth=0, label="95 % of the posterior")
    axes.fill_between(degree, below, above, color=COLOURS[0], alpha=0.5, linewidth=0, label="68 %")
    slope = slopes(spectra)
    fitted = f"median, slope {slope.mean():.2f} ± {slope.std(ddof=1):.2f}".replace("-", "−")
    axes.plot(degree, median, color=COLOURS[0], linewidth=2.5, label=fitted)
    pivot = len(degree) // 4
    line = median[pivot] * (degree / degree[pivot]) ** PUBLISHED_SLOPE
    published = f"slope {PUBLISHED_SLOPE} (Oppermann et al. 2012)".replace("-", "−")
    axes.plot(degree, line, color=NEUTRAL, linestyle="--", linewidth=2, label=published)
    axes.set(xscale="log", yscale="log", xlim=(1, degree[-1]))
    axes.set_xlabel(r"multipole $\ell$")
    axes.set_ylabel(r"$C_\ell$ of the dimensionless field")
    axes.legend()
    add_label(axes, label)
    return figure
