"""Unbinned fits of invented peaks, judged by what went in and by scipy."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import awkward as ak
import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import norm

from analysis.errors import DataError, FitError, StudyError
from analysis.inference.curve_settings import Component, FitParameter, UnbinnedFit
from analysis.inference.unbinned import fit_events, fit_values
from analysis.measurement import Cut
from analysis.results import Number, Table
from analysis.step import Step

MASS = FitParameter("mass", 90.0, 80.0, 100.0, r"$m_Z$", "GeV")
SIGMA = FitParameter("sigma", 2.0, 0.3, 10.0, unit="GeV")
SLOPE = FitParameter("slope", 0.02, -1.0, 1.0, unit="1/GeV")
PEAK = Component("z", "gaussian", (MASS, SIGMA), "Z", start=0.5)
BELOW = Component("background", "exponential", (SLOPE,))
FIT = UnbinnedFit("m", (70.0, 110.0), (PEAK, BELOW), "mass", "GeV", name="peak")


def made(seed: int, signal: float = 400.0, background: float = 600.0) -> np.ndarray:
    """A peak of 91.2 +- 2.5 on an exponential of slope 0.03 between 70 and 110; Poisson numbers."""
    random = np.random.default_rng(seed)
    peak = random.normal(91.2, 2.5, random.poisson(signal))
    low, high = np.exp(-0.03 * 70.0), np.exp(-0.03 * 110.0)
    below = -np.log(low - random.random(random.poisson(background)) * (low - high)) / 0.03
    return np.concatenate([peak, below])


def value(found: dict[str, Any], name: str) -> float:
    return found["fit"]["parameters"][name]["value"]


def test_everything_is_json_with_numbers_and_tables():
    found = fit_values(made(1), FIT)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    numbers = {one["name"]: Number.from_json(one) for one in found["numbers"]}
    assert set(numbers) == {f"peak_{name}" for name in FIT.parameters}
    assert (numbers["peak_mass"].unit, numbers["peak_mass"].title) == ("GeV", r"$m_Z$")
    assert "extended unbinned maximum likelihood" in numbers["peak_mass"].method
    assert "MINOS" in numbers["peak_mass"].method
    assert {Table.from_json(table).name for table in found["tables"]} == {"parameters_peak", "correlation_peak"}
    assert found["headline"][r"$m_Z$"].endswith("(stat) GeV")
    assert 0.001 < found["goodness"]["p_value"] <= 1.0
    assert "likelihood ratio" in found["headline"]["goodness of fit"]
    assert sum(found["figure"]["counts"]) == found["fit"]["events"]


def test_numbers_of_events_add_up():
    found = fit_values(made(2), FIT)
    # at the minimum of an extended likelihood the prediction is the number of events
    assert value(found, "n_z") + value(found, "n_background") == pytest.approx(found["fit"]["events"], rel=1e-4)
    assert sum(found["figure"]["expected"]) == pytest.approx(found["fit"]["events"], rel=1e-4)


def test_the_minimum_is_that_of_scipy():
    values = made(3)
    values = values[(values > 70.0) & (values < 110.0)]

    def minus_log(p: np.ndarray) -> float:
        n, m, mean, sigma, slope = p
        inside = norm.cdf(110.0, mean, sigma) - norm.cdf(70.0, mean, sigma)
        below = slope * np.exp(-slope * (values - 70.0)) / (1.0 - np.exp(-slope * 40.0))
        return float(n + m - np.sum(np.log(n * norm.pdf(values, mean, sigma) / inside + m * below)))

    best = minimize(
        minus_log,
        [400.0, 600.0, 91.0, 2.5, 0.03],
        method="Nelder-Mead",
        options={"xatol": 1e-7, "fatol": 1e-9, "maxiter": 20000, "maxfev": 20000},
    )
    found = fit_values(values, FIT)
    for name, theirs in zip(("n_z", "n_background", "mass", "sigma", "slope"), best.x, strict=True):
        unit = found["fit"]["parameters"][name]["uncertainty"]
        assert abs(value(found, name) - theirs) < 5e-3 * unit


@pytest.mark.long
def test_pulls_of_toys_are_normal():
    truth = {"n_z": 400.0, "mass": 91.2, "sigma": 2.5, "slope": 0.03}
    pulls: dict[str, list[float]] = {name: [] for name in truth}
    p_values = []
    for seed in range(1000, 1100):
        found = fit_values(made(seed), FIT)
        p_values.append(found["goodness"]["p_value"])
        for one in found["numbers"]:
            name = one["name"].removeprefix("peak_")
            if name in truth:
                down, up = one["stat"]
                difference = one["value"] - truth[name]
                pulls[name].append(difference / (down if difference > 0 else up))
    for name, found_pulls in pulls.items():
        assert abs(np.mean(found_pulls)) < 0.35, name
        assert 0.8 < np.std(found_pulls) < 1.2, (name, np.std(found_pulls))
    # a right model is neither refused nor too good
    assert 0.35 < np.mean(p_values) < 0.65


def test_without_numbers_of_events_shares_are_fitted():
    values = made(4)
    extended, shares = fit_values(values, FIT), fit_values(values, replace(FIT, extended=False))
    assert next(iter(shares["fit"]["parameters"])) == "f_z"
    total = extended["fit"]["events"]
    assert value(shares, "f_z") == pytest.approx(value(extended, "n_z") / total, abs=1e-4)
    assert value(shares, "mass") == pytest.approx(value(extended, "mass"), abs=1e-3)
    # a share of a fixed number of events is known better than a number: binomial, not Poisson
    assert (
        shares["fit"]["parameters"]["f_z"]["uncertainty"] < extended["fit"]["parameters"]["n_z"]["uncertainty"] / total
    )
    assert shares["goodness"]["ndf"] == extended["goodness"]["ndf"]


@pytest.mark.parametrize(
    ("shape", "draw", "parameters"),
    [
        (
            "voigt",
            lambda random, n: 91.0 + 1.25 * random.standard_cauchy(n) + random.normal(0.0, 1.5, n),
            (replace(MASS, start=91.5), FitParameter("width", 2.0, 0.1, 10.0), FitParameter("sigma", 1.5, fixed=True)),
        ),
        (
            "breit_wigner",
            lambda random, n: np.sqrt(np.maximum(91.0**2 + 91.0 * 2.5 * random.standard_cauchy(n), 1.0)),
            (replace(MASS, start=91.5), FitParameter("width", 2.0, 0.1, 10.0)),
        ),
    ],
)
def test_shapes_find_the_mass_and_width_that_went_in(shape: str, draw: Any, parameters: tuple[FitParameter, ...]):
    values = draw(np.random.default_rng(5), 4000)
    found = fit_values(values, UnbinnedFit("m", (80.0, 102.0), (Component("z", shape, parameters),)))
    for name, truth in (("mass", 91.0), ("width", 2.5)):
        one = found["fit"]["parameters"][name]
        assert abs(one["value"] - truth) < 3.0 * one["uncertainty"] + (0.03 if shape == "breit_wigner" else 0.0)
    assert found["goodness"]["p_value"] > 1e-3


def test_a_tail_and_a_polynomial():
    random = np.random.default_rng(6)
    core = random.normal(3.0, 0.1, 3000)
    tail = core - random.exponential(0.15, 3000) * (random.random(3000) < 0.3)
    flat = random.uniform(2.0, 4.0, 1000)
    ball = Component(
        "psi",
        "crystal_ball",
        (
            FitParameter("mean", 3.0, 2.8, 3.2),
            FitParameter("sigma", 0.1, 0.02, 0.3),
            FitParameter("alpha", 1.0, 0.3, 4.0),
            FitParameter("n", 5.0, fixed=True),
        ),
        start=0.7,
    )
    line = Component("flat", "polynomial", (FitParameter("c1", 0.0, -1.0, 1.0),))
    found = fit_values(np.concatenate([tail, flat]), UnbinnedFit("m", (2.0, 4.0), (ball, line)))
    assert value(found, "n_psi") == pytest.approx(3000.0, abs=250.0)
    assert abs(value(found, "c1")) < 0.2


def own_line(x: np.ndarray, centre: float, *, settings: float) -> np.ndarray:
    return 1.0 / np.cosh((x - centre) / settings)


def test_a_shape_of_ones_own():
    # of a hyperbolic secant, by the inverse of its distribution function
    values = 91.0 + 2.0 * np.log(np.tan(np.pi / 2.0 * np.random.default_rng(7).uniform(1e-9, 1.0 - 1e-9, 3000)))
    own = Component("own", Step(f"{__name__}:own_line", 2.0), (replace(MASS, name="centre"),))
    found = fit_values(values, UnbinnedFit("m", (80.0, 102.0), (own,)))
    one = found["fit"]["parameters"]["centre"]
    assert abs(one["value"] - 91.0) < 3.0 * one["uncertainty"]
    # the information of n events about the centre is n / (2 scale^2), and a little less without the tails
    assert one["uncertainty"] == pytest.approx(2.0 * np.sqrt(2.0 / 3000.0), rel=0.02)


def broken(x: np.ndarray, centre: float) -> np.ndarray:
    return np.ones(3)


def negative(x: np.ndarray, centre: float) -> np.ndarray:
    return x - centre


@pytest.mark.parametrize(
    ("component", "error", "message"),
    [
        (Component("z", "gausian", (MASS, SIGMA)), StudyError, r"(?s)no shape is called 'gausian'.*gaussian, crystal"),
        (Component("z", "gaussian", (MASS,)), StudyError, r"'gaussian' has 2 parameters \(mean, sigma\), and 1"),
        (Component("z", Step(f"{__name__}:broken"), (MASS,)), FitError, r"shape \(3,\) for"),
        (Component("z", Step(f"{__name__}:negative"), (MASS,)), FitError, "the shape of 'z' is -"),
        (
            Component("z", "gaussian", (MASS, FitParameter("sigma", 1e-3, fixed=True))),
            FitError,
            "'z' is too narrow or uneven",
        ),
    ],
)
def test_what_cannot_be_fitted_is_one_clear_error(component: Component, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        fit_values(made(8, background=0.0), UnbinnedFit("m", (70.0, 110.0), (component,)))


def test_settings_that_cannot_be_meant():
    with pytest.raises(StudyError, match="starts at 1000"):
        replace(MASS, start=1000.0)
    with pytest.raises(StudyError, match="was measured as"):
        replace(MASS, measured=(91.0, 0.0))
    with pytest.raises(StudyError, match="given twice"):
        UnbinnedFit("m", (0.0, 1.0), (PEAK, Component("b", "gaussian", (replace(MASS, start=91.0), SIGMA))))
    with pytest.raises(StudyError, match=r"(?s)interest names 'masss'.*n_z"):
        replace(FIT, interest=("masss",))
    with pytest.raises(StudyError, match="window is"):
        replace(FIT, window=(110.0, 70.0))
    with pytest.raises(StudyError, match="name of its own"):
        replace(FIT, components=(PEAK, PEAK))


def test_a_measured_parameter_is_a_constraint():
    known = replace(MASS, measured=(91.3, 0.01))
    found = fit_values(made(9), replace(FIT, components=(replace(PEAK, parameters=(known, SIGMA)), BELOW)))
    assert value(found, "mass") == pytest.approx(91.3, abs=0.01)
    assert found["fit"]["parameters"]["mass"]["uncertainty"] == pytest.approx(0.01, rel=0.02)


def test_events_are_chosen_by_data_set_and_cut():
    values = made(10)
    half = len(values) // 2
    events = {
        name: ak.Array({"identity": np.arange(len(part)), "m": part, "good": np.arange(len(part)) % 2 == 0})
        for name, part in (("a", values[:half]), ("b", values[half:]))
    }
    settings = replace(FIT, cuts=(Cut("good", "==", True),), interest=("mass",))
    both = fit_events(events, settings)
    rows = np.concatenate([values[:half][::2], values[half:][::2]])
    assert both == fit_values(rows, settings)
    assert len(both["numbers"]) == 1
    assert fit_events(events["a"], settings) == fit_events(events, replace(settings, datasets=("a",)))
    with pytest.raises(StudyError, match=r"(?s)no events of 'c'.*a, b"):
        fit_events(events, replace(settings, datasets=("c",)))
    bad = ak.Array({"identity": [7, 8], "m": [91.0, np.nan], "good": [True, True]})
    with pytest.raises(DataError, match=r"'m' is not a finite number in event 1 \(identity 8\)"):
        fit_events(bad, settings)
    with pytest.raises(DataError, match="none of 3 events"):
        fit_values(np.array([1.0, 2.0, 3.0]), FIT)
