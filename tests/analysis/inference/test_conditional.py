from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import FitError, StudyError
from analysis.inference.conditional import Fitted
from analysis.inference.fitting import fit
from analysis.inference.model import Model, build_model


def test_held_parameters_stay_and_the_others_are_fitted(fitted: Fitted) -> None:
    held = fitted.hold([fitted.index("mu"), fitted.index("efficiency")], [0.4, -1.5])
    for row, fixed in enumerate(({"mu": 0.4}, {"efficiency": -1.5})):
        explicit = fit(fitted.model, fixed=fixed, required=True)
        np.testing.assert_allclose(held.values[row], explicit.values, atol=1e-6)
        assert held.twice_nll[row] == pytest.approx(explicit.twice_nll, abs=1e-9)
        assert held.twice_nll[row] > fitted.twice_nll


def test_constrained_parameters_stay_where_they_are_not_profiled(fitted: Fitted) -> None:
    held = fitted.hold([fitted.index("mu")] * 2, [0.4, 0.4], profiled=[True, False])
    kept = fitted.constrained
    np.testing.assert_array_equal(held.values[1][kept], fitted.values[kept])
    assert np.all(held.values[0][kept] != fitted.values[kept])
    index = fitted.index("norm_background")
    assert abs(held.values[1][index] - fitted.values[index]) > 1e-3
    assert held.twice_nll[1] > held.twice_nll[0]


def test_asimov_data_give_their_parameters_back(fitted: Fitted, model: Model) -> None:
    values = np.where(model.free, fitted.values + 0.3 * fitted.uncertainties, fitted.values)
    again = fitted.asimov(values)
    np.testing.assert_allclose(again.values, values, atol=1e-6)
    assert again.deviance == pytest.approx(0.0, abs=1e-9)
    np.testing.assert_allclose(Fitted.of(model, model.asimov(values)).values, values, atol=1e-6)


def test_pulls_and_constraints(fitted: Fitted) -> None:
    by_name = {parameter.name: parameter for parameter in fitted.parameters}
    scale = by_name["energy_scale"]
    assert (scale.pull, scale.constrained_to) == (scale.value, scale.uncertainty)
    assert by_name["mu"].pull is None
    assert by_name["mu"].constrained_to is None
    counted = by_name["data_driven[0]"]
    assert counted.pull == pytest.approx((counted.value - 1.0) * 6.0)
    for name in ("data_driven[0]", "staterror_signal_region[1]", "efficiency"):
        assert by_name[name].constrained_to == pytest.approx(1.0, abs=0.06)


def test_parameters_at_a_bound_have_no_uncertainty_and_no_correlation(workspace: dict) -> None:
    workspace["observations"][0]["data"] = [90.0, 65.0, 40.0, 20.0, 9.0]
    fitted = Fitted.of(build_model(workspace))
    index = fitted.index("mu")
    assert fitted.values[index] == 0.0
    assert fitted.uncertainties[index] == 0.0
    np.testing.assert_array_equal(np.delete(fitted.correlation[index], index), 0.0)
    assert fitted.correlation[index, index] == 1.0
    assert fitted.scale("mu") > 0.0


def test_an_unknown_parameter(fitted: Fitted) -> None:
    with pytest.raises(StudyError, match="no parameter 'nu'"):
        fitted.index("nu")


def test_a_fit_that_finds_no_minimum_is_an_error(workspace: dict) -> None:
    # events where nothing may ever be expected
    for sample in workspace["channels"][1]["samples"]:
        sample["data"] = [0.0, *sample["data"][1:]]
    with pytest.raises(FitError, match="no minimum"):
        Fitted.of(build_model(workspace))


@pytest.fixture
def two_minima(ambiguous: dict) -> Fitted:
    """Of an ambiguous workspace."""
    return Fitted.of(build_model(ambiguous))


def test_the_lowest_of_several_minima_is_the_best_fit(two_minima: Fitted) -> None:
    explicit = {side: fit(two_minima.model, start=[float(side), 1.0], required=True) for side in (-1, 1)}
    best, other = sorted(explicit.values(), key=lambda result: result.twice_nll)
    assert other.twice_nll - best.twice_nll > 0.01
    np.testing.assert_allclose(two_minima.values, best.values, atol=1e-6)
    np.testing.assert_allclose(two_minima.minima, [best.values, other.values], atol=1e-6)
    np.testing.assert_allclose(two_minima.depths, [0.0, other.twice_nll - best.twice_nll], atol=1e-9)


def test_profiles_are_the_lowest_of_all_minima(two_minima: Fitted) -> None:
    model = two_minima.model
    shift, mu = model.index("both"), model.index("mu")
    places = np.linspace(0.4, 1.6, 13)
    held = two_minima.hold([mu] * 13, places)
    for row, place in enumerate(places):
        branches = []
        for side in (-1.0, 1.0):
            start = model.start.copy()
            start[shift] = side
            branches.append(fit(model, fixed={"mu": place}, start=start, required=True).twice_nll)
        assert held.twice_nll[row] == pytest.approx(min(branches), abs=1e-8)
    # low strengths need more background, high ones less
    assert held.values[0][shift] * held.values[-1][shift] < 0.0
    nearby = two_minima.hold([mu] * 13, places, nearby=True)
    assert np.max(nearby.twice_nll - held.twice_nll) > 0.1


def test_where_data_are_impossible_the_likelihood_is_zero(workspace: dict) -> None:
    parameters = workspace["measurements"][0]["config"]["parameters"]
    parameters[0]["bounds"] = [[-500.0, 50.0]]
    fitted = Fitted.of(build_model(workspace))
    held = fitted.hold([fitted.index("mu")] * 3, [-400.0, -10.0, 0.0])
    # fewer than no events are expected in a bin, whatever the other parameters are
    assert np.isposinf(held.twice_nll[0])
    # where a fit begins, there are less than none; where it ends, others make up for it
    assert np.isfinite(held.twice_nll[1:]).all()
    assert np.asarray(fitted.model.expected(held.values[1])).min() > 0.0
