from __future__ import annotations

import awkward as ak
import numpy as np
import pytest

from analysis.errors import DataError
from analysis.events.identity import identify
from analysis.studies.airshower.simulation.detector import peak_share, photomultipliers
from analysis.studies.airshower.simulation.monitoring import generate, simulate
from analysis.studies.airshower.simulation.settings import MinuteSettings

_SETTINGS = MinuteSettings()
_CONSTANTS = photomultipliers(_SETTINGS.observatory, _SETTINGS.detector)
_GOOD = ~_CONSTANTS.dead & ~_CONSTANTS.noisy


@pytest.fixture(scope="module")
def truth() -> ak.Array:
    return generate(identify("monitoring", 0, 30), _SETTINGS)


@pytest.fixture(scope="module")
def raw(truth: ak.Array) -> ak.Array:
    return simulate(truth, _SETTINGS)


def _array(events: ak.Array, name: str) -> np.ndarray:
    return np.asarray(ak.flatten(events[name], axis=None)).reshape(len(events), 91, 3, -1).astype(float)


def test_minutes_are_numbered_by_their_identities(truth: ak.Array) -> None:
    assert truth.time.tolist() == [60.0 * i for i in range(30)]
    assert generate(identify("monitoring", 17, 2), _SETTINGS).time.tolist() == [1020.0, 1080.0]
    # as long as somebody may take data
    assert generate(identify("monitoring", 50_000, 1), _SETTINGS).time.tolist() == [3e6]


def test_minutes_of_another_data_set_are_refused() -> None:
    with pytest.raises(DataError, match="'monitoring'"):
        generate(identify("other", 0, 1), _SETTINGS)


@pytest.mark.parametrize("size", [1, 4])
def test_a_minute_is_the_same_whatever_the_chunk(truth: ak.Array, raw: ak.Array, size: int) -> None:
    identity = identify("monitoring", 0, 9)
    parts = [generate(identity[i : i + size], _SETTINGS) for i in range(0, 9, size)]
    assert ak.array_equal(ak.concatenate(parts), truth[:9])
    assert ak.array_equal(ak.concatenate([simulate(part, _SETTINGS) for part in parts]), raw[:9])


def test_no_minutes_have_the_same_types(truth: ak.Array, raw: ak.Array) -> None:
    nothing = generate(identify("monitoring", 0, 0), _SETTINGS)
    assert len(nothing) == 0
    assert nothing.type.content == truth.type.content
    assert simulate(nothing, _SETTINGS).type.content == raw.type.content


def test_there_is_no_truth_in_raw_minutes(raw: ak.Array) -> None:
    assert raw.fields == ["identity", "time", "station", "charge", "peak", "ratio"]
    assert raw.ratio.fields == ["high", "low", "pulses"]


def test_the_truth_is_the_detector_s(truth: ak.Array) -> None:
    station = np.arange(91)
    expected = _CONSTANTS.charge_at(station, np.full(91, 5 * 60.0 + 30.0), _SETTINGS.detector)
    np.testing.assert_allclose(_array(truth, "charge")[5, :, :, 0], expected, rtol=1e-6)
    ratio = _array(truth, "peak") / _array(truth, "charge")
    share = peak_share(_CONSTANTS.decay, _SETTINGS.observatory, _SETTINGS.detector)
    np.testing.assert_allclose(ratio, np.broadcast_to(share[:, None, None], ratio.shape), rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "width", "hump"),
    [
        ("charge", _SETTINGS.histograms.charge_width, _SETTINGS.histograms.charge_hump),
        ("peak", _SETTINGS.histograms.peak_width, _SETTINGS.histograms.peak_hump),
    ],
)
def test_the_hump_stands_at_its_multiple_of_the_vem(
    truth: ak.Array, raw: ak.Array, name: str, width: float, hump: float
) -> None:
    counts, unit = _array(raw, name)[:, _GOOD].sum(axis=0), _array(truth, name)[:, _GOOD, 0].mean(axis=0)
    found = []
    for entries, one in zip(counts, unit, strict=True):
        value = width * (np.arange(len(entries)) + 0.5) / one
        near = np.abs(value / hump - 1.0) < 0.2
        curvature, slope, _ = np.polyfit(np.log(value[near] / hump), np.log(entries[near]), 2)
        found.append(np.exp(-slope / (2.0 * curvature)))
    # a parabola's top is not quite the maximum of the sum of muons and background
    assert np.mean(found) == pytest.approx(1.0, abs=0.01)
    assert np.std(found) < 0.01


def test_entries_have_their_numbers_and_statistics(raw: ak.Array) -> None:
    total = _array(raw, "charge").sum(axis=-1)[:, _GOOD]
    assert total.mean() == pytest.approx(_SETTINGS.muons + _SETTINGS.electromagnetic, rel=0.02)
    assert (total.std(axis=0) / np.sqrt(total.mean(axis=0))).mean() == pytest.approx(1.0, abs=0.05)


def test_dead_photomultipliers_count_nothing_and_noisy_ones_too_much(raw: ak.Array) -> None:
    for name in ("charge", "peak"):
        entries = _array(raw, name)
        assert entries[:, _CONSTANTS.dead].max() == 0.0
        assert entries[:, _CONSTANTS.noisy].sum(axis=-1).min() > 1.5 * entries[:, _GOOD].sum(axis=-1).max()
    for name in ("high", "low", "pulses"):
        assert _array(raw.ratio, name)[:, _CONSTANTS.dead].max() == 0.0


def test_sums_over_large_pulses_have_the_ratio_of_the_gains(truth: ak.Array, raw: ak.Array) -> None:
    high, low, pulses = (_array(raw.ratio, name)[:, _GOOD, 0] for name in ("high", "low", "pulses"))
    true = _array(truth, "ratio")[:, _GOOD, 0].mean(axis=0)
    deviation = high.sum(axis=0) / low.sum(axis=0) / true - 1.0
    assert deviation.mean() == pytest.approx(0.0, abs=0.001)
    assert 0.0005 < deviation.std() < 0.003
    assert pulses.mean() == pytest.approx(_SETTINGS.pulses, rel=0.02)
