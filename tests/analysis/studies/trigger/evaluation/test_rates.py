from __future__ import annotations

import awkward as ak
import numpy as np
import pytest

from analysis.events.columns import values
from analysis.events.identity import identify
from analysis.studies.trigger.classical.triggers import trigger
from analysis.studies.trigger.evaluation.rates import discriminants, rate_above, threshold_of
from analysis.studies.trigger.settings import TriggerSettings
from analysis.studies.trigger.simulation.background import generate, simulate
from analysis.studies.trigger.simulation.settings import BackgroundSettings


def test_the_rate_of_an_independent_background_is_the_same() -> None:
    name = "over_threshold"
    settings, found = BackgroundSettings(together=0.9), {}
    for dataset in ("one", "other"):
        truth = generate(identify(dataset, 0, 4000), settings)
        found[dataset] = (
            discriminants(trigger(simulate(truth, settings), TriggerSettings()))[name],
            values(truth, "weight"),
        )
    threshold = threshold_of(*found["one"], 20.0)
    rate, error, accepted = rate_above(*found["one"], threshold)
    assert rate == pytest.approx(20.0, rel=0.02)
    assert accepted >= 400
    other, other_error, _ = rate_above(*found["other"], threshold)
    assert other == pytest.approx(20.0, rel=0.1)
    assert abs(other - rate) < 4 * np.hypot(error, other_error)


def test_rates_are_weighted() -> None:
    largest, weight = np.array([1.0, 2.0, 3.0, 4.0]), np.array([100.0, 10.0, 4.0, 4.0])
    rate, error, number = rate_above(largest, weight, 3.0)
    assert (rate, number) == (2.0, 2)
    assert error == pytest.approx(np.sqrt(32) / 4)
    assert threshold_of(largest, weight, 4.0) == 2.0


def test_triggers_that_are_not_judged_are_left_out() -> None:
    stations = ak.Array([[{"threshold": 1.0, "over_threshold": 2.0, "short_window": 3.0}]])
    assert set(discriminants(ak.zip({"stations": stations}, depth_limit=1))) == {
        "threshold",
        "over_threshold",
        "short_window",
    }
