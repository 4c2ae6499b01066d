from __future__ import annotations

from dataclasses import replace

import awkward as ak
import numpy as np
import pytest

from analysis.events.columns import values
from analysis.events.identity import identify
from analysis.studies.airshower.simulation.settings import DetectorSettings
from analysis.studies.trigger.simulation.background import generate, simulate, zenith_quantiles
from analysis.studies.trigger.simulation.settings import BackgroundSettings

SETTINGS = BackgroundSettings()


@pytest.fixture(scope="module")
def stretches() -> ak.Array:
    return generate(identify("background", 0, 8000), SETTINGS)


def test_weights_give_the_rate_of_particles(stretches: ak.Array) -> None:
    weight, number = values(stretches, "weight"), ak.to_numpy(ak.num(stretches.particles))
    uncertainty = (weight * number).std() / len(weight) ** 0.5
    assert (weight * number).mean() == pytest.approx(SETTINGS.rate, abs=4 * uncertainty)
    # stretches begin where no particle came for as long as the reach
    assert weight.mean() == pytest.approx(SETTINGS.rate * np.exp(-SETTINGS.following), abs=4 * uncertainty)


def test_weights_give_the_rate_of_large_muons(stretches: ak.Array) -> None:
    plain = generate(identify("plain", 0, 30_000), replace(SETTINGS, stretch=1.0, together=0.01))
    rates = []
    for truth in (stretches, plain):
        largest = ak.to_numpy(ak.max(truth.particles.signal, axis=1))
        accepted = values(truth, "weight") * (largest > 2.5)
        rates.append((accepted.mean(), accepted.std() / len(accepted) ** 0.5))
    (found, error), (expected, other) = rates
    assert found == pytest.approx(expected, abs=4 * np.hypot(error, other))
    assert error < 0.1 * found


def test_coincidences_are_as_frequent_as_they_should_be(stretches: ak.Array) -> None:
    weight, number = values(stretches, "weight"), ak.to_numpy(ak.num(stretches.particles))
    pairs = weight[number > 1].sum() / len(weight)
    assert pairs == pytest.approx(weight.mean() * -np.expm1(-SETTINGS.following), rel=0.03)
    assert ak.all(stretches.particles.delay < (SETTINGS.most - 1) * SETTINGS.gap)


def test_directions_follow_the_projected_area() -> None:
    share = np.linspace(0, 1, 101)
    zenith = np.degrees(zenith_quantiles(share, SETTINGS))
    assert (np.diff(zenith) > 0).all()
    assert zenith[0] == 0.0
    # cos^2 alone on a flat detector has its median at 32.8 degrees; sides of a tank see more inclined ones
    assert 33 < zenith[50] < 45


def test_a_stretch_is_the_same_beside_any_others(stretches: ak.Array) -> None:
    whole = simulate(stretches[:60], SETTINGS)
    part = simulate(stretches[20:40], SETTINGS)
    assert ak.array_equal(whole[20:40], part)
    again = generate(identify("background", 20, 20), SETTINGS)
    assert ak.array_equal(stretches[20:40], again)


def test_no_particle_is_outside_its_trace(stretches: ak.Array) -> None:
    silent = replace(SETTINGS, detector=DetectorSettings(noise=0.0, dead=0.0, noisy=0.0))
    large = ak.with_field(stretches[:300], ak.full_like(stretches[:300].particles.signal, 1.0), ("particles", "signal"))
    raw = simulate(large, silent)
    for particles, stations in zip(large.particles, raw.stations, strict=True):
        trace = np.asarray(stations.high[0][0], np.float64)
        assert trace.shape == (SETTINGS.samples(len(particles)),)
        charge = (trace - trace[0]).sum()
        assert charge == pytest.approx(170 * len(particles), rel=0.5)
        assert abs(trace[-1] - trace[0]) <= 1


def test_no_stretches_are_no_traces() -> None:
    assert len(simulate(generate(identify("background", 0, 0), SETTINGS), SETTINGS)) == 0
