from __future__ import annotations

import numpy as np
import pytest

from analysis.inference.conditional import Fitted
from analysis.inference.fitting import fit
from analysis.inference.impacts import impacts


def test_impacts_are_those_of_explicit_fits(fitted: Fitted) -> None:
    found = impacts(fitted)
    assert set(found.names) == set(fitted.names)
    poi = fitted.index("mu")
    for name in ("energy_scale", "norm_background", "data_driven[1]", "staterror_signal_region[2]"):
        best = next(parameter for parameter in fitted.parameters if parameter.name == name)
        row = found.names.index(name)
        for side, change in ((-1.0, found.down[row]), (1.0, found.up[row])):
            place = best.value + side * best.uncertainty
            explicit = fit(fitted.model, fixed={name: place}, required=True)
            assert change[fitted.index(name)] == pytest.approx(side * best.uncertainty)
            np.testing.assert_allclose(change, explicit.values - fitted.values, atol=1e-6)
            assert abs(change[poi]) > 1e-4


def test_impacts_follow_the_correlation(fitted: Fitted) -> None:
    # to first order, an impact is the covariance with the parameter over the parameter's uncertainty
    found, poi = impacts(fitted), fitted.index("mu")
    rows = [fitted.index(name) for name in found.names]
    linear = fitted.covariance[poi, rows] / fitted.uncertainties[rows]
    np.testing.assert_allclose(0.5 * (found.up - found.down)[:, poi], linear, atol=0.05 * fitted.uncertainties[poi])


def test_a_parameter_is_held_within_its_bounds(workspace: dict) -> None:
    from analysis.inference.model import build_model

    workspace["measurements"][0]["config"]["parameters"].append({"name": "extrapolation", "bounds": [[-0.5, 0.5]]})
    fitted = Fitted.of(build_model(workspace))
    found = impacts(fitted)
    row, index = found.names.index("extrapolation"), fitted.index("extrapolation")
    assert fitted.uncertainties[index] > 0.6
    assert fitted.values[index] + found.up[row, index] == pytest.approx(0.5)
    assert fitted.values[index] + found.down[row, index] == pytest.approx(-0.5)
