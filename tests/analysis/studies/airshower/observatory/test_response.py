from __future__ import annotations

import awkward as ak
import numpy as np
import pytest

from analysis.errors import DataError
from analysis.learning.application.scores import Scores
from analysis.studies.airshower.observatory.response import Response, fit_response, measure, saved_response
from analysis.studies.airshower.observatory.settings import ObservatoryMeasurement
from analysis.studies.airshower.published import gumbel
from tests.analysis.studies.airshower.observatory.conftest import MASSES, MODEL, SLOPE, WIDTH, made


def test_a_known_response_is_found(response: Response) -> None:
    assert response.bias(19.0) == pytest.approx(3.0 * (np.log(MASSES) - 1.5), abs=3.0)
    for energy in (18.6, 19.8):
        assert response.noise(energy) == pytest.approx(np.full(4, WIDTH), rel=0.06)
    depths = response.depths(np.array([19.0]))
    true = [float(gumbel.variance(19.0, mass, MODEL)) for mass in MASSES]
    width = np.sqrt((1.0 + SLOPE) ** 2 * np.array(true) + WIDTH**2)
    assert depths.std(axis=1) == pytest.approx(width, rel=0.06)
    # protons have their tail, which no normal distribution has
    skewness = (((depths - depths.mean(axis=1, keepdims=True)) / depths.std(axis=1, keepdims=True)) ** 3).mean(axis=1)
    assert skewness[0] > 0.5 > abs(skewness[3])


def test_a_resolution_that_changes_with_energy_is_found() -> None:
    generator = np.random.default_rng(3)
    energy = 18.5 + 1.5 * generator.random(20_000)
    depth = 750.0 + 20.0 * generator.standard_normal(20_000)
    found = depth + 30.0 * 10.0 ** (-0.2 * (energy - 19.0)) * generator.standard_normal(20_000)
    lines, _ = fit_response(found, depth, energy, 14, MODEL)
    assert np.exp(lines[4]) == pytest.approx(30.0, rel=0.02)
    assert lines[5] == pytest.approx(-0.2 * np.log(10.0), abs=0.05)


def test_it_is_measured_with_the_truth_of_simulated_showers() -> None:
    some, settings = made(4000, 8, flat=True), ObservatoryMeasurement()
    showers = some.showers
    events = {"identity": showers.identity, "good": np.ones(4000, bool), "zenith": showers.zenith}
    truth = {"identity": showers.identity, "xmax": some.depth, "mass_number": some.masses}
    scores = Scores(showers.identity, showers.depth[:, np.newaxis].astype(np.float32), ("xmax",))
    given = {"all": ak.Array({**events, "energy": 10.0**showers.energy})}
    found = measure(given, {"all": scores}, {"all": ak.Array(truth)}, settings)
    saved = saved_response(found["response"], settings.primaries, MODEL)
    one = some.masses == 56
    expected, shape = fit_response(showers.depth[one], some.depth[one], showers.energy[one], 56, MODEL)
    assert saved.lines[3] == pytest.approx(expected, abs=1e-4)
    assert saved.shapes[3] == pytest.approx(shape, abs=1e-4)
    with pytest.raises(DataError, match="mass number 1 cannot be measured with 0"):
        fit_response(*(np.zeros(0),) * 3, 1, MODEL)
