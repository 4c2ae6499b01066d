"""Toy showers that follow the models of the reconstruction exactly, as calibrated events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import awkward as ak
import numpy as np
import pytest

from analysis.studies.airshower.array import positions
from analysis.studies.airshower.reconstruction.settings import FitSettings

Showers = dict[str, np.ndarray]


def draw_showers(count: int, seed: int = 1, energy: tuple[float, float] = (0.5, 2.5)) -> Showers:
    """True values of toy showers: angles in rad, lengths in m, sizes in VEM (``energy``: range of log10 S(1000))."""
    random = np.random.default_rng(seed)
    return {
        "zenith": np.arcsin(np.sqrt(random.uniform(0.0, 0.75, count))),
        "azimuth": random.uniform(0.0, 2.0 * np.pi, count),
        "x_core": random.uniform(-2500.0, 2500.0, count),
        "y_core": random.uniform(-2500.0, 2500.0, count),
        "s1000": 10.0 ** random.uniform(*energy, count),
        "begin": random.uniform(0.0, 20_000.0, count),
    }


def observe(
    showers: Showers,
    settings: FitSettings,
    *,
    noise: bool,
    curved: bool = True,
    least: float = 3.0,
    most: float = np.inf,
    seed: int = 2,
) -> ak.Array:
    """Calibrated events of toy showers.

    Args:
        showers: true values.
        settings: whose models are the truth.
        noise: whether signals and times fluctuate as the models say.
        curved: whether the front is a sphere with the mean curvature; otherwise a plane.
        least: signal from which a station triggers, in VEM.
        most: largest signal that can be measured, in VEM; others are lower limits.
        seed: of the noise.
    """
    random = np.random.default_rng(seed)
    where = positions(settings.observatory)
    cosine, sine = np.cos(showers["zenith"]), np.sin(showers["zenith"])
    u, v = sine * np.cos(showers["azimuth"]), sine * np.sin(showers["azimuth"])
    x = where[:, 0] - showers["x_core"][:, None]
    y = where[:, 1] - showers["y_core"][:, None]
    along = u[:, None] * x + v[:, None] * y
    distance = np.sqrt(x**2 + y**2 - along**2 + 20.0**2)
    b0, b1, b2 = settings.lateral.slope
    secant = (1.0 / cosine - 1.0)[:, None]
    slope = b0 + b1 * secant + b2 * secant**2
    far = distance / 1000.0
    expected = showers["s1000"][:, None] * far**slope * ((far + 0.7) / 1.7) ** (slope + settings.lateral.gamma)
    share = ((settings.lateral.fluctuation[0] + settings.lateral.fluctuation[1] / cosine) ** 2)[:, None]
    signal = random.poisson(expected / share) * share if noise else expected
    curvature = settings.front.curvature[0] * cosine[:, None] ** settings.front.curvature[1] * 1e-3 if curved else 0.0
    # |a - kappa d| with d in the ground plane
    length = np.sqrt(1.0 - 2.0 * curvature * along + curvature**2 * (x**2 + y**2))
    path = (curvature * (x**2 + y**2) - 2.0 * along) / (length + 1.0)
    start = showers["begin"][:, None] + path / 0.299792458
    start = start + (random.normal(0.0, settings.front.clock, start.shape) if noise else 0.0)
    seen = signal >= least
    clipped = signal > most
    counts = seen.sum(axis=1)
    event, number = np.nonzero(seen)
    trace = np.zeros((len(event), 128), np.float32)
    trace[:, 4:10] = 1.0
    flat = {
        "station": number.astype(np.int32),
        "x": where[number, 0].astype(np.float32),
        "y": where[number, 1].astype(np.float32),
        "signal": np.minimum(signal, most)[event, number].astype(np.float32),
        "start": start[event, number],
        "saturated": clipped[event, number],
        "photomultipliers": np.full(len(event), 3, np.int8),
        "trigger": np.ones(len(event), np.int8),
        "trace": ak.Array(ak.from_numpy(trace)),
    }
    records = ak.unflatten(ak.zip(flat, depth_limit=1), counts)
    identity = np.arange(len(counts), dtype=np.uint64)
    return ak.zip(
        {"identity": identity, "time": 60.0 * identity.astype(np.float64), "stations": records}, depth_limit=1
    )


def angle_between(one: Any, other: Any) -> np.ndarray:
    """Angle between directions given by ``zenith`` and ``azimuth``, in rad."""

    def vector(angles: Any) -> np.ndarray:
        zenith, azimuth = np.asarray(angles["zenith"]), np.asarray(angles["azimuth"])
        return np.stack([np.sin(zenith) * np.cos(azimuth), np.sin(zenith) * np.sin(azimuth), np.cos(zenith)])

    # by the chord: an arc cosine has no digits at small angles
    return 2.0 * np.arcsin(np.minimum(np.linalg.norm(vector(one) - vector(other), axis=0) / 2.0, 1.0))


@pytest.fixture(scope="session")
def settings() -> FitSettings:
    return FitSettings()


@pytest.fixture(scope="session")
def toy() -> Callable[..., tuple[Showers, ak.Array]]:
    """Toy showers and what is seen of them."""

    def make(count: int, settings: FitSettings, **how: Any) -> tuple[Showers, ak.Array]:
        showers = draw_showers(count, **{key: how.pop(key) for key in ("energy",) if key in how})
        return showers, observe(showers, settings, **how)

    return make


@pytest.fixture(scope="session")
def opening_angle() -> Callable[[Any, Any], np.ndarray]:
    return angle_between
