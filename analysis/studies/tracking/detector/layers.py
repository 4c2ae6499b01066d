"""The layers of the detector and which follow each other, from clusters."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.results import Axis, Column, Table
from analysis.studies.tracking.detector.places import modules_of, places_of

if TYPE_CHECKING:
    from analysis.studies.tracking.detector.settings import LayerSettings

__all__ = ["derive"]

_ORIGINS, _DIRECTIONS = 25, 1601


def derive(
    raw: Mapping[str, ak.Array],
    detector: Mapping[str, NDArray[Any]],
    beam_spot: Mapping[str, Any],
    settings: LayerSettings,
) -> dict[str, Any]:
    """Measure the layers, and find which of them straight tracks from the beam spot meet one after the other.

    Args:
        raw: events of calibration, by data set.
        detector: its modules.
        beam_spot: where tracks come from.
        settings: of these tracks.

    Returns:
        ``layers``: ``group`` of modules; ``disk``, or a cylinder of the barrel; ``position``, ``thickness`` (largest
        distance of a cluster from it), ``low`` and ``high`` in mm, relative to the beam spot; ``starts``, ``forward``
        and ``backward``, numbers of layers that may follow; ``hits``. ``tables``; ``headline``.
    """
    clusters = ak.concatenate([ak.flatten(one.clusters) for one in raw.values()])
    number = modules_of(np.asarray(clusters.module), detector)
    places = places_of(clusters, number, detector) - np.array([beam_spot[name] for name in ("x", "y", "z")])
    group, r = detector["group"][number], np.hypot(places[:, 0], places[:, 1])
    layers = []
    for one in np.unique(group).tolist():
        own = group == one
        across, along = r[own], places[own, 2]
        disk = np.ptp(along) < np.ptp(across)
        at, over = (along, across) if disk else (across, along)
        layers.append(
            {
                "group": one,
                "disk": bool(disk),
                "position": float(at.min() + at.max()) / 2.0,
                "thickness": float(np.ptp(at)) / 2.0 + settings.margin,
                "low": float(over.min()) - settings.margin,
                "high": float(over.max()) + settings.margin,
                "hits": int(own.sum()),
            }
        )
    layers.sort(key=lambda one: (one["disk"], abs(one["position"]), one["position"]))
    _connect(layers, beam_spot["length"], settings)
    disks = sum(one["disk"] for one in layers)
    return {
        "layers": layers,
        "tables": [_table(layers).as_json()],
        "headline": {"layers": f"{len(layers) - disks} of the barrel, {disks} disks"},
    }


def _connect(layers: list[dict[str, Any]], length: float, settings: LayerSettings) -> None:
    """Write to layers which may follow, those that more tracks meet first."""
    origins = np.linspace(-settings.spread, settings.spread, _ORIGINS)
    found: list[dict[str, Any]] = [defaultdict(Counter) for _ in layers]
    for origin in origins.tolist():
        weight = float(np.exp(-(origin**2) / 2.0))
        for slope in np.sinh(np.linspace(-settings.eta, settings.eta, _DIRECTIONS)).tolist():
            met = _met(layers, origin * length, slope)
            for place, (one, other) in enumerate(pairwise(met)):
                found[one]["forward" if slope > 0 else "backward"][other] += weight
                # a seed has three hits at least
                if place < settings.starts and place + 2 < len(met):
                    found[one]["starts"][other] += weight
    for layer, following in zip(layers, found, strict=True):
        least = settings.share * sum(sum(following[way].values()) for way in ("forward", "backward"))
        for name in ("starts", "forward", "backward"):
            often = [(other, weight) for other, weight in following[name].items() if weight > least]
            layer[name] = [other for other, _ in sorted(often, key=lambda one: (-one[1], one[0]))]


def _met(layers: list[dict[str, Any]], origin: float, slope: float) -> list[int]:
    """Layers that a straight track meets, from the inside."""
    met = []
    for number, layer in enumerate(layers):
        if layer["disk"]:
            r = (layer["position"] - origin) / slope if slope else -1.0
            crossed = r > 0 and layer["low"] <= r <= layer["high"]
        else:
            r = layer["position"]
            crossed = layer["low"] <= origin + slope * r <= layer["high"]
        if crossed:
            met.append((r, number))
    return [number for _, number in sorted(met)]


def _table(layers: list[dict[str, Any]]) -> Table:
    names = [f"{'disk' if one['disk'] else 'barrel'} {number}" for number, one in enumerate(layers)]
    columns = (
        ("Radius, or place along z", "mm", "position"),
        ("Half its thickness", "mm", "thickness"),
        ("From", "mm", "low"),
        ("To", "mm", "high"),
        ("Clusters", "", "hits"),
    )
    return Table(
        "layers",
        "Layers of pixels, relative to the beam spot, as clusters show them",
        (Axis("Layer", "", tuple(names)),),
        tuple(Column(title, unit, tuple(float(one[key]) for one in layers), {}, {}) for title, unit, key in columns),
        technical=True,
    )
