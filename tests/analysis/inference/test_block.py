"""Fits where parameters may make an expectation negative (public report 02)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar, nnls

from analysis.inference.conditional import Fitted
from analysis.inference.intervals import intervals, scan
from analysis.inference.limits import Exclusion
from analysis.inference.measurement import measure
from analysis.inference.measurement_settings import FitSettings, Interest
from analysis.inference.model import Model, build_model
from analysis.inference.toys import fit_toys
from tests.analysis.inference.conftest import read


def two_bins(observed: tuple[float, float]) -> dict[str, Any]:
    """A signal that may be negative, uncertain in both bins, above a background."""
    workspace = read("reported/02")
    (channel,) = workspace["channels"]
    channel["samples"] = [
        {
            "name": "signal",
            "data": [5.0, 3.0],
            "modifiers": [
                {"name": "r_signal", "type": "normfactor", "data": None},
                {"name": "signal_gammas", "type": "shapesys", "data": [1.0, 2.0]},
            ],
        },
        {
            "name": "background",
            "data": [50.0, 2.0],
            "modifiers": [
                {"name": "background_gammas", "type": "shapesys", "data": [7.0, 1.5]},
                {"name": "efficiency", "type": "normsys", "data": {"hi": 1.1, "lo": 0.9}},
            ],
        },
    ]
    workspace["observations"][0]["data"] = list(observed)
    return workspace


def bent() -> dict[str, Any]:
    """A bin that a histogram's uncertainty empties, without events, beside one that pulls it that way."""
    bend = {"name": "scale", "type": "histosys", "data": {"hi_data": [60.0, 1.0], "lo_data": [40.0, 5.0]}}
    strength = {"name": "r_signal", "type": "normfactor", "data": None}
    workspace = two_bins((68.0, 0.0))
    workspace["channels"][0]["samples"] = [
        {"name": "background", "data": [50.0, 3.0], "modifiers": [bend]},
        {"name": "signal", "data": [1.0, 1.0], "modifiers": [strength]},
    ]
    return workspace


def check_minimum(model: Model, place: NDArray, free: NDArray) -> None:
    """Check the conditions of Karush, Kuhn and Tucker, with the likelihood's slope by hand.

    What is left of the slope has to push against bounds, or against bins that expect nothing.
    """
    expected, steps = np.asarray(model.expected(place)), 1e-6 * np.eye(len(place))[free]
    assert expected.min() >= 0.0
    jacobian = np.array(
        [(np.asarray(model.expected(place + step)) - np.asarray(model.expected(place - step))) / 2e-6 for step in steps]
    )
    main = model.observed.main
    slope = jacobian @ np.where(main > 0.0, 1.0 - main / np.maximum(expected, 1e-9), 1.0)
    for row, index in enumerate(np.flatnonzero(free)):
        one = model.parameters[index]
        if one.centre is not None and one.width is not None:
            away = place[index] - one.centre
            slope[row] += away / one.width**2 / (place[index] if one.constraint == "poisson" else 1.0)
    empty = (expected < 1e-6) & (main == 0.0)
    sides = [jacobian[:, bin_] for bin_ in np.flatnonzero(empty)]
    sides += [row for row, one in zip(np.eye(len(slope)), place[free] <= model.lower[free], strict=True) if one]
    sides += [-row for row, one in zip(np.eye(len(slope)), place[free] >= model.upper[free], strict=True) if one]
    _, left = nnls(np.array(sides).T, slope) if sides else (0.0, np.linalg.norm(slope))
    assert left < 1e-4 * (1.0 + np.abs(jacobian).max())


@pytest.mark.long
def test_a_signal_that_may_be_negative_ends_where_nothing_is_expected() -> None:
    fitted = Fitted.of(build_model(read("reported/02")))
    # 3 r + 2 = 0, and both uncertain factors are what their measurements say
    np.testing.assert_allclose(fitted.values, [-2.0 / 3.0, 1.0, 1.0], atol=1e-4)
    assert 0.0 <= float(fitted.model.expected(fitted.values)[0]) < 1e-8
    assert fitted.at_zero == ("b1[0]",)


@pytest.mark.parametrize("strength", [-5.0, -2.0, -1.0, -0.8])
def test_the_profile_beyond_is_that_of_factors_that_leave_nothing(strength: float) -> None:
    fitted = Fitted.of(build_model(read("reported/02")))
    found = fitted.hold([0], [strength])
    # along 3 |r| g = 2 b, the constraints of both factors alone: tau (x - ln x - 1) with tau = (3/2)^2 and (2/1.5)^2
    background, signal = (4.0 / 3.0) ** 2, 1.5**2

    def deviance(factor: float) -> float:
        other = 1.5 * abs(strength) * factor
        terms = signal * (factor - np.log(factor) - 1.0), background * (other - np.log(other) - 1.0)
        return float(2.0 * sum(terms))

    best = minimize_scalar(deviance, bounds=(1e-3, 3.0), method="bounded", options={"xatol": 1e-10})
    assert found.twice_nll[0] - fitted.twice_nll == pytest.approx(best.fun, abs=1e-6)
    assert 0.0 <= float(fitted.model.expected(found.values[0])[0]) < 1e-8


@pytest.mark.long
@pytest.mark.parametrize("made", [two_bins((52.0, 0.0)), two_bins((0.0, 0.0)), bent()], ids=["52", "0", "bent"])
def test_minima_are_minima_among_the_places_that_are_possible(made: dict[str, Any]) -> None:
    model = build_model(made)
    fitted = Fitted.of(model)
    assert fitted.at_zero
    check_minimum(model, fitted.values, model.free)
    assert model.poi is not None
    strengths = np.array([-3.0, -0.9, -0.3])
    found = fitted.hold(np.full(3, model.poi), strengths)
    free = model.free.copy()
    free[model.poi] = False
    for place in found.values:
        check_minimum(model, place, free)


@pytest.mark.long
def test_scans_limits_and_toys_stay_where_something_may_be_expected() -> None:
    fitted = Fitted.of(build_model(two_bins((52.0, 0.0))))
    expected = fitted.model.expected
    points = scan(fitted, "r_signal", intervals(fitted, ["r_signal"])["r_signal"], points=11, width=4.0)
    places = fitted.hold(np.full(len(points.points), 0), points.points).values
    assert len(places) > 3
    assert all(np.asarray(expected(place)).min() >= 0.0 for place in places)
    toys = fit_toys(fitted.model, fitted.values, 40, seed=1)
    assert toys.converged.mean() > 0.9
    assert all(np.asarray(expected(place)).min() >= 0.0 for place in toys.values[toys.converged])
    # of the strengths that are not negative nothing has changed: no signal, no event
    alone = Fitted.of(build_model(read("reported/02")))
    found = Exclusion(alone, "r_signal").limit(0.95)
    assert found.observed == pytest.approx(1.3324, abs=1e-3)
    assert found.expected[2] == pytest.approx(2.2720, abs=1e-3)


def test_all_of_it_is_told() -> None:
    asked = FitSettings((Interest("r_signal", "r", "r", limit=True),), scan_points=11, goodness_toys=10)
    found = measure({"02": read("reported/02")}, "observed", asked)
    interval = found["workspaces"]["02"]["intervals"]["r_signal"]
    assert interval["value"] == pytest.approx(-0.66667, abs=1e-4)
    assert interval["down"] == pytest.approx(1.1538, abs=1e-3)
    assert interval["up"] == pytest.approx(0.4322, abs=1e-3)
    assert found["workspaces"]["02"]["at_bounds"] == []
    assert "nothing is expected where nothing is observed, in b1[0]" in found["numbers"][0]["note"]
