from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.inference.curve_settings import Component, FitParameter, Points, TableFit, UnbinnedFit
from analysis.inference.table_fit import fit_table
from analysis.inference.unbinned import fit_values
from analysis.plotting.curves import caption, draw
from analysis.plotting.style import FigureLabel, figure_style, save_figure
from analysis.step import Step

LABEL = FigureLabel("CMS Open Data", luminosity=11.5, energy=8.0)


@pytest.fixture(scope="module")
def peak() -> dict[str, Any]:
    random = np.random.default_rng(1)
    values = np.concatenate([random.normal(91.2, 2.5, 800), random.uniform(70.0, 110.0, 1200)])
    mass = FitParameter("mass", 90.0, 80.0, 100.0, r"$m_Z$", "GeV")
    signal = Component("z", "gaussian", (mass, FitParameter("sigma", 2.0, 0.3, 9.0, "width", "GeV")), r"$Z$")
    below = Component("flat", "polynomial", (FitParameter("c1", 0.0, -1.0, 1.0),), "background")
    return fit_values(values, UnbinnedFit("m", (70.0, 110.0), (signal, below), r"$m_{\mu\mu}$", "GeV", name="z_peak"))


@pytest.fixture(scope="module")
def table() -> dict[str, Any]:
    points = Points((0.0, 1.0, 2.0, 4.0), (1.0, 3.1, 4.9, 9.0), (0.1, 0.1, 0.2, 0.1))
    curve = TableFit(Step(f"{__name__}:line"), (FitParameter("a", 0.0), FitParameter("b", 1.0)), points, name="line")
    return fit_table(curve)


def line(x: np.ndarray, a: float, b: float) -> np.ndarray:
    return a + b * x


def axes(figure: Any) -> list[Any]:
    return [*figure.axes]


def test_a_peak_is_drawn_with_its_curve_components_and_pulls(peak: dict[str, Any], tmp_path: Path) -> None:
    with figure_style():
        (figure,) = draw(peak, LABEL).values()
        above, below = axes(figure)
        assert above.containers[0].lines[0].get_ydata().tolist() == peak["figure"]["counts"]
        curves = [one for one in above.lines if len(np.asarray(one.get_xdata())) > 100]
        whole, *parts = (np.asarray(one.get_ydata(), float) for one in curves)
        assert len(parts) == 2
        np.testing.assert_allclose(whole, parts[0] + parts[1], rtol=1e-6)
        pulls = np.asarray(below.lines[-1].get_ydata(), float)
        assert 0.7 < np.std(pulls) < 1.3
        save_figure(figure, tmp_path / "peak.png")
        assert r"$m_{\mu\mu}$ [GeV]" in below.get_xlabel()
        assert any("$m_Z$: 91." in text.get_text() for text in above.texts)


def test_points_are_drawn_with_their_curve_and_pulls(table: dict[str, Any], tmp_path: Path) -> None:
    with figure_style():
        drawn = draw(table, LABEL)
        assert list(drawn) == ["line"]
        above, below = axes(drawn["line"])
        assert above.containers[0].lines[0].get_ydata().tolist() == [1.0, 3.1, 4.9, 9.0]
        pulls = np.asarray(below.lines[-1].get_ydata(), float)
        assert float(pulls @ pulls) == pytest.approx(table["goodness"]["statistic"], rel=1e-5)
        save_figure(drawn["line"], tmp_path / "line.png")


def test_captions() -> None:
    assert caption("z_peak", "Dimuon mass")[:2] == ("z_peak", "Dimuon mass")
