"""The beam spot, from clusters of the three innermost layers of the barrel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.errors import DataError
from analysis.results import Number
from analysis.studies.tracking.detector.places import modules_of, places_of

if TYPE_CHECKING:
    from analysis.studies.tracking.detector.settings import BeamSpotSettings

__all__ = ["derive"]

Array = NDArray[np.float64]

_AXES = ("x", "y", "z")


def derive(
    raw: Mapping[str, ak.Array], detector: Mapping[str, NDArray[Any]], settings: BeamSpotSettings
) -> dict[str, Any]:
    """Find where the beams meet.

    A circle through three hits has its centre C and its radius R where the track passes the beam spot b: |C - b| = R.
    With b small, b is along the unit vector of C as much as |C| exceeds R, which all tracks together tell in two
    directions. Tracks far from the others are left out.

    Args:
        raw: events with few vertices, by data set.
        detector: its modules.
        settings: what makes a track.

    Returns:
        ``numbers``, ``headline``; ``x``, ``y``, ``z``, ``length`` (standard deviation along z), mm; ``distances`` of
        the tracks from the detector's middle in mm, and ``phi``, their directions, for a figure.

    Raises:
        DataError: there are fewer than 50 tracks.
    """
    events = [one for some in raw.values() for one in some]
    spot: Any = np.zeros(2)
    # the window is about what is known of the beam spot, so that it draws nothing to the detector's middle
    for wider in (5.0, 1.0):
        tracks = [_tracks(one, spot, detector, wider * settings.phi, settings) for one in events]
        centre, radius, z = (np.concatenate([one[part] for one in tracks]) for part in range(3))
        if len(z) < 50:
            raise DataError(f"{len(z)} tracks are too few for a beam spot", cure="simulate more events of calibration")
        away = np.linalg.norm(centre, axis=1)
        towards, distance = centre / away[:, None], away - radius
        spot, covariance = _fit(towards, distance)
    means = np.array([one[2].mean() for one in tracks if len(one[2])])
    found = {"x": float(spot[0]), "y": float(spot[1]), "z": float(z.mean()), "length": float(z.std())}
    # tracks of an event share its vertices
    z_error = float(means.std(ddof=1) / np.sqrt(len(means)))
    errors = (*np.sqrt(np.diag(covariance)).tolist(), z_error)
    numbers = [
        Number(
            f"beam_{name}", f"beam spot, {name}", found[name], (error,) * 2, None, "mm", "circles through three hits"
        )
        for name, error in zip(_AXES, errors, strict=True)
    ]
    numbers.append(
        Number("beam_length", "length of the beam spot", found["length"], None, None, "mm", "origins of tracks along z")
    )
    few = np.linspace(0, len(z) - 1, min(len(z), 3000)).astype(int)
    return {
        **found,
        "numbers": [one.as_json() for one in numbers],
        "headline": {
            "beam spot": f"({found['x']:.3f}, {found['y']:.3f}, {found['z']:.1f}) mm of {len(z)} tracks",
        },
        "phi": np.arctan2(towards[few, 1], towards[few, 0]).tolist(),
        "distances": distance[few].tolist(),
    }


def _fit(towards: Array, distance: Array) -> tuple[Array, Array]:
    """Beam spot and its covariance, without tracks far from it."""
    spot: Any = np.zeros(2)
    kept = np.ones(len(distance), np.bool_)
    for _ in range(10):
        spot = np.linalg.lstsq(towards[kept], distance[kept], rcond=None)[0]
        left = distance - towards @ spot
        kept = np.abs(left) < 4.0 * 1.4826 * float(np.median(np.abs(left[kept])))
    spread = float((distance - towards @ spot)[kept].std())
    covariance: Any = spread**2 * np.linalg.inv(towards[kept].T @ towards[kept])
    return spot, covariance


def _tracks(
    event: Any, spot: Array, detector: Mapping[str, NDArray[Any]], window: float, settings: BeamSpotSettings
) -> tuple[Array, Array, Array]:
    """Tracks of an event: centres of their circles (n, 2), radii and origins along z, mm."""
    number = modules_of(np.asarray(event.clusters.module), detector)
    places, group = places_of(event.clusters, number, detector), detector["group"][number]
    places = places - np.array([*spot, 0.0])
    first, second, third = (places[group == one] for one in _innermost(detector))
    (r1, p1, z1), (r2, p2, z2), (r3, p3, z3) = (_cylindrical(one) for one in (first, second, third))
    turn = _turned(p2[None] - p1[:, None])
    slope = (z2[None] - z1[:, None]) / (r2[None] - r1[:, None])
    origin = z1[:, None] - slope * r1[:, None]
    a, b = np.nonzero((np.abs(turn) < _window(r2.mean(), settings)) & (np.abs(origin) < settings.reach))
    if not len(a) or not len(third):
        return np.zeros((0, 2)), np.zeros(0), np.zeros(0)
    along = (r3[None] - r1[a][:, None]) / (r2[b] - r1[a])[:, None]
    off_z = z3[None] - z1[a][:, None] - (z2[b] - z1[a])[:, None] * along
    off_phi = _turned(p3[None] - p1[a][:, None] - turn[a, b][:, None] * along)
    near = np.hypot(off_z / settings.z, off_phi / window)
    c = near.argmin(axis=1)
    good = near[np.arange(len(a)), c] < 1.0
    a, b, c = a[good], b[good], c[good]
    centre, radius = _circle(first[a, :2], second[b, :2], third[c, :2])
    fast = 0.3e-3 * settings.field * radius > settings.pt
    return centre[fast] + spot, radius[fast], origin[a, b][fast]


def _innermost(detector: Mapping[str, NDArray[Any]]) -> list[int]:
    """The three groups of modules next to the beam whose modules lie along z."""
    groups = np.unique(detector["group"])
    spread = {one: float(np.ptp(detector["centre"][detector["group"] == one][:, 2])) for one in groups.tolist()}
    radius = {
        one: float(np.hypot(*detector["centre"][detector["group"] == one][:, :2].T).mean())
        for one in groups.tolist()
        if spread[one] > 100.0
    }
    return sorted(radius, key=lambda one: radius[one])[:3]


def _window(radius: float, settings: BeamSpotSettings) -> float:
    """Angle that the slowest track turns by up to a radius, rad."""
    return float(radius * 0.3e-3 * settings.field / (2.0 * settings.pt))


def _cylindrical(places: Array) -> tuple[Array, Array, Array]:
    return np.hypot(places[:, 0], places[:, 1]), np.arctan2(places[:, 1], places[:, 0]), places[:, 2]


def _turned(phi: Array) -> Array:
    """Angles between -pi and pi."""
    turned: Array = (phi + np.pi) % (2.0 * np.pi) - np.pi
    return turned


def _circle(first: Array, second: Array, third: Array) -> tuple[Array, Array]:
    """Centres and radii of circles through three points, each (n, 2)."""
    b, c = second - first, third - first
    twice = 2.0 * (b[:, 0] * c[:, 1] - b[:, 1] * c[:, 0])
    # points on a line have a circle that is too large for a number
    twice = np.where(np.abs(twice) < 1e-9, 1e-9, twice)
    bb, cc = np.sum(b**2, axis=1), np.sum(c**2, axis=1)
    centre = first + np.stack([c[:, 1] * bb - b[:, 1] * cc, b[:, 0] * cc - c[:, 0] * bb], axis=1) / twice[:, None]
    return centre, np.linalg.norm(centre - first, axis=1)
