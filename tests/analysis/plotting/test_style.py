"""The look of figures: the field's label and fonts, and bytes that depend on the content alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Literal

import matplotlib
import numpy as np
import pytest
from matplotlib.font_manager import FontProperties, findfont
from PIL import Image

from analysis.plotting.style import (
    COLOURS,
    FigureLabel,
    add_label,
    axis_title,
    colour_of,
    figure_style,
    new_figure,
    save_figure,
)

DRAW = """
import sys
from pathlib import Path
from analysis.plotting.style import FigureLabel, add_label, figure_style, new_figure, save_figure
with figure_style():
    figure = new_figure(4.0, 3.0)
    axes = figure.subplots()
    axes.plot([0.0, 1.0, 2.0], [1.0, 3.0, 2.0], label=r"$Z \\to \\tau\\tau$")
    axes.set_xlabel(r"$m_{\\mu\\mu}$ [GeV]")
    axes.legend()
    add_label(axes, FigureLabel("CMS Open Data", luminosity=4.412, energy=8.0))
    save_figure(figure, *map(Path, sys.argv[1:]))
"""


def texts(label: FigureLabel) -> list[str]:
    with figure_style():
        axes = new_figure(8.0, 6.0).subplots()
        add_label(axes, label)
        return [text.get_text() for text in axes.texts if text.get_text()]


def test_label_of_measured_events():
    label = FigureLabel("CMS Open Data", luminosity=4.412, energy=8.0)
    assert texts(label) == ["CMS", "Open Data", r"4.41 $\mathrm{fb}^{-1}$ (8 TeV)"]


def test_label_of_simulated_events():
    assert texts(FigureLabel("CMS Open Data", simulation=True, energy=13.6)) == [
        "CMS",
        "Open Data Simulation",
        "(13.6 TeV)",
    ]


def test_label_without_conditions():
    assert texts(FigureLabel("IceCube")) == ["IceCube"]


def test_labels_stay_apart():
    """Experiment, supplement and conditions overlap neither each other nor the plot."""
    with figure_style():
        figure = new_figure(10.0, 8.0)
        axes = figure.subplots()
        add_label(axes, FigureLabel("CMS Open Data", simulation=True, luminosity=11.467, energy=8.0))
        figure.draw_without_rendering()
        name, rest, conditions = (text.get_window_extent() for text in axes.texts)
        assert name.x1 < rest.x0
        assert rest.x1 < conditions.x0
        assert min(name.y0, conditions.y0) >= axes.get_window_extent().y1


def test_settings_outside_stay_and_have_no_say():
    with matplotlib.rc_context({"axes.grid": True, "font.size": 7.0}):
        before = dict(matplotlib.rcParams)
        with figure_style():
            assert not matplotlib.rcParams["axes.grid"]
            assert matplotlib.rcParams["font.size"] > 7.0
        assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize("weight", ["normal", "bold"])
@pytest.mark.parametrize("style", ["normal", "italic"])
def test_fonts_come_with_the_environment(style: Literal["normal", "italic"], weight: str):
    with figure_style():
        path = findfont(FontProperties(style=style, weight=weight), fallback_to_default=False)
    assert "mplhep_data" in Path(path).parts


@pytest.mark.long
def test_bytes_depend_on_the_content_alone(tmp_path: Path, repository: Path):
    """Other processes, hash seeds, users' settings and times: the same files."""
    found = []
    for number, seed in enumerate(("0", "1")):
        folder = tmp_path / seed
        folder.mkdir()
        (folder / "matplotlibrc").write_text(f"font.size: {7 + number}\naxes.grid: {bool(number)}\n")
        paths = folder / "figure.pdf", folder / "figure.png"
        variables = {"PYTHONHASHSEED": seed, "MATPLOTLIBRC": str(folder), "PYTHONPATH": str(repository)}
        # what a file could have a date from
        variables["SOURCE_DATE_EPOCH"] = str(1_000_000_000 * (number + 1))
        command = [sys.executable, "-W", "error", "-c", DRAW, *map(str, paths)]
        subprocess.run(command, env={**os.environ, **variables}, check=True, cwd=folder)
        found.append([path.read_bytes() for path in paths])
    assert found[0] == found[1]
    pdf, png = found[0]
    assert pdf.startswith(b"%PDF")
    assert b"CreationDate" not in pdf
    assert png.startswith(b"\x89PNG")
    assert b"Software" not in png


def test_few_colours_of_a_png_are_not_to_be_seen(tmp_path: Path):
    """Smooth colours, thin lines and words: no pixel is far from what was drawn."""
    with figure_style():
        figure = new_figure(8.0, 6.0)
        axes = figure.subplots()
        axes.imshow(np.add.outer(np.arange(80.0), np.arange(80.0)), cmap="viridis", aspect="auto")
        for number, colour in enumerate(COLOURS):
            axes.axhline(5.0 + 8.0 * number, color=colour, linewidth=0.7)
        add_label(axes, FigureLabel("CMS Open Data", energy=8.0))
        save_figure(figure, tmp_path / "few.png")
        figure.savefig(tmp_path / "all.png")
    with Image.open(tmp_path / "few.png") as few, Image.open(tmp_path / "all.png") as drawn:
        assert few.mode == "P"
        assert few.info["dpi"] == drawn.info["dpi"]
        pixels = [np.asarray(image.convert("RGB")).astype(int) for image in (few, drawn)]
    assert np.abs(pixels[0] - pixels[1]).max() <= 32
    assert np.abs(pixels[0] - pixels[1]).mean() < 1.0
    assert (tmp_path / "few.png").stat().st_size < 0.6 * (tmp_path / "all.png").stat().st_size


def test_only_pdf_and_png(tmp_path: Path):
    with figure_style(), pytest.raises(ValueError, match=r"figure\.svg: figures are written as \.pdf or \.png"):
        save_figure(new_figure(2.0, 2.0), tmp_path / "figure.svg")
    assert not list(tmp_path.iterdir())


def test_colours_begin_anew():
    assert colour_of(0) == colour_of(len(COLOURS)) == COLOURS[0]
    assert len({colour_of(index) for index in range(len(COLOURS))}) == len(COLOURS)


def test_unit_in_brackets():
    assert axis_title(r"$m$", "GeV") == r"$m$ [GeV]"
    assert axis_title("score", "") == "score"
