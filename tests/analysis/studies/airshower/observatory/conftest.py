"""Showers whose networks are a formula: their response is known, and nothing has to be simulated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.studies.airshower.observatory.response import Response, fit_response
from analysis.studies.airshower.observatory.settings import ObservatoryMeasurement
from analysis.studies.airshower.observatory.showers import Showers
from analysis.studies.airshower.published import gumbel
from analysis.studies.airshower.simulation.fluorescence import depth_resolution

MODEL = "EPOS-LHC"
MASSES = (1, 4, 14, 56)
SLOPE, WIDTH = -0.15, 30.0


@dataclass
class Known:
    """Showers with their truth."""

    showers: Showers
    masses: NDArray[np.int64]
    depth: NDArray[np.float64]


def made(number: int, seed: int, *, flat: bool = False, hybrid: float = 0.5, bias: float = 0.0) -> Known:
    """Showers of a falling spectrum, all primaries alike; protons are predicted too shallow, iron too deep."""
    generator = np.random.default_rng(seed)
    uniform = generator.random(number)
    falling = np.log10(1.0 + uniform * (10.0**-2.25 - 1.0)) / -1.5
    energy = 18.5 + (1.5 * uniform if flat else falling)
    masses = np.array(MASSES)[generator.integers(len(MASSES), size=number)]
    depth = gumbel.quantile(generator.random(number), energy, masses, MODEL)
    wrong = bias + 3.0 * (np.log(masses) - 1.5) + SLOPE * (depth - gumbel.mean(energy, masses, MODEL))
    predicted = depth + wrong + WIDTH * generator.standard_normal(number)
    telescope = depth + depth_resolution(energy, (18.6, 14.9)) * generator.standard_normal(number)
    telescope[generator.random(number) >= hybrid] = np.nan
    zenith = np.arcsin(np.sqrt(0.75 * generator.random(number)))
    return Known(Showers(energy, zenith, predicted, telescope, np.arange(number, dtype=np.uint64)), masses, depth)


@pytest.fixture(scope="package")
def settings() -> ObservatoryMeasurement:
    return ObservatoryMeasurement(toys=20)


@pytest.fixture(scope="package")
def response() -> Response:
    """The response as it is measured with showers that are as many at every energy."""
    some = made(12_000, 1, flat=True)
    rows = [some.masses == mass for mass in MASSES]
    found = [
        fit_response(some.showers.depth[of], some.depth[of], some.showers.energy[of], mass, MODEL)
        for of, mass in zip(rows, MASSES, strict=True)
    ]
    return Response(MASSES, np.stack([lines for lines, _ in found]), np.stack([shape for _, shape in found]), MODEL)
