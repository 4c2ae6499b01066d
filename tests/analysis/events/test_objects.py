"""Objects of a small file that is written as NanoAOD is, and of real events."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pytest
import uproot

from analysis.checking.protection import protect
from analysis.errors import DataError, StudyError
from analysis.events.columns import with_columns
from analysis.events.identity import identify
from analysis.events.objects import objects
from analysis.events.references import Reference, follow
from analysis.readers.chunks import read_chunk
from analysis.studies.htautau.datasets import DIMUON

EVENTS = 200


def momenta(random: np.random.Generator, counts: np.ndarray, **more: Any) -> ak.Array:
    total = int(counts.sum())
    fields = {
        "pt": random.exponential(30.0, total).astype(np.float32),
        "eta": random.normal(0.0, 1.0, total).astype(np.float32),
        "phi": random.uniform(-np.pi, np.pi, total).astype(np.float32),
        **more,
    }
    return ak.zip({name: ak.unflatten(field, counts) for name, field in fields.items()})


def pointing(random: np.random.Generator, counts: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """An index for each object: -1, or the place of one of the event's targets."""
    return np.concatenate([random.integers(-1, n, k) for k, n in zip(counts, targets, strict=True)]).astype(np.int16)


@pytest.fixture(scope="module")
def flat(tmp_path_factory: pytest.TempPathFactory) -> ak.Array:
    """Flat branches as they come out of a ROOT file that is arranged like NanoAOD."""
    random = np.random.default_rng(7)
    muons, jets, particles = (random.integers(0, most, EVENTS) for most in (4, 6, 8))
    particles[0], jets[0], muons[0] = 7, 5, 3
    mothers = np.concatenate([np.arange(-1, n - 1) for n in particles]).astype(np.int16)
    few = random.integers(0, 3, EVENTS)
    tree = {
        "run": np.full(EVENTS, 362_105, np.uint32),
        "luminosityBlock": np.arange(EVENTS, dtype=np.uint32) // 10 + 1,
        "event": np.arange(EVENTS, dtype=np.uint64),
        "genWeight": random.normal(1.0, 0.1, EVENTS).astype(np.float32),
        "Muon": momenta(
            random,
            muons,
            mass=np.full(muons.sum(), 0.1057, np.float32),
            charge=random.choice([-1, 1], muons.sum()).astype(np.int32),
            jetIdx=pointing(random, muons, jets),
            genPartIdx=pointing(random, muons, particles),
            photonIdx=np.full(muons.sum(), -1, np.int16),
        ),
        "Jet": momenta(
            random,
            jets,
            mass=random.uniform(1.0, 20.0, jets.sum()).astype(np.float32),
            muonIdx1=pointing(random, jets, muons),
        ),
        "GenPart": momenta(random, particles, mass=np.zeros(particles.sum(), np.float32), genPartIdxMother=mothers),
        "Tau": momenta(random, few, mass=np.ones(few.sum(), np.float32), genPartIdx=pointing(random, few, particles)),
        "FsrPhoton": momenta(random, few),
        "TrigObj": momenta(random, few, filterBits=random.integers(0, 8, few.sum()).astype(np.int32)),
        "SV": momenta(random, few, mass=np.ones(few.sum(), np.float32), x=np.zeros(few.sum(), np.float32)),
        "MET_pt": random.exponential(20.0, EVENTS).astype(np.float32),
        "MET_phi": random.uniform(-np.pi, np.pi, EVENTS).astype(np.float32),
        "MET_sumEt": random.exponential(500.0, EVENTS).astype(np.float32),
        "PV_npvs": random.integers(1, 60, EVENTS).astype(np.int32),
        "HLT_IsoMu24": random.random(EVENTS) < 0.3,
        "HLT_Mu50": random.random(EVENTS) < 0.1,
    }
    path = tmp_path_factory.mktemp("nano") / "nano.root"
    with uproot.recreate(path) as file:
        file.mktree(
            "Events",
            {name: branch.type if isinstance(branch, ak.Array) else branch.dtype for name, branch in tree.items()},
        )
        file["Events"].extend(tree)
    with uproot.open(path) as file:
        return with_columns(file["Events"].arrays(), {"identity": identify("nano", 0, EVENTS)})


def test_what_becomes_of_flat_branches(flat: ak.Array) -> None:
    assert {"nMuon", "Muon_pt", "nSV", "HLT_Mu50", "MET_sumEt"} < set(flat.fields)
    events = objects(flat)
    collections = ["Muon", "Jet", "GenPart", "Tau", "FsrPhoton", "TrigObj", "SV"]
    flat_ones = ["run", "luminosityBlock", "event", "genWeight"]
    assert events.fields == [*flat_ones, *collections, "MET", "PV", "HLT", "identity"]
    for name in flat_ones:
        assert ak.array_equal(events[name], flat[name])
    for name in collections:
        assert ak.array_equal(events[name].pt, flat[f"{name}_pt"], dtype_exact=False)
        assert ak.num(events[name]).to_list() == flat[f"n{name}"].to_list()
    assert events.HLT.fields == ["IsoMu24", "Mu50"]
    assert ak.array_equal(events.HLT.Mu50, flat.HLT_Mu50)
    assert events.PV.npvs.to_list() == flat.PV_npvs.to_list()
    records = {name: events[name].layout.content.parameter("__record__") for name in collections}
    assert records == {
        **dict.fromkeys(["Muon", "Jet", "GenPart", "Tau", "FsrPhoton"], "Momentum4D"),
        "TrigObj": "Momentum3D",
        "SV": None,  # a place and a momentum
    }
    assert events.MET.layout.parameter("__record__") == "Momentum2D"
    assert ak.all(events.FsrPhoton.mass == 0.0, axis=None)


def test_vectors_agree_with_numbers_by_hand(flat: ak.Array) -> None:
    events = objects(flat)
    two = events[ak.num(events.Muon) >= 2]
    first, second = two.Muon[:, 0], two.Muon[:, 1]
    pt, eta, phi, mass = (
        np.stack([ak.to_numpy(one[name]).astype(np.float64) for one in (first, second)])
        for name in ("pt", "eta", "phi", "mass")
    )
    x, y, z = pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)
    energy = np.sqrt(x**2 + y**2 + z**2 + mass**2)
    pair = np.sqrt(energy.sum(0) ** 2 - x.sum(0) ** 2 - y.sum(0) ** 2 - z.sum(0) ** 2)
    assert len(two) > 50
    np.testing.assert_allclose(ak.to_numpy((first + second).mass), pair, rtol=1e-9)
    turn = np.abs(phi[0] - phi[1])
    apart = np.hypot(eta[0] - eta[1], np.minimum(turn, 2 * np.pi - turn))
    np.testing.assert_allclose(ak.to_numpy(first.deltaR(second)), apart, rtol=1e-9)
    transverse = first + events[ak.num(events.Muon) >= 2].MET.to_Vector4D(eta=0.0, mass=0.0)
    met = events[ak.num(events.Muon) >= 2].MET
    expected = np.hypot(x[0] + ak.to_numpy(met.px), y[0] + ak.to_numpy(met.py))
    np.testing.assert_allclose(ak.to_numpy(transverse.pt), expected, rtol=1e-9)


def test_real_muons_have_the_mass_that_their_energies_and_momenta_give(mirror: Path) -> None:
    raw = read_chunk([mirror / DIMUON.files[0].mirror], DIMUON, 0, 20_000)
    events = objects(raw)
    assert "nMuon" not in events.fields
    two = events[(ak.num(events.Muon) == 2) & (ak.sum(events.Muon.charge, axis=1) == 0)]
    masses = ak.to_numpy((two.Muon[:, 0] + two.Muon[:, 1]).mass)
    pairs = raw[(ak.num(raw.Muon_pt) == 2) & (ak.sum(raw.Muon_charge, axis=1) == 0)]
    pt, eta, phi, mass = (
        np.stack([ak.to_numpy(pairs[f"Muon_{name}"][:, i]).astype(np.float64) for i in (0, 1)], axis=-1)
        for name in ("pt", "eta", "phi", "mass")
    )
    momentum = np.stack([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)])
    energy = np.sqrt((momentum**2).sum(0) + mass**2)
    by_hand = np.sqrt(energy.sum(-1) ** 2 - (momentum.sum(-1) ** 2).sum(0))
    assert len(masses) > 5_000
    np.testing.assert_allclose(masses, by_hand, rtol=1e-6)


def test_references_are_the_objects_that_indices_point_to(flat: ak.Array) -> None:
    events = objects(flat)
    assert events.Muon.fields[-2:] == ["jet", "genPart"]  # photonIdx points to what is not there
    assert events.Jet.fields[-1] == "muon1"
    assert "genPart" not in events.Tau.fields  # of two collections
    for own, index, name, target in (
        ("Muon", "jetIdx", "jet", "Jet"),
        ("Jet", "muonIdx1", "muon1", "Muon"),
        ("GenPart", "genPartIdxMother", "parent", "GenPart"),
    ):
        expected = [
            [None if i < 0 else there[i] for i in indices]
            for indices, there in zip(flat[f"{own}_{index}"].to_list(), flat[f"{target}_pt"].to_list(), strict=True)
        ]
        assert events[own][name].pt.to_list() == expected
        assert any(one is None for some in expected for one in some)
    # cuts on either side leave them alone
    hard = events.Muon[events.Muon.pt > 20.0]
    assert hard.jet.pt.to_list() == events.Muon.jet.pt[events.Muon.pt > 20.0].to_list()
    near = ak.drop_none(events.Muon.deltaR(events.Muon.jet))
    assert ak.count(near) == ak.sum(flat.Muon_jetIdx >= 0)


def test_follow_goes_on_from_what_was_found(flat: ak.Array) -> None:
    events = objects(flat)
    grandparents = follow(events.GenPart.parent.genPartIdxMother, events.GenPart)
    first = flat.GenPart_pt[0].to_list()
    assert grandparents.pt[0].to_list() == [None, None, *first[:-2]]
    some = events[flat.nGenPart > 3][::-1]
    again = follow(some.GenPart.genPartIdxMother, some.GenPart)
    assert again.pt.to_list() == some.GenPart.parent.pt.to_list()
    leading = follow(ak.Array([1, -1, None]), ak.Array([[{"x": 1}, {"x": 2}], [], [{"x": 3}]]))
    assert leading.x.to_list() == [2, None, None]


def test_references_of_ones_own(flat: ak.Array) -> None:
    events = objects(flat, references=(Reference("Muon_jetIdx", "Jet", "nearest"),))
    assert events.Muon.fields[-1] == "nearest"
    assert "parent" not in events.GenPart.fields
    assert objects(flat, references=()).Muon.fields == ["pt", "eta", "phi", "mass", "charge", *events.Muon.fields[5:-1]]
    for reference, message in (
        (Reference("Muon_jetidx", "Jet", "jet"), "belongs to no object; did you mean 'Muon_jetIdx'?"),
        (Reference("Muon_jetIdx", "Jets", "jet"), "points to 'Jets', which is no collection; did you mean 'Jet'?"),
        (Reference("Muon_jetIdx", "MET", "jet"), "points to 'MET', which is no collection"),
    ):
        with pytest.raises(StudyError) as unknown:
            objects(flat, references=(reference,))
        assert message in str(unknown.value)
    with pytest.raises(DataError, match="would be the field 'pt' of Muon, which exists"):
        objects(flat, references=(Reference("Muon_jetIdx", "Jet", "pt"),))
    with pytest.raises(DataError, match="the branch 'Muon_pt' is float32, not whole numbers"):
        objects(flat, references=(Reference("Muon_pt", "Jet", "jet"),))


def test_chosen_collections_and_columns(flat: ak.Array) -> None:
    events = objects(flat, collections=["Muon", "Jet"])
    assert {"Muon", "Jet", "nTau", "Tau_pt", "MET_pt", "HLT_Mu50"} < set(events.fields)
    assert "genPart" not in events.Muon.fields
    # without the numbers of objects, which a stage may not read
    few = objects(flat[["Muon_pt", "Muon_eta", "Muon_jetIdx", "Jet_pt", "run"]])
    assert few.fields == ["Muon", "Jet", "run"]
    assert few.Muon.jet.pt.to_list() == events.Muon.jet.pt.to_list()
    with pytest.raises(StudyError, match=r"no branch Muons_\.\.\.; did you mean 'Muon'\?"):
        objects(flat, collections=["Muons"])


def test_some_events_and_none_and_protected_ones(flat: ak.Array) -> None:
    events = objects(flat)
    chosen = np.arange(EVENTS) % 3 == 1
    for some in (chosen, slice(20, 50), np.arange(EVENTS)[::-1]):
        part = objects(flat[some])
        assert part.to_list() == events[some].to_list()
    assert str(objects(flat[:0]).type) == str(events.type).replace(f"{EVENTS} *", "0 *", 1)
    assert objects(protect(flat)).to_list() == events.to_list()


def shorter(flat: ak.Array, field: str, row: int) -> ak.Array:
    lists = flat[field].to_list()
    lists[row] = lists[row][:-1]
    return ak.with_field(flat, ak.values_astype(ak.Array(lists), np.float32), field)


def test_lists_that_are_not_as_long_as_they_should_be(flat: ak.Array) -> None:
    wrong = shorter(flat, "Muon_eta", 0)
    with pytest.raises(DataError) as counted:
        objects(wrong)
    identity = flat.identity[0]
    assert f"'Muon_eta' has 2 values in event 0 (identity {identity}), but 'nMuon' says 3" in str(counted.value)
    with pytest.raises(DataError, match=r"'Muon_eta' has 2 values in event 0, but 'Muon_pt' has 3"):
        objects(wrong[["Muon_pt", "Muon_eta"]])
    both = {"Jet_pt": [[1.0], [2.0]], "Jet_HT": [1.0, 2.0]}
    with pytest.raises(DataError, match="'Jet_HT' has one value an event, but 'Jet_pt' a list"):
        objects(ak.Array(both))
    with pytest.raises(DataError, match="'Jet' has the name of the objects that 'Jet_pt' is part of"):
        objects(ak.Array({"Jet": [1, 2], "Jet_pt": [[1.0], [2.0]]}))
    with pytest.raises(DataError, match="'Jet_pt' is missing in event 1, and in 1 events in all"):
        objects(ak.Array({"Jet_pt": [[1.0], None]}))


@pytest.mark.parametrize("index", [-2, 5])
def test_indices_that_point_outside(flat: ak.Array, index: int) -> None:
    indices = flat.Muon_jetIdx.to_list()
    indices[0][1] = index
    wrong = ak.with_field(flat, ak.values_astype(ak.Array(indices), np.int16), "Muon_jetIdx")
    with pytest.raises(DataError) as outside:
        objects(wrong)
    told = f"the branch 'Muon_jetIdx' is {index} in event 0 (identity {flat.identity[0]}), where it can point to 5"
    assert told in str(outside.value)
    assert objects(wrong, references=()).Muon.jetIdx[0].to_list() == indices[0]


def test_events_of_another_kind_are_left_as_they_are() -> None:
    events = ak.Array({"pt_1": [1.0, 2.0], "name": ["a", "b"], "npv": [3, 4], "btagWeight_CSV": [1.0, 1.0]})
    assert objects(events).to_list() == events.to_list()
    assert objects(ak.Array({"File_name": ["a", "b"]})).File.name.to_list() == ["a", "b"]
    ntuple = objects(ak.Array({"el_pt": [[1.0, 2.0], []], "el_eta": [[0.5, 0.1], []], "el_phi": [[0.0, 0.0], []]}))
    assert ntuple.el.p.to_list()[1] == []
    assert ntuple.el.px.to_list()[0] == [1.0, 2.0]
