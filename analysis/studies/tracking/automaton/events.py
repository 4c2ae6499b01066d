"""Seeds of any number of events of any size: batches of size classes, passes, and another try where one had no room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import jax
import numpy as np
from numpy.typing import NDArray

from analysis.errors import DataError
from analysis.studies.tracking.automaton.cuts import Cuts
from analysis.studies.tracking.automaton.geometry import NONE, Geometry
from analysis.studies.tracking.automaton.packing import Points, needed, pack, smallest_class
from analysis.studies.tracking.automaton.search import Seeds, find_seeds, find_seeds_batch
from analysis.studies.tracking.automaton.sizes import SIZES, Size

__all__ = ["Event", "Found", "Pass", "batches", "find_in_events"]


class Event(NamedTuple):
    """Space points of an event: coordinates relative to the beam spot in mm, and the index of the layer."""

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    z: NDArray[np.float32]
    layer: NDArray[np.int32]


class Pass(NamedTuple):
    """One search of several, each of them among the space points that the ones before it left.

    Args:
        geometry: the layers, and which of them seeds may begin in; arrays of the same shapes for all passes.
        cuts: what tracks fulfil.
    """

    geometry: Geometry
    cuts: Cuts


class Found(NamedTuple):
    """Seeds of an event.

    Args:
        hits: indices of space points from inside to outside, -1 for the fourth of three, (seeds, 4).
        badness: sum of squared deviations over what is allowed; 100 more for seeds of three.
        size: index of the largest size class that a pass needed.
        retries: number of passes that were done again because a smaller one had no room.
    """

    hits: NDArray[np.int32]
    badness: NDArray[np.float32]
    size: int
    retries: int


def batches(
    events: Sequence[Event],
    geometry: Geometry,
    sizes: Sequence[Size] = SIZES,
    length: int = 1,
    least: Sequence[int] | None = None,
) -> list[tuple[int, list[int]]]:
    """Group events into batches of one size class: its index, and which events.

    Args:
        events: of any size.
        geometry: the layers, and which of them seeds may begin in.
        sizes: size classes, rising.
        length: of a batch.
        least: index of the smallest class that is thought of for each event.

    Raises:
        DataError: if an event has more space points than the largest class has room for.
    """
    members: dict[int, list[int]] = {}
    for i, event in enumerate(events):
        number, starts = needed(event.x, event.y, event.layer, geometry)
        smallest = smallest_class(number, starts, sizes)
        if smallest is None:
            raise DataError(_too_large(i, f"{number} space points, {starts} of them to begin with"), cure=_CURE)
        members.setdefault(max(smallest, least[i] if least else 0), []).append(i)
    return [
        (size, found[i : i + length]) for size, found in sorted(members.items()) for i in range(0, len(found), length)
    ]


_CURE = "use narrower cuts, or add a larger class to SIZES"


def _too_large(event: int, what: str) -> str:
    return f"event {event} does not fit into the largest size class: {what}"


def find_in_events(
    events: Sequence[Event], passes: Sequence[Pass], sizes: Sequence[Size] = SIZES, length: int = 1
) -> list[Found]:
    """Find the seeds of events; a pass in which a list overflows is done again in the next size class.

    Space points of a seed are taken away before the next pass.

    Args:
        events: of any size.
        passes: one search after the other.
        sizes: size classes, rising; no pass of an event has a smaller one than the pass before it.
        length: of batches; 1 is the fastest on a processor. A batch that is not full is filled with its first event.

    Raises:
        DataError: if the largest class has no room for an event.
    """
    left = [np.arange(len(event.x), dtype=np.int32) for event in events]
    hits = [[np.zeros((0, 4), np.int32)] for _ in events]
    badness = [[np.zeros(0, np.float32)] for _ in events]
    classes, retries = [0] * len(events), [0] * len(events)
    for geometry, cuts in passes:
        sparse = [Event._make(values[kept] for values in event) for event, kept in zip(events, left, strict=True)]
        queue = batches(sparse, geometry, sizes, length, classes)
        while queue:
            size, members = queue.pop(0)
            seeds = _run([sparse[i] for i in members], geometry, cuts, sizes[size], length)
            again = []
            for row, i in enumerate(members):
                over = {name: int(value[row]) for name, value in seeds.overflow._asdict().items() if value[row] > 0}
                if over:
                    if size + 1 == len(sizes):
                        what = ", ".join(f"{value} too many {name}" for name, value in over.items())
                        raise DataError(_too_large(i, what), cure=_CURE)
                    again.append(i)
                    retries[i] += 1
                    continue
                classes[i] = size
                found = np.asarray(seeds.hits[row, : int(seeds.number[row])])
                there = found >= 0
                hits[i].append(np.where(there, left[i][np.where(there, found, 0)], NONE))
                badness[i].append(np.asarray(seeds.badness[row, : len(found)]))
                left[i] = np.delete(left[i], np.unique(found[there]))
            if again:
                queue.append((size + 1, again))
    return [
        Found(np.concatenate(hits[i]), np.concatenate(badness[i]), classes[i], retries[i]) for i in range(len(events))
    ]


def _run(events: Sequence[Event], geometry: Geometry, cuts: Cuts, size: Size, length: int) -> Seeds:
    """Search a batch once, filled up to its length."""
    packed = [pack(*event, geometry, size) for event in events]
    if length == 1:
        return jax.tree.map(lambda value: np.asarray(value)[None], find_seeds(packed[0], geometry, cuts, size))
    packed += packed[:1] * (length - len(packed))
    together = Points(*(np.stack(values) for values in zip(*packed, strict=True)))
    return jax.tree.map(np.asarray, find_seeds_batch(together, geometry, cuts, size))
