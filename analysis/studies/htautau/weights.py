"""Weights of events, and what systematic uncertainties make of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.events.columns import values
from analysis.events.selection import passes

if TYPE_CHECKING:
    from correctionlib import CorrectionSet

    from analysis.calibration import SavedCalibration
    from analysis.studies.htautau.measurement_settings import WeightSettings
    from analysis.study import Dataset

__all__ = ["weigh"]


def weigh(
    events: ak.Array, dataset: Dataset, pileup: SavedCalibration | CorrectionSet, settings: WeightSettings
) -> dict[str, NDArray[np.float64]]:
    """Expected events per 1/fb that each event stands for, nominal and by shift.

    Args:
        events: reconstructed events, a record array of length n.
        dataset: where they are from; nothing is uncertain about the weight of a measured event.
        pileup: weights by the number of vertices (:mod:`analysis.studies.htautau.pileup`).
        settings: the uncertainties.

    Returns:
        ``nominal`` and, for simulated events, ``<source>_up`` and ``<source>_down``; (n,) each.
    """
    nominal = values(events, "weight").astype(np.float64)
    weights = {"nominal": nominal}
    if dataset.kind == "measured":
        return weights
    labels, genuine = values(events, "label"), values(events, "gen_match").astype(np.bool_)
    for process, ratio in settings.branching_ratios:
        nominal = np.where(labels == settings.processes.index(process), ratio * nominal, nominal)
    npv = values(events, "npv").astype(np.float64)
    by_vertices = {
        way: pileup[settings.pileup].evaluate(dataset.name, npv, way) if len(npv) else npv
        for way in ("nominal", "up", "down")
    }
    for way in ("up", "down"):
        weights[f"{settings.pileup}_{way}"] = nominal * by_vertices[way]
    nominal = nominal * by_vertices["nominal"]
    weights["nominal"] = nominal
    for uncertainty in settings.uncertainties:
        touched = np.isin(labels, [settings.processes.index(name) for name in uncertainty.processes])
        if uncertainty.genuine is not None:
            touched &= genuine == uncertainty.genuine
        touched &= passes(events, uncertainty.cuts)
        size = np.full(len(events), uncertainty.relative)
        if uncertainty.along:
            field, centre = uncertainty.along
            size = np.clip(uncertainty.relative * (values(events, field).astype(np.float64) - centre), -1.0, 1.0)
        for direction, sign in (("up", 1.0), ("down", -1.0)):
            factor = np.where(touched, 1.0 + sign * size, 1.0)
            weights[f"{uncertainty.source}_{direction}"] = nominal * factor
    return weights
