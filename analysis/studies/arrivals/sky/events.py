"""Measured events with their directions in all coordinates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.studies.arrivals.sky.directions import galactic_rotation, to_angles, unit_vectors

if TYPE_CHECKING:
    import awkward as ak

__all__ = ["directions", "vectors"]


def directions(raw: ak.Array) -> ak.Array:
    """Add unit vectors and Galactic coordinates (astropy, from ICRS) to events.

    Args:
        raw: events with ``right_ascension`` and ``declination`` in degrees.

    Returns:
        The same with ``x``, ``y``, ``z`` (equatorial unit vector), ``longitude`` in [0, 360) and ``latitude`` (degrees,
        Galactic).
    """
    from analysis.events.columns import with_columns

    found = unit_vectors(np.radians(np.asarray(raw.right_ascension)), np.radians(np.asarray(raw.declination)))
    longitude, latitude = to_angles(found @ galactic_rotation())
    return with_columns(
        raw,
        {
            **{name: found[:, axis] for axis, name in enumerate("xyz")},
            "longitude": np.degrees(longitude),
            "latitude": np.degrees(latitude),
        },
    )


def vectors(events: ak.Array) -> np.ndarray:
    """Return the unit vectors (n, 3) of events in equatorial coordinates."""
    return np.stack([np.asarray(events[name], dtype=np.float64) for name in "xyz"], axis=1)
