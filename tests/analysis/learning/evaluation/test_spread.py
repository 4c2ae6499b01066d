from __future__ import annotations

import json
import math

import numpy as np
import pytest
from scipy import stats

from analysis.learning.evaluation.spread import merit_factor, moments

WIDTHS = ("width", "robust_width")


def many_samples(draw, events=400, samples=600):
    """Moments of many samples of the same distribution."""
    random = np.random.default_rng(11)
    return [moments(draw(random, events), np.ones(events)) for _ in range(samples)]


def test_a_normal_sample_has_its_mean_and_width():
    values = np.random.default_rng(1).normal(3.0, 20.0, 100_000)
    found = moments(values, np.ones(len(values)))
    assert found["events"] == 100_000
    assert found["mean"]["value"] == pytest.approx(3.0, abs=0.2)
    assert found["mean"]["uncertainty"] == pytest.approx(20 / math.sqrt(1e5), rel=0.01)
    for name, efficiency in (("width", 1 / math.sqrt(2)), ("robust_width", 0.962)):
        assert found[name]["value"] == pytest.approx(20.0, abs=0.2)
        assert found[name]["uncertainty"] == pytest.approx(20 * efficiency / math.sqrt(1e5), rel=0.1)


@pytest.mark.parametrize(
    "draw",
    [
        lambda random, n: random.normal(5.0, 2.0, n),
        # long tails: the uncertainty of the width must know of the fourth moment
        lambda random, n: stats.t(8).rvs(n, random_state=random),
        lambda random, n: random.gamma(2.0, 1.0, n),
    ],
    ids=["normal", "tails", "skewed"],
)
@pytest.mark.parametrize("name", ["mean", *WIDTHS])
def test_uncertainties_are_the_spread_of_repeated_measurements(draw, name):
    samples = many_samples(draw)
    values = np.array([sample[name]["value"] for sample in samples])
    stated = np.array([sample[name]["uncertainty"] for sample in samples])
    assert stated.mean() == pytest.approx(values.std(), rel=0.15)


def test_the_robust_width_is_blind_to_far_tails():
    values = np.random.default_rng(2).normal(0.0, 10.0, 20_000)
    values[:200] = 1e4
    found = moments(values, np.ones(len(values)))
    assert found["robust_width"]["value"] == pytest.approx(10.0, abs=0.4)
    assert found["width"]["value"] > 500


def test_weights_count_as_repeated_events():
    random = np.random.default_rng(3)
    values = random.normal(size=500)
    times = random.integers(1, 4, 500)
    weighted = moments(values, times.astype(float))
    repeated = moments(np.repeat(values, times), np.ones(times.sum()))
    assert weighted["mean"]["value"] == pytest.approx(repeated["mean"]["value"])
    for name in WIDTHS:
        assert weighted[name]["value"] == pytest.approx(repeated[name]["value"], rel=0.01)
    # but they are fewer events than that
    assert weighted["mean"]["uncertainty"] > repeated["mean"]["uncertainty"]
    assert weighted["events"] == 500


def test_the_scale_of_the_weights_does_not_matter():
    values, weight = np.random.default_rng(4).normal(size=(2, 300))
    one, two = moments(values, np.abs(weight)), moments(values, 1e3 * np.abs(weight))
    for name in ("mean", *WIDTHS):
        assert one[name] == pytest.approx(two[name])


def test_the_order_of_events_does_not_matter():
    values, weight = np.random.default_rng(5).normal(size=(2, 300))
    order = np.random.default_rng(6).permutation(300)
    one, two = moments(values, weight**2), moments(values[order], weight[order] ** 2)
    for name in ("mean", *WIDTHS):
        assert one[name] == pytest.approx(two[name])


@pytest.mark.parametrize("events", [0, 1, 9])
def test_too_few_events_have_no_moments(events):
    found = moments(np.arange(float(events)), np.ones(events), 10)
    assert found == {"events": events, "mean": None, "width": None, "robust_width": None}


def test_events_that_are_all_the_same_have_no_width():
    found = moments(np.full(50, 3.0), np.ones(50))
    assert found["mean"] == {"value": 3.0, "uncertainty": 0.0}
    assert found["width"] == found["robust_width"] == {"value": 0.0, "uncertainty": 0.0}
    assert merit_factor(found, found) is None


def test_the_merit_factor_of_two_normal_samples():
    def draw(random):
        return (
            moments(random.normal(0.0, 60.0, 500), np.ones(500)),
            moments(random.normal(100.0, 20.0, 500), np.ones(500)),
        )

    random = np.random.default_rng(7)
    factors = [merit_factor(*draw(random)) or {} for _ in range(400)]
    values = np.array([factor["value"] for factor in factors])
    stated = np.array([factor["uncertainty"] for factor in factors])
    assert values.mean() == pytest.approx(100 / math.hypot(60, 20), rel=0.01)
    assert stated.mean() == pytest.approx(values.std(), rel=0.15)


def test_there_is_no_merit_factor_of_too_few_events():
    one = moments(np.arange(5.0), np.ones(5))
    none = moments(np.zeros(1), np.ones(1))
    assert merit_factor(one, none) is None
    assert merit_factor(none, one) is None


def test_results_are_json():
    found = moments(np.arange(9, dtype=np.float32), np.ones(9))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
