from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import awkward as ak
import numpy as np
import pytest

from analysis.events.identity import identify
from analysis.studies.airshower.reconstruction.resolution import angle_between, bootstrap, containment, evaluate
from analysis.studies.airshower.reconstruction.settings import ResolutionSettings

SETTINGS = ResolutionSettings()
Compared = tuple[ak.Array, ak.Array]


def reconstructed(count: int, angle: float, core: float, bias: float, resolution: float, seed: int = 1) -> Compared:
    """Showers that are off by known amounts, angle (rad) and core (m) per axis, energy relative; and their truth."""
    random = np.random.default_rng(seed)
    zenith = np.arcsin(np.sqrt(random.uniform(0.01, 0.75, count)))
    azimuth = random.uniform(0.0, 2.0 * np.pi, count)
    energy = 10.0 ** random.uniform(18.5, 20.0, count)
    x, y = random.uniform(-2000.0, 2000.0, (2, count))
    identity = identify("hybrid", 0, count)
    found = ak.Array(
        {
            "identity": identity,
            "good": random.uniform(size=count) < 0.9,
            "zenith": zenith + angle * random.standard_normal(count),
            "azimuth": azimuth + angle * random.standard_normal(count) / np.sin(zenith),
            "x_core": x + core * random.standard_normal(count),
            "y_core": y + core * random.standard_normal(count),
            "energy": energy * (1.0 + bias + resolution * random.standard_normal(count)),
        }
    )
    true = {"zenith": zenith, "azimuth": azimuth, "energy": energy, "x_core": x, "y_core": y}
    return found, ak.Array({"identity": identity, **true})


def evaluated(events: ak.Array, truth: ak.Array, settings: ResolutionSettings = SETTINGS) -> dict[str, Any]:
    return evaluate({"hybrid": events}, {"hybrid": truth}, settings)


def test_known_deviations_are_found():
    result = evaluated(*reconstructed(20_000, np.radians(0.5), 50.0, 0.03, 0.15))["datasets"]
    found = result["hybrid"]
    assert found["events"] == 20_000
    assert found["good"] == pytest.approx(0.9, abs=0.01)
    assert sum(entry["events"] for entry in found["by_energy"]) == round(found["good"] * 20_000)
    # 68 % of a two-dimensional normal distribution are within 1.51 standard deviations
    two = np.sqrt(-2.0 * np.log(0.32))
    for entry in (*found["by_energy"], *found["by_zenith"]):
        for name, expected in (("angle", two * 0.5), ("core", two * 50.0), ("bias", 0.03), ("resolution", 0.15)):
            assert abs(entry[name]["value"] - expected) < 5.0 * entry[name]["uncertainty"], name


def test_events_that_are_not_good_play_no_role():
    events, truth = reconstructed(3000, 0.01, 50.0, 0.0, 0.1)
    spoilt = ak.with_field(events, ak.where(events["good"], events["energy"], 0.0), "energy")
    assert evaluated(events, truth) == evaluated(spoilt, truth)


def test_bins_with_few_events_say_nothing_and_all_is_json():
    events, truth = reconstructed(30, 0.01, 50.0, 0.0, 0.1)
    result = evaluate({"hybrid": events, "empty": events[:0]}, {"hybrid": truth, "empty": truth[:0]}, SETTINGS)
    assert None in result["datasets"]["hybrid"]["by_energy"]
    assert result["datasets"]["empty"]["good"] is None
    assert json.loads(json.dumps(result, allow_nan=False)) == result


def test_headline_has_numbers_with_uncertainties_and_units():
    result = evaluated(*reconstructed(5000, 0.01, 50.0, 0.02, 0.1))
    assert result["headline"]["angular resolution"].endswith("deg (68 %; hybrid, 19 < lg(E/eV) < 19.25)")
    assert all("±" in text for name, text in result["headline"].items() if name != "well reconstructed")
    nothing = evaluated(*reconstructed(20, 0.01, 50.0, 0.0, 0.1), replace(SETTINGS, least=15))
    assert "too few" in nothing["headline"]["hybrid"]
    assert evaluate({}, {}, SETTINGS)["headline"] == {}


def test_angles_agree_with_scalar_products():
    random = np.random.default_rng(2)
    one, two = (np.stack([random.uniform(0.0, 1.0, 100), random.uniform(0.0, 6.0, 100)]) for _ in range(2))

    def vector(direction: np.ndarray) -> np.ndarray:
        zenith, azimuth = direction
        return np.stack([np.sin(zenith) * np.cos(azimuth), np.sin(zenith) * np.sin(azimuth), np.cos(zenith)])

    exact = np.arccos((vector(one) * vector(two)).sum(axis=0))
    np.testing.assert_allclose(angle_between(*one, *two), exact, rtol=1e-9)


def test_the_bootstrap_gives_the_uncertainty_of_a_mean():
    sample = np.random.default_rng(3).normal(2.0, 3.0, 900)
    found = bootstrap(lambda values: float(values.mean()), sample, 400, 1)
    assert found["value"] == pytest.approx(sample.mean(), rel=1e-4)
    assert found["uncertainty"] == pytest.approx(3.0 / 30.0, rel=0.15)
    assert found == bootstrap(lambda values: float(values.mean()), sample, 400, 1)
    assert containment(np.arange(101.0)) == pytest.approx(68.0)
