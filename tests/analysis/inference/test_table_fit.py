"""Fits of points, judged by scipy."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import curve_fit

from analysis.errors import DataError, FitError, StudyError
from analysis.inference.curve_settings import FitParameter, Points, TableFit
from analysis.inference.table_fit import covariance_of, fit_table
from analysis.results import Number, Table
from analysis.step import Step


def decay(x: np.ndarray, height: float, time: float) -> np.ndarray:
    return height * np.exp(-x / time)


def wrong(x: np.ndarray, height: float, time: float) -> float:
    return height * time


X = tuple(np.linspace(0.5, 6.0, 12))
SIZES = tuple(0.1 + 0.02 * x for x in X)
SCALE = tuple(0.05 * 5.0 * np.exp(-x / 2.2) for x in X)
Y = tuple(decay(np.array(X), 5.0, 2.2) + np.random.default_rng(3).normal(0.0, SIZES))
POINTS = Points(X, Y, SIZES, {"scale": SCALE})
PARAMETERS = (FitParameter("height", 4.0, 0.0), FitParameter("time", 2.0, 0.1, title=r"$\tau$", unit="μs"))
FIT = TableFit(Step(f"{__name__}:decay"), PARAMETERS, POINTS, "rate", "Hz", "t", "μs", name="muons")


@pytest.mark.parametrize("points", [replace(POINTS, correlated={}), POINTS], ids=["independent", "correlated"])
def test_the_fit_is_that_of_scipy(points: Points):
    found = fit_table(FIT, points)
    best, covariance = curve_fit(decay, X, Y, (4.0, 2.0), sigma=covariance_of(points), absolute_sigma=True)
    assert [one["value"] for one in found["fit"]["parameters"].values()] == pytest.approx(best, rel=1e-4)
    # scipy leaves the curve's second derivatives out
    assert np.array(found["fit"]["covariance"]["matrix"]) == pytest.approx(covariance, rel=0.15)
    residuals = np.array(Y) - decay(np.array(X), *best)
    squares = residuals @ np.linalg.solve(covariance_of(points), residuals)
    assert found["goodness"]["statistic"] == pytest.approx(squares, rel=1e-5)
    assert found["goodness"]["ndf"] == 10


def test_a_straight_line_is_known_exactly():
    line = TableFit(Step("numpy:polyval"), (), POINTS)
    with pytest.raises(StudyError, match="'numpy:polyval' has 1 parameters"):
        fit_table(line)
    points = Points((0.0, 1.0, 2.0), (1.0, 3.0, 5.0), (0.1, 0.1, 0.1))
    found = fit_table(TableFit(Step(f"{__name__}:line"), (FitParameter("a", 0.0), FitParameter("b", 1.0)), points))
    parameters = found["fit"]["parameters"]
    assert (parameters["a"]["value"], parameters["b"]["value"]) == pytest.approx((1.0, 2.0), abs=1e-6)
    # sigma^2 (1/n + mean(x)^2 / Sxx) and sigma^2 / Sxx
    assert parameters["a"]["uncertainty"] == pytest.approx(0.1 * np.sqrt(1 / 3 + 1 / 2), rel=1e-4)
    assert parameters["b"]["uncertainty"] == pytest.approx(0.1 * np.sqrt(1 / 2), rel=1e-4)


def line(x: np.ndarray, a: float, b: float) -> np.ndarray:
    return a + b * x


def test_results_have_numbers_and_tables():
    found = fit_table(FIT)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    numbers = [Number.from_json(one) for one in found["numbers"]]
    assert [one.name for one in numbers] == ["muons_height", "muons_time"]
    assert numbers[1].unit == "μs"
    assert "least squares" in numbers[1].method
    tables = [Table.from_json(one) for one in found["tables"]]
    assert [one.name for one in tables] == ["parameters_muons", "correlation_muons", "points_muons"]
    assert tables[2].axes[0].values == pytest.approx(X)
    assert found["headline"][r"$\tau$"].endswith("μs")


def test_what_is_known_from_elsewhere_is_a_constraint():
    known = replace(PARAMETERS[1], measured=(2.197, 1e-4))
    found = fit_table(replace(FIT, parameters=(PARAMETERS[0], known)))
    assert found["fit"]["parameters"]["time"]["value"] == pytest.approx(2.197, abs=1e-3)
    assert found["goodness"]["ndf"] == 11
    fixed = fit_table(replace(FIT, parameters=(PARAMETERS[0], replace(PARAMETERS[1], start=2.197, fixed=True))))
    height = fixed["fit"]["parameters"]["height"]
    assert height["value"] == pytest.approx(found["fit"]["parameters"]["height"]["value"], rel=1e-3)
    assert [one["name"] for one in fixed["numbers"]] == ["muons_height"]


def test_what_cannot_be_fitted_is_one_clear_error():
    with pytest.raises(FitError, match=r"muons: the curve gives an array of shape \(\)"):
        fit_table(replace(FIT, curve=Step(f"{__name__}:wrong")))
    with pytest.raises(StudyError, match="there are no points"):
        fit_table(replace(FIT, points=None))
    with pytest.raises(StudyError, match="y has 2 numbers, x has 1"):
        Points((1.0,), (1.0, 2.0), (0.1,))
    with pytest.raises(StudyError, match="neither uncertainty nor covariance"):
        Points((1.0,), (1.0,))
    with pytest.raises(StudyError, match="is not positive"):
        Points((1.0,), (1.0,), (0.0,))
    with pytest.raises(DataError, match="not positive definite"):
        fit_table(FIT, Points(X[:2], Y[:2], covariance=((1.0, 1.0), (1.0, 1.0))))
    with pytest.raises(DataError, match="not symmetric"):
        fit_table(FIT, Points(X[:2], Y[:2], covariance=((1.0, 0.5), (0.0, 1.0))))
