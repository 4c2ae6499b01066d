from __future__ import annotations

import numpy as np
import pytest

from analysis.studies.calorimeter.generation.variables import Particles
from analysis.studies.calorimeter.shapes.resolution import depths, resolution, table
from analysis.studies.calorimeter.shapes.settings import ComparisonSettings

SETTINGS = ComparisonSettings(energies=(1.0, 2.0, 4.0, 8.0), least=50)


def test_widths_and_means_of_bins() -> None:
    random = np.random.default_rng(1)
    energy = np.concatenate([random.uniform(1.0, 4.0, 4000), np.full(10, 5.0)])
    response = random.normal(0.9, 0.03, len(energy))
    found = resolution(response, energy, SETTINGS)
    assert found["bins"][2] is None
    for one in (found["all"], *found["bins"][:2]):
        assert abs(one["mean"] - 0.9) < 4 * one["mean_error"]
        assert abs(one["width"] - 0.03 / 0.9) < 4 * one["width_error"]
        # of a normal distribution
        assert one["width_error"] == pytest.approx(one["width"] * one["mean_error"] / 0.03 / np.sqrt(2), rel=0.15)
    made = table({"simulated": found, "generated": found}, SETTINGS)
    assert made.axes[0].values == ((1.0, 2.0), (2.0, 4.0))
    assert [column.title for column in made.columns][:2] == ["Response, simulated", "Response, generated"]


def test_depths_have_their_slope_and_their_step() -> None:
    random = np.random.default_rng(2)
    particles = Particles(
        np.exp(random.uniform(0, 3, 3000)), random.uniform(0, 20, 3000), random.integers(0, 2, 3000).astype(np.float64)
    )
    depth = 6 + 1.1 * particles.log_energy + 0.4 * particles.kind + random.normal(0, 0.5, 3000)
    found = depths(depth, particles)
    assert abs(found["elongation"]["value"] - 1.1) < 4 * found["elongation"]["error"]
    # from -1 to 1
    assert abs(found["later"]["value"] - 0.8) < 4 * found["later"]["error"]
    assert found["later"]["error"] == pytest.approx(2 * 0.5 / np.sqrt(3000), rel=0.1)
