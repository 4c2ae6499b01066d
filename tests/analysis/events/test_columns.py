from __future__ import annotations

import awkward as ak
import numpy as np
import pytest

from analysis.errors import StudyError
from analysis.events.columns import presence, values, with_columns

LISTED = [1.5, None, 3.5]
BYTES = ak.contents.ByteMaskedArray(
    ak.index.Index8(np.array([0, 1, 0], dtype=np.int8)), ak.contents.NumpyArray(np.array([1.5, 9.0, 3.5])), False
)


@pytest.mark.parametrize(
    "layout",
    [
        ak.Array(LISTED).layout,
        BYTES,
        BYTES.to_BitMaskedArray(True, True),
        BYTES.to_IndexedOptionArray64(),
    ],
    ids=lambda layout: type(layout).__name__,
)
def test_every_kind_of_option(layout: ak.contents.Content) -> None:
    events = ak.Array(ak.contents.RecordArray([layout], ["x"]))
    present = presence(events, "x")
    assert present is not None
    assert present.tolist() == [True, False, True]
    assert values(events, "x").shape == (3,)
    assert values(events, "x")[present].tolist() == [1.5, 3.5]


def test_an_option_that_misses_nothing() -> None:
    events = ak.Array(ak.contents.RecordArray([ak.contents.UnmaskedArray(ak.contents.NumpyArray(np.arange(3)))], ["x"]))
    present = presence(events, "x")
    assert present is not None
    assert present.all()
    assert values(events, "x").tolist() == [0, 1, 2]


def test_a_slice_of_events() -> None:
    events = ak.Array(ak.contents.RecordArray([BYTES, ak.contents.NumpyArray(np.arange(3))], ["x", "y"]))
    assert values(events[1:], "y").tolist() == [1, 2]
    assert presence(events[1:], "x").tolist() == [False, True]  # type: ignore[union-attr]
    assert values(events[1:], "x")[1] == 3.5


def test_a_field_without_missing_values() -> None:
    events = ak.Array({"x": np.arange(3)})
    assert presence(events, "x") is None
    assert np.shares_memory(values(events, "x"), np.asarray(events.x))


def test_adding_and_replacing() -> None:
    events = ak.Array({"x": np.arange(2), "y": np.arange(2)})
    changed = with_columns(events, {"z": np.array([True, False]), "x": np.array([1.5, 2.5])})
    assert changed.fields == ["x", "y", "z"]
    assert changed.to_list() == [{"x": 1.5, "y": 0, "z": True}, {"x": 2.5, "y": 1, "z": False}]
    assert events.fields == ["x", "y"]
    assert len(with_columns(events[:0], {"z": np.zeros(0)})) == 0


def test_an_unknown_field() -> None:
    events = ak.Array({"x": np.arange(2), "y": np.arange(2)})
    with pytest.raises(StudyError, match="no field 'z'") as caught:
        values(events, "z")
    assert caught.value.cure == "use one of: x, y"
    with pytest.raises(StudyError, match="no field 'z'"):
        presence(events, "z")
