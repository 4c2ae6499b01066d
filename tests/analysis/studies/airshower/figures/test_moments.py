import dataclasses

import numpy as np
import pytest
from matplotlib.text import Text

from analysis.errors import DataError, StudyError
from analysis.plotting.style import FigureLabel, figure_style, save_figure
from analysis.studies.airshower.figures.moments import draw
from analysis.studies.airshower.published.settings import FIGURES, PublicationFigureSettings


@pytest.fixture(scope="module")
def figures(published):
    with figure_style():
        return draw(published, FigureLabel("Toy Observatory", simulation=True), PublicationFigureSettings())


def texts(figure):
    return [text.get_text() for text in figure.findobj(Text)]


def test_all_figures_are_drawn(figures):
    assert tuple(figures) == FIGURES


def test_real_data_are_never_labelled_as_simulation(figures):
    for figure in figures.values():
        shown = " ".join(texts(figure))
        assert "Observatory" in shown
        assert "published data" in shown
        assert "Simulation" not in shown
        assert "Toy" not in shown


def test_the_points_are_the_published_moments(figures):
    left, right = figures["moments"].axes
    points = [container for container in left.containers if container.get_label().startswith("_container")]
    shown = {tuple(container.lines[0].get_ydata()[:2]) for container in points if hasattr(container, "lines")}
    assert shown == {(709.9, 719.9), (665.16, 679.78), (706.85, 712.19)}
    assert "g/cm" in left.get_ylabel()
    assert "g/cm" in right.get_ylabel()
    # systematic boxes: from -10.45 to +8.06 around the first point of 2019
    box = next(patch for patch in left.patches if abs(patch.get_x() + patch.get_width() / 2 - 17.75) < 1e-9)
    assert box.get_y() == pytest.approx(706.85 - 10.45)
    assert box.get_height() == pytest.approx(10.45 + 8.06)


def test_there_is_a_line_for_every_primary_and_model(figures):
    settings = PublicationFigureSettings()
    left = figures["moments"].axes[0]
    lines = [line for line in left.lines if len(line.get_xdata()) > 50]
    assert len(lines) == len(settings.primaries) * len(settings.models)


def test_every_bin_of_energy_has_a_panel_with_its_events(figures):
    panels = figures["distributions"].axes
    assert len(panels) == 18
    shown = [sum(axes.containers[0].lines[0].get_ydata()) for axes in panels]
    assert shown[0] == 3768
    assert sum(shown) == 19_759
    # pure protons and pure iron, as many as were measured
    for axes, events in zip(panels, shown, strict=True):
        assert [np.sum(patch.get_data().values) for patch in axes.patches] == pytest.approx([events, events])


def test_the_same_numbers_give_the_same_bytes(published, figures, tmp_path):
    with figure_style():
        again = draw(published, FigureLabel("Toy Observatory"), PublicationFigureSettings())
        save_figure(figures["moments"], tmp_path / "first.pdf")
        save_figure(again["moments"], tmp_path / "second.pdf")
    assert (tmp_path / "first.pdf").read_bytes() == (tmp_path / "second.pdf").read_bytes()


def test_other_models_can_be_chosen_and_unknown_ones_are_refused(published):
    settings = dataclasses.replace(PublicationFigureSettings(), models=("EPOS1.99",))
    with figure_style():
        assert "EPOS1.99" in texts(draw(published, FigureLabel("x"), settings)["moments"])
        with pytest.raises(StudyError, match="'EPOS2'"):
            draw(published, FigureLabel("x"), dataclasses.replace(settings, models=("EPOS2",)))


def test_a_damaged_file_is_named(published, tmp_path):
    damaged = tmp_path / "xmaxMoments19.txt"
    damaged.write_text("#nothing\n")
    files = {**published, "xmax2019": {"xmaxMoments19.txt": damaged}}
    with figure_style(), pytest.raises(DataError, match=str(damaged)):
        draw(files, FigureLabel("x"), PublicationFigureSettings())
