from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.events.identity import identify
from analysis.studies.airshower.settings import ObservatorySettings
from analysis.studies.airshower.simulation.geometry import geometry
from analysis.studies.airshower.simulation.ground import signals
from analysis.studies.airshower.simulation.settings import ShowerSettings, SignalSettings
from analysis.studies.airshower.simulation.showers import generate


def _at_1000_m(log10_energy: float, zenith: float, primaries: tuple[int, ...] = (1, 4, 14, 56)):
    """Electromagnetic and muonic signals of many showers, beside the axis."""
    settings = ShowerSettings(
        primaries=primaries, shares=(1.0,) * len(primaries), log10_energy=(log10_energy, log10_energy)
    )
    truth = generate(identify("signals", 0, 2000), settings)
    n, xmax = len(truth), truth.xmax.to_numpy()
    seen = geometry(
        np.zeros(n), np.full(n, 1000.0), np.full(n, np.radians(zenith)), np.zeros(n), xmax, ObservatorySettings()
    )
    return signals(truth.energy.to_numpy(), truth.muons.to_numpy(), seen.distance, seen.beyond, SignalSettings())


@pytest.mark.parametrize("log10_energy", [18.7, 19.0, 19.3, 19.6])
def test_the_energy_scale_is_that_of_the_observatory(log10_energy: float) -> None:
    em, muon = _at_1000_m(log10_energy, 38.0)
    # E = 0.19 EeV S38^1.02
    assert (em + muon).mean() == pytest.approx((10.0**log10_energy / 0.19e18) ** (1 / 1.02), rel=0.07)


def test_attenuation_is_that_of_the_observatory() -> None:
    signal = {zenith: sum(_at_1000_m(19.0, zenith)).mean() for zenith in (0.0, 38.0, 60.0)}
    # PRL 101 (2008) 061101: 1 + 0.87 x - 1.49 x^2, x = cos^2 - cos^2(38 deg), within a tenth
    for zenith in (0.0, 60.0):
        x = np.cos(np.radians(zenith)) ** 2 - np.cos(np.radians(38.0)) ** 2
        assert signal[zenith] / signal[38.0] == pytest.approx(1.0 + 0.87 * x - 1.49 * x**2, abs=0.1)


def test_the_muons_share_grows_with_zenith_and_mass() -> None:
    def share(zenith: float, mass: int) -> float:
        em, muon = _at_1000_m(19.0, zenith, (mass,))
        return muon.mean() / (em + muon).mean()

    assert share(10.0, 1) < share(38.0, 1) < share(55.0, 1)
    assert share(38.0, 1) < share(38.0, 14) < share(38.0, 56)
    assert 0.4 < share(38.0, 1) < share(38.0, 56) < 0.6


def test_signals_fall_with_distance_and_muons_fall_less() -> None:
    distance = np.linspace(100.0, 4000.0, 200)
    flat = np.ones(200)
    em, muon = signals(1e19 * flat, flat, distance, 350.0 * flat, SignalSettings())
    for part in (em, muon, em / muon):
        assert np.all(np.diff(part) < 0.0)


def test_old_showers_are_flatter() -> None:
    flat = np.ones(2)
    near, far = np.array([500.0, 500.0]), np.array([1500.0, 1500.0])
    beyond = np.array([100.0, 600.0])
    for one, two in zip(
        signals(1e19 * flat, flat, near, beyond, SignalSettings()),
        signals(1e19 * flat, flat, far, beyond, SignalSettings()),
        strict=True,
    ):
        ratio = two / one
        assert ratio[1] > ratio[0]


def test_muonic_signals_are_proportional_to_muons_and_the_rest_is_not() -> None:
    flat = np.ones(1)
    one = signals(1e19 * flat, flat, 800.0 * flat, 300.0 * flat, SignalSettings())
    two = signals(1e19 * flat, 2.0 * flat, 800.0 * flat, 300.0 * flat, SignalSettings())
    assert two[0] == one[0]
    assert two[1] == 2.0 * one[1]


def test_more_muons_are_one_number() -> None:
    flat = np.ones(1)
    settings = SignalSettings()
    nominal, shifted = (
        signals(1e19 * flat, flat, 900.0 * flat, 250.0 * flat, one)
        for one in (settings, replace(settings, muon_scale=1.3))
    )
    assert shifted[0] == nominal[0]
    assert shifted[1] == pytest.approx(1.3 * nominal[1])
