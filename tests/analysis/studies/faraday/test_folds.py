from __future__ import annotations

import numpy as np

from analysis.studies.faraday.folds import folds_of


def some_sources(number: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(1)
    return {
        "longitude": random.uniform(0, 360, number),
        "latitude": np.degrees(np.arcsin(random.uniform(-1, 1, number))),
        "identity": random.integers(0, 2**64 - 1, number, dtype=np.uint64),
    }


def test_folds_are_of_equal_size_and_each_source_keeps_its_own():
    sources = some_sources(3000)
    found = folds_of(sources, 3)
    assert np.abs(np.bincount(found) - 1000).max() < 100
    order = np.random.default_rng(2).permutation(3000)
    assert (folds_of({name: one[order] for name, one in sources.items()}, 3) == found[order]).all()


def test_lobes_of_a_source_stay_together():
    sources = some_sources(300)
    for name in ("longitude", "latitude"):
        sources[name] = np.concatenate([sources[name], sources[name]])
    sources["latitude"][300:] += 0.9 / 60
    sources["identity"] = np.random.default_rng(3).integers(0, 2**64 - 1, 600, dtype=np.uint64)
    found = folds_of(sources, 5)
    assert (found[:300] == found[300:]).all()
