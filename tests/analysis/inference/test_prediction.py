from __future__ import annotations

import numpy as np
import pytest

from analysis.inference.model import Model, build_model
from analysis.inference.prediction import carry_over, predict, prefit


def test_before_the_fit_the_constraints_are_what_is_known(model: Model) -> None:
    values, covariance = prefit(model)
    widths = dict(zip(model.names, np.sqrt(np.diagonal(covariance)), strict=True))
    assert values[model.index("mu")] == 1.0
    assert widths["energy_scale"] == 1.0
    assert widths["mu"] == widths["norm_background"] == 0.0
    # of 95 and 8 events in the first bin
    assert widths["staterror_signal_region[0]"] == pytest.approx(np.hypot(4.0, 0.9) / 103.0)
    # 2 of 12 events
    assert widths["data_driven[0]"] == pytest.approx(1.0 / 6.0)


def test_yields_are_those_of_the_workspace(model: Model) -> None:
    prediction = predict(model, *prefit(model))
    assert prediction.channels == ("control_region", "signal_region")
    assert prediction.samples == ("background", "other", "signal")
    np.testing.assert_allclose(prediction.by_sample[0], [210.0, 160.0, 90.0, 95.0, 70.0, 44.0, 25.0, 11.0])
    np.testing.assert_allclose(prediction.channel_yields[:, 0], [460.0, 41.0, 0.0, 501.0])
    np.testing.assert_allclose(prediction.channel_yields[:, 1], [245.0, 30.0, 46.0, 321.0])
    assert not prediction.has(0, 2)
    assert prediction.has(1, 2)
    np.testing.assert_allclose(prediction.total, prediction.by_sample.sum(axis=0))


def test_uncertainties_are_those_of_drawn_parameters(model: Model) -> None:
    # small ones, for which the expectation is linear
    values, _ = prefit(model)
    generator = np.random.default_rng(5)
    root = 2e-3 * generator.normal(size=(len(values), len(values)))
    covariance = root @ root.T
    prediction = predict(model, values, covariance)
    drawn = [
        np.asarray(model.expected_by_sample(place))
        for place in generator.multivariate_normal(values, covariance, size=3000)
    ]
    np.testing.assert_allclose(prediction.uncertainty, np.std(np.sum(drawn, axis=1), axis=0), rtol=0.06)
    signal = np.sum(np.asarray(drawn)[:, 2, 3:], axis=1)
    assert prediction.channel_uncertainty[2, 1] == pytest.approx(np.std(signal), rel=0.06)
    whole = np.sum(np.asarray(drawn)[:, :, 3:], axis=(1, 2))
    assert prediction.channel_uncertainty[3, 1] == pytest.approx(np.std(whole), rel=0.06)


def test_another_fit_is_carried_over_by_name(model: Model, workspace: dict) -> None:
    control = build_model(workspace, channels=["control_region"])
    names = ["efficiency", "norm_background", "extrapolation"]
    covariance = np.array([[0.5, 0.1, 0.0], [0.1, 0.4, -0.2], [0.0, -0.2, 0.3]])
    values, spread = carry_over(control, names, [0.7, 1.2, -0.3], covariance)
    known = [control.index("norm_background"), control.index("extrapolation")]
    unknown = control.index("cross_section_other")
    assert "efficiency" not in control.names
    np.testing.assert_allclose(values[known], [1.2, -0.3])
    np.testing.assert_allclose(spread[np.ix_(known, known)], covariance[1:, 1:])
    assert values[unknown] == 0.0
    assert spread[unknown, unknown] == 1.0
    np.testing.assert_array_equal(np.delete(spread[unknown], unknown), 0.0)
    # what the whole fit says of the control region is what its own parameters say
    whole, everything = prefit(model)
    carried = predict(control, *carry_over(control, model.names, whole, everything))
    np.testing.assert_allclose(carried.uncertainty, predict(model, whole, everything).uncertainty[:3])
