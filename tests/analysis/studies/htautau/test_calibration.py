from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import awkward as ak
import numpy as np
import pytest
from correctionlib import CorrectionSet, schemav2

from analysis.calibration import SavedCalibration
from analysis.errors import DataError
from analysis.events.selection import passes
from analysis.studies.htautau.calibration import calibrate, transverse_mass
from analysis.studies.htautau.jets import without_overlap
from analysis.studies.htautau.study import study

SETTINGS = study.stage("calibrated").step.settings
DATA, SIMULATION = study.dataset("Run2012B"), study.dataset("DYJetsToLL")
CHANGED = {"pt_1", "iso_1", "mt_1", "mt_2", "pt_met", "phi_met", "m_vis", "pt_vis"}
FLOAT32 = float(np.finfo(np.float32).eps)


def clean(events: ak.Array) -> ak.Array:
    """Events without jets that are leptons."""
    return without_overlap(events, SETTINGS.overlap)


def constant(value: float) -> CorrectionSet:
    """A muon scale that is the same number everywhere."""
    variables = [
        schemav2.Variable(name="pt", type="real"),
        schemav2.Variable(name="eta", type="real"),
        schemav2.Variable(name="systematic", type="string"),
    ]
    output = schemav2.Variable(name="scale", type="real")
    one = schemav2.Correction(name="muon_scale", version=1, inputs=variables, output=output, data=value)
    return CorrectionSet.from_string(schemav2.CorrectionSet(schema_version=2, corrections=[one]).model_dump_json())


def columns(events: ak.Array) -> dict[str, np.ndarray]:
    return {
        name: np.asarray(events[name], dtype=np.float64) for name in events.fields if "?" not in str(events[name].type)
    }


def momentum(pt: np.ndarray, eta: np.ndarray, phi: np.ndarray, m: np.ndarray) -> np.ndarray:
    px, py, pz = pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)
    return np.array([np.sqrt(px**2 + py**2 + pz**2 + m * np.abs(m)), px, py, pz])


def computed(c: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Everything that the files store and that can be computed from the momenta in them."""
    first, second = (momentum(c[f"pt_{i}"], c[f"eta_{i}"], c[f"phi_{i}"], c[f"m_{i}"]) for i in (1, 2))
    e, x, y, z = first + second
    mt = {
        f"mt_{i}": np.sqrt(2 * c[f"pt_{i}"] * c["pt_met"] * (1 - np.cos(c[f"phi_{i}"] - c["phi_met"]))) for i in (1, 2)
    }
    return {"m_vis": np.sqrt(e**2 - x**2 - y**2 - z**2), "pt_vis": np.hypot(x, y), **mt}


@pytest.mark.parametrize("name", ["Run2012B", "DYJetsToLL", "VBF_HToTauTau"])
def test_how_the_stored_quantities_are_defined(read: Callable[..., ak.Array], name: str) -> None:
    """What is computed here from stored momenta is what the files store, to their precision."""
    c = columns(read(name))
    again = computed(c)
    assert c["m_vis"] == pytest.approx(again["m_vis"], rel=FLOAT32)
    assert c["pt_vis"] == pytest.approx(again["pt_vis"], rel=FLOAT32)
    for leg in ("1", "2"):
        # the files' angle between the two (up to 2 pi) and its cosine are float32 numbers, the transverse mass is not
        square = 2 * c[f"pt_{leg}"] * c["pt_met"]
        assert (np.abs(c[f"mt_{leg}"] ** 2 - again[f"mt_{leg}"] ** 2) < (1 + 2 * np.pi) * FLOAT32 * square).all()


def test_the_isolation_is_relative(read: Callable[..., ak.Array]) -> None:
    """The smallest sum of momenta near a muon does not depend on its pt, so what is stored is divided by pt."""
    c = columns(read("Run2012B"))
    soft, hard = (c["pt_1"] < 22) & (c["iso_1"] > 0), (c["pt_1"] > 50) & (c["iso_1"] > 0)
    assert c["iso_1"][soft].min() > 3 * c["iso_1"][hard].min()
    smallest = [(c["iso_1"] * c["pt_1"])[chosen].min() for chosen in (soft, hard)]
    assert smallest[0] == pytest.approx(smallest[1], rel=0.15)


def test_a_scale_of_one_changes_nothing(read: Callable[..., ak.Array]) -> None:
    events = read("Run2012B")
    before, after = columns(clean(events)), columns(calibrate(events, constant(1.0), DATA, SETTINGS))
    for name in before:
        if name in ("mt_1", "mt_2"):
            leg = name[-1]
            square = 2 * before[f"pt_{leg}"] * before["pt_met"]
            assert (np.abs(before[name] ** 2 - after[name] ** 2) < (1 + 2 * np.pi) * FLOAT32 * square).all()
        elif name in ("pt_met", "phi_met", "m_vis", "pt_vis"):
            assert after[name] == pytest.approx(before[name], rel=2 * FLOAT32)
        else:
            assert np.array_equal(before[name], after[name]), name


@pytest.mark.parametrize("scale", [1.02, 0.97])
def test_the_scale_reaches_all_that_depends_on_it(read: Callable[..., ak.Array], scale: float) -> None:
    events = read("Run2012B")
    before, after = columns(clean(events)), columns(calibrate(events, constant(scale), DATA, SETTINGS))
    assert after["pt_1"] == pytest.approx(scale * before["pt_1"], rel=FLOAT32)
    assert after["iso_1"] == pytest.approx(before["iso_1"] / scale, rel=FLOAT32)
    # what is measured of the whole event, muon and missing momentum together, stays
    for function in (np.cos, np.sin):
        total = [c["pt_1"] * function(c["phi_1"]) + c["pt_met"] * function(c["phi_met"]) for c in (before, after)]
        assert total[0] == pytest.approx(total[1], abs=1e-4)
    again = computed(after)
    assert after["m_vis"] == pytest.approx(again["m_vis"], rel=4 * FLOAT32)
    assert after["pt_vis"] == pytest.approx(again["pt_vis"], abs=4 * FLOAT32 * 300)
    for leg in ("1", "2"):
        assert after[f"mt_{leg}"] == pytest.approx(again[f"mt_{leg}"], rel=1e-4, abs=1e-2)
    for name in set(before) - CHANGED:
        assert np.array_equal(before[name], after[name]), name
    assert not np.allclose(before["mt_2"], after["mt_2"], rtol=1e-4)


def test_fields_and_types_stay(read: Callable[..., ak.Array], saved: SavedCalibration) -> None:
    events = read("Run2012B")
    assert calibrate(events, saved, DATA, SETTINGS).type == events.type
    assert calibrate(events[:0], saved, DATA, SETTINGS).type == events[:0].type


def test_of_simulated_events_jets_change_alone(read: Callable[..., ak.Array], saved: SavedCalibration) -> None:
    events = read("DYJetsToLL")
    assert ak.array_equal(calibrate(events, saved, SIMULATION, SETTINGS), clean(events))


def test_the_derived_scale(read: Callable[..., ak.Array], saved: SavedCalibration) -> None:
    events = read("Run2012B")
    calibrated = columns(calibrate(events, saved, DATA, SETTINGS))
    expected = saved["muon_scale"].evaluate(30.0, columns(events)["eta_1"], "nominal")
    assert len(np.unique(expected)) == 3
    assert calibrated["pt_1"] / columns(events)["pt_1"] == pytest.approx(expected, rel=2 * FLOAT32)


SHIFTS = [changes for shift in study.shifts for changes in (shift.up, shift.down)]


@pytest.mark.long
@pytest.mark.parametrize("shift", SHIFTS, ids=str)
def test_a_shift_is_one_of_simulated_events(
    read: Callable[..., ak.Array], saved: SavedCalibration, shift: dict[str, Any]
) -> None:
    """Measured events are what they are."""
    settings = replace(SETTINGS, **shift)
    measured, simulated = read("Run2012B", 0, 1000), read("DYJetsToLL", 0, 1000)
    nominal = calibrate(measured, saved, DATA, SETTINGS)
    assert ak.array_equal(calibrate(measured, saved, DATA, settings), nominal)
    shifted = calibrate(simulated, saved, SIMULATION, settings)
    assert shifted.type == simulated.type
    assert not ak.array_equal(shifted, clean(simulated))
    # of the jets, nothing
    for name in simulated.fields:
        if name.startswith("j") or name in ("njets", "mjj", "ptjj"):
            assert ak.array_equal(shifted[name], clean(simulated)[name]), name


def test_the_scale_of_simulated_muons_moves_by_its_uncertainty(
    read: Callable[..., ak.Array], saved: SavedCalibration
) -> None:
    events = read("DYJetsToLL")
    before = columns(events)
    up, down = (
        columns(calibrate(events, saved, SIMULATION, replace(SETTINGS, systematic=way))) for way in ("up", "down")
    )
    scale = saved["muon_scale"]
    low, middle, high = (scale.evaluate(30.0, before["eta_1"], way) for way in ("down", "nominal", "up"))
    assert up["pt_1"] / before["pt_1"] == pytest.approx(high / middle, rel=2 * FLOAT32)
    assert down["pt_1"] / before["pt_1"] == pytest.approx(low / middle, rel=2 * FLOAT32)
    assert np.array_equal(up["pt_2"], before["pt_2"])


def test_the_tau_energy_reaches_all_that_depends_on_it(read: Callable[..., ak.Array], saved: SavedCalibration) -> None:
    events = read("DYJetsToLL")
    before = columns(clean(events))
    after = columns(calibrate(events, saved, SIMULATION, replace(SETTINGS, tau_energy=1.03)))
    for name in ("pt_2", "m_2"):
        assert after[name] == pytest.approx(1.03 * before[name], rel=2 * FLOAT32)
    # what is measured of the whole event, tau and missing momentum together, stays
    for function in (np.cos, np.sin):
        total = [c["pt_2"] * function(c["phi_2"]) + c["pt_met"] * function(c["phi_met"]) for c in (before, after)]
        assert total[0] == pytest.approx(total[1], abs=1e-4)
    assert after["m_vis"] == pytest.approx(computed(after)["m_vis"], rel=4 * FLOAT32)
    for leg in ("1", "2"):
        assert after[f"mt_{leg}"] == pytest.approx(computed(after)[f"mt_{leg}"], rel=1e-4, abs=1e-2)
    # massless decay products and a light tau: the visible mass goes with the square root of the energy
    assert np.median(after["m_vis"] / before["m_vis"]) == pytest.approx(np.sqrt(1.03), abs=1e-3)
    for name in set(before) - CHANGED - {"pt_2", "m_2"}:
        assert np.array_equal(before[name], after[name]), name


def test_the_unclustered_energy_is_what_is_left(read: Callable[..., ak.Array], saved: SavedCalibration) -> None:
    events = clean(read("VBF_HToTauTau"))
    c = columns(events)
    after = columns(calibrate(events, saved, SIMULATION, replace(SETTINGS, unclustered_energy=1.1)))
    for function in (np.cos, np.sin):
        # a missing momentum is minus the sum of everything: muon, tau, two jets and the rest
        objects = sum(c[f"pt_{leg}"] * function(c[f"phi_{leg}"]) for leg in ("1", "2"))
        for jet in ("1", "2"):
            pt, phi = (np.asarray(ak.fill_none(events[f"j{name}_{jet}"], 0.0), np.float64) for name in ("pt", "phi"))
            objects = objects + pt * function(phi)
        rest = -(c["pt_met"] * function(c["phi_met"]) + objects)
        moved = after["pt_met"] * function(after["phi_met"]) - c["pt_met"] * function(c["phi_met"])
        assert moved == pytest.approx(-0.1 * rest, abs=1e-3)
    assert {name for name in c if not np.array_equal(c[name], after[name])} == {"mt_1", "mt_2", "pt_met", "phi_met"}


@pytest.mark.parametrize(("factor", "change"), [(1.1, -0.0289), (0.9, 0.0224)])
def test_the_tau_is_no_part_of_the_unclustered_energy(
    read: Callable[..., ak.Array], saved: SavedCalibration, factor: float, change: float
) -> None:
    """With its jet, the tau was subtracted twice, which made -6.2 and +4.8 % of Z -> tau tau in the signal region."""
    events = read("DYJetsToLL")
    region = next(region for region in study.stage("histograms").regions if region.name == "signal")
    cuts = [cut for cut in region.cuts if cut.field != "opposite_charge"]

    def count(settings: Any) -> int:
        shifted = calibrate(events, saved, SIMULATION, settings)
        return int(ak.sum(passes(shifted, cuts) & (shifted.q_1 != shifted.q_2) & shifted.gen_match))

    ratio = count(replace(SETTINGS, unclustered_energy=factor)) / count(SETTINGS)
    assert ratio - 1.0 == pytest.approx(change, abs=0.0005)


@pytest.mark.long
@pytest.mark.parametrize("step", [1, 7, 1000])
def test_chunks_do_not_change_a_bit(read: Callable[..., ak.Array], saved: SavedCalibration, step: int) -> None:
    stop = min(20 * step, DATA.events)
    whole = calibrate(read("Run2012B", 0, stop), saved, DATA, SETTINGS)
    starts = range(0, stop, step)
    parts = [calibrate(read("Run2012B", a, min(a + step, stop)), saved, DATA, SETTINGS) for a in starts]
    assert ak.array_equal(ak.concatenate(parts), whole)


def test_an_unknown_correction(read: Callable[..., ak.Array], saved: SavedCalibration) -> None:
    with pytest.raises(DataError, match="no correction 'tau_scale'") as caught:
        calibrate(read("Run2012B", 0, 10), saved, DATA, replace(SETTINGS, correction="tau_scale"))
    assert "muon_scale" in caught.value.cure


def test_the_transverse_mass_of_small_angles() -> None:
    pt, phi = np.array([40.0]), np.array([1e-6])
    assert transverse_mass(pt, phi, np.array([40.0]), np.array([0.0])) == pytest.approx(40.0 * 1e-6, rel=1e-12)
