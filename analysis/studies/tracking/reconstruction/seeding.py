"""Seeds that the cellular automaton finds in space points, by size classes and in batches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np

from analysis.studies.tracking.automaton.cuts import Cuts
from analysis.studies.tracking.automaton.events import Event, find_in_events
from analysis.studies.tracking.automaton.geometry import Geometry, Layer, describe_layers

if TYPE_CHECKING:
    from analysis.studies.tracking.reconstruction.settings import SeedingSettings

__all__ = ["find", "geometry_of"]


def find(
    space_points: ak.Array, layers: Mapping[str, Any], optimisation: Mapping[str, Any], settings: SeedingSettings
) -> ak.Array:
    """Find the seeds of events.

    Args:
        space_points: events with ``points``.
        layers: that these are on.
        optimisation: with the ``cuts``.
        settings: of batches.

    Returns:
        Records with ``identity``; ``automaton``, a list of seeds, each of which is a list of three or four numbers of
        space points, from inside to outside; ``size``, number of the size class; ``retries``, how many smaller ones had
        no room.
    """
    events = [Event(*(np.asarray(one.points[name]) for name in Event._fields)) for one in space_points]
    found = find_in_events(events, geometry_of(layers), Cuts(**optimisation["cuts"]), length=settings.together)
    hits = np.concatenate([one.hits for one in found])
    each = ak.unflatten(hits[hits >= 0], (hits >= 0).sum(axis=1))
    columns = {
        "identity": space_points.identity,
        "automaton": ak.unflatten(each, [len(one.hits) for one in found]),
        "size": np.array([one.size for one in found], np.int8),
        "retries": np.array([one.retries for one in found], np.int8),
    }
    return ak.zip(columns, depth_limit=1)


def geometry_of(layers: Mapping[str, Any]) -> Geometry:
    """The layers as the automaton takes them."""
    names = ("disk", "position", "thickness", "low", "high")
    ways = ("starts", "forward", "backward")
    return describe_layers(
        tuple(Layer(*(one[name] for name in names), *(tuple(one[way]) for way in ways)) for one in layers["layers"])
    )
