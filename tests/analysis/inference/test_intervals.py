from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyhf
import pytest
from iminuit import Minuit

from analysis.inference.conditional import Fitted
from analysis.inference.fitting import fit_many
from analysis.inference.intervals import intervals, scan
from analysis.inference.model import Data, Model, build_model
from analysis.inference.toys import draw, fit_toys
from tests.analysis.inference.conftest import read


@pytest.fixture
def minuit(theirs: tuple[pyhf.Model, list[float]]) -> Callable[..., Minuit]:
    """A fit of pyhf's likelihood by Minuit, with some parameters fixed at their best values in a second one."""
    model, data = theirs

    def fit(fixed: tuple[str, ...] = ()) -> Minuit:
        found = Minuit(
            lambda place: -2.0 * float(model.logpdf(place, data)[0]),
            np.array(model.config.suggested_init()),
            name=model.config.par_names,
        )
        found.limits = model.config.suggested_bounds()
        found.strategy, found.tol = 2, 1e-4
        found.migrad()
        for name in fixed:
            found.fixed[name] = True
        if fixed:
            found.migrad()
        return found

    return fit


def test_ends_are_those_of_minos(fitted: Fitted, minuit: Callable[..., Minuit]) -> None:
    other = minuit()
    other.minos("mu", "norm_background")
    for name, found in intervals(fitted, ["mu", "norm_background"]).items():
        error = other.merrors[name]
        size = error.upper - error.lower
        assert found.value == pytest.approx(other.values[name], abs=1e-3 * size)
        assert (-found.down, found.up) == pytest.approx((error.lower, error.upper), abs=1e-3 * size)
        assert found.at_limit == (False, False)


def test_the_statistical_part_has_all_constrained_parameters_fixed(
    fitted: Fitted, minuit: Callable[..., Minuit]
) -> None:
    constrained = tuple(p.name for p in fitted.model.parameters if p.constraint != "none")
    other = minuit(constrained)
    other.minos("mu")
    error = other.merrors["mu"]
    found = intervals(fitted, ["mu"])["mu"]
    assert found.stat == pytest.approx((-error.lower, error.upper), rel=2e-3)
    assert found.stat[0] < found.down
    assert found.syst == pytest.approx(
        [np.sqrt(found.down**2 - found.stat[0] ** 2), np.sqrt(found.up**2 - found.stat[1] ** 2)]
    )


def test_a_scan_reaches_one_where_the_interval_ends(fitted: Fitted) -> None:
    interval = intervals(fitted, ["mu"])["mu"]
    # the interval is not symmetric, so the middle of three points is not the best value
    found = scan(fitted, "mu", interval, points=3, width=1.0)
    np.testing.assert_allclose(found.twice_delta_nll[[0, 2]], 1.0, atol=1e-4)
    assert found.twice_delta_nll[1] < 0.01
    assert np.all(found.stat_only >= found.twice_delta_nll - 1e-9)
    wide = scan(fitted, "mu", interval, points=21, width=10.0)
    assert wide.points[0] == fitted.lower[fitted.index("mu")]
    assert np.all(np.diff(wide.twice_delta_nll, 2) > -1e-3)


def test_an_interval_at_a_bound_says_so(model: Model) -> None:
    values = model.start.copy()
    values[model.index("mu")] = 0.0
    expected = np.asarray(model.expected(values))
    # fewer events than background alone
    fewer = expected - np.where(np.arange(len(expected)) >= 3, 6.0, 0.0)
    fitted = Fitted.of(model, Data(fewer, model.observed.auxiliary))
    found = intervals(fitted, ["mu"])["mu"]
    assert found.value == 0.0
    assert (found.down, found.at_limit) == (0.0, (True, False))
    assert 0.05 < found.up < 2.0
    above = fitted.hold([fitted.index("mu")], [found.up]).twice_nll[0] - fitted.twice_nll
    assert above == pytest.approx(1.0, abs=1e-4)


def test_coverage(model: Model) -> None:
    count, index = 1000, model.index("mu")
    toys = fit_toys(model, model.start, count, seed=4)
    free = model.free.copy()
    free[index] = False
    # a value is in an interval where its profile likelihood is below the height of the interval's ends
    true = fit_many(model, toys.data, free=free, start=model.start)
    assert toys.converged.all()
    assert true.converged.all()
    above = true.twice_nll - toys.twice_nll
    for height, probability in ((1.0, 0.6827), (4.0, 0.9545)):
        error = np.sqrt(probability * (1 - probability) / count)
        assert abs(np.mean(above < height) - probability) < 3.0 * error


def test_ends_of_toys_are_where_coverage_looks_for_them(model: Model) -> None:
    toys = draw(model, model.start, 12, seed=4)
    index, inside = model.index("mu"), []
    for main, auxiliary in zip(*toys, strict=True):
        fitted = Fitted.of(model, Data(main, auxiliary))
        found = intervals(fitted, ["mu"])["mu"]
        above = fitted.hold([index], [1.0]).twice_nll[0] - fitted.twice_nll
        inside.append(found.value - found.down <= 1.0 <= found.value + found.up)
        assert inside[-1] == (above <= 1.0)
    assert 0 < sum(inside) < 12


def test_where_data_are_impossible_an_interval_ends_and_a_scan_has_no_points(workspace: dict) -> None:
    parameters = workspace["measurements"][0]["config"]["parameters"]
    parameters[0]["bounds"] = [[-50.0, 50.0]]
    fitted = Fitted.of(build_model(workspace))
    index = fitted.index("mu")
    interval = intervals(fitted, ["mu"], deviations=25.0)["mu"]
    assert interval.at_limit == (False, False)
    end = fitted.hold([index], [interval.value - interval.down])
    # as far as that, other parameters make up for what a negative signal takes away
    assert np.asarray(fitted.model.expected(end.values[0])).min() > 0.0
    found = scan(fitted, "mu", intervals(fitted, ["mu"])["mu"], points=31, width=60.0)
    assert 10 < len(found.points) < 31
    assert np.all(np.isfinite(found.twice_delta_nll))
    # as long as those with a constraint stay where they are, less is left
    assert interval.value - interval.down < found.points[0] < -4.0


def test_an_interval_ends_where_the_last_event_that_is_expected_is_gone() -> None:
    workspace = read("reported/02")
    for sample in workspace["channels"][0]["samples"]:
        sample["modifiers"] = [one for one in sample["modifiers"] if one["type"] == "normfactor"]
    fitted = Fitted.of(build_model(workspace))
    # 3 mu + 2 events, none observed: -2 ln L = 2 (3 mu + 2)
    found = intervals(fitted, ["r_signal"])["r_signal"]
    np.testing.assert_allclose([found.value, found.down, found.up], [-2.0 / 3.0, 0.0, 1.0 / 6.0], atol=1e-5)
    assert found.at_limit == (True, False)
    assert fitted.at_zero == ("b1[0]",)
    assert fitted.at_bounds == ()
    points = scan(fitted, "r_signal", found, points=21, width=3.0)
    np.testing.assert_allclose(points.twice_delta_nll, 6.0 * (points.points - found.value), atol=1e-6)
    assert points.points.min() >= -2.0 / 3.0 - 1e-9
