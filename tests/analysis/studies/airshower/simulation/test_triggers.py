from __future__ import annotations

import numpy as np
import pytest

from analysis.studies.airshower.array import positions
from analysis.studies.airshower.settings import ObservatorySettings
from analysis.studies.airshower.simulation.settings import TriggerSettings
from analysis.studies.airshower.simulation.triggers import (
    OVER_THRESHOLD,
    THRESHOLD,
    event_trigger,
    station_trigger,
    triangles,
)

_PRETRIGGER, _BASELINE, _PEAK = 48, 50.0, 40.0


def _trigger(peaks: np.ndarray, dead: tuple[bool, bool, bool] = (False, False, False)) -> tuple[int, int]:
    """Of one station with signals in VEM peaks, shape (3, samples)."""
    high = np.rint(_BASELINE + _PEAK * peaks).astype(np.uint16)[None]
    baseline, peak = np.full((1, 3), _BASELINE), np.full((1, 3), _PEAK)
    trigger, sample = station_trigger(high, baseline, peak, np.array([dead]), _PRETRIGGER, TriggerSettings())
    return int(trigger[0]), int(sample[0])


def _peaks(*channels: dict[int, float]) -> np.ndarray:
    result = np.zeros((3, 320))
    for channel, samples in zip(result, channels, strict=True):
        for sample, value in samples.items():
            channel[sample] = value
    return result


def test_silence_does_not_trigger() -> None:
    assert _trigger(np.zeros((3, 320)))[0] == 0


def test_a_large_pulse_in_all_photomultipliers_triggers_where_it_is() -> None:
    assert _trigger(_peaks(*[{60: 1.8, 61: 3.0}] * 3)) == (THRESHOLD, 60)
    assert _trigger(_peaks(*[{60: 1.7}] * 3))[0] == 0


def test_large_pulses_must_coincide() -> None:
    assert _trigger(_peaks({60: 5.0}, {60: 5.0}, {61: 5.0}))[0] == 0
    assert _trigger(_peaks({60: 5.0}, {60: 5.0}, {}))[0] == 0


def test_with_dead_photomultipliers_the_threshold_is_higher() -> None:
    one = {60: 1.9}
    assert _trigger(_peaks(one, one, {}), (False, False, True))[0] == 0
    assert _trigger(_peaks({60: 2.1}, {60: 2.1}, {}), (False, False, True)) == (THRESHOLD, 60)
    assert _trigger(_peaks({60: 2.7}, {}, {}), (False, True, True))[0] == 0
    assert _trigger(_peaks({60: 2.9}, {}, {}), (False, True, True)) == (THRESHOLD, 60)


def test_a_station_without_photomultipliers_never_triggers() -> None:
    assert _trigger(np.full((3, 320), 5.0), (True, True, True))[0] == 0


def test_long_small_signals_trigger_from_their_first_sample() -> None:
    long = {60 + 5 * i: 0.3 for i in range(13)}
    assert _trigger(_peaks(long, long, {})) == (OVER_THRESHOLD, 60)
    short = {60 + 5 * i: 0.3 for i in range(12)}
    assert _trigger(_peaks(short, short, {}))[0] == 0
    assert _trigger(_peaks(long, short, {}))[0] == 0


def test_a_window_is_120_samples_long() -> None:
    inside = {60 + i: 0.3 for i in range(12)} | {179: 0.3}
    outside = {60 + i: 0.3 for i in range(12)} | {180: 0.3}
    assert _trigger(_peaks(inside, inside, inside)) == (OVER_THRESHOLD, 60)
    assert _trigger(_peaks(outside, outside, outside))[0] == 0


def test_the_earlier_of_two_conditions_sets_the_time() -> None:
    both = {60 + i: 0.3 for i in range(20)} | {70: 4.0}
    assert _trigger(_peaks(both, both, both)) == (THRESHOLD | OVER_THRESHOLD, 60)


def test_there_is_no_trigger_before_the_pretrigger_samples() -> None:
    early = {_PRETRIGGER - 1: 5.0}
    assert _trigger(_peaks(early, early, early))[0] == 0


@pytest.mark.parametrize("rings", [1, 2, 5])
def test_triangles_are_of_mutual_neighbours_and_complete(rings: int) -> None:
    observatory = ObservatorySettings(rings=rings)
    corners = triangles(observatory)
    assert len(corners) == len(np.unique(corners, axis=0)) == 6 * rings**2
    place = positions(observatory)
    for i, j in ((0, 1), (1, 2), (2, 0)):
        np.testing.assert_allclose(
            np.linalg.norm(place[corners[:, i]] - place[corners[:, j]], axis=1), observatory.spacing
        )


def test_an_event_needs_three_neighbours() -> None:
    corners = triangles(ObservatorySettings(rings=2))
    triggered = np.zeros((4, 19), dtype=bool)
    triggered[0, [0, 1, 2]] = True  # a triangle
    triggered[1, [1, 0, 4]] = True  # a line
    triggered[2, [0, 1]] = True
    assert event_trigger(triggered, corners).tolist() == [True, False, False, False]
