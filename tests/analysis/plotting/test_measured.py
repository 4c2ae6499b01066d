"""Figures of what a fit of a workspace found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.inference.measurement import measure
from analysis.inference.measurement_settings import FitSettings, Interest
from analysis.plotting.correlation import draw_correlation
from analysis.plotting.goodness import draw_goodness
from analysis.plotting.pulls import draw_pulls
from analysis.plotting.scan import draw_scan
from analysis.plotting.style import FigureLabel, figure_style, save_figure
from analysis.plotting.summary import draw_strengths

LABEL = FigureLabel("CMS Open Data", luminosity=4.412, energy=8.0)


@pytest.fixture(scope="module")
def fit() -> dict[str, Any]:
    """A signal on a background that is free, with a systematic uncertainty and limited simulation."""
    signal, background = [2.0, 12.0, 5.0], [60.0, 50.0, 40.0]
    modifiers = [{"name": "stat", "type": "staterror", "data": [2.0, 2.0, 1.5]}]
    shape = {"hi_data": [63.0, 50.0, 38.0], "lo_data": [57.0, 50.0, 42.0]}
    samples = [
        {"name": "signal", "data": signal, "modifiers": [{"name": "mu", "type": "normfactor", "data": None}]},
        {
            "name": "background",
            "data": background,
            "modifiers": [
                {"name": "free", "type": "normfactor", "data": None},
                {"name": "slope", "type": "histosys", "data": shape},
                *modifiers,
            ],
        },
    ]
    workspace = {
        "channels": [{"name": "region", "samples": samples}],
        "observations": [{"name": "region", "data": [64.0, 66.0, 43.0]}],
        "measurements": [{"name": "measurement", "config": {"poi": "mu", "parameters": []}}],
        "version": "1.0.0",
    }
    settings = FitSettings((Interest("mu", "mu", r"$\mu$"),), scan_points=11, goodness_toys=20)
    return measure({"region": workspace}, "observed", settings)["workspaces"]


@pytest.mark.long
def test_every_figure_is_drawn_twice_the_same(fit: dict[str, Any], tmp_path: Path):
    found = fit["region"]
    for name in ("first", "second"):
        with figure_style():
            figures = {
                "pulls": draw_pulls(found, "mu", LABEL),
                "scan": draw_scan(found, "mu", LABEL),
                "correlation": draw_correlation(found, ["mu"], LABEL),
                "goodness": draw_goodness(found, LABEL),
                "strengths": draw_strengths(fit, {"mu": r"$\mu$"}, LABEL),
            }
            for kind, figure in figures.items():
                save_figure(figure, tmp_path / f"{name}_{kind}.png", tmp_path / f"{name}_{kind}.pdf")
    for path in tmp_path.glob("first_*"):
        assert path.read_bytes() == path.with_name(path.name.replace("first", "second")).read_bytes()
        assert 5_000 < path.stat().st_size < 150_000


@pytest.mark.long
def test_pulls_rank_all_parameters_vectors_included(fit: dict[str, Any]):
    axes: Any
    with figure_style():
        axes = draw_pulls(fit["region"], "mu", LABEL).axes[0]
    names = [text.get_text() for text in axes.get_yticklabels()]
    assert sorted(names) == ["free", "slope", "stat[0]", "stat[1]", "stat[2]"]


def test_scan_crosses_one_where_the_interval_ends(fit: dict[str, Any]):
    axes: Any
    with figure_style():
        axes = draw_scan(fit["region"], "mu", LABEL).axes[0]
    x, y = axes.lines[0].get_data()
    found = fit["region"]["intervals"]["mu"]
    ends = found["value"] - found["down"], found["value"] + found["up"]
    # between eleven points, the curve is as good as a line is wide
    np.testing.assert_allclose(np.interp(ends, x, y), 1.0, atol=0.03)
