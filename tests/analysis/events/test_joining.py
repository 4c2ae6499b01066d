from __future__ import annotations

import awkward as ak
import numpy as np
import pytest

from analysis.errors import DataError
from analysis.events.joining import joined, of_events


def events(*identity: int, **columns: object) -> ak.Array:
    return ak.Array({"identity": np.array(identity, np.uint64), **columns})


def test_records_follow_the_order_of_the_events():
    truth = events(4, 1, 3, energy=[40.0, 10.0, 30.0])
    assert of_events(truth, np.array([1, 3, 3], np.uint64)).energy.to_list() == [10.0, 30.0, 30.0]
    assert len(of_events(truth, np.array([], np.uint64))) == 0
    assert of_events(truth[:0], np.array([], np.uint64)).fields == ["identity", "energy"]


@pytest.mark.parametrize("known", [(1, 3), ()])
def test_event_without_a_record_is_named(known: tuple[int, ...]):
    truth = ak.values_astype(ak.Array({"identity": np.array(known, np.uint64)}), np.uint64)
    with pytest.raises(DataError, match=r"1 of 1 events have no record to join.* identity 2"):
        of_events(truth, np.array([2], np.uint64))


def test_fields_are_added_in_order_with_a_prefix():
    both = joined(events(1, 2, energy=[1.0, 2.0]), events(1, 2, energy=[1.5, 2.5], sizes=[[1], []]), "true_")
    assert both.fields == ["identity", "energy", "true_energy", "true_sizes"]
    assert both.to_list()[1] == {"identity": 2, "energy": 2.0, "true_energy": 2.5, "true_sizes": []}


@pytest.mark.parametrize(
    ("others", "message"),
    [
        (events(1, 3, x=[1, 2]), "of other events"),
        (events(1, x=[1]), "2 events cannot be joined with 1"),
        (events(1, 2, energy=[1.0, 2.0]), "both records have the field 'energy'"),
    ],
)
def test_other_events_are_refused(others: ak.Array, message: str):
    with pytest.raises(DataError, match=message):
        joined(events(1, 2, energy=[1.0, 2.0]), others)
