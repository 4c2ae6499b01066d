"""Seeds that the cellular automaton finds in space points, by size classes and in batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np

from analysis.studies.tracking.automaton.cuts import Cuts
from analysis.studies.tracking.automaton.events import Event, Pass, find_in_events
from analysis.studies.tracking.automaton.geometry import Geometry, Layer, describe_layers

if TYPE_CHECKING:
    from analysis.studies.tracking.reconstruction.settings import SeedingSettings

__all__ = ["find", "geometry_of", "passes_of"]


def find(
    space_points: ak.Array, layers: Mapping[str, Any], optimisation: Mapping[str, Any], settings: SeedingSettings
) -> ak.Array:
    """Find the seeds of events.

    Args:
        space_points: events with ``points``.
        layers: that these are on.
        optimisation: with the ``passes``.
        settings: of batches.

    Returns:
        Records with ``identity``; ``automaton``, a list of seeds, each of which is a list of three or four numbers of
        space points, from inside to outside; ``size``, number of the size class; ``retries``, how many smaller ones had
        no room.
    """
    events = [Event(*(np.asarray(one.points[name]) for name in Event._fields)) for one in space_points]
    found = find_in_events(events, passes_of(layers, optimisation["passes"]), length=settings.together)
    hits = np.concatenate([one.hits for one in found])
    each = ak.unflatten(hits[hits >= 0], (hits >= 0).sum(axis=1))
    columns = {
        "identity": space_points.identity,
        "automaton": ak.unflatten(each, [len(one.hits) for one in found]),
        "size": np.array([one.size for one in found], np.int8),
        "retries": np.array([one.retries for one in found], np.int8),
    }
    return ak.zip(columns, depth_limit=1)


def passes_of(layers: Mapping[str, Any], passes: Sequence[Mapping[str, Any]]) -> list[Pass]:
    """Passes as the automaton takes them.

    Args:
        layers: of the calibration.
        passes: ``cuts``, and whether seeds begin ``anywhere``.
    """
    return [Pass(geometry_of(layers, anywhere=one["anywhere"]), Cuts(**one["cuts"])) for one in passes]


def geometry_of(layers: Mapping[str, Any], *, anywhere: bool = False) -> Geometry:
    """The layers as the automaton takes them, in which seeds begin in those that tracks meet first, or anywhere."""
    names, every = ("disk", "position", "thickness", "low", "high"), layers["layers"]

    def starts(one: Mapping[str, Any]) -> tuple[int, ...]:
        if not anywhere:
            return tuple(one["starts"])
        # a third hit has to follow
        return tuple(
            other
            for other in (*one["forward"], *one["backward"])
            if every[other]["forward"] or every[other]["backward"]
        )

    return describe_layers(
        tuple(
            Layer(
                **{name: one[name] for name in names},
                starts=starts(one),
                forward=tuple(one["forward"]),
                backward=tuple(one["backward"]),
            )
            for one in every
        )
    )
