from __future__ import annotations

import copy
import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pyhf
import pytest

from analysis.errors import StudyError
from analysis.inference.derivatives import derivatives
from analysis.inference.likelihood import Guard, half_deviance
from analysis.inference.model import Data, build_model

FOLDER = Path(__file__).parent / "workspaces"
NAMES = (
    "all_modifiers",
    "coupled_histosys",
    "coupled_shapefactor",
    "empty_bins",
    "several_gammas",
    "signal_and_control",
    "uncorrelated_background",
    "correlated_background",
)


def read(name: str) -> dict:
    """A workspace of this folder, or one of pyhf's own examples."""
    examples = {
        "uncorrelated_background": lambda: pyhf.simplemodels.uncorrelated_background(
            signal=[12.0, 11.0], bkg=[50.0, 52.0], bkg_uncertainty=[3.0, 7.0]
        ),
        "correlated_background": lambda: pyhf.simplemodels.correlated_background(
            signal=[12.0, 11.0], bkg=[50.0, 52.0], bkg_up=[45.0, 57.0], bkg_down=[55.0, 47.0]
        ),
    }
    if name not in examples:
        return json.loads((FOLDER / f"{name}.json").read_text())
    with pyhf_warnings():
        model = examples[name]()
        return dict(pyhf.Workspace.build(model, [51.0, 48.0, *model.config.auxdata]))


@contextmanager
def pyhf_warnings() -> Iterator[None]:
    """Without the warnings of jsonschema, for what pyhf 0.7 validates with; pyhf 0.8 has none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def peer(workspace: dict) -> tuple[pyhf.Model, list[float]]:
    with pyhf_warnings():
        read_by_pyhf = pyhf.Workspace(workspace)
        model = read_by_pyhf.model()
        return model, read_by_pyhf.data(model)


def places(model, number: int, seed: int = 1) -> list[np.ndarray]:
    """Random parameters, some of them beyond one standard deviation, within 3 units of the start."""
    random = np.random.default_rng(seed)
    spread = np.where(random.uniform(size=(number, len(model.start))) < 0.3, 1.6, 0.4)
    moved = model.start + spread * random.normal(size=spread.shape)
    return list(np.clip(moved, np.maximum(model.lower, -3.0), np.minimum(model.upper, 4.0)))


@pytest.mark.parametrize("name", NAMES)
def test_parameters_data_and_densities_are_those_of_pyhf(name):
    workspace = read(name)
    model = build_model(workspace)
    other, data = peer(workspace)
    config = other.config
    assert list(model.names) == config.par_names
    assert list(model.start) == config.suggested_init()
    assert list(zip(model.lower, model.upper, strict=True)) == [tuple(bounds) for bounds in config.suggested_bounds()]
    assert [not free for free in model.free] == config.suggested_fixed()
    assert model.poi == config.poi_index
    assert dict(model.channels) == config.channel_slices
    assert list(model.samples) == config.samples
    np.testing.assert_array_equal([*model.observed.main, *model.observed.auxiliary], data)
    random = np.random.default_rng(2)
    compared = 0
    for place in places(model, 12):
        with np.errstate(all="ignore"):
            expected = float(other.logpdf(place, data)[0])
            toy = random.poisson(np.maximum(np.asarray(data), 0.0) * 1.3) + 0.25
            elsewhere = float(other.logpdf(place, toy)[0])
        if not np.isfinite(expected):
            # extrapolated to fewer than no events
            assert not np.isfinite(model.logpdf(place))
            continue
        compared += 1
        np.testing.assert_allclose(float(model.logpdf(place)), expected, rtol=1e-10)
        main = len(model.observed.main)
        np.testing.assert_allclose(float(model.logpdf(place, Data(toy[:main], toy[main:]))), elsewhere, rtol=1e-10)
        np.testing.assert_allclose(model.expected(place), other.expected_actualdata(place), rtol=1e-12, atol=1e-12)
        if config.auxdata:
            np.testing.assert_allclose(model.expected_auxiliary(place), other.expected_auxdata(place), rtol=1e-12)
        by_sample = other.main_model.expected_data(place, return_by_sample=True)
        np.testing.assert_allclose(model.expected_by_sample(place), by_sample, rtol=1e-12, atol=1e-12)
    assert compared >= 6


@pytest.mark.parametrize(
    "name",
    ["all_modifiers", *(pytest.param(name, marks=pytest.mark.long) for name in ("several_gammas", "empty_bins"))],
)
def test_derivatives_are_those_of_automatic_differentiation(name):
    model = build_model(read(name))
    with jax.enable_x64(True):
        slope, bend = jax.jit(jax.grad(half_deviance)), jax.jit(jax.hessian(half_deviance))
        mine = jax.jit(derivatives)
        for place in places(model, 6):
            # a strength of zero, where logarithms have no derivative
            for strength in (place[model.poi], 0.0):
                place[model.poi] = strength
                gradient, matrix = mine(place, 1.0, model.arrays, model.observed)
                first = slope(jnp.asarray(place), model.arrays, model.observed)
                second = np.asarray(bend(jnp.asarray(place), model.arrays, model.observed))
                if not np.isfinite(first).all():
                    continue
                np.testing.assert_allclose(gradient, first, rtol=1e-9, atol=1e-9)
                np.testing.assert_allclose(matrix, second, rtol=1e-9, atol=1e-12 * np.abs(second).max())


def test_derivatives_hold_at_the_wall_of_a_bin_without_events():
    model = build_model(read("reported/02"))
    assert np.asarray(model.arrays.guarded).tolist() == [1.0]

    def all_of_them(place):
        guard = Guard(1e-3, 1e-2, -np.inf)
        mine = derivatives(place, 1.0, model.arrays, model.observed, guard)
        deviance = partial(half_deviance, arrays=model.arrays, data=model.observed, guard=guard)
        return mine, (jax.grad(deviance)(place), jax.hessian(deviance)(place))

    # before it, between edge and wall, and beyond
    for strength in (-0.6, -0.665, -1.0):
        with jax.enable_x64(True):
            mine, theirs = jax.jit(all_of_them)(jnp.asarray([strength, 1.0, 1.0]))
        for one, other in zip(mine, theirs, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-9)


@pytest.mark.parametrize(("observed", "bounds"), [(0.0, (-20.0, 20.0)), (3.0, (-20.0, 20.0)), (0.0, (0.0, 20.0))])
def test_less_than_nothing_is_impossible_whatever_is_observed(observed, bounds):
    workspace = read("reported/02")
    workspace["observations"][0]["data"] = [observed]
    workspace["measurements"][0]["config"]["parameters"][0]["bounds"] = [list(bounds)]
    model = build_model(workspace)
    assert float(model.expected([-1.0, 1.0, 1.0])[0]) == -1.0
    assert float(model.logpdf([-1.0, 1.0, 1.0])) == -np.inf
    with jax.enable_x64(True):
        deviance = float(half_deviance(jnp.asarray([-1.0, 1.0, 1.0]), model.arrays, model.observed))
    # not a number is infinite for a fit
    assert not np.isfinite(deviance)
    assert not deviance < 0.0
    # where nothing is expected and nothing is found, nothing is wrong
    assert (float(model.logpdf([-2.0 / 3.0, 1.0, 1.0])) > -10.0) == (observed == 0.0)


@pytest.mark.long
@pytest.mark.parametrize("name", ["all_modifiers", "several_gammas"])
def test_the_substitute_for_second_derivatives_is_that_of_gauss_and_newton(name):
    model = build_model(read(name))
    with jax.enable_x64(True):
        place = jnp.asarray(model.start + 0.1 * np.random.default_rng(4).normal(size=len(model.start)))
        _, matrix = jax.jit(derivatives)(place, 0.0, model.arrays, model.observed)
        jacobian = np.asarray(jax.jit(jax.jacfwd(model.expected))(place))
        expected = np.asarray(model.expected(place))

        def constraints(place):
            empty = Data(jnp.zeros(len(expected)), model.observed.auxiliary)
            return half_deviance(place, model.arrays, empty) - jnp.sum(model.expected(place))

        weights = model.observed.main / np.where(model.observed.main > 0, expected, 1.0) ** 2
        wanted = jacobian.T @ np.diag(weights) @ jacobian
        wanted = wanted + np.asarray(jax.jit(jax.hessian(constraints))(place))
    np.testing.assert_allclose(matrix, wanted, rtol=1e-8, atol=1e-10 * np.abs(wanted).max())
    assert np.linalg.eigvalsh(np.asarray(matrix)).min() > -1e-9


def test_half_deviance_is_zero_for_data_as_expected():
    model = build_model(read("all_modifiers"))
    place = model.start + 0.1
    with jax.enable_x64(True):
        data = model.asimov(place)
        deviance = jax.jit(half_deviance)
        assert abs(float(deviance(place, model.arrays, data))) < 1e-10
        difference = deviance(place, model.arrays, model.observed) - deviance(model.start, model.arrays, model.observed)
    np.testing.assert_allclose(-float(difference), float(model.logpdf(place) - model.logpdf(model.start)), rtol=1e-9)


def test_channels_can_be_masked():
    workspace = read("all_modifiers")
    model = build_model(workspace, channels=["control_region", "signal_region"])
    with pyhf_warnings():
        pruned = dict(pyhf.Workspace(workspace).prune(channels=["same_sign"]))
    other, data = peer(pruned)
    assert list(model.names) == other.config.par_names
    for place in places(model, 3):
        theirs = float(other.logpdf(place, data)[0])
        # less than nothing is expected: no number there, impossible here
        np.testing.assert_allclose(float(model.logpdf(place)), -np.inf if np.isnan(theirs) else theirs, rtol=1e-10)
    assert build_model(workspace, channels=["same_sign"]).poi is None


def test_the_rest_of_the_process_keeps_32_bit():
    model = build_model(read("uncorrelated_background"))
    before = float(model.logpdf(model.start))
    assert jnp.ones(1).dtype == jnp.float32
    assert model.logpdf(model.start).dtype == jnp.float64
    assert jax.jit(lambda x: x + 1.0)(jnp.ones(2)).dtype == jnp.float32
    with jax.enable_x64(True):
        batch = jax.jit(jax.vmap(model.logpdf))(jnp.tile(jnp.asarray(model.start), (3, 1)))
    assert batch.dtype == jnp.float64
    np.testing.assert_allclose(batch, before, rtol=1e-14)
    assert jnp.ones(1).dtype == jnp.float32


def test_the_order_of_a_workspace_changes_nothing():
    workspace = read("all_modifiers")
    turned = copy.deepcopy(workspace)
    turned["channels"].reverse()
    for channel in turned["channels"]:
        channel["samples"].reverse()
        for sample in channel["samples"]:
            sample["modifiers"].reverse()
    one, other = build_model(workspace), build_model(turned)
    assert one.names == other.names
    for here, there in zip(one.arrays, other.arrays, strict=True):
        np.testing.assert_array_equal(here, there)


def test_unknown_parameters_are_named():
    with pytest.raises(StudyError, match=r"no parameter 'nu'.*\n.*mu"):
        build_model(read("uncorrelated_background")).index("nu")
