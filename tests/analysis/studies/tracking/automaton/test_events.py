import numpy as np
import pytest

from analysis.errors import DataError
from analysis.studies.tracking.automaton.cuts import Cuts
from analysis.studies.tracking.automaton.events import Event, batches, find_in_events
from tests.analysis.studies.tracking.automaton import toy

ALL = Cuts(shared=4.0)


def _sets(found):
    return {tuple(hits) for hits in found.hits.tolist()}


@pytest.mark.long
def test_every_track_without_noise_is_found():
    event, truth = toy.event(8)
    (found,) = find_in_events([event], toy.passes(), (toy.LARGE,))
    tracks = truth[found.hits[:, :3]]
    assert (tracks == tracks[:, :1]).all()
    counts = np.bincount(truth)
    assert set(tracks[:, 0].tolist()) == set(np.flatnonzero(counts >= 3).tolist())
    assert np.isfinite(found.badness).all()


@pytest.mark.long
def test_seeds_of_four_are_the_cells_that_have_a_neighbour_among_all_combinations():
    event, _ = toy.event(12, noise=40, seed=5)
    (found,) = find_in_events([event], toy.passes(ALL), (toy.LARGE,))
    chained = {tuple(hits[:3]) for hits in found.hits.tolist() if hits[3] >= 0}
    assert chained == toy.chained(event, toy.geometry(), ALL)
    assert len(chained) > 8


@pytest.mark.long
def test_seeds_do_not_depend_on_order_batch_or_padding():
    events = [toy.event(6, noise=10, seed=seed)[0] for seed in range(3)]
    layers = toy.passes(Cuts(momentum=1.0), Cuts())
    alone = [_sets(one) for one in find_in_events(events, layers, (toy.LARGE,))]
    assert [_sets(one) for one in find_in_events(events, layers, (toy.LARGE,), length=4)] == alone
    assert [_sets(one) for one in find_in_events(events, layers, (toy.SMALL, toy.LARGE))] == alone
    order = np.random.default_rng(0).permutation(len(events[0].x))
    (mixed,) = find_in_events([Event._make(values[order] for values in events[0])], layers, (toy.LARGE,))
    assert {tuple(order[i] if i >= 0 else -1 for i in hits) for hits in mixed.hits} == alone[0]


@pytest.mark.long
def test_overflow_goes_to_the_next_class_and_is_an_error_in_the_last():
    event, _ = toy.event(8, noise=20)
    tight = toy.SMALL._replace(cells=4)
    (found,) = find_in_events([event], toy.passes(), (tight, toy.LARGE))
    assert (found.size, found.retries) == (1, 1)
    assert _sets(found) == _sets(find_in_events([event], toy.passes(), (toy.LARGE,))[0])
    # the pass alone, and what comes after it has more room at once
    (found,) = find_in_events([event], toy.passes(Cuts(), Cuts()), (tight, toy.LARGE))
    assert (found.size, found.retries) == (1, 1)
    with pytest.raises(DataError, match=r"event 0 does not fit .* too many cells"):
        find_in_events([event], toy.passes(), (tight,))
    with pytest.raises(DataError, match="space points"):
        find_in_events([event], toy.passes(), (tight._replace(points=10),))


def test_batches_hold_one_class_each():
    events = [toy.event(tracks, noise=noise)[0] for tracks, noise in ((4, 0), (8, 600), (5, 0), (6, 0))]
    assert batches(events, toy.geometry(), (toy.SMALL, toy.LARGE), 2) == [(0, [0, 2]), (0, [3]), (1, [1])]


@pytest.mark.long
def test_an_event_without_space_points_has_no_seeds():
    none = np.zeros(0, np.float32)
    empty = Event(none, none, none, np.zeros(0, np.int32))
    (found,) = find_in_events([empty], toy.passes(), (toy.SMALL,))
    assert found.hits.shape == (0, 4)
