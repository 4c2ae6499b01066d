"""Figures of fitted peaks."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import expon, norm

from analysis.errors import DataError
from analysis.plotting.calibration import FittedPeak, draw_peak, fitted_peak, merged
from analysis.plotting.intervals import poisson_interval
from analysis.plotting.style import FigureLabel, figure_style, save_figure

EDGES = np.linspace(80.0, 100.0, 201)
LABEL = FigureLabel("CMS Open Data", energy=8.0)


def kept(total: int) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What a calibration keeps of a simulated peak of that many entries, before and after it."""
    random = np.random.default_rng(7)
    measurements: dict[str, Any] = {"quantity": "$m$", "unit": "GeV", "peaks": {"z": {"reference": {"mass": 91.188}}}}
    curves: dict[str, np.ndarray] = {}
    for stage, mass in (("before", 90.8), ("after", 91.2)):
        background = 0.3 * total * np.diff(expon.cdf(EDGES, 80.0, 20.0))
        expected = 0.7 * total * np.diff(norm.cdf(EDGES, mass, 2.0)) + background
        arrays = {"edges": EDGES, "counts": random.poisson(expected), "expected": expected, "background": background}
        curves |= {f"z_{stage}_{name}": np.asarray(array, float) for name, array in arrays.items()}
        measurements["peaks"]["z"][stage] = {
            "mass": mass,
            "uncertainty": 0.0322,
            "chi2": 210.4,
            "ndf": 193,
            "p_value": 0.1849,
        }
    measurements["peaks"]["z"]["after_total_uncertainty"] = 0.04
    return measurements, curves


def peak(total: int = 20_000) -> FittedPeak:
    return fitted_peak("z", r"$Z \to \mu\mu$", *kept(total))


def axes_of(drawn: FittedPeak) -> tuple[list[Any], list[Any]]:
    """Upper and lower axes of every spectrum."""
    with figure_style():
        figure = draw_peak(drawn, LABEL)
    columns = len(drawn.spectra)
    return figure.axes[:columns], figure.axes[columns:]


def test_points_are_the_merged_entries_with_their_intervals():
    above, _ = axes_of(peak())
    for axes, spectrum in zip(above, peak().spectra, strict=True):
        (container,) = axes.containers
        points, _, (bars,) = container.lines
        x, y = points.get_data()
        # 200 fine bins become the 67 or fewer of equal width that divide them: 50
        counts = spectrum.counts.reshape(50, 4).sum(axis=1)
        np.testing.assert_array_equal(y, counts)
        np.testing.assert_allclose(x, 80.2 + 0.4 * np.arange(50))
        ends = np.array([segment[:, 1] for segment in bars.get_segments()])
        lower, upper = poisson_interval(counts)
        np.testing.assert_allclose(ends, np.stack([counts - lower, counts + upper], axis=1))


def test_curves_are_fit_background_and_reference():
    above, _ = axes_of(peak())
    for axes, spectrum in zip(above, peak().spectra, strict=True):
        fit, background, reference = axes.lines[1:4]
        np.testing.assert_allclose(fit.get_ydata(), 4.0 * spectrum.expected)
        np.testing.assert_allclose(background.get_ydata(), 4.0 * spectrum.background)
        assert set(reference.get_xdata()) == {91.188}
        names = [text.get_text() for text in axes.get_legend().get_texts()]
        assert names == ["Data", "Fit", "Background", "Reference: 91.188 GeV"]
        assert axes.get_legend().get_title().get_text() == r"$Z \to \mu\mu$"


def test_pulls():
    _, below = axes_of(peak())
    for axes, spectrum in zip(below, peak().spectra, strict=True):
        counts, expected = merged(spectrum.counts, 4), merged(spectrum.expected, 4)
        np.testing.assert_allclose(axes.lines[-1].get_ydata(), (counts - expected) / np.sqrt(expected))


def test_text_tells_the_results():
    above, _ = axes_of(peak())
    before, after = ("\n".join(text.get_text() for text in axes.texts) for axes in above)
    assert "Before calibration" in before
    assert "$m$ = (90.800 ± 0.032) GeV" in before
    assert r"$\chi^2$ / ndf = 210 / 193, $p$ = 0.18" in before
    assert "total" not in before
    assert "After calibration" in after
    assert "total uncertainty 0.04 GeV" in after
    assert r"deviation $+0.3\ \sigma$" in after
    assert "Open Data" in before


def test_axes_have_units():
    above, below = axes_of(peak())
    assert above[0].get_ylabel() == "Entries / 0.4 GeV"
    assert below[0].get_ylabel() == "Pull"
    assert [axes.get_xlabel() for axes in below] == ["$m$ [GeV]", "$m$ [GeV]"]
    assert above[1].get_xlim() == (80.0, 100.0)
    assert above[0].get_ylim() == above[1].get_ylim()


def test_nothing_covers_the_points():
    with figure_style():
        figure: Any = draw_peak(peak(), LABEL)
        figure.draw_without_rendering()
        for axes in figure.axes[:2]:
            points = axes.transData.transform(axes.containers[0].lines[0].get_xydata())
            boxes = [text.get_window_extent() for text in axes.texts if text.get_text()]
            for box in (*boxes, axes.get_legend().get_window_extent()):
                assert not any(box.contains(x, y) for x, y in points)


def test_empty_bins_go_through(tmp_path: Path):
    """Bins without entries keep their upper bound; those without fitted entries have no pull."""
    sparse = peak(40)
    spectra = []
    for spectrum in sparse.spectra:
        expected = np.where(EDGES[:-1] < 85.0, 0.0, spectrum.expected)
        counts = np.where(EDGES[:-1] < 85.0, 0.0, spectrum.counts)
        spectra.append(dataclasses.replace(spectrum, expected=expected, counts=counts))
    with figure_style():
        figure: Any = draw_peak(dataclasses.replace(sparse, spectra=tuple(spectra)), LABEL)
        save_figure(figure, tmp_path / "empty.pdf", tmp_path / "empty.png")
    pulls = figure.axes[2].lines[-1].get_ydata()
    fitted = merged(spectra[0].expected, 4) > 0
    assert len(pulls) == fitted.sum() < len(fitted)
    assert np.isfinite(pulls).all()
    assert (tmp_path / "empty.pdf").stat().st_size > 1000


def test_nothing_at_all_goes_through():
    zero = [
        dataclasses.replace(s, counts=0.0 * s.counts, expected=0.0 * s.counts, background=0.0 * s.counts)
        for s in peak().spectra
    ]
    above, below = axes_of(dataclasses.replace(peak(), spectra=tuple(zero)))
    assert above[0].get_ylim()[1] > 1.0
    assert len(below[0].lines[-1].get_ydata()) == 0


def test_one_spectrum_and_bins_that_cannot_be_merged():
    spectrum = peak().spectra[0]
    short = {name: getattr(spectrum, name)[:97] for name in ("counts", "expected", "background")}
    above, _ = axes_of(dataclasses.replace(peak(), spectra=(dataclasses.replace(spectrum, edges=EDGES[:98], **short),)))
    assert len(above) == 1
    assert len(above[0].containers[0].lines[0].get_ydata()) == 97


def test_what_is_missing_is_named():
    measurements, curves = kept(1000)
    del curves["z_after_expected"]
    with pytest.raises(DataError, match="no 'z_after_expected' of the peak 'z'"):
        fitted_peak("z", "", measurements, curves)
    with pytest.raises(DataError, match="no 'jpsi' of the peak 'jpsi'"):
        fitted_peak("jpsi", "", measurements, curves)
