"""Hypotheses of the catalogues: expected densities of events, if they come from these sources."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.studies.arrivals.settings import CATALOGUES
from analysis.studies.arrivals.simulation.field import deflections
from analysis.studies.arrivals.sky.directions import Vectors, galactic_rotation, unit_vectors
from analysis.studies.arrivals.sky.exposure import INCLINED, VERTICAL, relative_exposure
from analysis.studies.arrivals.sources.galaxies import arrival_energies, read_galaxies

if TYPE_CHECKING:
    from analysis.studies.arrivals.settings import ScanSettings

__all__ = ["TOP_HAT", "attenuation", "density", "pixel_exposure", "prepare", "ratios"]

TOP_HAT = 1.59
"""Radius of the circle with the best signal over square root of background, in widths of a Gaussian."""

_FIELD_NSIDE = 32


def prepare(
    observatory: Mapping[str, NDArray[np.float64]],
    raw: dict[str, Any],
    publications: Mapping[str, Mapping[str, Path]],
    settings: ScanSettings,
) -> dict[str, NDArray[Any]]:
    """Prepare the maps that simulations and tests share.

    Args:
        observatory: of :func:`analysis.studies.arrivals.sky.observatory.describe`.
        raw: sources of the catalogues with their energy losses.
        publications: with the larger catalogue of starburst galaxies, whose losses are interpolated in distance.
        settings: of the scan.

    Returns:
        ``thresholds`` (t,) EeV, ``radii`` (r,) degrees; ``deflections`` (pixels, 3), rad EV, of the coherent field at
        arrival directions, equatorial, HEALPix ring order at nside 32; and of each catalogue ``<name>_directions``
        (s, 3), equatorial; ``<name>_weights`` (t, s), expected shares of flux above each threshold; ``<name>_ratios``
        (t, r, pixels): expected density over that of isotropy, at ``nside``, in single precision.
    """
    rotation = galactic_rotation()
    thresholds = np.asarray(settings.thresholds)
    found = {
        "thresholds": thresholds,
        "radii": np.asarray(settings.radii),
        "deflections": deflections(_pixels(_FIELD_NSIDE) @ rotation) @ rotation.T,
    }
    (sources,) = raw.values()
    emitted, arriving = np.asarray(sources.emitted_energy), np.asarray(sources.arrival_energy)
    places = unit_vectors(np.radians(np.asarray(sources.longitude)), np.radians(np.asarray(sources.latitude)))
    galaxies, distance, flux = read_galaxies(publications)
    # tables of all catalogues begin at the same energies
    interpolated = arrival_energies(distance, np.asarray(sources.distance), arriving)
    for number, name in enumerate(CATALOGUES):
        if name == "starburst_44":
            directions, fluxes, losses = galaxies, flux, (np.tile(emitted[0], (len(flux), 1)), interpolated)
        else:
            own = np.asarray(sources.catalogue) == number
            directions, fluxes = places[own] @ rotation.T, np.asarray(sources.flux, dtype=np.float64)[own]
            losses = emitted[own], arriving[own]
        weights = fluxes * attenuation(*losses, thresholds, settings.spectral_index)
        weights /= weights.sum(axis=1, keepdims=True)
        found |= {
            f"{name}_directions": directions,
            f"{name}_weights": weights,
            f"{name}_ratios": ratios(directions, weights, observatory, settings),
        }
    return found


def attenuation(
    emitted: NDArray[np.float64], arriving: NDArray[np.float64], thresholds: NDArray[np.float64], index: float
) -> NDArray[np.float64]:
    """Compute which share of a source's flux above a threshold its distance leaves.

    Of a spectrum dN/dE ~ E^-index, those particles arrive above a threshold that were emitted above another one: the
    share is (emitted / threshold)^(1 - index). Below the energies of the table the relative loss is that of its lowest
    energy.

    Args:
        emitted: energies (s, e) at the source, EeV, rising.
        arriving: energies (s, e) at Earth, EeV, of the same protons.
        thresholds: (t,), EeV.
        index: of the spectrum.

    Returns:
        (t, s).
    """
    losses = [
        np.interp(np.log(thresholds), np.log(at_earth), np.log(at_source) - np.log(at_earth))
        for at_source, at_earth in zip(emitted, arriving, strict=True)
    ]
    return np.exp((1.0 - index) * np.stack(losses, axis=1))


def density(directions: Vectors, sources: Vectors, weights: NDArray[np.float64], radius: float) -> NDArray[np.float64]:
    """Evaluate the sum of Fisher distributions around sources.

    Args:
        directions: where, unit vectors (n, 3).
        sources: unit vectors (s, 3).
        weights: (..., s).
        radius: equivalent top-hat radius, degrees; the width of the Fisher distribution is this over 1.59.

    Returns:
        (..., n), 1 / sr for weights with the sum 1.
    """
    k = (TOP_HAT / np.radians(radius)) ** 2
    scale = k / (2.0 * np.pi * -np.expm1(-2.0 * k))
    fisher = scale * np.exp(k * (directions @ sources.T - 1.0))
    return weights @ fisher.T


def _pixels(nside: int) -> Vectors:
    from healpy import nside2npix, pix2vec

    return np.stack(pix2vec(nside, np.arange(nside2npix(nside))), axis=-1)


def pixel_exposure(nside: int) -> NDArray[np.float64]:
    """Compute the exposures of both ranges of zenith angles, (2, pixels), each with the sum 1."""
    declination = np.arcsin(np.clip(_pixels(nside)[:, 2], -1.0, 1.0))
    maps = np.stack([relative_exposure(declination, zenith) for zenith in (VERTICAL, INCLINED)])
    return maps / maps.sum(axis=1, keepdims=True)


def ratios(
    sources: Vectors,
    weights: NDArray[np.float64],
    observatory: Mapping[str, NDArray[np.float64]],
    settings: ScanSettings,
) -> NDArray[np.float32]:
    """Compute the density that is expected of sources over that of isotropy: maps by threshold and radius.

    What is seen of a flux F is F w, where w is the exposure of both ranges, each counted as often as it has events
    above the threshold; the ratio is F / (integral of F w), for w with the integral 1.

    Returns:
        (t, r, pixels).
    """
    pixels, exposure = _pixels(settings.nside), pixel_exposure(settings.nside)
    found = np.empty((len(settings.thresholds), len(settings.radii), len(pixels)), dtype=np.float32)
    shares = []
    for threshold in settings.thresholds:
        inclined = observatory["inclined"][observatory["energy"] >= threshold].mean()
        shares.append([1.0 - inclined, inclined])
    seen = np.asarray(shares) @ exposure
    for place, radius in enumerate(settings.radii):
        flux = density(pixels, sources, weights, radius)
        found[:, place] = flux / np.sum(flux * seen, axis=1, keepdims=True)
    return found
