from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analysis.learning.networks.integer_network import IntegerNetwork
from analysis.learning.networks.quantised_settings import FixedPoint
from analysis.studies.trigger.evaluation.noise import noise_rates
from analysis.studies.trigger.evaluation.settings import RateSettings
from analysis.studies.trigger.network.settings import WindowSettings
from analysis.studies.trigger.network.windows import bin_means
from analysis.studies.trigger.settings import TriggerSettings


def _sum(bins: int) -> IntegerNetwork:
    """A network that adds its inputs up."""
    numbers = FixedPoint(6, 2, signed=False)
    return IntegerNetwork(numbers, numbers, (np.ones((bins, 1), np.int64),), (np.zeros(1, np.int64),), (4,))


def _rates(settings: RateSettings, **thresholds: float) -> dict[str, float]:
    given = {"threshold": 2.0, "over_threshold": 0.1, "short_window": 0.1, "network": 3.0, **thresholds}
    return noise_rates(given, _sum(settings.windows.bins), settings)


def test_limits_rise_when_thresholds_fall() -> None:
    settings = RateSettings()
    high = _rates(settings)
    low = _rates(settings, threshold=0.05, over_threshold=0.03, short_window=0.03, network=1.0)
    assert all(low[name] > high[name] for name in ("over_threshold", "short_window", "network"))
    assert max(high.values()) < 1.0
    # a network that always triggers does so at each sample
    assert _rates(settings, network=0.0)["network"] == pytest.approx(40e6, rel=1e-3)


def test_the_probability_of_a_bin_is_that_of_simulated_noise() -> None:
    # so much of it that it reaches a bin's first step often
    triggers = TriggerSettings()
    alike: dict[str, Any] = {"dead": 0.0, "noisy": 0.0, "vem_charge_spread": 0.0, "decay_spread": 0.0, "noise": 3.0}
    triggers = replace(triggers, detector=replace(triggers.detector, **alike))
    windows = WindowSettings(triggers=triggers, bins=2, width=2)
    found = _rates(RateSettings(windows=windows, most=2), network=1.0)["network"] / 40e6
    random = np.random.default_rng(1)
    counts = np.floor(triggers.detector.noise * random.standard_normal((40_000, 3, 4)) + 0.5)
    signal = counts.mean(axis=1) * 3.61 / triggers.detector.vem_charge
    means = bin_means(signal.astype(np.float32), windows)
    seen = means[:, windows.samples : windows.samples + 4 : 2]
    assert found == pytest.approx((seen > 0).any(axis=1).mean(), rel=0.1)
