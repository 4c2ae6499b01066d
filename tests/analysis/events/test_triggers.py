from __future__ import annotations

from typing import Any

import awkward as ak
import numpy as np
import pytest

from analysis.errors import DataError, StudyError
from analysis.events.objects import objects
from analysis.events.triggers import fired, trigger_bit

FLAT = ak.Array(
    {
        "HLT_IsoMu24_v1": [True, False, False, False],
        "HLT_IsoMu24_v2": [False, True, False, False],
        "HLT_IsoMu24_eta2p1_v1": [False, False, True, False],
        "HLT_Mu50": np.array([0, 0, 0, 1], np.uint8),
        "Muon_pt": [[1.0], [], [], []],
        "prescale_Mu50": [1, 20, 1, 1],
    }
)


@pytest.mark.parametrize("events", [FLAT, objects(FLAT), FLAT[np.arange(4)]], ids=["flat", "objects", "chosen"])
def test_one_of_several_paths(events: ak.Array) -> None:
    assert fired(events, "HLT_Mu50").tolist() == [False, False, False, True]
    assert fired(events, "HLT_IsoMu24_v1", "HLT_Mu50").tolist() == [True, False, False, True]
    assert fired(events, "HLT_IsoMu24_v*").tolist() == [True, True, False, False]
    assert fired(events, "HLT_IsoMu24_*", "HLT_Mu50").tolist() == [True] * 4


def test_a_path_that_the_menu_has_not() -> None:
    with pytest.raises(StudyError) as unknown:
        fired(FLAT, "HLT_Mu50", "HLT_Mu5O")
    assert "no trigger path 'HLT_Mu5O'; did you mean 'HLT_Mu50'?" in unknown.value.problem
    assert "absent=['HLT_Mu5O']" in unknown.value.cure
    with pytest.raises(StudyError, match=r"no trigger path 'HLT_IsoMu27_v\*'"):
        fired(FLAT, "HLT_IsoMu27_v*")
    for path in ("HLT_TkMu100", "HLT_IsoMu27_v*"):
        assert fired(FLAT, "HLT_Mu50", path, absent=[path]).tolist() == [False, False, False, True]
    assert not fired(FLAT, "HLT_TkMu100", absent={"HLT_TkMu100"}).any()


@pytest.mark.parametrize("arguments", [{}, {"paths": ["HLT_Mu50"], "absent": "HLT_Mu50"}])
def test_no_paths(arguments: dict[str, Any]) -> None:
    with pytest.raises(StudyError, match="needs the names of trigger paths"):
        fired(FLAT, *arguments.pop("paths", ()), **arguments)


def test_what_is_absent_has_to_be_asked_for() -> None:
    with pytest.raises(StudyError, match="'HLT_Mu5' is said to be absent, but is none of the paths; did you mean"):
        fired(FLAT, "HLT_Mu50", absent=["HLT_Mu5"])


def test_values_that_are_missing_or_no_bits() -> None:
    events = ak.Array({"HLT_A": [True, None, False]})
    with pytest.raises(DataError, match="'HLT_A' is missing in 1 of 3 events"):
        fired(events, "HLT_A")
    assert fired(events, "HLT_A", absent=["HLT_A"]).tolist() == [True, False, False]
    with pytest.raises(DataError, match="'prescale_Mu50' holds int64, not true and false"):
        fired(FLAT, "prescale_Mu50")
    with pytest.raises(StudyError, match="'Muon_pt' is no number an event"):
        fired(FLAT, "Muon_pt")


def test_bits_of_packed_numbers() -> None:
    packed = ak.Array([[0, 1, 2], [], [255]])
    for bit in range(9):
        expected = [[bool(number >> bit & 1) for number in some] for some in packed.to_list()]
        assert trigger_bit(packed, bit).to_list() == expected
    assert trigger_bit(np.array([-(2**31), 1], np.int32), 31).tolist() == [True, False]
    assert trigger_bit(np.array([2**63, 1], np.uint64), 63).tolist() == [True, False]
    assert trigger_bit(ak.Array([4, None]), 2).to_list() == [True, None]
    assert trigger_bit(ak.Array([[], []]), 2).to_list() == [[], []]
    for wrong in (-1, 32, True):
        with pytest.raises(StudyError, match="numbers of 32 bits have no bit"):
            trigger_bit(np.array([1], np.int32), wrong)
    for values in (np.array([1.0]), np.array([True])):
        with pytest.raises(StudyError, match=r"bits of (float64|bool) are asked for"):
            trigger_bit(values, 0)
