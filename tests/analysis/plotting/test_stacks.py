"""Figures of distributions, fitted and not, and all others of a fit; from invented histograms."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analysis.errors import DataError, StudyError
from analysis.histograms.histograms import Histograms, merge, new_histogram
from analysis.inference.findings import find_out
from analysis.inference.histfactory import build
from analysis.inference.histfactory_settings import Channel, Free, Model
from analysis.inference.measurement import measure
from analysis.inference.measurement_settings import FitSettings, Interest
from analysis.measurement import Process, Region, Variable
from analysis.plotting.figure_settings import FitFigures, StackFigures, training_captions
from analysis.plotting.fits import draw_fits
from analysis.plotting.stacks import draw_before_after, draw_distributions
from analysis.plotting.style import FigureLabel, figure_style

LABEL = FigureLabel("CMS Open Data", luminosity=4.4, energy=8.0)
MASS = Variable("mass", "mass", "GeV", (0.0, 1.0, 2.0, 3.0))
PT = Variable("pt", r"$p_T$", "GeV", (0.0, 10.0, 20.0), regions=("signal",))
REGIONS = (Region("signal", "signal region", ()), Region("control", "control region", ()))
PROCESSES = (Process("higgs", r"$H$", ("h",)), Process("w", "W + jets", ("w",)))
MODEL = Model(
    "mass",
    (Channel("signal", "mass"), Channel("control", "mass", counted=True)),
    strength={"higgs": "mu"},
    free=(Free("w", "w_norm", control="control"),),
)
STACKS = StackFigures((MASS, PT), REGIONS, PROCESSES, MODEL)
# by variable, process and region
CONTENTS = {
    "mass": {
        "higgs": {"signal": [1.0, 30.0, 2.0], "control": [0.0, 0.0, 0.0]},
        "w": {"signal": [50.0, 40.0, 30.0], "control": [500.0, 400.0, 300.0]},
        "data": {"signal": [76.0, 120.0, 49.0], "control": [750.0, 600.0, 450.0]},
    },
    "pt": {"higgs": {"signal": [3.0, 30.0]}, "w": {"signal": [100.0, 20.0]}, "data": {"signal": [156.0, 90.0]}},
}


def part(variable: Variable, process: str, shift: str, factor: float) -> Histograms:
    contents = CONTENTS[variable.name][process]
    regions = sorted(contents)
    values = factor * np.array([contents[region] for region in regions])
    sums = np.stack([values, 0.02 * values])[:, None, :, None]
    filled = new_histogram(variable.name, variable.edges, False, ([process], regions, [shift]), sums=sums)
    return Histograms({variable.name: filled}, {variable.name: np.zeros(sums.shape)})


@pytest.fixture(scope="module")
def histograms() -> Histograms:
    """Data are 1.5 times the background and twice the signal."""
    parts = [part(v, process, "nominal", 1.0) for v in (MASS, PT) for process in ("higgs", "w", "data")]
    for way, factor in (("up", 1.05), ("down", 0.95)):
        parts += [part(v, process, f"scale_{way}", factor) for v in (MASS, PT) for process in ("higgs", "w")]
    return merge(parts)


ASKED = FitSettings(
    (Interest("mu", "mu", r"$\mu$", limit=True), Interest("w_norm", "w", "W")), scan_points=5, goodness_toys=10
)


@pytest.fixture(scope="module")
def fit(histograms: Histograms) -> dict[str, Any]:
    return measure(build(histograms, MODEL), "observed", ASKED)


def areas(figure: Any) -> list[np.ndarray]:
    """Heights of the stack's areas, the lowest first."""
    above = figure.axes[0]
    return [p.get_data().values - p.get_data().baseline for p in above.patches if p.get_fill() and not p.get_hatch()]


def points(figure: Any) -> np.ndarray:
    return figure.axes[0].containers[0].lines[0].get_ydata()


def band(figure: Any) -> np.ndarray:
    (found,) = (patch for patch in figure.axes[0].patches if patch.get_hatch())
    return (found.get_data().values - found.get_data().baseline) / 2.0


def words(figure: Any) -> str:
    return "\n".join(text.get_text() for text in figure.axes[0].texts)


def test_distributions_without_a_fit(histograms: Histograms) -> None:
    settings = replace(STACKS, model=None, logarithmic=("pt",), magnified=("higgs", 5.0))
    with figure_style():
        drawn = draw_distributions(histograms, LABEL, settings)
        (mass, pt) = (drawn["mass_control"], drawn["pt_signal"])
        assert points(mass).tolist() == CONTENTS["mass"]["data"]["control"]
        # each bin is 10 GeV wide, and nothing is divided by even widths; the signal lies on top
        assert np.allclose(areas(pt), [CONTENTS["pt"]["w"]["signal"], CONTENTS["pt"]["higgs"]["signal"]])
        assert pt.axes[0].get_yscale() == "log"
        assert "signal region" in words(pt)
        assert "fit" not in words(pt)
        # statistics of the simulation and 5 % of scale
        total = np.array([103.0, 50.0])
        assert np.allclose(band(pt), np.hypot(np.sqrt(0.02 * total), 0.05 * total), rtol=1e-3)
    assert tuple(drawn) == tuple(name for name, _, _ in settings.captions)
    assert list(drawn) == ["mass_signal", "mass_control", "pt_signal"]


def test_asimov_data_are_what_is_expected(histograms: Histograms) -> None:
    with figure_style():
        drawn = draw_distributions(histograms, LABEL, replace(STACKS, asimov=True))
        assert points(drawn["pt_signal"]) == pytest.approx([103.0, 50.0])
        legend: Any = drawn["pt_signal"].axes[0].get_legend()
        assert legend.get_texts()[0].get_text() == "Asimov data"
        without = draw_distributions(histograms, LABEL, replace(STACKS, model=None, data=""))
    assert not without["pt_signal"].axes[0].containers


@pytest.mark.long
def test_fitted_and_other_distributions_have_the_parameters_of_the_fit(
    histograms: Histograms, fit: dict[str, Any]
) -> None:
    with figure_style():
        drawn = draw_before_after(histograms, fit, LABEL, STACKS)
        assert set(drawn) == {name for name, _, _ in STACKS.fit_captions}
        assert np.allclose(areas(drawn["pt_signal_before"])[1], [3.0, 30.0])
        # free normalisations start where the control region says: 1.5
        assert np.allclose(areas(drawn["pt_signal_before"])[0], [150.0, 30.0])
        w, higgs = areas(drawn["pt_signal_after"])
        assert w == pytest.approx([150.0, 30.0], rel=0.03)
        assert higgs == pytest.approx([6.0, 60.0], rel=0.1)
        # the fitted region itself: what the fit says of it, with its uncertainty
        (yields,) = (table for table in fit["tables"] if table["name"] == "yields_mass")
        after = yields["columns"][1]
        rows = dict(zip(zip(*(axis["values"] for axis in yields["axes"]), strict=True), after["values"], strict=True))
        assert areas(drawn["mass_signal_after"])[1].sum() == pytest.approx(rows["signal", "higgs"], rel=1e-5)
        found = find_out("mass", build(histograms, MODEL)["mass"], "observed", ASKED)
        bins = found.after.slices[found.after.channels.index("signal")]
        assert band(drawn["mass_signal_after"]) == pytest.approx(found.after.uncertainty[bins], rel=1e-5)
        assert band(drawn["mass_signal_before"]) == pytest.approx(found.before.uncertainty[bins], rel=1e-5)
        assert "Post-fit" in words(drawn["mass_signal_after"])


@pytest.mark.long
def test_what_was_never_filled_is_not_drawn(histograms: Histograms, fit: dict[str, Any]) -> None:
    with pytest.raises(StudyError, match="'sginal'"):
        draw_distributions(histograms, LABEL, replace(STACKS, regions=(Region("sginal", "", ()),), variables=(MASS,)))
    with pytest.raises(DataError, match=r"(?s)sample 'w' has no title.*higgs"):
        draw_distributions(histograms, LABEL, replace(STACKS, processes=PROCESSES[:1]))
    with pytest.raises(StudyError, match="logarithmic names 'ptt'"):
        replace(STACKS, logarithmic=("ptt",))
    with pytest.raises(StudyError, match="magnified names 'h'"):
        replace(STACKS, magnified=("h", 2.0))


@pytest.mark.long
@pytest.mark.parametrize("with_stacks", [False, True])
def test_all_figures_of_a_fit_have_names_and_captions(
    histograms: Histograms, fit: dict[str, Any], with_stacks: bool
) -> None:
    settings = FitFigures(ASKED, {"mass": "mass fit"}, {"mu": r"$\mu_H$"}, STACKS if with_stacks else None)
    with figure_style():
        drawn = draw_fits(fit, LABEL, settings, histograms)
    assert set(drawn) == set(settings.names)
    assert len(set(settings.names)) == len(settings.names)
    assert ("scan_mu_mass", r"Likelihood of $\mu_H$, mass fit", "All other parameters are fitted anew.") in (
        settings.captions
    )


def test_figures_of_what_was_not_asked_for_are_not_drawn(histograms: Histograms) -> None:
    asked = FitSettings((Interest("mu", "mu", r"$\mu$"),), scan_points=0, impacts=False, goodness_toys=0)
    settings = FitFigures(asked, {"mass": "mass"})
    assert settings.names == ("strengths", "correlation_mass")
    with figure_style():
        drawn = draw_fits(measure(build(histograms, MODEL), "asimov", asked), LABEL, settings)
    assert tuple(drawn) == settings.names
    with pytest.raises(StudyError, match="the stacks belong to the model 'mass'"):
        FitFigures(asked, {"other": "other"}, stacks=STACKS)


def test_figures_of_networks_have_captions() -> None:
    found = training_captions({"higgs": "$H$"})
    assert [name for name, _, _ in found] == ["history", "roc", "confusion", "score_higgs"]
