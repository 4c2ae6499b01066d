import numpy as np
import pytest
from scipy.stats import kstest

from analysis.studies.airshower.composition.goodness import goodness, simulate
from analysis.studies.airshower.composition.likelihood import Fitted, solve

TRUTH = np.array([0.3, 0.3, 0.3, 0.1])


def test_more_toys_begin_with_the_same_ones(channels):
    few, many = simulate(channels, 3, TRUTH, 5, 1), simulate(channels, 3, TRUTH, 50, 1)
    assert few.tobytes() == many[:5].tobytes()
    assert not np.array_equal(few, simulate(channels, 3, TRUTH, 5, 2))


def test_toys_have_the_expected_numbers_of_events(channels):
    drawn = simulate(channels, 0, TRUTH, 2000, 1)
    mean = TRUTH @ channels.nominal[0]
    assert np.abs(drawn.mean(axis=0) - mean).max() < 5 * np.sqrt(mean.max() / 2000)
    assert abs(drawn.sum(axis=1).std() / np.sqrt(mean.sum()) - 1.0) < 0.1


@pytest.mark.long
def test_p_values_of_the_right_model_are_uniform_and_of_a_wrong_one_small(channels):
    """Each channel's data replaced by one of its own toys, several times over."""
    p_values: list[float] = []
    for turn in range(4):
        drawn = np.stack([simulate(channels, i, TRUTH, 1, 100 + turn)[0] for i in range(len(channels.names))])
        best = solve(channels, np.arange(len(drawn)), drawn)
        found = goodness(channels, best, 40, 9)
        assert (found.converged == 40).all()
        p_values.extend(found.p_value)
    assert kstest(p_values, "uniform").pvalue > 0.01
    # a line of bins that no mixture looks like
    strange = np.where(np.arange(channels.counts.shape[1]) % 2, 0.0, 2.0 * (TRUTH @ channels.nominal[0]))
    best = solve(channels, np.zeros(len(channels.names), int), np.tile(strange, (len(channels.names), 1)))
    assert goodness(channels, best, 40, 9).p_value[0] == 0.0


def test_toys_that_did_not_converge_are_not_counted(channels):
    best = solve(channels, np.arange(18), channels.counts)
    found = goodness(channels, best, 40, 9)
    assert found.fractions.shape == (18, 40, 4)
    assert np.isfinite(found.fractions).all()
    # the p-value is the share of toys whose deviance is at least the data's
    again = solve(channels, np.full(40, 7), simulate(channels, 7, best.fractions[7], 40, 9))
    assert found.p_value[7] == np.mean(2 * again.value >= 2 * best.value[7])
    perfect = Fitted(best.fractions, np.zeros(18), best.converged, best.iterations)
    assert (goodness(channels, perfect, 40, 9).p_value == 1.0).all()
