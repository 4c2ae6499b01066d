from __future__ import annotations

from dataclasses import replace

import awkward as ak
import numpy as np
import pytest

from analysis.errors import DataError
from analysis.studies.airshower.calibration.derivation_settings import DerivationSettings
from analysis.studies.airshower.calibration.intervals import combine
from analysis.studies.airshower.monitoring_settings import MonitoringSettings
from tests.analysis.studies.airshower.calibration.monitored import MINUTES, Monitored

SETTINGS = DerivationSettings()


def test_minutes_are_added(monitored: Monitored) -> None:
    intervals = combine(monitored.raw, SETTINGS)
    assert intervals.edges.tolist() == [0.0, 600.0, 1200.0, 1800.0, 2400.0]
    assert (intervals.minutes == 10).all()
    assert intervals.charge.shape == (91, 3, 4, 150)
    assert intervals.peak.shape == (91, 3, 4, 80)
    by_hand = np.sum([np.asarray(monitored.raw.charge[minute][17][2]) for minute in range(20, 30)], axis=0)
    assert intervals.charge[17, 2, 2].tolist() == by_hand.tolist()
    low = [int(monitored.raw.ratio[minute][17][2].low) for minute in range(20, 30)]
    high = [int(monitored.raw.ratio[minute][17][2].high) for minute in range(20, 30)]
    assert intervals.sums["low"][17, 2, 2] == sum(low)
    assert intervals.sums["high_low"][17, 2, 2] == np.dot(low, high)


def test_the_order_of_minutes_does_not_matter(monitored: Monitored) -> None:
    once = combine(monitored.raw, SETTINGS)
    again = combine(monitored.raw[np.random.default_rng(0).permutation(MINUTES)], SETTINGS)
    assert (once.charge == again.charge).all()
    assert all((once.sums[name] == again.sums[name]).all() for name in once.sums)


def test_a_station_may_be_silent(monitored: Monitored) -> None:
    raw = monitored.raw
    there = raw.station != 5
    minutes = ak.zip(
        {"time": raw.time, **{name: raw[name][there] for name in ("station", "charge", "peak", "ratio")}}, depth_limit=1
    )
    intervals = combine(minutes, SETTINGS)
    assert not intervals.minutes[5].any()
    assert not intervals.charge[5].any()
    assert (intervals.charge[6] == combine(raw, SETTINGS).charge[6]).all()


def test_what_is_wrong_is_named(monitored: Monitored) -> None:
    with pytest.raises(DataError, match="no monitoring data to derive"):
        combine(monitored.raw[:0], SETTINGS)
    gap = monitored.raw[np.r_[0:10, 20:40]]
    with pytest.raises(DataError, match="no monitoring data from 600 s to 1200 s"):
        combine(gap, SETTINGS)
    with pytest.raises(DataError, match="the charge histograms of the monitoring data do not have 3 x 100 bins"):
        combine(monitored.raw, replace(SETTINGS, monitoring=MonitoringSettings(charge_bins=100)))
