from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import t

from analysis.studies.faraday.model import classes, likelihood_of, observe, scale_of, spectrum_of, told
from analysis.studies.faraday.prediction import depths
from analysis.studies.faraday.settings import InferenceSettings
from tests.analysis.studies.faraday.synthetic import PROFILE, measurements, sky

# importing it would begin JAX's threads in all of pytest's workers
pytestmark = pytest.mark.skipif(find_spec("nifty") is None, reason="needs the extra faraday")

SETTINGS = InferenceSettings(nside=4, catalogues=3, degrees_of_freedom=3.0)


@pytest.fixture(autouse=True)
def double() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


@pytest.fixture
def sources() -> dict[str, Any]:
    return measurements(sky(8, -2.0, 1), 60, 8.0, 2)


def latent(likelihood: Any, seed: int) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    domain = likelihood.domain
    return {name: jnp.asarray(random.normal(size=domain[name].shape)) for name in sorted(domain)}


@pytest.mark.long
def test_the_likelihood_is_that_of_students_t(sources: dict[str, Any]):
    observed = observe(sources, PROFILE, SETTINGS)
    likelihood = likelihood_of(observed, SETTINGS)
    places = [latent(likelihood, seed) for seed in (1, 2)]
    energies, expected = [], []
    for place in places:
        found = jax.tree.map(np.asarray, told(place, SETTINGS))
        record = {"coefficients": found["coefficients"][None], "spectrum": found["spectrum"][None]}
        depth = depths({**record, "profile": np.stack(PROFILE)}, sources["longitude"], sources["latitude"])[0]
        names = ("scale", "uncertainty", "catalogue", "separation")
        scale = scale_of(found, *(observed[name] for name in names))
        energies.append(float(likelihood(place)))
        expected.append(-t.logpdf(sources["rm"], 3.0, depth, scale).sum())
    # up to a constant
    assert energies[0] - energies[1] == pytest.approx(expected[0] - expected[1], rel=1e-9)


@pytest.mark.long
def test_of_the_prior_the_field_has_the_variance_that_its_spectrum_says(sources: dict[str, Any]):
    likelihood = likelihood_of(observe(sources, PROFILE, SETTINGS), SETTINGS)
    variances, sums = [], []
    for seed in range(300):
        found = told(latent(likelihood, seed), SETTINGS)
        spectrum = np.asarray(found["spectrum"])
        degree = np.arange(len(spectrum))
        sums.append(np.sum((2 * degree + 1) * spectrum)[()] / (4 * np.pi))
        variances.append(np.sum(np.asarray(found["coefficients"]) ** 2) / (4 * np.pi))
    assert np.mean(np.array(variances) / np.array(sums)) == pytest.approx(1.0, abs=0.08)
    # the prior of the fluctuations, and that of the mean
    assert np.mean(np.sqrt(np.array(sums) - SETTINGS.offset**2)) == pytest.approx(1.0, abs=0.12)


def test_the_prior_slope_is_that_of_the_power(sources: dict[str, Any]):
    likelihood = likelihood_of(observe(sources, PROFILE, SETTINGS), SETTINGS)
    place = {name: jnp.zeros_like(one) for name, one in latent(likelihood, 1).items()}
    spectrum = np.asarray(spectrum_of(place, SETTINGS))
    slope = np.polyfit(np.log(np.arange(1, 9)), np.log(spectrum[1:]), 1)[0]
    assert slope == pytest.approx(SETTINGS.slope[0], abs=1e-6)


def test_a_catalogue_and_isolation_add_scatter():
    found = {"by_catalogue": np.array([3.0, 40.0]), "unresolved": 0.2, "growth": 1.0, "isolation": 0.5}
    one = np.ones(4)
    scale = scale_of(found, 100.0 * one, 4.0 * one, np.array([0, 1, 0, 0]), np.array([0.0, 0.0, 3.0, 0.0]))
    assert scale[0] == pytest.approx(np.sqrt(16 + 9 + 400))
    assert scale[1] == pytest.approx(np.sqrt(16 + 1600 + 400))
    assert scale[2] == pytest.approx(np.sqrt(16 + 4 * 409))
    twice = scale_of(found, 200.0 * one, 0.0 * one, np.zeros(4, int), 0.0 * one)
    assert twice[0] == pytest.approx(np.hypot(3, 0.2 * 200 * 2))


@pytest.mark.long
def test_its_coordinates_have_the_fisher_metric_on_average():
    """Of Student's t, the mean square of the gradient of the coordinates is the metric in the mean."""
    random = np.random.default_rng(3)
    data = jnp.asarray(random.standard_t(3.0, 20000))
    likelihood = classes()["HeavyTailed"](data, 3.0)
    mean, scale = jnp.zeros_like(data), jnp.ones_like(data)
    ones, none = jnp.ones_like(data), jnp.zeros_like(data)
    _, tangent = jax.jvp(likelihood.transformation, ((mean, scale),), ((ones, none),))
    metric = likelihood.metric((mean, scale), (ones, none))
    assert float(jnp.mean(tangent[0] ** 2)) == pytest.approx(float(jnp.mean(metric[0])))
    # the curvature of -log p, on average
    curvature = jax.grad(lambda m: likelihood.energy((m, scale)))
    _, second = jax.jvp(curvature, (mean,), (ones,))
    assert float(jnp.mean(second)) == pytest.approx(float(jnp.mean(metric[0])), rel=0.03)


@pytest.mark.long
def test_compiled_in_one_piece_and_padded_it_is_the_same_but_for_roundings(sources: dict[str, Any]):
    quick = replace(SETTINGS, quick=True, together=256)
    one, other = (likelihood_of(observe(sources, PROFILE, chosen), chosen) for chosen in (SETTINGS, quick))
    places = [latent(one, seed) for seed in (1, 2)]
    # up to a constant, which sources that say nothing have
    first, second = ([float(likelihood(place)) for place in places] for likelihood in (one, other))
    assert second[1] - second[0] == pytest.approx(first[1] - first[0], rel=1e-9)


def test_a_fold_and_the_sky_are_one_program(sources: dict[str, Any]):
    fold, whole = (replace(SETTINGS, folds=folds) for folds in (2, 0))
    some = {name: values[:40] for name, values in sources.items()}
    of_fold = likelihood_of(observe(some, PROFILE, fold), fold)
    of_sky = likelihood_of(observe(sources, PROFILE, whole), whole)
    assert hash(jax.tree.structure(of_fold)) == hash(jax.tree.structure(of_sky))
    assert [np.shape(one) for one in jax.tree.leaves(of_fold)] == [np.shape(one) for one in jax.tree.leaves(of_sky)]
