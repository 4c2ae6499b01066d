from __future__ import annotations

import numpy as np

from analysis.events.noise import generator
from analysis.studies.calorimeter.simulation.random_numbers import BEAM, READOUT, child, stream, uniform


def test_numbers_are_uniform_and_belong_to_their_particle() -> None:
    states = stream(np.arange(20_000, dtype=np.uint64), 2)
    alone = states[77:78].copy()
    first, second = uniform(states), uniform(states)
    assert abs(first.mean() - 0.5) < 0.01
    assert abs(np.asarray(np.corrcoef(first, second))[0, 1]) < 0.03
    assert 0 < first.min() < first.max() < 1
    assert (uniform(alone)[0], uniform(alone)[0]) == (first[77], second[77])


def test_children_have_numbers_of_their_own() -> None:
    parents = stream(np.arange(20_000, dtype=np.uint64), 2)
    first, second = child(parents, 1), child(parents, 2)
    assert len(np.unique(np.concatenate([parents, first, second]))) == 60_000
    drawn = [uniform(one) for one in (parents, first, second)]
    assert np.abs(np.asarray(np.corrcoef(np.stack(drawn)))[np.triu_indices(3, 1)]).max() < 0.03


def test_stages_differ() -> None:
    assert generator(7, BEAM).random() != generator(7, READOUT).random()
    assert stream(np.array([7], np.uint64), 1)[0] != stream(np.array([7], np.uint64), 2)[0]
