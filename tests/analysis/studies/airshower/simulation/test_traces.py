from __future__ import annotations

import numpy as np
import pytest

from analysis.events.noise import generator
from analysis.studies.airshower.settings import ObservatorySettings
from analysis.studies.airshower.simulation.detector import peak_share
from analysis.studies.airshower.simulation.randomness import DETECTION, bits
from analysis.studies.airshower.simulation.settings import DetectorSettings
from analysis.studies.airshower.simulation.traces import digitise, light

_OBSERVATORY, _DETECTOR = ObservatorySettings(), DetectorSettings()


def _traces(deposited: np.ndarray, gain: float, noise: float = 0.6) -> np.ndarray:
    n, samples = deposited.shape
    random = generator(8, DETECTION)
    pulses = light(
        deposited.astype(np.float32), bits(random, (n, 3, samples)), np.full(n, 60.0), _OBSERVATORY, _DETECTOR
    )
    flat = np.ones((n, 3))
    return digitise(pulses, gain * flat, 50.3 * flat, noise * flat, bits(random, (n, 3, samples)), _OBSERVATORY)


def _vertical_muons(n: int) -> np.ndarray:
    deposited = np.zeros((n, 256))
    deposited[:, 48] = 1.0
    return deposited


def test_a_vertical_muon_is_one_vem() -> None:
    counts = _traces(_vertical_muons(3000), 170.0).astype(float) - 50.3
    assert counts[:, :, 48:148].sum(axis=2).mean() == pytest.approx(170.0, rel=0.01)
    assert counts.mean(axis=(0, 1)).max() == pytest.approx(
        170.0 * peak_share(np.array(60.0), _OBSERVATORY, _DETECTOR), rel=0.01
    )
    # photo-electrons: 1 / sqrt(90), and noise of 100 samples
    assert counts[:, :, 48:148].sum(axis=2).std() == pytest.approx(np.hypot(170.0 / 90.0**0.5, 6.7), rel=0.05)


def test_high_and_low_gain_have_their_ratio() -> None:
    deposited = 10.0 * _vertical_muons(2000)
    high, low = (
        _traces(deposited, gain).astype(float)[:, :, 48:100].sum(axis=2).mean() for gain in (170.0, 170.0 / 32)
    )
    assert (high - 52 * 50.3) / (low - 52 * 50.3) == pytest.approx(32.0, rel=0.01)


def test_the_light_decays_in_60_ns() -> None:
    counts = _traces(_vertical_muons(3000) * 5.0, 170.0).astype(float).mean(axis=(0, 1)) - 50.3
    ratio = counts[50:56] / counts[49:55]
    np.testing.assert_allclose(ratio, np.exp(-25.0 / 60.0), rtol=0.02)


def test_counts_end_at_ten_bits() -> None:
    counts = _traces(1000.0 * _vertical_muons(5), 170.0)
    assert counts.dtype == np.uint16
    assert counts.max() == 1023
    assert (counts == 1023).sum(axis=2).min() >= 5


def test_baselines_are_flat_and_noisy() -> None:
    counts = _traces(np.zeros((500, 256)), 170.0, noise=2.0).astype(float)
    assert counts.mean() == pytest.approx(50.3, abs=0.02)
    # rounding adds 1/12
    assert counts.var() == pytest.approx(4.0 + 1.0 / 12.0, rel=0.02)


def test_without_gain_and_noise_there_is_a_constant() -> None:
    assert np.unique(_traces(50.0 * _vertical_muons(3), 0.0, noise=0.0)).tolist() == [50]


def test_each_station_has_its_own_light_decay() -> None:
    deposited, decay = _vertical_muons(400).astype(np.float32) * 50.0, np.resize([50.0, 60.0, 72.0], 400)
    deviates = bits(generator(8, DETECTION), (400, 3, 256))
    pulses = light(deposited, deviates, decay, _OBSERVATORY, _DETECTOR)
    ratio = pulses[:, :, 50] / pulses[:, :, 49]
    np.testing.assert_allclose(ratio, np.broadcast_to(np.exp(-25.0 / decay)[:, None], ratio.shape), rtol=1e-4)
    # whatever stations are beside it
    alone = light(deposited[7:9], deviates[7:9], decay[7:9], _OBSERVATORY, _DETECTOR)
    np.testing.assert_array_equal(pulses[7:9], alone)
