from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import awkward as ak
import numpy as np
import pytest

from analysis.calibration import Calibration, SavedCalibration, load_corrections
from analysis.errors import DataError
from analysis.studies.htautau.dimuon import derive, muon_pairs
from analysis.studies.htautau.resonance import fit_peak
from analysis.studies.htautau.study import study

SETTINGS = study.stage("calibration").step.settings
PDG = {"jpsi": 3.0969, "z": 91.1880}


def test_all_pairs_of_opposite_charge(dimuons: ak.Array) -> None:
    pairs = muon_pairs(dimuons, min_pt=0.0, max_eta=10.0)
    masses = pairs.masses()
    assert len(masses) == 130_037
    first = int(np.argmax((dimuons.nMuon == 2) & (ak.sum(dimuons.Muon_charge, axis=1) == 0)))
    assert len(muon_pairs(dimuons[:first], min_pt=0.0, max_eta=10.0).masses()) == 0
    event = dimuons[first]
    pt, eta, phi, m = (np.asarray(event[f"Muon_{name}"], dtype=np.float64) for name in ("pt", "eta", "phi", "mass"))
    px, py, pz = pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)
    energy = np.sqrt(px**2 + py**2 + pz**2 + m**2)
    mass = np.sqrt(energy.sum() ** 2 - px.sum() ** 2 - py.sum() ** 2 - pz.sum() ** 2)
    assert masses[0] == pytest.approx(mass, rel=1e-12)


def test_a_scale_multiplies_masses(dimuons: ak.Array) -> None:
    pairs = muon_pairs(dimuons[:1000], min_pt=3.0, max_eta=2.4)
    edges = SETTINGS.eta_edges
    heavy = pairs.masses() > 20.0
    scaled = pairs.masses({"value": [1.01, 1.01, 1.01], "edges": edges})
    assert scaled[heavy] == pytest.approx(1.01 * pairs.masses()[heavy], rel=1e-4)
    lower, upper = pairs.regions(edges)
    mixed = pairs.masses({"value": [1.0, 1.0, 1.02], "edges": edges}) / pairs.masses()
    assert mixed[heavy & (lower < 2) & (upper == 2)] == pytest.approx(np.sqrt(1.02), rel=1e-4)
    assert mixed[upper < 2] == pytest.approx(1.0, rel=1e-12)


def test_the_uncorrected_masses(calibration: Calibration) -> None:
    peaks = calibration.measurements["peaks"]
    assert 3.090 < peaks["jpsi"]["before"]["mass"] < 3.096
    assert 91.05 < peaks["z"]["before"]["mass"] < 91.20
    # a line without radiated photons, which the data reject, comes out near 90.8 GeV
    symmetric = peaks["z"]["before_without_radiation"]
    assert abs(symmetric["mass"] - 90.80) < 0.10
    assert symmetric["p_value"] < 0.01
    for peak in peaks.values():
        assert peak["before"]["p_value"] > 0.01
        assert peak["after"]["p_value"] > 0.01


def test_closure(calibration: Calibration) -> None:
    for name, peak in calibration.measurements["peaks"].items():
        assert abs(peak["after_pull"]) < 2.0
        assert abs(peak["after"]["mass"] - PDG[name]) < 2.0 * peak["after_total_uncertainty"]
        assert peak["after_total_uncertainty"] < 6e-4 * PDG[name]


@pytest.mark.long
@pytest.mark.parametrize("half", [0, 1])
def test_closure_on_events_that_it_was_not_derived_from(dimuons: ak.Array, half: int) -> None:
    derived = derive({"half": dimuons[half::2]}, SETTINGS).measurements
    scale = derived["scale"]
    pairs = muon_pairs(dimuons[1 - half :: 2], SETTINGS.min_pt, SETTINGS.eta_edges[-1])
    for peak in SETTINGS.peaks:
        fit = fit_peak(pairs.masses(scale), peak, tails=True)
        of_derivation = derived["peaks"][peak.name]["after_total_uncertainty"]
        assert abs(fit.mass - PDG[peak.name]) < 2.0 * np.hypot(fit.uncertainty, of_derivation)


def test_one_scale_is_not_enough_but_one_a_region_is(calibration: Calibration) -> None:
    scale = calibration.measurements["scale"]
    assert scale["compatibility"]["p_value"] > 0.05
    one, regions = scale["one_scale"], scale["compatibility"]
    assert one["chi2"] - regions["chi2"] > 9.2  # less than 1 % by chance for two parameters
    assert one["ndf"] - regions["ndf"] == 2
    assert all(1.0 < value < 1.01 for value in scale["value"])
    assert all(0.0 < uncertainty < 0.001 for uncertainty in scale["uncertainty"])


def test_a_known_scale_is_found(dimuons: ak.Array, calibration: Calibration) -> None:
    """Muons made 1 % harder beforehand need a scale 1 % smaller."""
    harder = ak.with_field(dimuons, dimuons.Muon_pt * np.float32(1.01), "Muon_pt")
    settings = replace(SETTINGS, min_pt=SETTINGS.min_pt * 1.01)
    scale = derive({"harder": harder}, settings).measurements["scale"]
    before = calibration.measurements["scale"]
    for found, value, uncertainty in zip(scale["value"], before["value"], before["uncertainty"], strict=True):
        assert found * 1.01 == pytest.approx(value, abs=0.5 * uncertainty)


def test_the_correction(calibration: Calibration, saved: SavedCalibration) -> None:
    scale = calibration.measurements["scale"]
    correction = saved["muon_scale"]
    eta = np.array([-3.0, -2.0, -1.2, -0.5, 0.5, 1.2, 2.0, 3.0])
    region = [2, 2, 1, 0, 0, 1, 2, 2]
    value, uncertainty = np.array(scale["value"])[region], np.array(scale["uncertainty"])[region]
    assert correction.evaluate(30.0, eta, "nominal") == pytest.approx(value, abs=1e-9)
    assert correction.evaluate(30.0, eta, "up") == pytest.approx(value + uncertainty, abs=1e-9)
    assert correction.evaluate(30.0, eta, "down") == pytest.approx(value - uncertainty, abs=1e-9)
    assert np.asarray(correction.evaluate(30.0, np.array([0.89, 0.91]), "nominal")).tolist() == scale["value"][:2]


def test_the_same_bytes_again(dimuons: ak.Array, calibration: Calibration, tmp_path: Path) -> None:
    """Also when the same events come in two parts."""
    again = derive({"first": dimuons[:30_000], "second": dimuons[30_000:]}, SETTINGS)
    for number, one in enumerate((calibration, again)):
        one.save_corrections(tmp_path / f"{number}.corrections")
        one.save_measurements(tmp_path / f"{number}.measurements")
    for kind in ("corrections", "measurements"):
        assert (tmp_path / f"0.{kind}").read_bytes() == (tmp_path / f"1.{kind}").read_bytes()
    assert json.loads((tmp_path / "0.measurements").read_text()) == calibration.measurements


def test_curves(calibration: Calibration) -> None:
    for peak in SETTINGS.peaks:
        for when in ("before", "after"):
            edges, counts, expected, background = (
                calibration.curves[f"{peak.name}_{when}_{name}"]
                for name in ("edges", "counts", "expected", "background")
            )
            assert edges.shape == (peak.bins + 1,)
            assert counts.shape == expected.shape == background.shape == (peak.bins,)
            assert counts.sum() == calibration.measurements["peaks"][peak.name][when]["pairs"]
            assert (expected > background).all()


def test_too_few_events(dimuons: ak.Array) -> None:
    with pytest.raises(DataError, match="do not determine the scale"):
        derive({"few": dimuons[:500]}, SETTINGS)
    with pytest.raises(DataError, match="do not determine the scale"):
        derive({"none": dimuons[:0]}, SETTINGS)


def test_corrections_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.json is no set of corrections"):
        load_corrections(tmp_path / "none.json")
    (tmp_path / "half.json").write_text('{"schema_version": 2, "corr')
    with pytest.raises(DataError, match=r"half\.json is no set of corrections"):
        load_corrections(tmp_path / "half.json")
