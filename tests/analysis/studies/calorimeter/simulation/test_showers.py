from __future__ import annotations

from dataclasses import replace

import awkward as ak
import numpy as np
import pytest

from analysis.errors import StudyError
from analysis.events.identity import identify
from analysis.studies.calorimeter.simulation.settings import BeamSettings, SimulationSettings
from analysis.studies.calorimeter.simulation.showers import deposit, generate, simulate

BEAM = BeamSettings(energies=(1.0, 2.0))


def test_particles_are_those_that_the_settings_say() -> None:
    truth = generate(identify("a", 0, 4000), BeamSettings())
    energy = ak.to_numpy(truth.energy)
    assert 1.0 <= energy.min() < 1.05
    assert 19.0 < energy.max() <= 20.0
    # the same number in each interval of the logarithm
    assert np.log(energy).mean() == pytest.approx(np.log(20.0) / 2, abs=0.05)
    assert ak.mean(truth.photon) == pytest.approx(0.5, abs=0.03)
    assert ak.max(np.abs(truth.x)) <= 0.2
    assert 0 <= ak.min(truth.angle) < ak.max(truth.angle) <= 20


def test_an_event_depends_on_its_identity_alone() -> None:
    identity = identify("a", 0, 12)
    truth = generate(identity, BEAM)
    whole = ak.to_numpy(simulate(truth, SimulationSettings()).counts)
    part = generate(identity[5:9], BEAM)
    assert part.to_list() == truth[5:9].to_list()
    # alone, and of other sizes at a time
    assert np.array_equal(ak.to_numpy(simulate(part, SimulationSettings()).counts), whole[5:9])
    assert np.array_equal(ak.to_numpy(simulate(truth, SimulationSettings(together=5)).counts), whole)
    assert len(simulate(truth[:0], SimulationSettings())) == 0


def test_inclined_showers_pass_the_middle() -> None:
    truth = generate(identify("a", 0, 30), replace(BEAM, angles=(20.0, 20.0)))
    cells = deposit(truth, SimulationSettings()).cells.sum(axis=(0, 2))
    across = cells.T @ (np.arange(5) - 2.0) / cells.sum(axis=0)
    # from one side to the other
    assert across[0] < -0.5
    assert across[-1] > 0.5
    assert abs(cells.sum(axis=1) @ (np.arange(5) - 2.0) / cells.sum()) < 0.2


def test_photons_leave_the_first_layer_more_often() -> None:
    truth = generate(identify("a", 0, 200), replace(BEAM, angles=(0.0, 0.0)))
    first = deposit(truth, SimulationSettings()).cells[..., 0].sum(axis=(1, 2)) / ak.to_numpy(truth.energy)
    photon = ak.to_numpy(truth.photon) > 0
    assert first[photon].mean() < first[~photon].mean()


def test_settings_that_are_none() -> None:
    with pytest.raises(StudyError, match="energies"):
        BeamSettings(energies=(2.0, 1.0))
    with pytest.raises(StudyError, match="angles"):
        BeamSettings(angles=(0.0, 80.0))
