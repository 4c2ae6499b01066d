"""Weights that give simulated events the measured number of primary vertices.

Simulated samples were made with guesses of the pile-up to come: W + jets, top quarks and the Higgs boson with one, Z
with another. The files do not tell the number of simulated interactions, which CMS weights by, so the reconstructed
vertices have to do. The shift is the measured number by 5 % up and down: what CMS allowed for the inelastic cross
section that its numbers of interactions of 2012 came from (measured at 7 TeV: CMS, Phys. Lett. B 722 (2013) 5).

The shape of the measured distribution is taken where nothing is measured: from isolated muons with more transverse
mass than the signal region allows; muons that are not isolated would bring the vertices into the selection. The
simulated one is that of all isolated muons of the samples that were made alike, whatever their transverse mass: it is a
property of the sample, and the transverse mass of Z -> tau tau grows with the pile-up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
from correctionlib import schemav2
from numpy.typing import NDArray

from analysis.calibration import Calibration
from analysis.errors import DataError
from analysis.events.columns import values
from analysis.events.selection import passes
from analysis.results import Number

if TYPE_CHECKING:
    from analysis.studies.htautau.settings import PileupSettings

__all__ = ["derive"]

Array = NDArray[np.float64]

_METHOD = "ratio of the measured to the simulated distribution of the number of primary vertices"


def derive(reconstructed: Mapping[str, ak.Array], settings: PileupSettings) -> Calibration:
    """Derive the weights of simulated events.

    Args:
        reconstructed: measured and simulated events, by data set.
        settings: selections, bins, and which samples were made alike.

    Returns:
        The correction ``pileup``: weight of an event by ``dataset``, ``npv`` and ``systematic`` (``nominal``, ``up``,
        ``down``); on average 1 over the sample's events.

    Raises:
        DataError: a bin has no simulated event of a group, or there is no measured event.
    """
    edges = np.asarray(settings.edges, np.float64)
    grouped = [name for group in settings.groups for name in group]
    measured = np.concatenate(
        [
            values(events, "npv")[passes(events, settings.measured)].astype(np.float64)
            for name, events in reconstructed.items()
            if name not in grouped
        ]
        or [np.zeros(0)]
    )
    if not len(measured):
        raise DataError("no measured event tells the number of vertices", cure="look at the selection of the pile-up")
    targets = {
        way: _distribution(measured, edges, 1.0 + sign * settings.relative)
        for way, sign in (("nominal", 0.0), ("up", 1.0), ("down", -1.0))
    }
    weights: dict[str, dict[str, Array]] = {}
    means: list[Number] = [_mean("data", "data", measured)]
    for group in settings.groups:
        events = [reconstructed[name] for name in group if name in reconstructed]
        simulated = np.concatenate(
            [values(one, "npv")[passes(one, settings.simulated)].astype(np.float64) for one in events] or [np.zeros(0)]
        )
        found = _distribution(simulated, edges, 1.0) if len(simulated) else np.zeros(len(edges) - 1)
        if not found.all():
            raise DataError(
                f"no event of {', '.join(group)} has {edges[np.argmin(found)]:g} to {edges[np.argmin(found) + 1]:g} "
                "vertices",
                cure="make the bins of the pile-up wider",
            )
        own = {way: target / found for way, target in targets.items()}
        weights |= dict.fromkeys(group, own)
        weighted = own["nominal"][_bins(simulated, edges)]
        means += [_mean(f"{group[0]}_before", f"{group[0]}, simulated", simulated)]
        means += [_mean(f"{group[0]}_after", f"{group[0]}, weighted", simulated, weighted)]
    return Calibration(
        corrections=_corrections(settings.edges, weights),
        measurements={
            "numbers": [one.as_json() for one in means],
            "tables": [],
            "headline": {one.title: f"{one.value} +- {one.stat[0] if one.stat else 0.0}" for one in means},
        },
        curves={"edges": edges, **{f"target_{way}": target for way, target in targets.items()}},
    )


def _bins(numbers: Array, edges: Array) -> NDArray[np.intp]:
    """Bin of each number; what lies outside is in the first and the last one."""
    return np.clip(np.searchsorted(edges, numbers, side="right") - 1, 0, len(edges) - 2)


def _distribution(numbers: Array, edges: Array, scale: float) -> Array:
    """Parts of the events in each bin, of numbers that are multiplied; what falls between two whole ones, to both."""
    scaled = scale * numbers
    whole = np.floor(scaled)
    parts = np.bincount(_bins(whole, edges), 1.0 - (scaled - whole), len(edges) - 1)
    parts = parts + np.bincount(_bins(whole + 1.0, edges), scaled - whole, len(edges) - 1)
    return np.asarray(parts / len(numbers))


def _mean(name: str, title: str, numbers: Array, weights: Array | None = None) -> Number:
    mean = float(np.average(numbers, weights=weights))
    error = float(f"{np.std(numbers) / np.sqrt(len(numbers)):.3g}")
    where = f"mean number of vertices, {title}"
    return Number(f"npv_{name}", where, round(mean, 4), (error, error), None, "", _METHOD)


def _corrections(edges: Sequence[float], weights: Mapping[str, Mapping[str, Array]]) -> schemav2.CorrectionSet:
    def binning(content: Array) -> schemav2.Binning:
        listed: list[Any] = [round(float(one), 6) for one in content]
        return schemav2.Binning(nodetype="binning", input="npv", edges=list(edges), content=listed, flow="clamp")

    def ways(own: Mapping[str, Array]) -> schemav2.Category:
        items = [schemav2.CategoryItem(key=way, value=binning(content)) for way, content in own.items()]
        return schemav2.Category(nodetype="category", input="systematic", content=items)

    return schemav2.CorrectionSet(
        schema_version=2,
        description="Pile-up of simulated events, from the number of primary vertices",
        corrections=[
            schemav2.Correction(
                name="pileup",
                description="Weight of simulated events",
                version=1,
                inputs=[
                    schemav2.Variable(name="dataset", type="string", description="name of the simulated data set"),
                    schemav2.Variable(name="npv", type="real", description="number of primary vertices"),
                    schemav2.Variable(name="systematic", type="string", description="nominal, up or down"),
                ],
                output=schemav2.Variable(name="weight", type="real", description="factor"),
                data=schemav2.Category(
                    nodetype="category",
                    input="dataset",
                    content=[schemav2.CategoryItem(key=name, value=ways(own)) for name, own in weights.items()],
                ),
            )
        ],
    )
