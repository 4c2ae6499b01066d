from __future__ import annotations

import numpy as np
import pytest

from analysis.studies.airshower.calibration.traces import baseline, join_gains, signal_start, window, window_sum


def test_the_baseline_is_known_to_a_fraction_of_a_count(generator: np.random.Generator) -> None:
    level = generator.uniform(40.0, 60.0, (5000, 1))
    samples = np.rint(generator.normal(level, 0.6, (5000, 24))).astype(np.uint16)
    difference = baseline(samples, 2.0) - level[:, 0]
    assert abs(difference.mean()) < 0.02
    assert difference.std() < 0.2


def test_an_early_pulse_leaves_the_baseline_where_it_is(generator: np.random.Generator) -> None:
    """A muon among the quiet samples, of one to eight VEM peaks, anywhere."""
    quiet = np.rint(generator.normal(50.3, 0.6, (2000, 24))).astype(np.uint16)
    pulse = np.exp(-np.arange(24) * 25.0 / 60.0)
    struck = quiet.copy()
    for row, (begin, height) in enumerate(
        zip(generator.integers(0, 24, 2000), generator.uniform(50, 400, 2000), strict=True)
    ):
        struck[row, begin:] += np.rint(height * pulse[: 24 - begin]).astype(np.uint16)
    difference = baseline(struck, 2.0) - baseline(quiet, 2.0)
    assert np.abs(difference).mean() < 0.25
    assert np.abs(difference).max() < 2.0
    assert abs(struck.mean() - quiet.mean()) > 5.0


def test_a_baseline_with_nothing_near_its_median() -> None:
    samples = np.array([[0, 100, 200, 300, 400, 500]], np.uint16)
    assert baseline(samples, 2.0).tolist() == [50.0]


def test_gains_are_joined_smoothly() -> None:
    """A rising signal passes from one gain to the other without a step, and stops where both are saturated."""
    signal = np.linspace(0.0, 40_000.0, 4000)
    signal[:100] = 0.0
    high = np.minimum(np.rint(50.0 + signal), 1023).astype(np.uint16)[np.newaxis, np.newaxis]
    low = np.minimum(np.rint(48.0 + signal / 32.5), 1023).astype(np.uint16)[np.newaxis, np.newaxis]
    counts, saturated = join_gains(high, low, np.array([[32.5]]), 24, 2.0, 1023)
    assert saturated.tolist() == [[True]]
    limit = 32.5 * (1023 - 48)
    within = signal < limit - 40.0
    assert np.abs(counts[0, 0, within] - signal[within]).max() <= 0.5 * 32.5 + 0.01
    assert counts[0, 0, -1] == pytest.approx(limit)
    # where the high gain is enough, it is used
    assert np.abs(counts[0, 0] - signal)[signal < 970.0].max() <= 0.501
    counts, saturated = join_gains(high[..., :1000], low[..., :1000], np.array([[32.5]]), 24, 2.0, 1023)
    assert high[..., :1000].max() == 1023
    assert saturated.tolist() == [[False]]


def test_the_signal_starts_where_it_rises(generator: np.random.Generator) -> None:
    """Pulses of one to a hundred VEM peaks that arrive within a sample: the start is known to about one sample."""
    arrival = generator.uniform(40.0, 60.0, 500)
    samples = np.arange(256)
    rise = np.clip(samples + 1.0 - arrival[:, np.newaxis], 0.0, 1.0)
    height = generator.uniform(1.0, 100.0, (500, 1))
    trace = height * rise * np.exp(-np.maximum(samples - arrival[:, np.newaxis], 0.0) / 2.4)
    first, start = signal_start((trace + generator.normal(0.0, 0.01, trace.shape)).astype(np.float32), 24, 0.1)
    assert (first < start).all()
    assert (start <= first + 1.0).all()
    assert (start - arrival).std() < 0.3
    assert np.abs(start - arrival).max() < 1.2


def test_a_stray_muon_is_not_the_start() -> None:
    trace = np.zeros((1, 256), np.float32)
    trace[0, 3:8] = 1.0
    trace[0, 48:60] = 2.0
    first, _ = signal_start(trace, 24, 0.1)
    assert first.tolist() == [48]


def test_a_part_of_a_trace_may_reach_beyond_it() -> None:
    trace = np.arange(20, dtype=np.float32).reshape(2, 10) + 1.0
    part = window(trace, np.array([-2, 7]), 5)
    assert part.tolist() == [[0.0, 0.0, 1.0, 2.0, 3.0], [18.0, 19.0, 20.0, 0.0, 0.0]]
    assert window_sum(trace, np.array([-2, 7]), 5).tolist() == [6.0, 57.0]
    assert window(trace[:0], np.zeros(0, np.int64), 5).shape == (0, 5)
