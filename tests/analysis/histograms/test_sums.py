from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.histograms.sums import add, split, sum_by_bin


def test_sums_are_those_of_exact_arithmetic():
    random = np.random.default_rng(1)
    index = random.integers(0, 5, 20_000)
    # of all sizes and both signs, in units of 2^-50: nothing is left to round
    weights = np.rint(np.exp(random.normal(0, 4, 20_000)) * random.choice([-1, 1], 20_000) * 2.0**50) / 2.0**50
    sums, _ = sum_by_bin(index, split(weights), 5)
    assert sums.tolist() == [math.fsum(weights[index == number]) for number in range(5)]
    naive = np.bincount(index, weights, 5)
    assert sums.tolist() != naive.tolist()


def test_what_is_beyond_the_last_bin_is_left_out():
    sums, rest = sum_by_bin(np.array([0, 2, 5]), split(np.array([1.0, 2.0, 3.0])), 2)
    assert sums.tolist() == [1.0, 0.0]
    assert rest.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e3])
def test_every_order_and_grouping_gives_the_same_bits(scale: float):
    random = np.random.default_rng(2)
    weights = random.exponential(scale, 30_000) * random.choice([-1, 1, 1], 30_000)
    index = random.integers(0, 3, 30_000)
    whole = sum_by_bin(index, split(weights), 3)
    for chunks in (2, 7, 100):
        order = random.permutation(30_000)
        total = (np.zeros(3), np.zeros(3))
        for rows in np.array_split(order, chunks):
            total = add(total, sum_by_bin(index[rows], split(weights[rows]), 3))
        np.testing.assert_array_equal(total, whole)


def test_small_weights_are_kept_as_precisely_as_it_says():
    weights = np.full(1000, 1e-7)
    sums, _ = sum_by_bin(np.zeros(1000, int), split(weights), 1)
    assert abs(sums[0] - 1e-4) <= 1000 * 2.0**-51
