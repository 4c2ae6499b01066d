from dataclasses import replace

import numpy as np
import pytest

from analysis.errors import StudyError
from analysis.plotting.style import FigureLabel, figure_style, save_figure
from analysis.studies.airshower.composition.figures import draw
from analysis.studies.airshower.composition.fit import fit
from analysis.studies.airshower.composition.settings import CompositionFigureSettings
from analysis.studies.airshower.published.composition import read_fractions_2014

pytestmark = pytest.mark.long

LABEL = FigureLabel("Pierre Auger Observatory open data")
SETTINGS = CompositionFigureSettings()


@pytest.fixture(scope="module")
def fitted(workspaces, epos):
    return fit(workspaces, "observed", replace(epos, toys=50))


@pytest.fixture(scope="module")
def figures(published, fitted):
    with figure_style():
        return draw(published, fitted, LABEL, SETTINGS)


def drawn_points(axes):
    return [container for container in axes.containers if container.lines[0] is not None]


def points(container):
    return np.array(container.lines[0].get_xydata())


def test_all_figures_are_there(figures):
    assert list(figures) == ["fractions_epos_lhc", "log_mass", "fitted_distributions"]
    for figure in figures.values():
        assert "Auger Observatory open data" in " ".join(text.get_text() for text in figure.axes[0].texts)


def test_fractions_stand_beside_the_published_ones(figures, fitted, published):
    panels = figures["fractions_epos_lhc"].axes
    assert len(panels) == 5
    other = read_fractions_2014(published["composition2014"], "EPOS-LHC")
    fractions = fitted["models"]["EPOS-LHC"]["fractions"]
    for place, (axes, fraction) in enumerate(zip(panels, fractions.values(), strict=False)):
        drawn = [points(container) for container in drawn_points(axes)]
        assert drawn[0][:, 1] == pytest.approx(other.fractions[place])
        assert drawn[1][:, 1] == pytest.approx(fraction["value"])
        # side by side
        assert (drawn[1][:, 0] < drawn[0][:, 0]).all()


def test_small_p_values_are_arrows_at_the_end_of_the_axis(published, fitted):
    changed = fitted["models"]["EPOS-LHC"] | {
        "goodness": fitted["models"]["EPOS-LHC"]["goodness"] | {"p_value": [0.0, *([0.5] * 17)]}
    }
    with figure_style():
        found = fitted | {"models": {"EPOS-LHC": changed}}
        figure = draw(published, found, LABEL, SETTINGS)["fractions_epos_lhc"]
    arrows = [line for line in figure.axes[-1].lines if line.get_marker() == "v" and np.size(line.get_xdata())]
    assert [line.get_color() for line in arrows] == ["black"]


def test_log_mass_has_the_published_band(figures, fitted):
    mean, variance = figures["log_mass"].axes
    for axes, kind in ((mean, "mean"), (variance, "variance")):
        assert len(axes.collections) > 0
        drawn = [points(container) for container in drawn_points(axes)]
        assert drawn[1][:, 1] == pytest.approx(fitted["models"]["EPOS-LHC"]["log_mass"][kind]["value"])


def test_the_mixture_is_stacked_up_to_the_data(figures, fitted):
    axes = figures["fitted_distributions"].axes[0]
    shown = fitted["models"]["EPOS-LHC"]["distribution"][0]
    outline = axes.patches[-1].get_data()
    assert outline.values == pytest.approx(np.sum(list(shown["expected"].values()), axis=0))
    counts = np.array(shown["counts"])
    (data,) = drawn_points(axes)
    assert points(data)[:, 1].tolist() == counts[counts > 0].tolist()


def test_the_same_fit_gives_the_same_bytes(figures, published, fitted, tmp_path):
    with figure_style():
        save_figure(figures["log_mass"], tmp_path / "a.png")
        save_figure(draw(published, fitted, LABEL, SETTINGS)["log_mass"], tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_model_that_was_not_published_stands_alone(published, fitted):
    found = fitted | {"models": {"EPOS1.99": fitted["models"]["EPOS-LHC"]}}
    with figure_style():
        figures = draw(published, found, LABEL, replace(SETTINGS, distributions_model="EPOS1.99"))
    axes = figures["fractions_epos1_99"].axes[0]
    assert len(drawn_points(axes)) == 1


def test_blind_figures_say_that_there_are_no_data(published, fitted):
    with figure_style():
        figures = draw(published, fitted | {"data": "asimov"}, LABEL, SETTINGS)
    axes = figures["fitted_distributions"].axes[0]
    legend = axes.get_legend()
    assert legend is not None
    assert "Asimov data" in [text.get_text() for text in legend.get_texts()]
    assert any("Simulation" in text.get_text() for text in axes.texts)


def test_errors_say_what_to_do(published, fitted):
    with pytest.raises(StudyError, match="no fitted composition"):
        draw(published, {}, LABEL, SETTINGS)
    with pytest.raises(StudyError, match=r"'Sibyll2\.1' was not fitted(.|\n)*EPOS-LHC"):
        draw(published, fitted, LABEL, replace(SETTINGS, distributions_model="Sibyll2.1"))
