from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import TrainingError
from analysis.events.identity import fold_of, identify
from analysis.learning.data.folds import split


@pytest.mark.parametrize("folds", [3, 5, 10])
def test_every_event_is_tested_once_and_never_by_a_network_that_has_seen_it(folds):
    identity = identify("events", 0, 2000)
    fold = fold_of(identity, folds)
    parts = split(identity, folds)
    tested = np.concatenate([part.test for part in parts])
    assert np.array_equal(np.sort(tested), np.arange(2000))
    for part in parts:
        assert set(fold[part.test]) == {part.network}
        assert set(fold[part.validation]) == {(part.network + 1) % folds}
        together = np.concatenate([part.training, part.validation, part.test])
        assert np.array_equal(np.sort(together), np.arange(2000))


def test_only_trainable_events_are_split():
    identity = identify("events", 0, 500)
    trainable = np.arange(500) % 2 == 0
    for part in split(identity, 5, trainable=trainable):
        for rows in (part.training, part.validation, part.test):
            assert len(rows)
            assert trainable[rows].all()


def test_too_few_folds():
    with pytest.raises(TrainingError, match="2 folds do not suffice"):
        split(identify("events", 0, 10), 2)
