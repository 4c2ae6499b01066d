"""Maps of the Faraday sky from samples of its posterior."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from analysis.studies.faraday.harmonics import as_complex
from analysis.studies.faraday.profile import at_latitude
from analysis.studies.faraday.settings import MapSettings
from analysis.studies.faraday.sphere import pixel_latitudes

__all__ = ["make_maps"]


def make_maps(sky: Mapping[str, NDArray], settings: MapSettings) -> dict[str, NDArray]:
    """Make HEALPix maps in ring order of the posterior.

    Args:
        sky: record of the inference of all sources.
        settings: of the maps.

    Returns:
        ``mean`` and ``deviation`` of the Faraday depth of the Galaxy in rad/m2 and ``field_mean`` and
        ``field_deviation`` of the dimensionless field, float32, shape (12 nside^2,).
    """
    import healpy

    lmax = sky["spectrum"].shape[1] - 1
    coefficients = sky["coefficients"].astype(np.float64)
    field = np.stack([healpy.alm2map(as_complex(one), settings.nside, lmax=lmax) for one in coefficients])
    scale = at_latitude((sky["profile"][0], sky["profile"][1]), pixel_latitudes(settings.nside))
    mean, deviation = field.mean(axis=0), field.std(axis=0, ddof=1)
    maps = {
        "mean": scale * mean,
        "deviation": scale * deviation,
        "field_mean": mean,
        "field_deviation": deviation,
    }
    return {name: values.astype(np.float32) for name, values in maps.items()}
