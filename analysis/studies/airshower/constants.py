"""Constants of nature in the study's units."""

from __future__ import annotations

from scipy import constants

__all__ = ["SPEED_OF_LIGHT"]

SPEED_OF_LIGHT = constants.speed_of_light / 1e9
"""In m/ns, as in km/µs."""
