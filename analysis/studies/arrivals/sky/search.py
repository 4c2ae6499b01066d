"""Searches for an excess of events in a circle: blind, and around Centaurus A (ApJ 935 (2022) 170, Sec. 4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.studies.arrivals.sky.directions import Vectors, to_angles, unit_vectors
from analysis.studies.arrivals.sky.exposure import INCLINED, VERTICAL, relative_exposure
from analysis.studies.arrivals.sky.search_results import Excess, search_results

if TYPE_CHECKING:
    from analysis.studies.arrivals.sky.search_settings import SearchSettings

__all__ = ["Circles", "centaurus_a", "search"]

_BLOCK = 2048
Arrays = Mapping[str, NDArray[np.float64]]
# coarse pixels that fine ones are looked at around, and how near, in degrees
_CANDIDATES, _NEAR = 40, 4.0


class Circles:
    """Counts events in circles of all radii, above all thresholds.

    Expected are shares of the exposure of each range of zenith angles times the events in that range. What is maximised
    is the likelihood ratio of the binomial distribution with and without an excess.

    Args:
        energy: of the events, EeV.
        inclined: whether their zenith angles are of the inclined range.
        settings: of the search.
    """

    def __init__(self, energy: NDArray[np.float64], inclined: NDArray[np.bool_], settings: SearchSettings) -> None:
        self.thresholds = np.arange(settings.thresholds[0], settings.thresholds[1] + 1)
        self.radii = np.arange(settings.radii[0], settings.radii[1] + 1)
        self.settings, self._inclined = settings, inclined
        self._level = np.searchsorted(self.thresholds, energy, side="right") - 1
        above = energy[:, None] >= self.thresholds
        self.totals = above.sum(axis=0)
        self._inclined_totals = (above & inclined[:, None]).sum(axis=0)
        # squares of chords: largest in each circle
        self._chords = (2.0 * np.sin(np.radians(self.radii) / 2.0)) ** 2

    def counts(self, directions: Vectors, centres: Vectors) -> NDArray[np.int64]:
        """Count events (c, thresholds, radii) around centres (c, 3)."""
        shape = (len(centres), len(self.thresholds), len(self.radii))
        found = 2.0 - 2.0 * (centres @ directions.T)
        within = (found <= self._chords[-1]) & (self._level >= 0)
        centre, event = np.nonzero(within)
        circle = np.searchsorted(self._chords, found[centre, event], side="left")
        place = (centre * shape[1] + self._level[event]) * shape[2] + circle
        single = np.bincount(place, minlength=int(np.prod(shape))).reshape(shape)
        return single[:, ::-1].cumsum(axis=1)[:, ::-1].cumsum(axis=2)

    def expected(self, centres: Vectors) -> NDArray[np.float64]:
        """Numbers of events (c, thresholds, radii) that isotropy gives around centres (c, 3)."""
        from healpy import nside2npix, pix2vec

        nside = self.settings.exposure_nside
        pixels = np.stack(pix2vec(nside, np.arange(nside2npix(nside))), axis=1)
        declination = np.arcsin(np.clip(pixels[:, 2], -1.0, 1.0))
        maps = [relative_exposure(declination, zenith) for zenith in (VERTICAL, INCLINED)]
        # the exposure depends on the declination alone
        heights, place = np.unique(np.round(centres[:, 2], 12), return_inverse=True)
        shares = np.zeros((2, len(heights), len(self.radii)))
        for row, height in enumerate(heights):
            centre = np.array([np.sqrt(max(1.0 - height**2, 0.0)), 0.0, height])
            circle = np.searchsorted(self._chords, 2.0 - 2.0 * (pixels @ centre), side="left")
            for kind, exposure in enumerate(maps):
                ring = np.bincount(circle, exposure, len(self.radii) + 1)[:-1]
                shares[kind, row] = ring.cumsum() / exposure.sum()
        numbers = np.stack([self.totals - self._inclined_totals, self._inclined_totals])
        return np.einsum("kt,kcr->ctr", numbers.astype(np.float64), shares[:, place])

    def significance(self, counts: NDArray[np.int64], expected: NDArray[np.float64]) -> NDArray[np.float64]:
        """The square of the significance of an excess by the likelihood ratio, (c, thresholds, radii); 0 for none."""
        total = self.totals[:, None].astype(np.float64)
        some = (counts > expected) & (expected > 0)
        safe = np.where(some, counts, np.maximum(expected, 1e-9))
        mean = np.maximum(expected, 1e-9)
        rest = np.maximum(total - safe, 1e-9)
        found = 2.0 * (safe * np.log(safe / mean) + rest * np.log(rest / np.maximum(total - mean, 1e-9)))
        return np.where(some, found, 0.0)

    def largest(self, directions: Vectors, centres: Vectors) -> NDArray[np.float64]:
        """The largest square of the significance around each centre, (c,)."""
        expected = self.expected(centres)
        blocks = [slice(start, start + _BLOCK) for start in range(0, len(centres), _BLOCK)]
        found = [
            self.significance(self.counts(directions, centres[some]), expected[some]).max(axis=(1, 2))
            for some in blocks
        ]
        return np.concatenate(found)

    def best(self, directions: Vectors, centres: Vectors) -> Excess:
        """Find the most significant excess among all centres, thresholds and radii."""
        centre = centres[int(self.largest(directions, centres).argmax())]
        value = self.significance(self.counts(directions, centre[None]), self.expected(centre[None]))[0]
        threshold, radius = np.unravel_index(int(value.argmax()), value.shape)
        return self.at(directions, centre, float(self.thresholds[threshold]), float(self.radii[radius]))

    def at(self, directions: Vectors, centre: Vectors, threshold: float, radius: float) -> Excess:
        """The excess in one circle."""
        row, column = int(threshold) - int(self.thresholds[0]), int(radius) - int(self.radii[0])
        observed = int(self.counts(directions, centre[None])[0, row, column])
        expected = float(self.expected(centre[None])[0, row, column])
        longitude, latitude = (float(np.degrees(one)) for one in to_angles(centre))
        return Excess(threshold, radius, observed, expected, int(self.totals[row]), longitude, latitude)


def search(measured: Arrays, scans: Arrays, settings: SearchSettings) -> dict[str, Any]:
    """Search the measured sky for excesses in circles.

    The blind search looks at the pixels of a coarse map first, and then at all pixels of a fine one around the best.

    Args:
        measured: events with ``energy``, ``zenith`` and ``directions``.
        scans: of isotropic skies, with the largest ``isotropic.centaurus_a`` of each.
        settings: of the search.

    Returns:
        ``numbers``, ``tables`` and ``headline``.
    """
    directions = measured["directions"]
    circles = Circles(measured["energy"], measured["zenith"] >= VERTICAL[1], settings)
    coarse = _seen(settings.nside // 2)
    candidates = coarse[np.argsort(-circles.largest(directions, coarse), kind="stable")[:_CANDIDATES]]
    fine = _seen(settings.nside)
    near = np.max(fine @ candidates.T, axis=1) >= np.cos(np.radians(_NEAR))
    blind = circles.best(directions, fine[near])
    centre = centaurus_a(settings)
    nearby = circles.best(directions, centre[None])
    return search_results(
        measured,
        {"blind": blind, "centaurus_a": nearby},
        float(circles.largest(directions, centre[None])[0]),
        scans["isotropic.centaurus_a"],
    )


def centaurus_a(settings: SearchSettings) -> Vectors:
    """The unit vector of Centaurus A."""
    return unit_vectors(np.radians(settings.right_ascension), np.radians(settings.declination))


def _seen(nside: int) -> Vectors:
    """Directions of the pixels that the observatory sees."""
    from healpy import nside2npix, pix2vec

    pixels = np.stack(pix2vec(nside, np.arange(nside2npix(nside))), axis=1)
    declination = np.arcsin(np.clip(pixels[:, 2], -1.0, 1.0))
    return pixels[relative_exposure(declination, VERTICAL) + relative_exposure(declination, INCLINED) > 0]
