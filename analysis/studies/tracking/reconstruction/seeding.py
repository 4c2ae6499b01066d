"""Seeds that the cellular automaton finds in space points, by size classes and in batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import awkward as ak
import jax
import numpy as np
from numpy.typing import NDArray

from analysis.studies.tracking.automaton.cuts import Cuts
from analysis.studies.tracking.automaton.geometry import Geometry, Layer, describe_layers
from analysis.studies.tracking.automaton.packing import needed, pack, smallest_class
from analysis.studies.tracking.automaton.search import Seeds, find_seeds_batch
from analysis.studies.tracking.automaton.sizes import SIZES, Size

if TYPE_CHECKING:
    from analysis.studies.tracking.reconstruction.settings import SeedingSettings

__all__ = ["Arrays", "find", "geometry_of", "seeds_in"]

Arrays = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], NDArray[np.int32]]


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
        space points, from inside to outside; ``lost``, how much the largest size class had no room for.
    """
    events = [tuple(np.asarray(one.points[name]) for name in ("x", "y", "z", "layer")) for one in space_points]
    found, lost = seeds_in(events, geometry_of(layers), Cuts(**optimisation["cuts"]), settings.together)
    hits = np.concatenate(found)
    each = ak.unflatten(hits[hits >= 0], (hits >= 0).sum(axis=1))
    seeds = ak.unflatten(each, [len(one) for one in found])
    return ak.zip({"identity": space_points.identity, "automaton": seeds, "lost": lost}, depth_limit=1)


def geometry_of(layers: Mapping[str, Any]) -> Geometry:
    """The layers as the automaton takes them."""
    names = ("disk", "position", "thickness", "low", "high")
    ways = ("starts", "forward", "backward")
    return describe_layers(
        tuple(Layer(*(one[name] for name in names), *(tuple(one[way]) for way in ways)) for one in layers["layers"])
    )


def seeds_in(
    events: Sequence[Arrays], geometry: Geometry, cuts: Cuts, together: int, sizes: Sequence[Size] = SIZES
) -> tuple[list[NDArray[np.int32]], NDArray[np.int64]]:
    """Find the seeds of events, each in the smallest size class that has room for it.

    An event that overflows is done again in the next class.

    Args:
        events: x, y, z and layer of the space points of each.
        geometry: the layers.
        cuts: what tracks fulfil.
        together: number of events in one call.
        sizes: the size classes.

    Returns:
        Numbers of the space points of each seed, (n, 4) with -1 for the fourth of three, by event; and what the largest
        class had no room for.
    """
    hits: list[NDArray[np.int32]] = [np.zeros((0, 4), np.int32)] * len(events)
    lost = np.zeros(len(events), np.int64)
    waiting: list[list[int]] = [[] for _ in sizes]
    for number, (x, y, _, layer) in enumerate(events):
        chosen = smallest_class(*needed(x, y, layer, geometry), sizes)
        waiting[len(sizes) - 1 if chosen is None else chosen].append(number)
    for place, size in enumerate(sizes):
        for start in range(0, len(waiting[place]), together):
            batch = waiting[place][start : start + together]
            seeds = _batch([events[number] for number in batch], geometry, cuts, size, together)
            overflow = np.sum([np.asarray(part) for part in seeds.overflow], axis=0)
            for row, number in enumerate(batch):
                if overflow[row] and place + 1 < len(sizes):
                    waiting[place + 1].append(number)
                    continue
                hits[number] = np.asarray(seeds.hits[row][: int(seeds.number[row])])
                lost[number] = overflow[row]
    return hits, lost


def _batch(events: Sequence[Arrays], geometry: Geometry, cuts: Cuts, size: Size, together: int) -> Seeds:
    """The seeds of a batch, filled up with its last event."""
    packed = [pack(*one, geometry, size) for one in events]
    packed += packed[-1:] * (together - len(packed))
    points = type(packed[0])(*(np.stack(values) for values in zip(*packed, strict=True)))
    found: Seeds = jax.device_get(find_seeds_batch(points, geometry, cuts, size))
    return found
