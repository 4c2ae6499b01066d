from __future__ import annotations

from dataclasses import replace

import awkward as ak
import correctionlib
import numpy as np
import pytest

from analysis.errors import DataError
from analysis.learning.application.scores import Scores
from analysis.studies.airshower.observatory.depth_scale import derive, fit_depth_scale, saved_depth_scale
from analysis.studies.airshower.observatory.settings import DepthScaleSettings
from analysis.studies.airshower.observatory.showers import Showers, of_dataset
from tests.analysis.studies.airshower.observatory.conftest import made

REFERENCE = (19.0, 1.25)


def biased(some: Showers) -> Showers:
    """Networks with a bias of energy and zenith angle beside their own."""
    wrong = 8.0 - 12.0 * (some.energy - 19.0) + 20.0 * (1.0 / np.cos(some.zenith) - 1.25)
    return replace(some, depth=some.depth + wrong)


def test_a_known_bias_is_taken_away() -> None:
    some = made(20_000, 5)
    scale = fit_depth_scale(biased(some.showers), REFERENCE, 18.5)
    assert np.abs(scale.coefficients[1:] - (-12.0, 20.0)) == pytest.approx(
        0.0, abs=3.5 * np.sqrt(scale.covariance[1, 1])
    )
    error = scale.corrected(biased(some.showers)) - some.depth
    assert abs(error.mean()) < 3.0 * np.linalg.norm(scale.uncertainty(some.showers.energy, some.showers.zenith))
    assert abs((scale.corrected(biased(some.showers)) - some.showers.depth).mean()) < 2.0


def test_its_uncertainty_is_what_repetitions_spread_by() -> None:
    pulls = []
    for seed in range(100):
        some = made(700, 1000 + seed, hybrid=1 / 7)
        scale = fit_depth_scale(biased(some.showers), REFERENCE, 18.5)
        showers = some.showers
        size = np.linalg.norm(scale.uncertainty(showers.energy, showers.zenith))
        # against the error of all of them, whose own fluctuation is smaller by the root of seven
        pulls.append((scale.corrected(biased(showers)) - some.depth).mean() / size)
    assert abs(np.mean(pulls)) < 0.35
    assert 0.75 < np.std(pulls) < 1.25


def test_the_record_tells_all_of_it() -> None:
    some = made(2000, 6)
    events = {
        "identity": some.showers.identity,
        "good": np.arange(2000) % 10 > 0,
        "energy": 10.0**some.showers.energy,
        "zenith": some.showers.zenith,
        "fd_xmax": ak.from_numpy(some.showers.telescope),
    }
    predictions = np.stack([some.showers.depth, np.ones(2000)], axis=1).astype(np.float32)
    given = (
        {"observatory": ak.Array(events)},
        {"observatory": Scores(some.showers.identity, predictions, ("xmax", "s"))},
    )
    found = derive(*given, DepthScaleSettings())
    scale, showers = saved_depth_scale(found.measurements), of_dataset(*given, "observatory")
    assert len(showers) == 1800
    known = correctionlib.CorrectionSet.from_string(found.corrections.model_dump_json(exclude_none=True))
    evaluated = known["depth_bias"].evaluate(showers.energy, showers.zenith)
    assert evaluated == pytest.approx(scale.bias(showers.energy, showers.zenith), abs=1e-9)
    assert found.curves["depth_scale_before"].shape == (5,)
    assert abs(found.curves["depth_scale_after"] / found.curves["depth_scale_error"]).max() < 4.0
    with pytest.raises(DataError, match="'another' is not among observatory"):
        of_dataset(*given, "another")


@pytest.mark.parametrize("number", [0, 11])
def test_too_few_hybrid_events_are_told(number: int) -> None:
    some = made(400, 7).showers
    telescope = np.full(400, np.nan)
    telescope[:number] = 750.0
    with pytest.raises(DataError, match=f"from {number} hybrid events"):
        fit_depth_scale(replace(some, telescope=telescope), REFERENCE, 18.5)
