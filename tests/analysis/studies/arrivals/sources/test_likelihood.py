from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from astropy import units
from astropy.coordinates import SkyCoord
from scipy.optimize import minimize_scalar

from analysis.studies.arrivals.settings import CATALOGUES, ScanSettings
from analysis.studies.arrivals.sources.comparison import compare
from analysis.studies.arrivals.sources.likelihood import profile
from analysis.studies.arrivals.sources.scanning import CatalogueScans

THRESHOLD, RADIUS = 38.0, 25.0


def independent(folder: Path, threshold: float, radius: float) -> tuple[float, float]:
    """The likelihood of the 23 starburst galaxies from the files, with nothing of the study: TS and fraction.

    Directions are exact, the normalisation is an integral over a grid of angles, and the fraction is scanned.
    """
    (path,) = folder.glob("AugerApJS2022*.dat")
    table = np.loadtxt(path)
    zenith, energy = table[:, 3], table[:, 7]

    def vectors(longitude: Any, latitude: Any) -> np.ndarray:
        longitude, latitude = np.broadcast_arrays(longitude, latitude)
        return np.stack(
            [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)], axis=-1
        )

    events = vectors(np.radians(table[:, 5]), np.radians(table[:, 6]))[energy >= threshold]
    inclined = float((zenith[energy >= threshold] >= 60.0).mean())
    with h5py.File(folder / "sourcedata.h5") as content:
        group = content["SBG_23"]
        places = SkyCoord(l=group["glon"][:] * units.deg, b=group["glat"][:] * units.deg, frame="galactic").icrs
        flux = group["L"][:]
    with h5py.File(folder / "tables_SBG_23.h5") as content:
        emitted, arriving = content["energy/E_grid"][:], content["energy/Earr_grid"][:]
    # of a spectrum E^-2, a share E / E' remains above E, where E' is what E was at the source
    loss = [np.exp(-np.interp(np.log(threshold), np.log(one), np.log(emitted / one))) for one in arriving]
    weights = flux * np.array(loss)
    weights /= weights.sum()
    k = (1.59 / np.radians(radius)) ** 2

    def density(where: np.ndarray) -> np.ndarray:
        return np.exp(k * (where @ vectors(places.ra.rad, places.dec.rad).T - 1.0)) @ weights

    latitude = np.radians(-35.2)
    sine = (np.arange(600) + 0.5) / 300.0 - 1.0
    longitude = (np.arange(720) + 0.5) * np.pi / 360.0
    hour = (np.arange(1440) + 0.5) * np.pi / 720.0
    across = np.sqrt(1.0 - sine**2)
    cosine = np.sin(latitude) * sine[:, None] + np.cos(latitude) * across[:, None] * np.cos(hour)
    vertical = np.where(cosine > 0.5, cosine, 0.0).sum(axis=1)
    steep = np.where((cosine <= 0.5) & (cosine > np.cos(np.radians(80.0))), cosine, 0.0).sum(axis=1)
    exposure = (1.0 - inclined) * vertical / vertical.sum() + inclined * steep / steep.sum()
    grid = density(vectors(longitude[None, :], np.arcsin(sine)[:, None]).reshape(-1, 3)).reshape(600, 720)
    ratio = density(events) / (grid.mean(axis=1) * exposure).sum()
    fractions = np.linspace(0.0, 0.3, 3001)
    statistic = [2.0 * np.log1p(one * (ratio - 1.0)).sum() for one in fractions]
    best = int(np.argmax(statistic))
    return float(statistic[best]), float(fractions[best])


@pytest.mark.parametrize(("threshold", "radius"), [(THRESHOLD, RADIUS), (40.0, 15.0), (57.0, 9.0)])
def test_it_agrees_with_an_independent_evaluation(
    folder: Path, measured: Any, array: Any, hypotheses: Any, threshold: float, radius: float
):
    scans = CatalogueScans(array, hypotheses, ("starburst",))(measured["directions"])
    statistic, fraction = scans["starburst"]
    settings = ScanSettings()
    place = settings.thresholds.index(threshold), settings.radii.index(radius)
    expected = independent(folder, threshold, radius)
    assert statistic[place] == pytest.approx(expected[0], abs=0.5)
    assert fraction[place] == pytest.approx(expected[1], abs=0.003)


def test_the_maximum_is_where_it_is_published(measured: Any, array: Any, hypotheses: Any):
    """With fewer galaxies than published (23 of 44), at the same threshold and radius."""
    isotropic = {f"isotropic.{name}_ts": np.ones((9, 13)) for name in CATALOGUES}
    result = compare(measured, array, hypotheses, isotropic)
    numbers = {one.name: one for one in result["numbers"]}
    assert (numbers["threshold_starburst"].value, numbers["radius_starburst"].value) == (THRESHOLD, RADIUS)
    assert numbers["fraction_starburst"].value == pytest.approx(9.0, abs=1.0)
    assert 18.0 < numbers["ts_starburst"].value < 25.0
    assert "44 galaxies" in numbers["ts_starburst"].note
    # of the 44 galaxies of the published analysis
    assert numbers["threshold_starburst_44"].value == THRESHOLD
    assert numbers["ts_starburst_44"].value == pytest.approx(25.0, abs=2.0)
    assert numbers["fraction_starburst_44"].value == pytest.approx(9.0, abs=1.0)
    # no isotropic sky had as much
    assert numbers["p_starburst"].value == pytest.approx(0.1)


def test_profiles_are_those_of_a_minimiser():
    random = np.random.default_rng(2)
    for scale in (0.3, 1.0, 3.0):
        ratio = random.lognormal(0.0, scale, (4, 400))
        statistic, fraction, _ = profile(ratio)
        for row, one in enumerate(ratio):
            found = minimize_scalar(
                lambda a, one=one: -2.0 * np.log1p(a * (one - 1.0)).sum(), bounds=(0.0, 0.999), method="bounded"
            )
            assert statistic[row] == pytest.approx(max(-found.fun, 0.0), abs=1e-3)
            if statistic[row] > 0.1:
                assert fraction[row] == pytest.approx(found.x, abs=1e-3)


def test_a_deficit_has_no_fraction():
    statistic, fraction, uncertainty = profile(np.full((1, 50), 0.5))
    assert (float(statistic[0]), float(fraction[0])) == (0.0, 0.0)
    assert uncertainty[0] > 0


def test_uncertainties_are_those_of_the_curvature():
    """TS falls by one at one standard deviation."""
    ratio = np.random.default_rng(8).lognormal(0.0, 1.0, 20_000)[None] * 1.02
    statistic, fraction, uncertainty = profile(ratio)
    aside = 2.0 * np.log1p((fraction[0] + uncertainty[0]) * (ratio[0] - 1.0)).sum()
    assert statistic[0] - aside == pytest.approx(1.0, abs=0.05)
