from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

from analysis.events.identity import fold_of, identify


def test_stored_values() -> None:
    """These numbers decide which network scores an event: they must never change."""
    assert identify("DYJetsToLL", 0, 3).tolist() == [
        17398114093582533192,
        7079736314970547084,
        11318464042837920601,
    ]
    assert identify("Run2012B", 13_571, 1).tolist() == [9058372882227998195]
    assert fold_of(identify("DYJetsToLL", 0, 10), 5).tolist() == [4, 1, 3, 0, 0, 4, 4, 4, 2, 4]


def test_chunks_do_not_matter() -> None:
    whole = identify("TTbar", 0, 10_000)
    parts = [identify("TTbar", start, min(777, 10_000 - start)) for start in range(0, 10_000, 777)]
    assert np.array_equal(np.concatenate(parts), whole)
    assert identify("TTbar", 5, 0).shape == (0,)


def test_no_two_events_share_an_identity() -> None:
    names = ["DYJetsToLL", "TTbar", "W1JetsToLNu", "Run2012B"]
    identities = np.concatenate([identify(name, 0, 250_000) for name in names])
    assert len(np.unique(identities)) == 1_000_000


@pytest.mark.parametrize("folds", [2, 3, 5, 7, 10])
@pytest.mark.parametrize("name", ["DYJetsToLL", "TTbar"])
def test_folds_are_uniform(folds: int, name: str) -> None:
    counts = np.bincount(fold_of(identify(name, 0, 200_000), folds), minlength=folds)
    assert len(counts) == folds
    expected = 200_000 / folds
    assert chi2.sf(((counts - expected) ** 2 / expected).sum(), folds - 1) > 1e-3


@pytest.mark.parametrize("lag", [1, 2, 5, 64])
def test_neighbours_are_independent(lag: int) -> None:
    fold = fold_of(identify("DYJetsToLL", 0, 200_000), 5)
    table = np.histogram2d(fold[:-lag], fold[lag:], bins=(5, 5))[0]
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True) / table.sum()
    assert chi2.sf(((table - expected) ** 2 / expected).sum(), 16) > 1e-3


def test_data_sets_are_independent() -> None:
    first, second = (fold_of(identify(name, 0, 200_000), 5) for name in ("W1JetsToLNu", "W2JetsToLNu"))
    table = np.histogram2d(first, second, bins=(5, 5))[0]
    assert chi2.sf(((table - 8_000.0) ** 2 / 8_000.0).sum(), 24) > 1e-3
