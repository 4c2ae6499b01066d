from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pyhf
import pytest
from iminuit import Minuit

from analysis.errors import FitError
from analysis.inference import fitting
from analysis.inference.block import fit_block
from analysis.inference.fitting import fit, fit_many
from analysis.inference.model import Data, build_model

FOLDER = Path(__file__).parent / "workspaces"


def read(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"{name}.json").read_text())


@contextmanager
def quiet() -> Iterator[None]:
    """Without the warnings of pyhf's validation, and of densities far away from the minimum."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def minuit_fit(workspace: dict[str, Any], fixed: dict[str, float] | None = None) -> Minuit:
    """The minimum of pyhf's likelihood by Minuit."""
    with quiet():
        read_by_pyhf = pyhf.Workspace(workspace)
        model = read_by_pyhf.model()
        data = read_by_pyhf.data(model)
        names = model.config.par_names

        def objective(parameters):
            value = -2.0 * float(model.logpdf(parameters, data)[0])
            return value if np.isfinite(value) else 1e10

        minuit = Minuit(objective, model.config.suggested_init(), name=names)
        minuit.limits = model.config.suggested_bounds()
        for name, is_fixed in zip(names, model.config.suggested_fixed(), strict=True):
            minuit.fixed[name] = is_fixed
        for name, value in (fixed or {}).items():
            minuit.values[name], minuit.fixed[name] = value, True
        minuit.errordef, minuit.tol, minuit.strategy = 1.0, 1e-5, 2
        for _ in range(3):
            minuit.migrad(ncall=100_000)
    return minuit


@pytest.mark.parametrize(
    "name",
    [
        "all_modifiers",
        *(
            pytest.param(name, marks=pytest.mark.long)
            for name in ("coupled_histosys", "coupled_shapefactor", "several_gammas", "signal_and_control")
        ),
    ],
)
def test_best_fits_are_those_of_minuit_and_pyhf(name):
    workspace = read(name)
    found = fit(build_model(workspace), required=True)
    minuit = minuit_fit(workspace)
    inside = found.free & ~found.at_bound
    difference = np.abs(found.values - np.array(minuit.values))[inside] / found.uncertainties[inside]
    assert difference.max() < 1e-4
    np.testing.assert_allclose(found.twice_nll, minuit.fval, rtol=1e-10)
    assert found.distance < 1e-12


def test_a_fixed_parameter_stays():
    workspace = read("all_modifiers")
    found = fit(build_model(workspace), fixed={"mu": 1.7}, required=True)
    minuit = minuit_fit(workspace, {"mu": 1.7})
    assert found.values[found.names.index("mu")] == 1.7
    assert found.uncertainties[found.names.index("mu")] == 0.0
    np.testing.assert_allclose(found.twice_nll, minuit.fval, rtol=1e-10)


@pytest.mark.long
def test_the_covariance_is_the_inverse_of_the_second_derivatives():
    model = build_model(read("signal_and_control"))
    found = fit(model)
    inside = found.free & ~found.at_bound
    with jax.enable_x64(True):
        second = -np.asarray(jax.jit(jax.hessian(model.logpdf))(found.values))
    product = second[np.ix_(inside, inside)] @ found.covariance[np.ix_(inside, inside)]
    np.testing.assert_allclose(product, np.eye(inside.sum()), atol=1e-7)
    assert not found.covariance[~inside].any()
    np.testing.assert_allclose(np.diagonal(found.correlation)[inside], 1.0)


@pytest.mark.long
def test_asimov_data_give_the_parameters_back():
    model = build_model(read("signal_and_control"))
    place = np.where(model.free, model.start + 0.1, model.start)
    found = fit(model, model.asimov(place), required=True)
    np.testing.assert_allclose(found.values, place, atol=1e-6)
    assert abs(found.deviance) < 1e-9


@pytest.mark.parametrize("name", ["all_modifiers", "empty_bins", "several_gammas"])
@pytest.mark.long
def test_starts_at_bounds_end_at_the_same_minimum(name):
    model = build_model(read(name))
    best = fit(model, required=True)
    random = np.random.default_rng(1)
    choice = random.uniform(size=(30, len(model.start)))
    starts = np.where(choice < 0.35, model.lower, np.where(choice > 0.65, model.upper, model.start))
    starts = np.where(model.free, np.vstack([starts, model.lower, model.upper]), model.start)
    found = fit_many(model, start=starts)
    assert found.converged.all()
    # a minimum is no worse than the one from the usual start; the likelihood may have others
    close = np.abs(found.twice_nll - best.twice_nll) < 1e-8
    assert close.mean() > 0.9
    free = model.free & ~best.at_bound
    distance = np.abs(found.values[close] - best.values)[:, free] / best.uncertainties[free]
    assert distance.max() < 1e-4


def test_a_strength_that_data_push_below_zero_ends_at_its_bound():
    workspace = read("negative_strength")
    model = build_model(workspace)
    found = fit(model, required=True)
    assert found.values[model.poi] == 0.0
    assert found.at_bound[model.poi]
    assert found.uncertainties[model.poi] == 0.0
    np.testing.assert_allclose(found.twice_nll, minuit_fit(workspace, {"mu": 0.0}).fval, rtol=1e-10)


def test_a_signal_that_is_zero_leaves_its_strength_alone():
    workspace = read("negative_strength")
    workspace["channels"][0]["samples"][0]["data"] = [0.0, 0.0]
    model = build_model(workspace)
    found = fit(model, required=True)
    assert found.values[model.poi] == model.start[model.poi]
    assert found.uncertainties[model.poi] > 1e6


def large() -> dict[str, Any]:
    """20 channels of 24 bins: a strength, 19 systematic uncertainties and 480 gammas."""
    random = np.random.default_rng(5)
    channels, observations = [], []
    for c in range(20):
        samples: list[dict[str, Any]] = []
        for s, name in enumerate(("signal", "first", "second")):
            nominal = random.uniform(*((1.0, 10.0), (30.0, 80.0), (20.0, 60.0))[s], 24)
            modifiers: list[dict[str, Any]] = [{"name": f"mc_{c}", "type": "staterror", "data": list(0.05 * nominal)}]
            if s == 0:
                modifiers.append({"name": "mu", "type": "normfactor", "data": None})
            for i in range(19):
                size = random.uniform(0.01, 0.08)
                if i % 2:
                    data: dict[str, Any] = {"lo": 1.0 - size, "hi": 1.0 + 1.1 * size}
                    modifiers.append({"name": f"syst_{i}", "type": "normsys", "data": data})
                else:
                    tilt = np.linspace(-size, size, 24)
                    data = {"lo_data": list(nominal * (1 - tilt)), "hi_data": list(nominal * (1 + 0.9 * tilt))}
                    modifiers.append({"name": f"syst_{i}", "type": "histosys", "data": data})
            samples.append({"name": name, "data": list(nominal), "modifiers": modifiers})
        total = np.sum([sample["data"] for sample in samples], axis=0)
        channels.append({"name": f"channel_{c}", "samples": samples})
        observations.append({"name": f"channel_{c}", "data": random.poisson(total).astype(float).tolist()})
    config = {"name": "measurement", "config": {"poi": "mu", "parameters": []}}
    return {"channels": channels, "observations": observations, "measurements": [config], "version": "1.0.0"}


@pytest.mark.long
def test_500_parameters_are_fitted():
    workspace = large()
    model = build_model(workspace)
    assert len(model.names) == 500
    with quiet():
        other = pyhf.Workspace(workspace).model()
        data = pyhf.Workspace(workspace).data(other)
    found = fit(model, required=True)
    # a minimum, by pyhf's likelihood: nothing is gained by small steps along any parameter
    best = -2.0 * float(other.logpdf(found.values, data)[0])
    np.testing.assert_allclose(found.twice_nll, best, rtol=1e-10)
    for i in range(0, 500, 23):
        step = np.zeros(500)
        step[i] = 0.1 * found.uncertainties[i]
        sides = [-2.0 * float(other.logpdf(found.values + sign * step, data)[0]) for sign in (-1.0, 1.0)]
        assert min(sides) > best
        # a parabola has its minimum within 1e-3 of the step from here
        assert abs(sides[1] - sides[0]) / (sides[0] + sides[1] - 2.0 * best) < 0.1
    low, high = fit_many(model, start=np.stack([model.lower, model.upper])).twice_nll
    np.testing.assert_allclose([low, high], found.twice_nll, atol=1e-7)


def toys(model, number: int) -> Data:
    random = np.random.default_rng(3)
    mean = np.asarray(model.expected(model.start))
    auxiliary = np.asarray(model.observed.auxiliary)
    return Data(
        random.poisson(mean, (number, len(mean))).astype(float),
        np.abs(auxiliary + 0.01 * random.normal(size=(number, len(auxiliary)))),
    )


def test_fits_use_no_more_processors_than_python_is_given(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PYTHON_CPU_COUNT", "1")
    assert fitting._processors() == 1
    monkeypatch.setenv("PYTHON_CPU_COUNT", "default")
    most = fitting._processors()
    monkeypatch.setenv("PYTHON_CPU_COUNT", "999")
    assert fitting._processors() == most


@pytest.mark.long
def test_many_fits_have_the_bits_of_single_ones():
    model = build_model(read("several_gammas"))
    data = toys(model, 150)
    two, one = fit_many(model, data, workers=2), fit_many(model, data, workers=1)
    np.testing.assert_array_equal(two.values, one.values)
    np.testing.assert_array_equal(two.twice_nll, one.twice_nll)
    assert two.converged.mean() > 0.99
    some = fit_many(model, Data(data.main[70:75], data.auxiliary[70:75]))
    np.testing.assert_array_equal(some.values, two.values[70:75])
    single = fit(model, Data(data.main[70], data.auxiliary[70]))
    np.testing.assert_array_equal(single.values, two.values[70])
    np.testing.assert_array_equal(single.uncertainties, two.uncertainties[70])
    assert single.twice_nll == two.twice_nll[70]


@pytest.mark.long
def test_many_fixed_values_make_a_profile():
    model = build_model(read("several_gammas"))
    points = np.linspace(0.0, 3.0, 4)
    starts = np.tile(model.start, (4, 1))
    starts[:, model.poi] = points
    free = model.free.copy()
    free[model.poi] = False
    found = fit_many(model, free=free, start=starts)
    np.testing.assert_array_equal(found.values[:, model.poi], points)
    singles = [fit(model, fixed={"mu": point}).twice_nll for point in points]
    np.testing.assert_array_equal(found.twice_nll, singles)


def test_likelihoods_of_one_shape_share_their_program():
    workspace = read("signal_and_control")
    fit(build_model(workspace))
    before = fit_block._cache_size()  # type: ignore[attr-defined]
    for channel in workspace["channels"]:
        for sample in channel["samples"]:
            sample["data"] = [1.1 * value for value in sample["data"]]
    assert fit(build_model(workspace)).converged
    assert fit_block._cache_size() == before  # type: ignore[attr-defined]


@pytest.mark.long
def test_impossible_data_do_not_converge():
    workspace = read("empty_bins")
    # events where nothing is expected
    workspace["observations"][0]["data"][0] = 2.0
    found = fit(build_model(workspace))
    assert not found.converged
    with pytest.raises(FitError, match="no minimum after"):
        fit(build_model(workspace), required=True)


@pytest.mark.parametrize("kind", ["normfactor", "staterror", "shapefactor"])
@pytest.mark.long
def test_a_single_kind_of_parameter_is_enough(kind):
    modifier = {"name": "only", "type": kind, "data": [3.0, 4.0] if kind == "staterror" else None}
    sample = {"name": "sample", "data": [40.0, 50.0], "modifiers": [modifier]}
    config: dict = {"poi": "only" if kind == "normfactor" else "", "parameters": []}
    workspace = {
        "channels": [{"name": "region", "samples": [sample]}],
        "observations": [{"name": "region", "data": [44.0, 47.0]}],
        "measurements": [{"name": "measurement", "config": config}],
        "version": "1.0.0",
    }
    found = fit(build_model(workspace), required=True)
    best = {"normfactor": [91.0 / 90.0], "shapefactor": [44.0 / 40.0, 47.0 / 50.0]}
    if kind in best:
        np.testing.assert_allclose(found.values, best[kind], rtol=1e-6)
    else:
        # a normal constraint of relative width r on n events: g² + g (n r² - 1) - m r² = 0
        expected, measured, square = np.array([[40.0, 50.0], [44.0, 47.0], [0.075**2, 0.08**2]])
        slope = expected * square - 1.0
        np.testing.assert_allclose(
            found.values, (-slope + np.sqrt(slope**2 + 4.0 * measured * square)) / 2.0, rtol=1e-6
        )
