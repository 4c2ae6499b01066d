from __future__ import annotations

from collections.abc import Callable
from typing import Any

import awkward as ak
import numpy as np
import pytest

from analysis.calibration import SavedCalibration
from analysis.studies.htautau.calibration import calibrate
from analysis.studies.htautau.datasets import COLLISIONS, SIMULATION
from analysis.studies.htautau.jets import without_overlap
from analysis.studies.htautau.study import study
from analysis.study import Dataset

Read = Callable[..., ak.Array]

SETTINGS = study.stage("calibrated").step.settings
FLOAT32 = float(np.finfo(np.float32).eps)


def column(events: ak.Array, name: str) -> np.ndarray:
    """Numbers, NaN where there is none."""
    return np.asarray(ak.to_numpy(ak.fill_none(events[name], np.nan)), dtype=np.float64)


def apart(events: ak.Array, jet: str, lepton: str) -> np.ndarray:
    dphi = np.abs(column(events, f"jphi_{jet}") - column(events, f"phi_{lepton}"))
    deta = column(events, f"jeta_{jet}") - column(events, f"eta_{lepton}")
    return np.hypot(deta, np.minimum(dphi, 2 * np.pi - dphi))


@pytest.mark.parametrize("dataset", [*SIMULATION, *COLLISIONS], ids=lambda dataset: dataset.name)
def test_no_jet_is_at_a_selected_lepton(read: Read, saved: SavedCalibration, dataset: Dataset) -> None:
    raw = read(dataset.name)
    events = calibrate(raw, saved, dataset, SETTINGS)
    for jet in ("1", "2"):
        for lepton in ("1", "2"):
            assert np.nanmin(apart(events, jet, lepton)) >= 0.5
        assert np.nanmin(apart(raw, jet, "2")) < 0.1
    # the first of the two is the harder one, and there is no second without a first
    both = ~np.isnan(column(events, "jpt_2"))
    assert (column(events, "jpt_1")[both] >= column(events, "jpt_2")[both]).all()
    # as many as are told, or more
    told = sum(~np.isnan(column(events, f"jpt_{jet}")) for jet in ("1", "2"))
    number = column(events, "njets")
    assert (number >= told).all()
    # exact where the files told all of them
    all_told = column(raw, "njets") <= 2
    assert np.array_equal(number[all_told], told[all_told])


def test_taus_are_jets(read: Read) -> None:
    events = read("DYJetsToLL")
    genuine = events[events.gen_match & (events.njets > 0)]
    assert np.mean(apart(genuine, "1", "2") < 0.4) == pytest.approx(0.79, abs=0.01)
    assert ak.mean(genuine.njets) == pytest.approx(1.23, abs=0.01)
    assert ak.mean(without_overlap(genuine, 0.5).njets) == pytest.approx(0.35, abs=0.01)


@pytest.mark.parametrize("name", ["VBF_HToTauTau", "TTbar", "Run2012B"])
def test_quantities_of_the_jets(read: Read, name: str) -> None:
    raw = read(name)
    events = without_overlap(raw, 0.5)
    assert events.type == raw.type
    near = {jet: np.nan_to_num(np.minimum(apart(raw, jet, "1"), apart(raw, jet, "2")), nan=9.0) < 0.5 for jet in "12"}
    moved = near["1"] & ~near["2"] & ~np.isnan(column(raw, "jpt_2"))
    stayed = ~near["1"]
    for quantity in ("jpt", "jeta", "jphi", "jm", "jbtag"):
        new = column(events, f"{quantity}_1")
        assert np.array_equal(new[moved], column(raw, f"{quantity}_2")[moved])
        assert np.array_equal(new[stayed], column(raw, f"{quantity}_1")[stayed], equal_nan=True)
    # what the files do not tell is missing, whatever the number of jets
    assert np.isnan(column(events, "jpt_2")[near["1"] | near["2"]]).all()
    assert ak.sum(events.njets[moved] > 1) > 0
    # the rest is untouched
    for field in set(raw.fields) - {f for f in raw.fields if f.startswith("j") or f in ("njets", "mjj", "ptjj")}:
        assert ak.array_equal(events[field], raw[field]), field


@pytest.mark.parametrize("name", ["VBF_HToTauTau", "Run2012C"])
def test_masses_of_two_jets_are_of_these(read: Read, name: str) -> None:
    events = without_overlap(read(name), 0.5)
    two = ~np.isnan(column(events, "jpt_2"))
    for quantity in ("mjj", "ptjj", "jdeta"):
        assert np.array_equal(~np.isnan(column(events, quantity)), two)
    c = {name: column(events, name)[two] for name in events.fields if name.startswith("j") or name in ("mjj", "ptjj")}
    px, py, pz, e = np.zeros((4, two.sum()))
    for jet in "12":
        pt, eta, phi, m = (c[f"j{name}_{jet}"] for name in ("pt", "eta", "phi", "m"))
        px, py, pz = px + pt * np.cos(phi), py + pt * np.sin(phi), pz + pt * np.sinh(eta)
        e = e + np.sqrt((pt * np.cosh(eta)) ** 2 + m**2)
    assert c["ptjj"] == pytest.approx(np.hypot(px, py), rel=1e-4, abs=1e-3)
    assert c["mjj"] == pytest.approx(np.sqrt(e**2 - px**2 - py**2 - pz**2), rel=1e-4)
    assert c["jdeta"] == pytest.approx(c["jeta_1"] - c["jeta_2"], abs=10 * FLOAT32)


def event(njets: int, *jets: tuple[float, float], **more: Any) -> dict[str, Any]:
    """A muon at (0, 0), a tau at (1, 3.1), and jets at places in eta and phi, hardest first."""
    found: dict[str, Any] = {"pt_1": 30.0, "eta_1": 0.0, "phi_1": 0.0, "pt_2": 30.0, "eta_2": 1.0, "phi_2": 3.1}
    for place, number in enumerate(("1", "2")):
        there = place < len(jets)
        eta, phi = jets[place] if there else (None, None)
        pt = 80.0 - 10.0 * place if there else None
        found |= {f"jpt_{number}": pt, f"jeta_{number}": eta, f"jphi_{number}": phi, f"jm_{number}": pt}
        found[f"jbtag_{number}"] = pt
    two = 1.0 if len(jets) > 1 else None
    return {**found, "njets": njets, "mjj": two, "ptjj": two, "jdeta": two, **more}


AWAY, MORE, TAU, MUON, AROUND = (-2.0, 1.0), (2.0, -1.0), (1.1, 3.0), (0.3, -0.3), (1.0, -3.1)


@pytest.mark.parametrize(
    ("given", "njets", "pts"),
    [
        ((0,), 0, [None, None]),
        ((1, AWAY), 1, [80.0, None]),
        ((1, TAU), 0, [None, None]),
        ((1, MUON), 0, [None, None]),
        # across the end of phi
        ((1, AROUND), 0, [None, None]),
        ((2, AWAY, MORE), 2, [80.0, 70.0]),
        ((2, TAU, AWAY), 1, [70.0, None]),
        ((2, AWAY, TAU), 1, [80.0, None]),
        ((2, MUON, TAU), 0, [None, None]),
        # a third one is unknown
        ((3, TAU, AWAY), 2, [70.0, None]),
        ((3, AWAY, MUON), 2, [80.0, None]),
        ((3, AWAY, MORE), 3, [80.0, 70.0]),
        ((4, TAU, MUON), 2, [None, None]),
    ],
)
def test_the_jets_of_an_event(given: Any, njets: int, pts: list[float | None]) -> None:
    # beside one that has all of them, so that values may miss
    events = without_overlap(ak.Array([event(2, AWAY, MORE), event(0), event(*given)]), 0.5)[2]
    assert (events.njets, [events.jpt_1, events.jpt_2]) == (njets, pts)
    for quantity in ("mjj", "ptjj", "jdeta"):
        assert (events[quantity] is None) == (pts[1] is None)
    assert [events.jbtag_1, events.jbtag_2] == pts
