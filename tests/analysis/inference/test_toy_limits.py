"""Limits with toys against what is known exactly: a Poisson distribution of few events, asymptotics of many."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.errors import FitError
from analysis.inference import toy_limits
from analysis.inference.conditional import Fitted
from analysis.inference.counting import count
from analysis.inference.counting_settings import Count, Counting, Expected
from analysis.inference.few_events import limit_of_few
from analysis.inference.limits import Exclusion, Limit
from analysis.inference.measurement import measure
from analysis.inference.measurement_settings import FitSettings, Interest
from analysis.inference.model import build_model
from analysis.inference.toy_limits import toy_limit
from analysis.inference.watching import report, watched

pytestmark = pytest.mark.long


def experiment(observed: int, signal: float, background: float, relative: float = 0.0) -> Counting:
    sources = {"scale": relative} if relative else {}
    expected = (Expected("signal", signal), Expected("background", background, sources=sources))
    return Counting((Count("tracks", observed, expected),), {"signal": "mu"})


def fit(counting: Counting) -> Fitted:
    return Fitted.of(build_model(count(counting)["counts"]))


def six(limit: Limit) -> tuple[NDArray, NDArray]:
    values = np.array([limit.observed, *limit.expected], float)
    return values, np.array([limit.uncertainty, *limit.uncertainties], float)


@pytest.mark.parametrize(
    ("observed", "signal", "background"), [(0, 1.0, 0.1), (3, 2.0, 3.2), (8, 2.0, 3.2), (2, 5.0, 1.0)]
)
def test_of_few_events_it_is_the_exact_one(observed: int, signal: float, background: float) -> None:
    counting = experiment(observed, signal, background)
    exact = limit_of_few(counting)["limit"]
    values, uncertainties = six(toy_limit(fit(counting), "mu", 0.95, 1000, 1))
    # at the ends of the band, so many toys of background alone may lie on the other side of a step
    for place, known in ((0, exact["observed"]), (3, exact["expected"][2]), (4, exact["expected"][3])):
        assert values[place] == pytest.approx(known, abs=4.0 * uncertainties[place])
        assert uncertainties[place] < 0.08 * known
    asymptotic = Exclusion(fit(counting), "mu").limit(0.95)
    assert asymptotic.is_doubtful
    # which is why toys are needed
    assert abs(asymptotic.observed - exact["observed"]) > 0.05 * exact["observed"]


def test_of_many_events_it_is_the_asymptotic_one() -> None:
    fitted = fit(experiment(1010, 60.0, 1000.0, 0.03))
    asymptotic, _ = six(Exclusion(fitted, "mu").limit(0.95))
    values, uncertainties = six(toy_limit(fitted, "mu", 0.95, 600, 1))
    assert (np.abs(values - asymptotic) < 4.0 * uncertainties + 0.02 * asymptotic).all()
    assert (uncertainties[[0, 3]] < 0.06 * asymptotic[[0, 3]]).all()


def test_its_uncertainty_is_how_much_it_fluctuates() -> None:
    fitted = fit(experiment(5, 3.0, 4.0))
    found = [six(toy_limit(fitted, "mu", 0.95, 200, seed)) for seed in range(1, 9)]
    values, uncertainties = (np.array([one[part] for one in found]) for part in (0, 1))
    ratio = values.std(axis=0, ddof=1) / np.sqrt((uncertainties**2).mean(axis=0))
    # of eight, to a quarter
    assert ratio[[0, 3, 4]] == pytest.approx(1.0, abs=0.75)
    exact = limit_of_few(experiment(5, 3.0, 4.0))["limit"]["observed"]
    assert values[:, 0].mean() == pytest.approx(exact, abs=4.0 * uncertainties[:, 0].mean() / np.sqrt(8.0))


def test_the_same_seed_gives_the_same_limits_and_progress_is_told() -> None:
    fitted = fit(experiment(1, 2.0, 1.0))
    told: list[tuple[str, int, int]] = []
    with watched(lambda *how_far: told.append(how_far)):
        first = toy_limit(fitted, "mu", 0.95, 100, 1)
    again, other = toy_limit(fitted, "mu", 0.95, 100, 1), toy_limit(fitted, "mu", 0.95, 100, 2)
    assert first == again
    assert first.observed != other.observed
    assert [done for _, done, _ in told] == list(range(1, len(told) + 1))
    assert {(what, total >= len(told)) for what, _, total in told} == {("toys for the limit on mu", True)}
    # nobody watches any more
    report("nothing", 1, 1)
    assert told[-1][0] != "nothing"


def test_a_negative_best_strength_counts_as_zero() -> None:
    limits = []
    for low in (0.0, -2.0):
        counting = experiment(0, 2.0, 2.0)
        counting = Counting(counting.counts, counting.strength, bounds={"mu": (low, 40.0)})
        limits.append(six(toy_limit(fit(counting), "mu", 0.95, 300, 1))[0])
    np.testing.assert_allclose(limits[0], limits[1], rtol=1e-3)


def test_a_strength_without_influence_has_no_limit(workspace: dict) -> None:
    sample = workspace["channels"][0]["samples"][0]
    sample["data"] = [0.0] * 5
    sample["modifiers"] = [m for m in sample["modifiers"] if m["type"] == "normfactor"]
    limit = toy_limit(Fitted.of(build_model(workspace)), "mu", 0.95, 100, 1)
    assert (limit.observed, limit.expected, limit.method) == (None, (None,) * 5, "100 toys")


def test_what_so_few_toys_cannot_say_is_not_said() -> None:
    # background alone is as low as that once in a thousand times
    counting = experiment(2, 4.0, 10.0)
    limit = toy_limit(fit(counting), "mu", 0.95, 100, 1)
    assert (limit.observed, limit.uncertainty) == (None, None)
    assert limit.expected[0] is None
    assert limit.expected[2] == pytest.approx(limit_of_few(counting)["limit"]["expected"][2], rel=0.2)
    settings = FitSettings((Interest("mu", "mu", "mu", limit=True),), 0, 3.0, False, 0, limits="toys", limit_toys=100)
    told = measure(count(counting), "observed", settings)["headline"]["mu"]
    assert "no limit with so few toys (expected" in told


def test_toys_whose_fits_fail_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    good = toy_limits.lowest

    def failing(*arguments):
        values, nll, deviance, converged = good(*arguments)
        return values, nll, deviance, converged & (np.arange(len(converged)) % 10 > 0)

    monkeypatch.setattr(toy_limits, "lowest", failing)
    with pytest.raises(FitError, match="10 of 100 fits of toys with mu"):
        toy_limit(fit(experiment(1, 2.0, 1.0)), "mu", 0.95, 100, 1)


@pytest.mark.parametrize(("limits", "method"), [("asymptotic", "asymptotic"), ("toys", "150 toys")])
def test_how_a_limit_was_found_stands_beside_it(limits: Literal["asymptotic", "toys"], method: str) -> None:
    settings = FitSettings((Interest("mu", "mu", "mu", limit=True),), 0, 3.0, False, 0, limits=limits, limit_toys=150)
    found = measure(count(experiment(3, 2.0, 3.2)), "observed", settings)
    assert f"at 95 % CL, {method}" in found["headline"]["mu"]
    assert ("too few for asymptotic formulae: use --limits toys" in found["headline"]["mu"]) == (limits != "toys")
    (table,) = (one for one in found["tables"] if one["name"] == "tests_counts")
    columns = {column["title"]: column for column in table["columns"]}
    observed = columns[f"Upper limit (CLs, 95 %, {method})"]
    assert f"Expected upper limit (median, {method})" in columns
    told = found["workspaces"]["counts"]["limit"]["mu"]
    assert (told["method"], observed["values"]) == (method, [told["observed"]])
    assert bool(observed["errors"]) == (limits == "toys") == (told["uncertainty"] is not None)
