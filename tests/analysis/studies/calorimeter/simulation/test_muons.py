from __future__ import annotations

import awkward as ak
import numpy as np
import pytest

from analysis.events.identity import identify
from analysis.studies.calorimeter.settings import Block
from analysis.studies.calorimeter.simulation.muons import generate, median_loss, simulate
from analysis.studies.calorimeter.simulation.settings import MuonSettings, Readout, SimulationSettings


def test_muons_lose_about_ten_mev_in_a_centimetre() -> None:
    # 1.229 MeV cm2/g at the minimum (Particle Data Group), more on the relativistic rise, less without knock-ons
    layer = Block().length / Block().layers
    assert median_loss(Block()) / layer == pytest.approx(10.2, rel=0.15)


def test_a_muon_is_seen_in_its_crystal_alone() -> None:
    truth = generate(identify("a", 0, 500), MuonSettings())
    assert set(truth.crystal.to_list()) == set(range(25))
    quiet = SimulationSettings(readout=Readout(spread=0.0, noise=0.0, pedestal=0.0))
    counts = ak.to_numpy(simulate(truth, quiet).counts).reshape(500, 25, 8)
    hit = counts[np.arange(500), ak.to_numpy(truth.crystal)]
    assert counts.sum() == hit.sum()
    assert np.median(hit) / 1.2 == pytest.approx(median_loss(Block()), rel=0.03)
