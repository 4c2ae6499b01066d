from __future__ import annotations

import numpy as np
import pytest

from analysis.studies.arrivals.sky.search import Circles, centaurus_a, search
from analysis.studies.arrivals.sky.search_results import PUBLISHED
from analysis.studies.arrivals.sky.search_settings import SearchSettings

SETTINGS = SearchSettings()


@pytest.fixture(scope="module")
def circles(measured: dict[str, np.ndarray]) -> Circles:
    return Circles(measured["energy"], measured["zenith"] >= 60.0, SETTINGS)


def test_centaurus_a_as_published(circles: Circles, measured: dict[str, np.ndarray]):
    found = circles.best(measured["directions"], centaurus_a(SETTINGS)[None])
    threshold, radius, observed, expected = PUBLISHED["centaurus_a"]
    assert (found.threshold, found.radius) == (threshold, radius)
    assert found.observed == observed
    assert found.expected == pytest.approx(expected, abs=0.6)


def test_all_numbers_of_the_search(measured: dict[str, np.ndarray]):
    isotropic = {"isotropic.centaurus_a": np.linspace(0.0, 30.0, 100)}
    result = search(measured, isotropic, SETTINGS)
    numbers = {one.name: one for one in result["numbers"]}
    # counts of the published event list
    counted = {name: numbers[f"events_{name}"].value for name in ("vertical", "inclined", "40", "57", "80", "100")}
    assert counted == {"vertical": 2040, "inclined": 595, "40": 1387, "57": 411, "80": 95, "100": 35}
    (table,) = result["tables"]
    columns = {one.title: one.values for one in table.columns}
    assert columns["Threshold"] == (41.0, 38.0)
    assert columns["Radius"] == (24.0, 27.0)
    assert columns["Observed"] == pytest.approx(columns["Observed, published"], abs=1.0)
    assert columns["Expected"] == pytest.approx(columns["Expected, published"], abs=0.6)
    # published: 196.3, -46.6
    assert columns["Right ascension"][0] == pytest.approx(196.3, abs=0.5)
    assert columns["Declination"][0] == pytest.approx(-46.6, abs=0.5)


def test_counts_are_those_of_a_loop(circles: Circles, measured: dict[str, np.ndarray]):
    centres = measured["directions"][[5, 700]]
    counts = circles.counts(measured["directions"], centres)
    for row, centre in enumerate(centres):
        angle = np.degrees(np.arccos(np.clip(measured["directions"] @ centre, -1.0, 1.0)))
        for threshold, radius in ((32, 30), (40, 12), (75, 25)):
            expected = np.sum((angle <= radius) & (measured["energy"] >= threshold))
            assert counts[row, threshold - 32, radius - 1] == expected


def test_expected_events_are_those_of_a_finer_map(circles: Circles):
    """And of all of the sky in all circles that cover it."""
    centre = centaurus_a(SETTINGS)[None]
    coarse = circles.expected(centre)
    finer = Circles(np.array([50.0, 60.0]), np.array([False, True]), SearchSettings(exposure_nside=128))
    same = Circles(np.array([50.0, 60.0]), np.array([False, True]), SETTINGS)
    assert finer.expected(centre)[0, 5, 10:] == pytest.approx(same.expected(centre)[0, 5, 10:], rel=0.02)
    assert (np.diff(coarse, axis=2) >= 0).all()
    assert (np.diff(coarse, axis=1) <= 0).all()


def test_an_excess_that_is_put_there_is_found(circles: Circles, measured: dict[str, np.ndarray]):
    random = np.random.default_rng(5)
    directions = random.normal(size=(len(measured["energy"]), 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    centre = np.array([0.6, 0.0, -0.8])
    # forty of the highest energies within five degrees
    directions[:40] = centre + 0.04 * random.normal(size=(40, 3))
    directions[:40] /= np.linalg.norm(directions[:40], axis=1, keepdims=True)
    found = circles.best(directions, np.stack([centre, [0.0, 0.6, -0.8]]))
    assert (found.right_ascension, found.declination) == pytest.approx((0.0, np.degrees(np.arcsin(-0.8))), abs=1e-6)
    assert found.radius < 12
    assert found.p_value < 1e-20
