"""The likelihood of all catalogues on simulated skies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.studies.arrivals.settings import CATALOGUES
from analysis.studies.arrivals.simulation.skies import SkySimulation, plans_of
from analysis.studies.arrivals.sky.directions import Vectors
from analysis.studies.arrivals.sky.search import Circles, centaurus_a
from analysis.studies.arrivals.sources.likelihood import Scan

if TYPE_CHECKING:
    from analysis.studies.arrivals.sources.settings import ChosenCatalogues

__all__ = ["CatalogueScans", "scan_skies"]


class CatalogueScans:
    """Scans of some catalogues.

    Args:
        observatory: energies and zenith ranges.
        hypotheses: maps of the catalogues.
        names: of the catalogues.
    """

    def __init__(
        self,
        observatory: Mapping[str, NDArray[np.float64]],
        hypotheses: Mapping[str, NDArray[Any]],
        names: tuple[str, ...] = CATALOGUES,
    ) -> None:
        counts = np.array([int(np.sum(observatory["energy"] >= one)) for one in hypotheses["thresholds"]])
        self._scans = {name: Scan(hypotheses[f"{name}_ratios"], counts) for name in names}
        self._nside = round(np.sqrt(hypotheses[f"{names[0]}_ratios"].shape[-1] / 12))

    def __call__(self, directions: Vectors) -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """TS and fraction, (t, r) each, of each catalogue.

        Args:
            directions: unit vectors (n, 3) of all events, in the order of falling energy.
        """
        from healpy import vec2pix

        pixels = vec2pix(self._nside, *directions.T)
        return {name: scan(pixels) for name, scan in self._scans.items()}


def scan_skies(
    raw: ak.Array,
    observatory: Mapping[str, NDArray[np.float64]],
    hypotheses: Mapping[str, NDArray[Any]],
    settings: ChosenCatalogues,
) -> ak.Array:
    """Scan simulated skies with the likelihood of the catalogues.

    Args:
        raw: plans of the skies.
        observatory: energies and zenith ranges.
        hypotheses: maps of the catalogues.
        settings: which catalogues are looked at, by data set.

    Returns:
        Records with ``identity``, ``fraction`` and ``field`` of the plan, and of each catalogue ``<name>_ts``: the
        largest TS at each threshold, a list; and ``centaurus_a``, the largest square of significance of a circle
        around it. What was not looked at is 0.
    """
    isotropic = not np.any(np.asarray(raw.fraction) > 0)
    names = settings.isotropic if isotropic else settings.others
    scans, simulation = CatalogueScans(observatory, hypotheses, names), SkySimulation(observatory, hypotheses)
    found = {name: np.zeros((len(raw), len(hypotheses["thresholds"]))) for name in CATALOGUES}
    search = Circles(observatory["energy"], observatory["inclined"] == 1, settings.search)
    centre, circles = centaurus_a(settings.search)[None], np.zeros(len(raw))
    expected = search.expected(centre)
    for number, plan in enumerate(plans_of(raw)):
        directions = simulation.draw(plan).directions
        for name, (statistic, _) in scans(directions).items():
            found[name][number] = statistic.max(axis=1)
        if isotropic:
            circles[number] = search.significance(search.counts(directions, centre), expected).max()
    columns = {**{name: raw[name] for name in ("identity", "fraction", "field")}, "centaurus_a": circles}
    lists = {f"{name}_ts": ak.from_regular(ak.Array(values)) for name, values in found.items()}
    return ak.zip({**columns, **lists}, depth_limit=1)
