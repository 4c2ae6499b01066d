from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import kstest

from analysis.learning.data.standardisation import measure, standardise


def column(values, weight=None):
    """Knots of one feature that every event has."""
    values = np.asarray(values, np.float32)[:, None]
    return measure(values, np.ones(values.shape, bool), np.ones(len(values)) if weight is None else weight)


@pytest.mark.parametrize("name", ["normal", "exponential", "cauchy", "uniform"])
def test_any_distribution_becomes_normal(name):
    random = np.random.default_rng(5)
    draw: Any = {
        "normal": lambda n: random.normal(1000, 3, n),
        "exponential": lambda n: random.exponential(40, n),
        "cauchy": random.standard_cauchy,
        "uniform": lambda n: random.uniform(-2, 7, n),
    }[name]
    knots = column(draw(5000))
    values = draw(2000).astype(np.float32)[:, None]
    result = standardise(values, np.ones(values.shape, bool), knots)[:, 0]
    assert result.dtype == np.float32
    assert np.isfinite(result).all()
    assert (np.diff(result[np.argsort(values[:, 0])]) >= 0).all()
    assert kstest(result, "norm").pvalue > 1e-3


def test_weights_count():
    random = np.random.default_rng(6)
    values = np.concatenate([random.normal(0, 1, 4000), random.normal(5, 1, 4000)])
    # the second half has no weight to speak of
    knots = column(values, np.repeat([1.0, 1e-9], 4000))
    result = standardise(values[:4000, None].astype(np.float32), np.ones((4000, 1), bool), knots)
    assert abs(result.mean()) < 0.02
    assert abs(result.std() - 1) < 0.05


def test_counts_keep_their_order_and_have_one_value_each():
    counts = np.random.default_rng(7).poisson(1.5, 3000)
    knots = column(counts)
    values = np.unique(counts).astype(np.float32)[:, None]
    result = standardise(values, np.ones(values.shape, bool), knots)[:, 0]
    assert (np.diff(result) > 0).all()


def test_values_outside_the_training_stay_in_its_range():
    knots = column(np.random.default_rng(8).normal(size=1000))
    values = np.array([[-1e30], [1e30]], np.float32)
    assert np.abs(standardise(values, np.ones((2, 1), bool), knots)).max() < 4


def test_missing_values_become_zero_and_do_not_count():
    random = np.random.default_rng(9)
    present = random.random((2000, 1)) > 0.5
    values = np.where(present, random.normal(50, 5, (2000, 1)), 0).astype(np.float32)
    knots = measure(values, present, np.ones(2000))
    result = standardise(values, present, knots)
    assert (result[~present] == 0).all()
    assert abs(result[present].mean()) < 0.01


def test_a_feature_without_events_or_without_variation_becomes_zero():
    features = np.full((10, 2), 3.0, np.float32) * [0, 1]
    present = np.array([[False, True]] * 10)
    knots = measure(features.astype(np.float32), present, np.ones(10))
    assert (standardise(np.ones((4, 2), np.float32), np.ones((4, 2), bool), knots) == 0).all()


def test_negative_weights_count_by_size():
    values = np.arange(100.0)
    weight = np.where(np.arange(100) % 3, 1.0, -1.0)
    assert np.array_equal(column(values, weight), column(values))


def test_a_feature_of_stations_is_one_feature():
    """All stations count together, each with the weight of its event."""
    random = np.random.default_rng(10)
    values, present = random.exponential(size=(600, 5, 2)).astype(np.float32), random.random((600, 5)) < 0.6
    everywhere = np.broadcast_to(present[..., None], values.shape)
    weight = random.uniform(0.5, 2.0, 600)
    knots = measure(values, everywhere, weight)
    assert np.array_equal(
        knots, measure(values[present], np.ones((present.sum(), 2), bool), weight[np.nonzero(present)[0]])
    )
    result = standardise(values, everywhere, knots)
    assert result.shape == values.shape
    assert (result[~present] == 0).all()
    assert np.array_equal(result[present], standardise(values[present], np.ones((present.sum(), 2), bool), knots))
    assert kstest(result[present][:, 0], "norm").pvalue > 1e-3


def test_what_underflow_leaves_counts_as_zero():
    values = np.array([0.0, 1e-45, 1e-40, 1e-32, 0.5, 1.0], np.float32)[:, None]
    present, weight = np.ones(values.shape, bool), np.ones(len(values))
    zeros = np.where(values < 0.1, 0, values)
    knots = measure(values, present, weight)
    assert np.array_equal(knots, measure(zeros, present, weight))
    assert np.array_equal(standardise(values, present, knots), standardise(zeros, present, knots))
    assert len(np.unique(standardise(values, present, knots))) == 3
