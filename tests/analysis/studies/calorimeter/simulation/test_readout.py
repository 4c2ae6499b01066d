from __future__ import annotations

import awkward as ak
import numpy as np
import pytest

from analysis.events.identity import identify
from analysis.studies.calorimeter.simulation.readout import channels, read_out
from analysis.studies.calorimeter.simulation.settings import Readout


def test_channels_are_the_same_everywhere() -> None:
    first, second = channels(200, Readout()), channels(200, Readout())
    assert np.array_equal(first.gain, second.gain)
    assert np.log(first.gain / 1.2).std() == pytest.approx(0.08, rel=0.2)
    assert not np.array_equal(first.gain, channels(200, Readout(seed=2)).gain)


def test_counts_have_the_mean_and_the_width_of_light_and_noise() -> None:
    readout = Readout()
    deposits = np.tile([0.0, 30.0, 3000.0], (3000, 1))
    counts = ak.to_numpy(read_out(identify("a", 0, 3000), deposits, readout).counts).astype(np.float64)
    true = channels(3, readout)
    energies = (counts - true.pedestal) / true.gain
    np.testing.assert_allclose(energies.mean(axis=0), [0.0, 30.0, 3000.0], atol=4.0)
    # two units of variance for a photoelectron, the noise, and the converter's steps
    expected = np.sqrt(2.0 * deposits[0] / 4.5 + 1.5**2 + 1 / 12 / true.gain**2)
    np.testing.assert_allclose(energies.std(axis=0), expected, rtol=0.06)


def test_the_converter_ends() -> None:
    counts = read_out(identify("a", 0, 1), np.array([[1e6, 0.0]]), Readout(bits=12)).counts
    assert counts[0, 0] == 4095
