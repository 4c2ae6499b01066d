"""The calibration finds the constants that the readout has."""

from __future__ import annotations

from pathlib import Path

import awkward as ak
import numpy as np
import pytest

from analysis.calibration import Calibration, load_corrections
from analysis.errors import DataError
from analysis.events.identity import identify
from analysis.studies.calorimeter.calibration.closure import close
from analysis.studies.calorimeter.calibration.derive import derive
from analysis.studies.calorimeter.calibration.events import calibrate
from analysis.studies.calorimeter.calibration.settings import ClosureSettings, DerivationSettings
from analysis.studies.calorimeter.simulation import muons, showers
from analysis.studies.calorimeter.simulation.readout import channels
from analysis.studies.calorimeter.simulation.settings import BeamSettings, MuonSettings, Readout, SimulationSettings

SETTINGS = DerivationSettings(energy=2.0)


@pytest.fixture(scope="module")
def raw() -> dict[str, ak.Array]:
    simulation = SimulationSettings()
    beam = BeamSettings((2.0, 2.0), (0.0, 0.0), 0.0)
    return {
        "muons": muons.simulate(muons.generate(identify("muons", 0, 5000), MuonSettings()), simulation),
        "electrons": showers.simulate(showers.generate(identify("electrons", 0, 150), beam), simulation),
    }


@pytest.fixture(scope="module")
def derived(raw: dict[str, ak.Array]) -> Calibration:
    return derive(raw, SETTINGS)


def test_gains_are_found(derived: Calibration) -> None:
    true = channels(200, Readout())
    found = close(derived, ClosureSettings())  # type: ignore[arg-type]
    numbers = {one["name"]: one["value"] for one in found["numbers"]}
    assert numbers["gain_closure"] == pytest.approx(1.2, abs=0.3)
    assert numbers["gain_pulls"] == pytest.approx(1.0, abs=0.2)
    # what leaves the block is corrected for on the average
    assert (derived.curves["gain"] / true.gain).mean() == pytest.approx(0.975, abs=0.01)
    np.testing.assert_allclose(derived.curves["pedestal"], true.pedestal, atol=0.3)
    np.testing.assert_allclose(derived.curves["noise"], 1.56, rtol=0.1)


def test_calibrated_electrons_have_their_energy(raw: dict[str, ak.Array], derived: Calibration, tmp_path: Path) -> None:
    path = tmp_path / "corrections.json"
    derived.save_corrections(path)
    events = calibrate(raw["electrons"], load_corrections(path))
    cells = ak.to_numpy(events.cells)
    assert cells.shape == (150, 200)
    assert cells.sum(axis=1).mean() == pytest.approx(2000.0, rel=2e-3)
    # in any chunk the same
    part = calibrate(raw["electrons"][40:50], load_corrections(path))
    assert np.array_equal(ak.to_numpy(part.cells), cells[40:50])
    # no comb: a count stands for any value that is rounded to it
    assert len(np.unique(cells[:, 0])) == 150


def test_too_few_muons_are_told(raw: dict[str, ak.Array]) -> None:
    with pytest.raises(DataError, match="muons, and there are 150 electrons"):
        derive({**raw, "muons": raw["muons"][:100]}, SETTINGS)
