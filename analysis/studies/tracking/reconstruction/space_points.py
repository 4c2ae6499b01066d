"""Space points: clusters in space, relative to the beam spot, with the layers that they are on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.errors import DataError
from analysis.studies.tracking.detector.places import modules_of, places_of

__all__ = ["reconstruct"]


def reconstruct(
    raw: ak.Array, detector: Mapping[str, NDArray[Any]], beam_spot: Mapping[str, Any], layers: Mapping[str, Any]
) -> ak.Array:
    """Find the space points of events, one of each cluster, in the same order.

    Args:
        raw: events with ``clusters``.
        detector: its modules.
        beam_spot: what places are relative to.
        layers: with their groups of modules.

    Returns:
        Records with ``identity`` and ``points``: ``x``, ``y``, ``z`` in mm, ``layer``.

    Raises:
        DataError: a cluster is on no layer that the calibration knows.
    """
    clusters = ak.flatten(raw.clusters)
    number = modules_of(np.asarray(clusters.module), detector)
    places = places_of(clusters, number, detector) - np.array([beam_spot[name] for name in ("x", "y", "z")])
    groups = np.array([one["group"] for one in layers["layers"]])
    order = np.argsort(groups)
    group = detector["group"][number]
    place = np.minimum(np.searchsorted(groups[order], group), len(groups) - 1)
    layer = order[place]
    if (groups[layer] != group).any():
        raise DataError("a cluster is on a layer without calibration", cure="simulate more events of calibration")
    points = {name: places[:, axis].astype(np.float32) for axis, name in enumerate(("x", "y", "z"))}
    points["layer"] = layer.astype(np.int32)
    return ak.zip(
        {"identity": raw.identity, "points": ak.unflatten(ak.zip(points), ak.num(raw.clusters))}, depth_limit=1
    )
