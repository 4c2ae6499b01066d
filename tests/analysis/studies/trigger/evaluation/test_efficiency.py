from __future__ import annotations

import awkward as ak
import numpy as np
import pytest

from analysis.studies.airshower.settings import ObservatorySettings
from analysis.studies.trigger.evaluation.efficiency import interval, recorded


def test_an_efficiency_lies_within_its_interval() -> None:
    for passed, number in ((0, 10), (10, 10), (3, 7), (500, 1000)):
        share, down, up = interval(passed, number)
        assert share == passed / number
        assert 0 <= share - down <= share <= share + up <= 1
    assert interval(500, 1000)[1] == pytest.approx(0.5 / 1000**0.5, rel=0.02)
    assert interval(10, 10)[1] > 0


def test_three_neighbours_make_an_event() -> None:
    stations = [
        [{"station": n} for n in (0, 1, 2)],
        [{"station": n} for n in (0, 1, 4)],
        [{"station": n} for n in (0, 1, 2)],
    ]
    events = ak.zip({"stations": ak.Array(stations)}, depth_limit=1)
    fired = np.array([1, 1, 1, 1, 1, 1, 1, 0, 1], bool)
    assert recorded(fired, events, ObservatorySettings(rings=1)).tolist() == [True, False, False]
