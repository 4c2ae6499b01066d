from __future__ import annotations

import numpy as np
import pytest

from analysis.inference.fitting import fit
from analysis.inference.model import Model, build_model
from analysis.inference.toys import draw, fit_toys


def test_more_toys_begin_with_the_same_ones(model: Model) -> None:
    few, many = draw(model, model.start, 3, seed=7), draw(model, model.start, 10, seed=7)
    for one, other in zip(few, many, strict=True):
        np.testing.assert_array_equal(one, other[:3])
    later = draw(model, model.start, 4, seed=7, first=6)
    np.testing.assert_array_equal(later.main, many.main[6:])
    assert not np.array_equal(draw(model, model.start, 3, seed=8).main, few.main)


def test_toys_follow_the_distributions_of_the_model(model: Model) -> None:
    values = model.start.copy()
    values[model.index("energy_scale")] = 0.5
    values[model.index("data_driven[1]")] = 1.3
    toys = draw(model, values, 4000, seed=1)
    expected = np.asarray(model.expected(values))
    error = np.sqrt(expected / 4000)
    np.testing.assert_array_less(np.abs(toys.main.mean(axis=0) - expected) / error, 4.0)
    np.testing.assert_allclose(toys.main.var(axis=0), expected, rtol=0.12)
    auxiliary = np.asarray(model.expected_auxiliary(values))
    constrained = [parameter for parameter in model.parameters if parameter.constraint != "none"]
    # in the unit of the parameter, a Poisson constraint's spread grows with the root of the parameter
    factors = auxiliary / values[[model.index(p.name) for p in constrained]].clip(1e-300)
    for place, parameter in enumerate(constrained):
        assert parameter.width is not None
        if parameter.constraint == "normal":
            spread = parameter.width
        else:
            spread = np.sqrt(auxiliary[place])
            assert factors[place] == pytest.approx(parameter.width**-2)
            assert np.all(toys.auxiliary[:, place] % 1.0 == 0.0)
        assert np.abs(toys.auxiliary[:, place].mean() - auxiliary[place]) < 4.0 * spread / np.sqrt(4000)
        assert toys.auxiliary[:, place].std() == pytest.approx(spread, rel=0.06)


def test_a_bin_without_background_keeps_a_signal_from_being_negative() -> None:
    """A deficit elsewhere would like it to be, and its toys, too."""
    free = {"name": "mu", "type": "normfactor", "data": None}
    samples = [
        {"name": "signal", "data": [0.01, 4.0], "modifiers": [free]},
        {"name": "background", "data": [0.0, 50.0], "modifiers": []},
    ]
    model = build_model(
        {
            "channels": [{"name": "region", "samples": samples}],
            "observations": [{"name": "region", "data": [0.0, 42.0]}],
            "measurements": [
                {"name": "m", "config": {"poi": "mu", "parameters": [{"name": "mu", "bounds": [[-20.0, 20.0]]}]}}
            ],
            "version": "1.0.0",
        }
    )
    fitted = fit(model)
    assert fitted.values[0] == pytest.approx(0.0, abs=1e-6)
    toys = fit_toys(model, fitted.values, 50, seed=1)
    assert np.all(toys.data.main[:, 0] == 0.0)
    assert np.mean(toys.data.main[:, 1]) == pytest.approx(50.0, abs=5 * np.sqrt(50.0 / 50))
    assert toys.converged.all()
    assert toys.values.min() >= 0.0
    # half of them have an excess
    assert 0.2 < np.mean(toys.values[:, 0] > 1e-6) < 0.8


@pytest.mark.parametrize("strength", [0.0, 1.0, 2.0])
def test_fits_of_toys_have_no_bias(workspace: dict, strength: float) -> None:
    # a bound would be one
    for parameter in workspace["measurements"][0]["config"]["parameters"]:
        parameter["bounds"] = [[-10.0, 20.0]] if parameter["name"] == "mu" else parameter["bounds"]
    model = build_model(workspace)
    values = model.start.copy()
    values[model.index("mu")] = strength
    toys = fit_toys(model, values, 400, seed=3)
    assert toys.converged.all()
    found = toys.values[:, model.index("mu")]
    assert abs(found.mean() - strength) < 3.0 * found.std() / np.sqrt(400)


def test_a_toy_is_fitted_alike_whatever_their_number(model: Model) -> None:
    few, many = fit_toys(model, model.start, 5, seed=2), fit_toys(model, model.start, 70, seed=2)
    np.testing.assert_array_equal(few.values, many.values[:5])
    np.testing.assert_array_equal(few.deviance, many.deviance[:5])
    assert fit_toys(model, model.start, 0, seed=2).values.shape == (0, len(model.names))
