from __future__ import annotations

import numpy as np
import pyhf
import pytest
from numpy.typing import NDArray

from analysis.inference.conditional import Fitted
from analysis.inference.limits import Exclusion, Limit
from analysis.inference.model import build_model


def six(limit: Limit) -> NDArray:
    """The observed and the expected limits; not a number where there is none."""
    return np.array([limit.observed, *limit.expected], float)


@pytest.mark.long
def test_cls_and_limits_are_those_of_pyhf(fitted: Fitted, theirs: tuple[pyhf.Model, list[float]]) -> None:
    model, data = theirs
    ours = Exclusion(fitted, "mu")
    limit = ours.limit(0.95)
    # the observed and all expected limits are where pyhf's CLs is 0.05
    places = six(limit)
    observed, expected = ours.cls(places)
    for row, place in enumerate(places):
        cls, band = pyhf.infer.hypotest(place, data, model, test_stat="qtilde", return_expected_set=True)
        assert observed[row] == pytest.approx(float(cls), abs=1e-3)
        np.testing.assert_allclose(expected[row], [float(part) for part in band], atol=1e-3)
        assert float(cls if row == 0 else band[row - 1]) == pytest.approx(0.05, abs=5e-5)


def test_a_negative_best_strength_counts_as_zero(workspace: dict) -> None:
    workspace["observations"][0]["data"] = [100.0, 72.0, 46.0, 22.0, 9.0]
    bounds = workspace["measurements"][0]["config"]["parameters"][0]
    limits = []
    for lower in (0.0, -5.0):
        bounds["bounds"] = [[lower, 10.0]]
        fitted = Fitted.of(build_model(workspace))
        limits.append(six(Exclusion(fitted, "mu").limit(0.95)))
    assert fitted.values[fitted.index("mu")] < -0.1
    np.testing.assert_allclose(limits[0], limits[1], rtol=1e-4)
    # fewer events than background alone exclude more than it does
    assert limits[0][0] < limits[0][3]


def test_a_limit_may_lie_beyond_the_bound(workspace: dict) -> None:
    bounds = workspace["measurements"][0]["config"]["parameters"][0]
    bounds["bounds"] = [[0.0, 1.2]]
    narrow = six(Exclusion(Fitted.of(build_model(workspace)), "mu").limit(0.95))
    bounds["bounds"] = [[0.0, 10.0]]
    wide = six(Exclusion(Fitted.of(build_model(workspace)), "mu").limit(0.95))
    # the best strength is within the bounds, so they change nothing
    np.testing.assert_allclose(narrow, wide, rtol=1e-4)
    assert narrow[0] > 1.2


def test_a_strength_without_influence_has_no_limit(workspace: dict) -> None:
    sample = workspace["channels"][0]["samples"][0]
    sample["data"] = [0.0] * 5
    sample["modifiers"] = [m for m in sample["modifiers"] if m["type"] == "normfactor"]
    limit = Exclusion(Fitted.of(build_model(workspace)), "mu").limit(0.95)
    assert limit.observed is None
    assert limit.expected == (None,) * 5


@pytest.mark.long
@pytest.mark.parametrize("parts", [1, 40])
def test_events_that_compete_are_those_below_the_signal_however_finely_it_is_binned(
    parts: int, workspace: dict
) -> None:
    channel = workspace["channels"][0]
    signal, background = ([total / parts] * parts + [0.0] for total in (3.0, 0.96))
    background[-1] = 1000.0
    strength = {"name": "mu", "type": "normfactor", "data": None}
    channel["samples"] = [
        {"name": "signal", "data": signal, "modifiers": [strength]},
        {"name": "background", "data": background, "modifiers": []},
    ]
    workspace["channels"] = [channel]
    workspace["observations"] = [{"name": channel["name"], "data": [*background[:-1], 1000.0]}]
    workspace["measurements"][0]["config"]["parameters"] = [{"name": "mu", "inits": [1.0], "bounds": [[0.0, 20.0]]}]
    limit = Exclusion(Fitted.of(build_model(workspace)), "mu").limit(0.95)
    assert limit.background == pytest.approx(0.96, rel=1e-3)
    assert limit.is_doubtful
