from __future__ import annotations

import numpy as np
import pytest

from analysis.studies.arrivals.datasets import FIELDS
from analysis.studies.arrivals.network.sensitivity import compare_sensitivities, median_curve
from analysis.studies.arrivals.network.settings import SensitivitySettings

SETTINGS = SensitivitySettings(replicas=40)


def skies(slope: float, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A statistic whose root is Gaussian, with a mean of ``slope`` times the fraction."""
    fraction = np.repeat([0.02, 0.04, 0.06, 0.08], 80)
    return fraction, np.maximum(random.normal(slope * fraction, 1.0), 0.0) ** 2


def isotropic(random: np.random.Generator, number: int) -> np.ndarray:
    return np.maximum(random.normal(0.0, 1.0, number), 0.0) ** 2


def test_the_fraction_that_is_needed_is_the_true_one():
    """Of a Gaussian statistic with 60 standard deviations a unit of fraction: 5 %."""
    random = np.random.default_rng(1)
    curve = median_curve(*skies(60.0, random), isotropic(random, 20_000), SETTINGS, 0)
    assert curve.needed == pytest.approx(0.05, abs=0.004)
    low, high = curve.needed_error
    assert 0.0005 < low < 0.004
    assert 0.0005 < high < 0.004
    assert curve.median == pytest.approx([1.2, 2.4, 3.6, 4.8], abs=0.45)


def test_errors_cover_the_true_fraction():
    inside = 0
    for seed in range(20):
        random = np.random.default_rng(100 + seed)
        curve = median_curve(*skies(60.0, random), isotropic(random, 4000), SETTINGS, seed)
        inside += curve.needed - curve.needed_error[0] <= 0.05 <= curve.needed + curve.needed_error[1]
    # 68 % of 20, within three binomial standard deviations
    assert 8 <= inside <= 19


def test_what_is_never_reached_is_the_largest_fraction():
    random = np.random.default_rng(2)
    curve = median_curve(*skies(5.0, random), isotropic(random, 4000), SETTINGS, 0)
    assert curve.needed == pytest.approx(0.08)


def test_network_and_likelihood_stand_side_by_side():
    random = np.random.default_rng(3)
    scores = {"reference.ts": isotropic(random, 2000)[:, None]}
    scans = {"isotropic.starburst_ts": isotropic(random, 2000)[:, None]}
    for name, _, _ in FIELDS:
        fraction, better = skies(80.0, random)
        _, worse = skies(50.0, random)
        scores |= {f"{name}.ts": better[:, None], f"{name}.fraction": fraction}
        scans |= {f"{name}.starburst_ts": worse[:, None], f"{name}.fraction": fraction}
    result = compare_sensitivities(scores, scans, SETTINGS)
    numbers = {one.name: one for one in result["numbers"]}
    assert len(numbers) == 2 * len(FIELDS)
    for name, _, _ in FIELDS:
        network, likelihood = numbers[f"needed_network_{name}"], numbers[f"needed_likelihood_{name}"]
        assert network.value < likelihood.value
        assert network.note == likelihood.note == "simulation"
    (table,) = result["tables"]
    assert len(table.columns[0].values) == 4 * len(FIELDS)
