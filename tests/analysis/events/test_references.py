from __future__ import annotations

import awkward as ak
import numpy as np
import pytest

from analysis.errors import DataError
from analysis.events.references import Reference, event_named, follow, lists_of, nano_references

COLLECTIONS = ("Muon", "Jet", "FatJet", "SubJet", "GenPart", "GenJetAK8", "GenVisTau", "Electron", "SV", "FatJetSVs")


@pytest.mark.parametrize(
    ("index", "target", "name"),
    [
        ("Muon_jetIdx", "Jet", "jet"),
        ("Muon_genPartIdx", "GenPart", "genPart"),
        ("Muon_svIdx", "SV", "sv"),
        ("GenPart_genPartIdxMother", "GenPart", "parent"),
        ("GenVisTau_genPartIdxMother", "GenPart", "parent"),
        ("FatJet_subJetIdx1", "SubJet", "subJet1"),
        ("FatJet_genJetAK8Idx", "GenJetAK8", "genJetAK8"),
        ("FatJet_electronIdx3SJ", "Electron", "electron3SJ"),
        ("Jet_electronIdx2", "Electron", "electron2"),
        ("FatJetSVs_jetIdx", "FatJet", "jet"),
        ("FatJetSVs_sVIdx", "SV", "sV"),
    ],
)
def test_names_of_nanoaod(index: str, target: str, name: str) -> None:
    assert nano_references([index, "Muon_pt", "run"], COLLECTIONS) == (Reference(index, target, name),)


def test_what_points_nowhere_or_to_two() -> None:
    assert nano_references(["Muon_fsrPhotonIdx", "Tau_genPartIdx", "Muon_Idx", "jetIdx"], COLLECTIONS) == ()


def test_events_have_to_be_the_same() -> None:
    jets = ak.Array([[{"pt": 1.0}], []])
    with pytest.raises(DataError, match="the index is there for 1 events, what it points to for 2"):
        follow(ak.Array([[0]]), jets)
    with pytest.raises(DataError, match=r"what the index points to is .*, not a list for each event"):
        follow(ak.Array([0, 0]), ak.Array([1.0, 2.0]))
    with pytest.raises(DataError, match=r"the index is .*bool, not whole numbers"):
        follow(ak.Array([[True], []]), jets)


def test_an_index_outside_is_told_with_its_event() -> None:
    jets = ak.Array([[{"pt": 1.0}], [{"pt": 2.0}, {"pt": 3.0}]])
    with pytest.raises(DataError) as outside:
        follow(ak.Array([[0], [1, 2]]), jets, name="Muon_jetIdx", identity=np.array([17, 18], np.uint64))
    assert "Muon_jetIdx is 2 in event 1 (identity 18), where it can point to 2 objects; 1 of 3 are so" in str(
        outside.value
    )
    assert event_named(3, None) == "event 3"


def test_lists_however_they_are_arranged() -> None:
    lists = ak.Array([[1, 2], [], [3]])
    for arranged in (lists[np.array([2, 0])], ak.mask(lists, [True, True, True])[np.array([2, 0])], lists[::-2]):
        offsets, content = lists_of(arranged, "lists")
        assert (offsets.tolist(), ak.to_list(content)) == ([0, 1, 3], [3, 1, 2])
    offsets, content = lists_of(ak.to_regular(ak.Array([[1, 2], [3, 4]])), "lists")
    assert (offsets.tolist(), ak.to_list(content)) == ([0, 2, 4], [1, 2, 3, 4])
