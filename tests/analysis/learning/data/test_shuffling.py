from __future__ import annotations

import jax
import numpy as np
import pytest
from scipy.stats import chi2

from analysis.learning.data.shuffling import shuffled


def order(seed: int, number: int) -> np.ndarray:
    return np.asarray(jax.jit(shuffled, static_argnums=1)(jax.random.key(seed), number))


def orders(seed: int, count: int, number: int) -> np.ndarray:
    """Many orders (count, number)."""
    keys = jax.random.split(jax.random.key(seed), count)
    return np.asarray(jax.jit(jax.vmap(lambda key: shuffled(key, number)))(keys))


@pytest.mark.parametrize("number", [1, 2, 3, 97, 100, 101, 2**16 + 1])
def test_every_number_comes_once(number: int) -> None:
    found = order(number, number)
    assert found.dtype == np.int32
    np.testing.assert_array_equal(np.sort(found), np.arange(number))


@pytest.mark.parametrize("number", [0, -1, 2**31])
def test_refuses_what_has_no_order(number: int) -> None:
    with pytest.raises(ValueError, match=str(number)):
        shuffled(jax.random.key(0), number)


def test_the_key_decides() -> None:
    first, again, other = (order(seed, 1000) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    # of two independent orders, one place agrees in the mean
    assert np.sum(first == other) < 10


def test_in_company_as_alone() -> None:
    together = orders(3, 4, 1000)
    alone = [jax.jit(shuffled, static_argnums=1)(key, 1000) for key in jax.random.split(jax.random.key(3), 4)]
    np.testing.assert_array_equal(together, alone)


def test_order_stays_the_same_from_version_to_version() -> None:
    assert order(1, 10).tolist() == [2, 0, 9, 4, 5, 1, 7, 6, 3, 8]


def test_every_number_is_at_every_place_equally_often() -> None:
    count, number = 20_000, 50
    found = orders(4, count, number)
    expected = count / number
    statistic = sum(
        np.sum((np.bincount(found[:, place], minlength=number) - expected) ** 2) / expected for place in range(number)
    )
    # rows and columns of the table sum to the same: (n - 1)^2 degrees of freedom
    assert 1e-3 < chi2.sf(statistic, (number - 1) ** 2) < 1 - 1e-3


def test_neighbours_are_independent() -> None:
    count, number = 2000, 500
    found = orders(5, count, number).astype(np.float64)
    for distance in (1, 2, 22, 23, 100):
        pairs = found[:, :-distance].ravel(), found[:, distance:].ravel()
        # of a random order -1 / (n - 1), within four standard deviations
        assert abs(np.corrcoef(*pairs)[0, 1] + 1 / (number - 1)) < 4 / np.sqrt(pairs[0].size)
    steps = np.diff(found)
    neighbours = np.sum(steps == 1)
    expected = count * (number - 1) / number
    assert abs(neighbours - expected) < 4 * np.sqrt(expected)


def test_pairs_of_orders_are_independent() -> None:
    found = orders(6, 4000, 100)
    agreeing = np.sum(found[1:] == found[:-1], axis=1)
    # fixed points of a random permutation: mean 1, variance 1
    assert abs(agreeing.mean() - 1) < 4 / np.sqrt(len(agreeing))
    assert abs(agreeing.var() - 1) < 0.15
