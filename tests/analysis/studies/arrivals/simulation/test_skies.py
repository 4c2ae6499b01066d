from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import kstest

from analysis.errors import DataError
from analysis.studies.arrivals.settings import SkySettings
from analysis.studies.arrivals.simulation.gathering import gather
from analysis.studies.arrivals.simulation.skies import SkySimulation, plans_of
from analysis.studies.arrivals.sky.exposure import INCLINED, VERTICAL, cumulative
from tests.analysis.studies.arrivals.conftest import drawn, planned

STARBURST = SkySettings(fractions=(0.3,), fields=(0.0,))


def test_isotropic_skies_follow_the_exposure_of_each_range(simulation: SkySimulation, array: Any):
    skies = drawn(simulation, 4, SkySettings())
    for zenith, chosen in ((VERTICAL, 0.0), (INCLINED, 1.0)):
        sine = np.concatenate([sky.directions[array["inclined"] == chosen, 2] for sky in skies])
        assert kstest(sine, lambda one, zenith=zenith: np.interp(one, *cumulative(zenith))).pvalue > 0.01
    longitude = np.concatenate([np.arctan2(sky.directions[:, 1], sky.directions[:, 0]) for sky in skies])
    assert kstest(longitude, "uniform", (-np.pi, 2 * np.pi)).pvalue > 0.01
    assert all((sky.source == -1).all() for sky in skies)


def test_a_sky_is_the_same_whatever_was_drawn_before(simulation: SkySimulation):
    plans = plans_of(planned(3, STARBURST))
    alone = simulation.draw(plans[2])
    simulation.draw(plans[0])
    again = simulation.draw(plans[2])
    assert np.array_equal(alone.directions, again.directions)
    assert not np.array_equal(alone.directions, simulation.draw(plans[1]).directions)


def test_as_many_events_come_from_sources_as_planned(simulation: SkySimulation, hypotheses: Any):
    skies = drawn(simulation, 5, STARBURST)
    number = np.array([np.sum(sky.source >= 0) for sky in skies])
    expected, spread = 0.3 * 2635, np.sqrt(2635 * 0.3 * 0.7)
    assert (np.abs(number - expected) < 4 * spread).all()
    # the brightest galaxies have the most events; M82 is behind the northern horizon
    counts = np.bincount(np.concatenate([sky.source[sky.source >= 0] for sky in skies]), minlength=23)
    weights = hypotheses["starburst_weights"][0]
    declination = hypotheses["starburst_directions"][:, 2]
    south = np.flatnonzero(declination < 0.2)
    assert counts[south].argmax() == weights[south].argmax()
    assert counts[1] < 0.3 * counts[0]


def test_events_lie_around_their_sources(simulation: SkySimulation, hypotheses: Any):
    (sky,) = drawn(simulation, 1, SkySettings(fractions=(0.5,), radius=12.0))
    chosen = sky.source >= 0
    near = hypotheses["starburst_directions"][sky.source[chosen]]
    angle = np.degrees(np.arccos(np.sum(sky.directions[chosen] * near, axis=1)))
    # a Gaussian in two dimensions has 72 % within 1.59 widths
    assert np.mean(angle < 12.0) == pytest.approx(0.72, abs=0.06)


def test_light_nuclei_stay_nearer(simulation: SkySimulation, hypotheses: Any):
    spreads = []
    for abundances in ((1.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0)):
        (sky,) = drawn(simulation, 1, SkySettings(fractions=(0.5,), fields=(0.0,), abundances=abundances))
        chosen = sky.source >= 0
        near = hypotheses["starburst_directions"][sky.source[chosen]]
        spreads.append(np.degrees(np.median(np.arccos(np.sum(sky.directions[chosen] * near, axis=1)))))
    assert spreads[0] < 4.0
    assert spreads[1] > 40.0


def test_deflected_arrivals_trace_back_to_where_they_came_from(simulation: SkySimulation, hypotheses: Any):
    from healpy import vec2pix

    places = hypotheses["starburst_directions"]
    rigidity = np.full(len(places), 60.0)
    arrival = simulation.arrivals(places, rigidity)
    assert np.allclose(np.linalg.norm(arrival, axis=1), 1.0)
    back = arrival + hypotheses["deflections"][vec2pix(simulation.nside, *arrival.T)] / 60.0
    back /= np.linalg.norm(back, axis=1, keepdims=True)
    away = np.degrees(np.arccos(np.clip(np.sum(back * places, axis=1), -1.0, 1.0)))
    moved = np.degrees(np.arccos(np.clip(np.sum(arrival * places, axis=1), -1.0, 1.0)))
    assert np.median(moved) > 2.0
    assert np.median(away) < 0.2 * np.median(moved)
    # a reversed field moves them to the other side
    other = simulation.arrivals(places, -rigidity)
    assert np.median(np.sum((arrival - places) * (other - places), axis=1)) < 0


def test_sources_that_nobody_sees_are_told(array: Any, hypotheses: Any):
    north = {**hypotheses, "starburst_directions": np.tile([0.0, 0.0, 1.0], (23, 1))}
    with pytest.raises(DataError, match="out of the observatory's sight"):
        drawn(SkySimulation(array, north), 1, SkySettings(fractions=(0.2,), radius=2.0))


def test_what_was_found_is_gathered():
    skies = planned(3, STARBURST)
    found = gather({"one": skies, "two": skies[:2]})
    assert found["one.fraction"].tolist() == [0.3, 0.3, 0.3]
    assert len(found["two.field"]) == 2
    assert not any("identity" in name for name in found)
