"""Predictions, posterior predictive checks, maps and figures, of a sky whose posterior is the truth."""

from __future__ import annotations

from typing import Any

import healpy
import numpy as np
import pytest

from analysis.checking.values import check_result
from analysis.plotting.style import FigureLabel, figure_style
from analysis.studies.faraday import captions, proof_figures, sky_figures, source_figures
from analysis.studies.faraday.catalogues import CATALOGUES
from analysis.studies.faraday.folds import folds_of
from analysis.studies.faraday.held_out import predict_held_out
from analysis.studies.faraday.posterior_checks import check
from analysis.studies.faraday.prediction import depths, predictive
from analysis.studies.faraday.settings import CheckSettings, MapSettings, PredictionSettings, ValidationSettings
from analysis.studies.faraday.sky import make_maps
from tests.analysis.studies.faraday.synthetic import measurements, sky

LMAX = 24
LABEL = FigureLabel("Somebody's catalogues")


def posterior(samples: int = 4) -> dict[str, Any]:
    """The truth, several times, with a little noise."""
    truth = sky(LMAX, -2.0, 1)
    random = np.random.default_rng(2)
    coefficients = truth["coefficients"] + 0.01 * random.normal(size=(samples, truth["coefficients"].shape[1]))
    by_catalogue = np.tile([4.0, 8.0, 16.0, *[10.0] * (len(CATALOGUES) - 3)], (samples, 1))
    noise = 1 + 0.01 * random.normal(size=(samples, 1))
    scalars = {"scatter": 8.0, "unresolved": 1e-3, "growth": 0.0, "isolation": 0.0}
    return {
        **truth,
        "coefficients": coefficients.astype(np.float32),
        "spectrum": truth["spectrum"] * noise + 1e-9,
        "by_catalogue": by_catalogue * noise,
        **{name: value * noise[:, 0] for name, value in scalars.items()},
        "degrees_of_freedom": np.array([3.0]),
    }


@pytest.fixture(scope="module")
def sources() -> dict[str, Any]:
    found = measurements(sky(LMAX, -2.0, 1), 1200, 8.0, 3)
    counts = np.bincount(found["catalogue"], minlength=len(CATALOGUES))
    return {**found, "rows": counts, "used": counts}


@pytest.fixture(scope="module")
def predictions(sources: dict[str, Any]) -> dict[str, Any]:
    return predict_held_out(sources, [posterior(), posterior()], PredictionSettings())


def test_depths_are_those_of_healpy(sources: dict[str, Any]):
    samples = posterior(2)
    maps = make_maps(samples, MapSettings(128))
    exact = healpy.get_interp_val(maps["mean"], sources["longitude"], sources["latitude"], lonlat=True)
    found = depths(samples, sources["longitude"], sources["latitude"]).mean(axis=0)
    assert np.std(found - exact) < 0.06 * np.std(exact)


def test_the_truth_predicts_with_the_right_coverage(sources: dict[str, Any]):
    distribution = predictive(posterior(), sources, np.zeros(1200))
    probability = distribution.cumulative(sources["rm"])
    for level in (0.68, 0.95):
        assert np.mean(np.abs(probability - 0.5) < level / 2) == pytest.approx(level, abs=0.04)
    drawn = distribution.draw(1, 7)
    assert (drawn == distribution.draw(1, 7)).all()
    assert np.mean(distribution.cumulative(drawn)) == pytest.approx(0.5, abs=0.03)
    step = distribution.cumulative(sources["rm"] + 0.01) - distribution.cumulative(sources["rm"])
    assert distribution.density(sources["rm"]) == pytest.approx(step / 0.01, rel=0.01, abs=1e-6)


def test_the_inference_says_the_degrees_of_freedom(sources: dict[str, Any]):
    samples, place = posterior(), np.zeros(1200)
    heavy = predictive({**samples, "degrees_of_freedom": np.array([1.5])}, sources, place)
    assert predictive(samples, sources, place).degrees_of_freedom == 3.0
    assert heavy.degrees_of_freedom == 1.5
    # of heavier tails, larger deviates are drawn
    drawn = [
        np.quantile(np.abs(one.draw(0, 1) - one.location[0]), 0.99)
        for one in (heavy, predictive(samples, sources, place))
    ]
    assert drawn[0] > 1.5 * drawn[1]


@pytest.mark.long
def test_every_source_is_predicted_by_what_did_not_see_it(sources: dict[str, Any], predictions: dict[str, Any]):
    assert (predictions["fold"] == folds_of(sources, 2)).all()
    assert all(len(values) == 1200 and np.isfinite(values).all() for values in predictions.values())
    errors = {m: np.median(np.abs(predictions[m] - sources["depth"])) for m in ("field", "gaussian_process", "nearest")}
    assert errors["field"] < errors["gaussian_process"] < errors["nearest"]


def test_a_right_model_passes_its_checks(sources: dict[str, Any]):
    found = check_result(check(sources, posterior(), CheckSettings(40)))
    (checks, catalogues) = found["tables"]
    larger = checks["columns"][2]["values"]
    assert len(larger) == 7
    assert all(0.005 < one < 0.995 for one in larger)
    assert {one["name"] for one in found["numbers"]} == {"slope", "scatter", "unresolved"}
    assert catalogues["axes"][0]["values"] == ["Anderson2015", "Battye2011", "Betti2019"]


def test_a_wrong_one_does_not(sources: dict[str, Any]):
    wrong = posterior()
    wrong["by_catalogue"] = 20 * wrong["by_catalogue"]
    larger = check(sources, wrong, CheckSettings(5))["tables"][0].columns[2].values
    assert sum(one in (0.0, 1.0) for one in larger) >= 4


def test_figures_are_those_of_the_captions_and_have_units(sources: dict[str, Any], predictions: dict[str, Any]):
    samples = posterior()
    with figure_style():
        of_sky = sky_figures.draw(make_maps(samples, MapSettings(16)), samples, LABEL)
        of_proof = proof_figures.draw(predictions, LABEL, ValidationSettings(20))
        of_sources = source_figures.draw(sources, LABEL)
    for figures, told in ((of_sky, captions.SKY), (of_proof, captions.PROOF), (of_sources, captions.SOURCES)):
        assert list(figures) == [name for name, _, _ in told]
    for name in ("faraday_sky", "faraday_uncertainty"):
        assert of_sky[name].axes[0].name == "mollweide"
        assert "rad/m" in of_sky[name].axes[1].get_xlabel()
