from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score, roc_curve

from analysis.learning.evaluation.roc import auc, curve


def draw(random, events, *, digits=None, size=1.0):
    """Signal one standard deviation above background; weights that depend on the score."""
    signal = random.random(events) < 0.3
    score = random.normal(signal * size, 1.0)
    weight = random.exponential(1 + 0.5 * (score > 0.5))
    return (score if digits is None else score.round(digits)), signal, weight


@pytest.mark.parametrize("digits", [None, 1, 0])
@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_agrees_with_scikit_learn(digits, kind):
    for seed in range(5):
        score, signal, weight = draw(np.random.default_rng(seed), 2000, digits=digits)
        score = score.astype(kind)
        expected = roc_auc_score(signal, score, sample_weight=weight)
        assert auc(score, signal, weight).value == pytest.approx(expected, rel=0, abs=1e-12)
        assert auc(score, signal, np.ones(2000)).value == pytest.approx(roc_auc_score(signal, score), rel=0, abs=1e-12)


def test_extremes():
    signal = np.array([False, False, True, True])
    assert auc(np.arange(4.0), signal, np.ones(4)).value == 1
    assert auc(-np.arange(4.0), signal, np.ones(4)).value == 0
    assert auc(np.zeros(4), signal, np.ones(4)).value == 0.5


def test_without_weights_the_uncertainty_is_that_of_delong():
    score, signal, _ = draw(np.random.default_rng(3), 300, digits=1)
    positive, negative = score[signal], score[~signal]
    # DeLong et al. 1988, written out: all pairs
    pairs = (positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)
    variance = pairs.mean(axis=1).var(ddof=1) / len(positive) + pairs.mean(axis=0).var(ddof=1) / len(negative)
    assert auc(score, signal, np.ones(300)).uncertainty == pytest.approx(math.sqrt(variance), rel=1e-12)


def test_scaling_all_weights_changes_nothing():
    score, signal, weight = draw(np.random.default_rng(4), 500)
    one, other = auc(score, signal, weight), auc(score, signal, 1e3 * weight)
    assert (other.value, other.uncertainty) == pytest.approx((one.value, one.uncertainty), rel=1e-12)


def test_negative_weights_undo_events():
    score, signal, weight = draw(np.random.default_rng(5), 500)
    with_pairs = (
        np.concatenate([score, score]),
        np.concatenate([signal, signal]),
        np.concatenate([2 * weight, -weight]),
    )
    assert auc(*with_pairs).value == pytest.approx(auc(score, signal, weight).value, abs=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
def test_the_uncertainty_covers(weighted):
    """Of 2,000 toys, 68.3 % should lie within one standard deviation of the truth."""
    random = np.random.default_rng(6)
    toys, events = 2000, 400
    large = draw(random, 2_000_000)
    truth = auc(*large).value if weighted else float(norm.cdf(1 / math.sqrt(2)))
    pulls = []
    for _ in range(toys):
        score, signal, weight = draw(random, events)
        estimate = auc(score, signal, weight if weighted else np.ones(events))
        pulls.append((estimate.value - truth) / estimate.uncertainty)
    # four standard deviations of a share, a mean and a width over so many toys
    assert np.mean(np.abs(pulls) < 1) == pytest.approx(0.683, abs=4 * math.sqrt(0.683 * 0.317 / toys))
    assert np.mean(pulls) == pytest.approx(0, abs=4 / math.sqrt(toys))
    assert np.std(pulls) == pytest.approx(1, abs=4 / math.sqrt(2 * toys))


def test_no_signal_or_no_background():
    with pytest.raises(ValueError, match=r"sums of weights are 0\.0"):
        auc(np.arange(3.0), np.zeros(3, bool), np.ones(3))
    with pytest.raises(ValueError, match=r"sums of weights are 3\.0"):
        auc(np.arange(3.0), np.ones(3, bool), np.ones(3))


def test_one_event_has_no_finite_uncertainty():
    assert auc(np.arange(3.0), np.array([False, False, True]), np.ones(3)).uncertainty == math.inf


def test_the_curve_is_that_of_scikit_learn():
    score, signal, weight = draw(np.random.default_rng(7), 300, digits=1)
    result = curve(score, signal, weight, points=100_000)
    background, efficiency, threshold = roc_curve(signal, score, sample_weight=weight, drop_intermediate=False)
    assert result["threshold"] == pytest.approx(threshold[1:])
    assert result["signal_efficiency"] == pytest.approx(efficiency[1:])
    assert result["background_efficiency"] == pytest.approx(background[1:])


def test_a_thinned_curve_keeps_its_ends_and_its_area():
    score, signal, weight = draw(np.random.default_rng(8), 5000)
    result = curve(score, signal, weight, points=150)
    assert 100 < len(result["threshold"]) <= 150
    assert result["signal_efficiency"][-1] == pytest.approx(1)
    assert result["background_efficiency"][-1] == pytest.approx(1)
    area = np.trapezoid(result["signal_efficiency"], result["background_efficiency"])
    assert area == pytest.approx(auc(score, signal, weight).value, abs=1e-3)
