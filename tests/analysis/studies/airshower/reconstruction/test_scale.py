from __future__ import annotations

import awkward as ak
import numpy as np
import pytest

from analysis.calibration import Calibration, load_corrections
from analysis.errors import DataError
from analysis.events.identity import identify
from analysis.studies.airshower.reconstruction.attenuation import relative_attenuation
from analysis.studies.airshower.reconstruction.scale import derive
from analysis.studies.airshower.reconstruction.settings import ScaleSettings

SETTINGS = ScaleSettings()
A, B, ATTENUATION = 1.9e17, 1.03, np.array([0.9, -1.2])


def hybrids(count: int, seed: int = 1) -> tuple[ak.Array, ak.Array]:
    """Calibrated and fitted showers, E^-3, half of them with a fluorescence energy, some not well fitted."""
    random = np.random.default_rng(seed)
    zenith = np.arcsin(np.sqrt(random.uniform(0.0, 0.75, count)))
    energy = 10.0**18.3 * (1.0 - random.uniform(size=count)) ** -0.5
    expected = (energy / A) ** (1.0 / B) * relative_attenuation(zenith, ATTENUATION, 38.0)
    noise = 0.9 * np.sqrt(expected) * random.standard_normal(count)
    size = np.maximum(expected * (1.0 + 0.1 * random.standard_normal(count)) + noise, 1.0)
    good = random.uniform(size=count) < 0.95
    fluorescence = energy * (1.0 + 0.08 * random.standard_normal(count))
    identity = identify("hybrid", 0, count)
    fitted = {
        "identity": identity,
        "good": good,
        "zenith": np.where(good, zenith, 0.0),
        "s1000": np.where(good, size, 0.0),
        "s1000_uncertainty": np.where(good, 0.9 * np.sqrt(size), 0.0),
    }
    seen = ak.mask(ak.Array(fluorescence), random.uniform(size=count) < 0.5)
    return ak.Array({"identity": identity, "fd_energy": seen}), ak.Array(fitted)


def derive_from(calibrated: ak.Array, fitted: ak.Array, name: str = "hybrid") -> Calibration:
    return derive({name: calibrated}, {name: fitted}, SETTINGS)


@pytest.fixture(scope="module")
def derived():
    return derive_from(*hybrids(60_000))


def test_corrections_turn_sizes_into_energies(derived, tmp_path):
    derived.save_corrections(tmp_path / "scale.json")
    corrections = load_corrections(tmp_path / "scale.json")
    zenith = np.radians(np.array([5.0, 20.0, 38.0, 50.0, 58.0]))
    attenuation = np.asarray(corrections["attenuation"].evaluate(zenith))
    np.testing.assert_allclose(attenuation, relative_attenuation(zenith, ATTENUATION, 38.0), rtol=0.03)
    assert attenuation[2] == pytest.approx(1.0, abs=1e-9)
    size = np.array([20.0, 50.0, 200.0])
    np.testing.assert_allclose(corrections["energy"].evaluate(size), A * size**B, rtol=0.02)


def test_measurements_have_values_with_uncertainties_units_and_methods(derived):
    measured = derived.measurements
    for part in ("attenuation", "energy_scale"):
        assert measured[part]["method"]
    for name in ("A", "B"):
        found = measured["energy_scale"][name]
        assert 0.0 < found["uncertainty"] < 0.05 * found["value"]
    assert measured["energy_scale"]["A"]["unit"] == "eV"
    assert "EeV" in measured["headline"]["energy scale"]


def test_curves_are_what_the_figures_show(derived):
    curves = derived.curves
    assert len(curves["attenuation_x"]) == len(curves["attenuation_size"]) == SETTINGS.bins
    shown = {len(curves[f"energy_scale_{name}"]) for name in ("fluorescence", "size_38", "size_38_uncertainty")}
    assert shown == {SETTINGS.shown}


def test_the_same_events_make_the_same_files(derived, tmp_path):
    again = derive_from(*hybrids(60_000))
    for number, calibration in enumerate((derived, again)):
        calibration.save_corrections(tmp_path / f"corrections_{number}")
        calibration.save_measurements(tmp_path / f"measurements_{number}")
    for name in ("corrections", "measurements"):
        assert (tmp_path / f"{name}_0").read_bytes() == (tmp_path / f"{name}_1").read_bytes()


def test_a_missing_data_set_is_named():
    with pytest.raises(DataError, match="'hybrid', which is not among proton"):
        derive_from(*hybrids(10), name="proton")


def test_no_fluorescence_energies_no_scale():
    calibrated, fitted = hybrids(2000)
    blind = ak.with_field(calibrated, ak.mask(ak.Array(np.ones(2000)), np.zeros(2000, np.bool_)), "fd_energy")
    with pytest.raises(DataError, match="energy scale cannot be derived from 0 events"):
        derive_from(blind, fitted)
    with pytest.raises(DataError, match=r"attenuation cannot be derived from \d events"):
        derive_from(*hybrids(3))


def test_fits_of_other_events_are_refused():
    calibrated, fitted = hybrids(10)
    with pytest.raises(DataError, match="of other events"):
        derive_from(calibrated, fitted[::-1])
