import numpy as np
import pytest
from scipy.optimize import brentq, minimize_scalar

from analysis.studies.airshower.composition.goodness import simulate
from analysis.studies.airshower.composition.intervals import crossing, intervals
from analysis.studies.airshower.composition.likelihood import Channels, expected, solve

# each test compiles programs of its own
pytestmark = pytest.mark.long


def two_primaries(events=500.0):
    """Two peaks that overlap, and a nuisance parameter that moves them; expected, not drawn."""
    at = np.arange(35) + 0.5

    def peak(centre):
        shape = np.exp(-0.5 * ((at - centre) / 5.0) ** 2)
        return events * shape / shape.sum()

    nominal, low, high = (np.stack([peak(15 + s), peak(21 + s)]) for s in (0.0, -0.7, 0.7))
    counts = 0.3 * nominal[0] + 0.7 * nominal[1]
    tables = (nominal - low)[np.newaxis, np.newaxis], (high - nominal)[np.newaxis, np.newaxis]
    return Channels(("m",), ("c",), ("a", "b"), ("t",), (35,), counts[np.newaxis], nominal[np.newaxis], *tables)


def ratio(channels, fraction, nuisance=0.0):
    """Twice the logarithm of the multinomial likelihood ratio to the data, for two primaries."""
    share = np.array([fraction, 1.0 - fraction])
    nominal, down, up = share @ channels.nominal[0], share @ channels.down[0, 0], share @ channels.up[0, 0]
    t = nuisance
    mixed = nominal + 0.5 * t * (up + down) + (up - down) / 16 * (15 * t**2 - 10 * t**4 + 3 * t**6)
    counts = channels.counts[0]
    mixed = mixed * counts.sum() / mixed.sum()
    return 2.0 * np.sum(counts * np.log(counts / mixed))


def test_the_ends_are_where_the_definition_says():
    channels = two_primaries()
    found = intervals(channels, np.array([0]), channels.counts, np.array([[1.0, 0.0]]))
    assert found.converged.all()
    assert found.value[0] == pytest.approx(0.3, abs=1e-6)
    low = brentq(lambda f: ratio(channels, f) - 1.0, 0.001, 0.3)
    high = brentq(lambda f: ratio(channels, f) - 1.0, 0.3, 0.999)
    assert found.stat[:, 0] == pytest.approx([0.3 - low, high - 0.3], abs=1e-6)
    # the nuisance parameter: over all of its values, the outermost of the ends
    for side, edge in ((0, 0.001), (1, 0.999)):

        def inward(nuisance, edge=edge):
            best = minimize_scalar(lambda f: ratio(channels, f, nuisance), bounds=(0.001, 0.999), method="bounded")
            level = best.fun + 1.0 - nuisance**2
            end = brentq(lambda f: ratio(channels, f, nuisance) - level, best.x, edge)
            return -abs(end - 0.3)

        outermost = min(minimize_scalar(inward, bounds=b, method="bounded").fun for b in ((-0.999, 0), (0, 0.999)))
        assert np.hypot(found.stat, found.syst)[side, 0] == pytest.approx(-outermost, rel=5e-3)


def test_the_systematic_uncertainty_is_the_change_with_the_nuisance_parameter_for_many_events():
    channels = two_primaries(2e5)
    found = intervals(channels, np.array([0]), channels.counts, np.array([[1.0, 0.0]]))
    moved = solve(channels, np.array([0, 0]), np.tile(channels.counts, (2, 1)), np.array([[-1.0], [1.0]])).fractions[
        :, 0
    ]
    assert found.syst[:, 0] == pytest.approx(np.sort(np.abs(moved - 0.3)), rel=0.05)
    assert found.stat[0, 0] < 0.1 * found.syst[0, 0]


def test_at_the_edges_of_the_simplex_intervals_end_there(channels):
    truths = np.eye(4)
    counts = np.stack([expected(channels, 5, truth) for truth in truths])
    index = np.full(4, 5)
    own = intervals(channels, index, counts, truths)
    assert own.value == pytest.approx(np.ones(4), abs=1e-6)
    assert own.stat[1] == pytest.approx(np.zeros(4), abs=1e-6)
    assert own.at_limit[1].all()
    assert ((own.stat[0] > 1e-3) & (own.stat[0] < 0.4)).all()
    other = intervals(channels, index, counts, np.roll(truths, 1, axis=0))
    assert other.value == pytest.approx(np.zeros(4), abs=1e-6)
    assert other.at_limit[0].all()
    assert (other.stat[1] > 1e-4).all()
    for found in (own, other):
        assert found.converged.all()
        total = np.hypot(found.stat, found.syst)
        assert (found.value - total[0] >= -1e-9).all()
        assert (found.value + total[1] <= 1 + 1e-9).all()


TRUTH = np.array([0.45, 0.25, 0.2, 0.1])


def test_fractions_of_simulated_mixtures_are_recovered(channels):
    """No bias, and pulls of <ln A> of width one, with as many events as the first energy bin has."""
    toys = 400
    counts = simulate(channels, 0, TRUTH, toys, 11)
    found = solve(channels, np.zeros(toys, int), counts)
    assert found.converged.all()
    spread = found.fractions.std(axis=0)
    deviation = (found.fractions.mean(axis=0) - TRUTH) / (spread / np.sqrt(toys))
    assert np.abs(deviation).max() < 4.0
    logarithms = np.log([1.0, 4.0, 14.0, 56.0])
    pulls = pulls_of(channels, 0, TRUTH, logarithms, found.fractions, counts)
    assert abs(pulls.mean()) < 4.0 / np.sqrt(toys)
    assert pulls.std() == pytest.approx(1.0, abs=4.0 / np.sqrt(2 * toys))


def pulls_of(channels, channel, truth, coefficients, fractions, counts):
    toys = len(counts)
    rows, index = np.tile(coefficients, (toys, 1)), np.full(toys, channel)
    value = fractions @ coefficients
    nothing = np.zeros((toys, len(channels.nuisances)))
    best = solve(channels, index, counts).value
    low, _, _ = crossing(channels, index, counts, nothing, rows, value, best, rows.min(axis=1), np.ones(toys))
    high, _, _ = crossing(channels, index, counts, nothing, rows, value, best, rows.max(axis=1), np.ones(toys))
    true = truth @ coefficients
    return (value - true) / np.where(value > true, value - low, high - value)


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_statistical_intervals_cover_the_truth(channels, place):
    toys = 400
    counts = simulate(channels, 2, TRUTH, toys, 5)
    coefficients = np.eye(4)[place]
    fractions = solve(channels, np.full(toys, 2), counts).fractions
    pulls = pulls_of(channels, 2, TRUTH, coefficients, fractions, counts)
    covered = np.mean(np.abs(pulls) <= 1.0)
    assert covered == pytest.approx(0.6827, abs=4 * np.sqrt(0.68 * 0.32 / toys))


def test_at_the_edge_intervals_cover_at_least_as_often(channels):
    """A fraction that is really 0 is covered by all intervals that reach it: half of the toys, and most of the rest."""
    toys = 400
    truth = np.array([0.6, 0.0, 0.4, 0.0])
    counts = simulate(channels, 2, truth, toys, 5)
    fractions = solve(channels, np.full(toys, 2), counts).fractions
    with np.errstate(invalid="ignore"):
        pulls = pulls_of(channels, 2, truth, np.eye(4)[3], fractions, counts)
    covered = np.mean(~(np.abs(pulls) > 1.0))
    assert covered > 0.6827


def test_total_intervals_cover_the_truth_when_the_scale_is_off(scale_only, generator):
    toys = 250
    random = generator(21)
    shifts = np.clip(random.standard_normal(toys), -2.5, 2.5)
    truth = np.array([0.5, 0.0, 0.5, 0.0])
    means = [np.maximum(expected(scale_only, 4, truth, np.array([shift])), 0.0) for shift in shifts]
    counts = random.poisson(means).astype(np.float64)
    logarithms = np.log([1.0, 4.0, 14.0, 56.0])
    found = intervals(scale_only, np.full(toys, 4), counts, np.tile(logarithms, (toys, 1)))
    assert found.converged.all()
    down, up = np.hypot(found.stat, found.syst)
    true = truth @ logarithms
    covered = np.mean((found.value - down <= true) & (true <= found.value + up))
    assert covered == pytest.approx(0.6827, abs=4 * np.sqrt(0.68 * 0.32 / toys))
    # statistical intervals alone do not
    alone = np.mean((found.value - found.stat[0] <= true) & (true <= found.value + found.stat[1]))
    assert alone < 0.45
