"""Closure: hidden mixtures are recovered by many observatories drawn from one pool (a parametrised network)."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.studies.airshower.observatory.measurement import SAMPLES
from analysis.studies.airshower.observatory.pool import Recovered, draw_observatories, recover
from analysis.studies.airshower.observatory.response import Response
from analysis.studies.airshower.observatory.settings import (
    ClosureSettings,
    DepthScaleSettings,
    ObservatoryMeasurement,
)
from tests.analysis.studies.airshower.observatory.conftest import made

SURFACE, HYBRID = (SAMPLES.index(name) for name in ("surface", "hybrid"))


@pytest.fixture(scope="module")
def found(response: Response, settings: ObservatoryMeasurement) -> Recovered:
    # networks with a bias that nobody told the templates of: the calibration takes it away
    pool = made(8000, 3, bias=15.0)
    drawn = draw_observatories(pool.showers, pool.masses, settings.primaries, ClosureSettings(events=1400))
    return recover(list(drawn), response, DepthScaleSettings(), settings)


def test_hidden_mixtures_are_recovered_in_20_observatories(found: Recovered) -> None:
    assert found.pulls.shape == (2, 20, 4)
    for pulls in found.pulls:
        assert abs(pulls.mean()) < 0.6
        assert 0.6 < pulls.std() < 1.5


def test_all_events_gain_over_hybrid_events(found: Recovered) -> None:
    trusted = (found.trusted[HYBRID] / found.trusted[SURFACE]).mean()
    total = (found.totals[HYBRID] / found.totals[SURFACE]).mean()
    # seven times as many events, of a resolution that is worse, and of a calibration that is uncertain
    assert 1.9 < trusted < np.sqrt(7.0)
    assert 1.2 < total < trusted
    # what is told of the uncertainty is what they are off by
    for place in (SURFACE, HYBRID):
        told = np.array([one.total for one in found.whole[place]])
        assert 0.6 < np.std(found.errors[place] / told) < 1.5


def test_draws_are_mixtures_with_one_hybrid_event_in_seven(settings: ObservatoryMeasurement) -> None:
    pool = made(4000, 4)
    choice = ClosureSettings(observatories=30, events=700)
    drawn = list(draw_observatories(pool.showers, pool.masses, settings.primaries, choice))
    for one in drawn:
        assert one.showers.hybrid.sum() == 100
        assert len(one.showers) == len(one.masses) == 700
        assert one.shares.sum() == pytest.approx(1.0)
    share = np.array([(one.masses == 56).mean() for one in drawn])
    expected = np.array([one.shares[3] for one in drawn])
    assert np.abs(share - expected).max() < 5.0 * np.sqrt(0.25 / 700)
    assert expected.max() > 0.4
    assert expected.min() < 0.1
