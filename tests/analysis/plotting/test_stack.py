"""The figure of a variable: data on the stacked prediction."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.errors import DataError
from analysis.plotting.intervals import poisson_interval
from analysis.plotting.stack import Spectrum, draw_stack
from analysis.plotting.style import COLOURS, FigureLabel, figure_style, save_figure

LABEL = FigureLabel("CMS Open Data", luminosity=4.412, energy=8.0)
EVEN = np.linspace(0.0, 200.0, 21)
UNEVEN = np.array([0.0, 40.0, 60.0, 70.0, 80.0, 120.0, 200.0])
TITLES = ("W + jets", r"$t\bar{t}$", r"$Z \to \tau\tau$")


def spectrum(edges: np.ndarray = EVEN, seed: int = 1) -> Spectrum:
    """Three processes and data drawn from their sum."""
    random = np.random.default_rng(seed)
    yields = random.uniform(5.0, 200.0, (3, len(edges) - 1))
    total = yields.sum(axis=0)
    return Spectrum(edges, TITLES, yields, 0.07 * total, random.poisson(total).astype(float))


def drawn(shown: Spectrum, **options: Any) -> list[Any]:
    """The axes of the figure."""
    with figure_style():
        return [*draw_stack(shown, r"$m_{vis}$", "GeV", LABEL, **{"fitted": True, **options}).axes]


def areas(axes: Any) -> list[Any]:
    """The patches that are filled with a process."""
    return [patch for patch in axes.patches if patch.get_fill() and not patch.get_hatch()]


@pytest.mark.parametrize("edges", [EVEN, UNEVEN])
def test_processes_are_stacked_and_divided_by_uneven_widths(edges: np.ndarray):
    shown = spectrum(edges)
    above, _ = drawn(shown)
    scale = 1.0 / np.diff(edges) if edges is UNEVEN else np.ones(len(edges) - 1)
    bottom = np.zeros(len(edges) - 1)
    for yields, area, colour in zip(shown.yields, areas(above), COLOURS, strict=False):
        np.testing.assert_allclose(area.get_data().baseline, bottom)
        bottom = bottom + yields * scale
        np.testing.assert_allclose(area.get_data().values, bottom)
        np.testing.assert_array_equal(area.get_data().edges, edges)
        assert area.get_facecolor()[:3] == pytest.approx([int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)])
    np.testing.assert_allclose(bottom, shown.total * scale)
    (band,) = (patch for patch in above.patches if patch.get_hatch())
    np.testing.assert_allclose(band.get_data().values, 1.07 * bottom)
    np.testing.assert_allclose(band.get_data().baseline, 0.93 * bottom)


@pytest.mark.parametrize("edges", [EVEN, UNEVEN])
def test_points_are_the_data_with_poisson_intervals(edges: np.ndarray):
    shown = spectrum(edges)
    assert shown.data is not None
    above, below = drawn(shown)
    scale = 1.0 / np.diff(edges) if edges is UNEVEN else np.ones(len(edges) - 1)
    for axes, unit in ((above, scale), (below, 1.0 / shown.total)):
        line, _, (bars,) = axes.containers[0].lines
        np.testing.assert_allclose(line.get_ydata(), shown.data * unit)
        np.testing.assert_allclose(line.get_xdata(), (edges[1:] + edges[:-1]) / 2.0)
        low, high = poisson_interval(shown.data)
        ends = np.array([segment[:, 1] for segment in bars.get_segments()])
        np.testing.assert_allclose(ends, np.stack([shown.data - low, shown.data + high], axis=1) * np.c_[unit])
    (band,) = below.patches
    np.testing.assert_allclose(band.get_data().values, np.full(len(edges) - 1, 1.07))
    np.testing.assert_allclose(band.get_data().baseline, np.full(len(edges) - 1, 0.93))


def words_of(axes: Any) -> list[str]:
    """The legend."""
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_words():
    above, below = drawn(spectrum(), region="signal region")
    assert words_of(above) == ["Data", *reversed(TITLES), "Uncertainty"]
    assert above.get_ylabel() == "Events / 10 GeV"
    assert (below.get_xlabel(), below.get_ylabel()) == (r"$m_{vis}$ [GeV]", "Data / pred.")
    texts = [text.get_text() for text in above.texts]
    assert "signal region\nPost-fit" in texts
    assert r"4.41 $\mathrm{fb}^{-1}$ (8 TeV)" in texts
    assert "Pre-fit" in [text.get_text() for text in drawn(spectrum(), fitted=False)[0].texts]
    assert drawn(spectrum(UNEVEN))[0].get_ylabel() == "Events / GeV"


def test_blind_figures_say_so():
    above, below = drawn(replace(spectrum(), data=None))
    assert words_of(above) == [*reversed(TITLES), "Uncertainty"]
    assert not above.containers
    assert not below.containers
    assert below.get_ylabel() == "Uncertainty"
    shown = spectrum()
    above, _ = drawn(replace(shown, data=shown.total, asimov=True))
    assert words_of(above)[0] == "Asimov data"
    assert above.containers[0].lines[0].get_markerfacecolor() == "white"


def test_a_magnified_process_is_a_line():
    shown = spectrum()
    above, _ = drawn(shown, magnified=(1, 20.0))
    line = above.patches[-1]
    assert not line.get_fill()
    np.testing.assert_allclose(line.get_data().values, 20.0 * shown.yields[1])
    assert words_of(above)[-1] == r"$t\bar{t}$ $\times$ 20"


@pytest.mark.parametrize("logarithmic", [False, True])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_data_are_in_sight_below_the_words(logarithmic: bool, seed: int):
    figure: Any
    with figure_style():
        figure = draw_stack(
            spectrum(seed=seed), "mass", "GeV", LABEL, fitted=True, region="region", logarithmic=logarithmic
        )
        figure.draw_without_rendering()
        above = figure.axes[0]
        assert above.get_yscale() == ("log" if logarithmic else "linear")
        covers = [above.get_legend().get_window_extent(), *(text.get_window_extent() for text in above.texts)]
        data = above.containers[0].lines[0].get_xydata()
        assert (data[:, 1] > above.get_ylim()[0]).all()
        points = above.transData.transform(data)
        assert not any(box.contains(x, y) for box in covers for x, y in points)


def test_colours_can_be_given():
    above, _ = drawn(replace(spectrum(), colours=("#000000", "#ffffff", "#ff0000")))
    assert [area.get_facecolor()[:3] for area in areas(above)] == [(0, 0, 0), (1, 1, 1), (1, 0, 0)]


def test_empty_and_negative_bins_go_through(tmp_path: Path):
    edges = np.array([0.0, 1.0, 2.0, 4.0])
    yields = np.array([[0.0, 5.0, -1.0], [0.0, 0.0, 3.0], [0.0, 2.0, 0.0]])
    empty = Spectrum(edges, TITLES, yields, np.array([0.0, 1.0, 1.0]), np.array([0.0, 9.0, 0.0]))
    nothing = Spectrum(edges, TITLES, np.zeros((3, 3)), np.zeros(3), None)
    with figure_style():
        for number, shown in enumerate((empty, nothing)):
            for logarithmic in (False, True):
                path = tmp_path / f"{number}.png"
                save_figure(draw_stack(shown, "n", "", LABEL, fitted=False, logarithmic=logarithmic), path)
                assert path.stat().st_size > 1000
    _, below = drawn(empty)
    np.testing.assert_allclose(below.containers[0].lines[0].get_xdata(), [1.5, 3.0])


@pytest.mark.parametrize(
    "change",
    [
        {"data": np.zeros(3)},
        {"uncertainty": np.zeros(19)},
        {"titles": TITLES[:2]},
        {"colours": ("#000000",)},
    ],
)
def test_lengths_that_do_not_agree(change: dict[str, Any]):
    with pytest.raises(DataError, match="spectrum"):
        replace(spectrum(), **change)
