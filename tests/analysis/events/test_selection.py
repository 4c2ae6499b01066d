from __future__ import annotations

from typing import Any

import awkward as ak
import numpy as np
import pytest

from analysis.errors import DataError, StudyError
from analysis.events.selection import passes
from analysis.study import Cut

EVENTS = ak.Array({"x": [1.0, 2.0, 3.0], "q": [True, False, True], "m": [None, 2.0, 3.0]})


@pytest.mark.parametrize(
    ("relation", "expected"),
    [
        ("<", [True, False, False]),
        ("<=", [True, True, False]),
        (">", [False, False, True]),
        (">=", [False, True, True]),
        ("==", [False, True, False]),
        ("!=", [True, False, True]),
    ],
)
def test_relations(relation: Any, expected: list[bool]) -> None:
    assert passes(EVENTS, [Cut("x", relation, 2.0)]).tolist() == expected


def test_all_cuts_have_to_be_passed() -> None:
    assert passes(EVENTS, []).tolist() == [True, True, True]
    assert passes(EVENTS, [Cut("q", "==", True), Cut("x", "<", 2.5)]).tolist() == [True, False, False]


@pytest.mark.parametrize("relation", ["<", "!=", ">="])
def test_a_missing_value_passes_nothing(relation: Any) -> None:
    assert not passes(EVENTS, [Cut("m", relation, 2.5)])[0]


def test_float32_fields_are_compared_as_float32() -> None:
    events = ak.Array({"x": np.array([0.1], dtype=np.float32)})
    assert not passes(events, [Cut("x", ">", 0.1)])[0]
    assert not passes(events, [Cut("x", "<", 0.1)])[0]


def test_unknown_fields_and_relations() -> None:
    with pytest.raises(StudyError, match="no field 'y'"):
        passes(EVENTS, [Cut("y", "<", 2.0)])
    with pytest.raises(StudyError, match="the cut on 'x': its relation is '<<', not one of"):
        passes(EVENTS, [Cut("x", "<<", 2.0)])  # type: ignore[arg-type]


def test_what_is_not_a_number_neither_passes_nor_vanishes() -> None:
    events = ak.Array({"identity": [7, 8], "jets": [2, 0], "mjj": [np.nan, np.nan]})
    with pytest.raises(DataError, match=r"'mjj', which is cut on, is not a finite number in event 0 \(identity 7\)"):
        passes(events, [Cut("jets", ">=", 2), Cut("mjj", ">", 300.0)])
    # an event that is left out by a cut before needs no number
    assert passes(events, [Cut("jets", "<", 1)]).tolist() == [False, True]
    assert passes(events, [Cut("jets", ">", 2), Cut("mjj", ">", 300.0)]).tolist() == [False, False]
