"""Seeds of any number of events of any size: batches of size classes, and another try where one had no room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import jax
import numpy as np
from numpy.typing import NDArray

from analysis.errors import DataError
from analysis.studies.tracking.automaton.cuts import Cuts
from analysis.studies.tracking.automaton.geometry import Geometry
from analysis.studies.tracking.automaton.packing import Points, needed, pack, smallest_class
from analysis.studies.tracking.automaton.search import find_seeds, find_seeds_batch
from analysis.studies.tracking.automaton.sizes import SIZES, Size

__all__ = ["Event", "Found", "batches", "find_in_events"]


class Event(NamedTuple):
    """Space points of an event: coordinates relative to the beam spot in mm, and the index of the layer."""

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    z: NDArray[np.float32]
    layer: NDArray[np.int32]


class Found(NamedTuple):
    """Seeds of an event.

    Args:
        hits: indices of space points from inside to outside, -1 for the fourth of three, (seeds, 4).
        badness: sum of squared deviations over what is allowed; 100 more for seeds of three.
        size: index of the size class that had room.
        retries: number of smaller ones that had none.
    """

    hits: NDArray[np.int32]
    badness: NDArray[np.float32]
    size: int
    retries: int


def batches(
    events: Sequence[Event], geometry: Geometry, sizes: Sequence[Size] = SIZES, length: int = 1
) -> list[tuple[int, list[int]]]:
    """Group events into batches of one size class: its index, and which events.

    Raises:
        DataError: if an event has more space points than the largest class has room for.
    """
    members: dict[int, list[int]] = {}
    for i, event in enumerate(events):
        number, starts = needed(event.x, event.y, event.layer, geometry)
        smallest = smallest_class(number, starts, sizes)
        if smallest is None:
            raise DataError(_too_large(i, f"{number} space points, {starts} of them in first layers"), cure=_CURE)
        members.setdefault(smallest, []).append(i)
    return [
        (size, found[i : i + length]) for size, found in sorted(members.items()) for i in range(0, len(found), length)
    ]


_CURE = "use narrower cuts, or add a larger class to SIZES"


def _too_large(event: int, what: str) -> str:
    return f"event {event} does not fit into the largest size class: {what}"


def find_in_events(
    events: Sequence[Event], geometry: Geometry, cuts: Cuts, sizes: Sequence[Size] = SIZES, length: int = 1
) -> list[Found]:
    """Find the seeds of events; those for which a list overflows are tried again in the next size class.

    Args:
        events: of any size.
        geometry: the layers.
        cuts: what tracks fulfil.
        sizes: size classes, rising.
        length: of batches; 1 is the fastest on a processor. A batch that is not full is filled with its first event.

    Raises:
        DataError: if the largest class has no room for an event.
    """
    found: dict[int, Found] = {}
    queue = [(size, members, 0) for size, members in batches(events, geometry, sizes, length)]
    while queue:
        size, members, retries = queue.pop(0)
        filled = members + members[:1] * (length - len(members))
        packed = [pack(*events[i], geometry, sizes[size]) for i in filled]
        if length == 1:
            seeds = jax.tree.map(
                lambda value: np.asarray(value)[None], find_seeds(packed[0], geometry, cuts, sizes[size])
            )
        else:
            together = Points(*(np.stack(values) for values in zip(*packed, strict=True)))
            seeds = jax.tree.map(np.asarray, find_seeds_batch(together, geometry, cuts, sizes[size]))
        again = []
        for row, event in enumerate(members):
            full = {name: int(value[row]) for name, value in seeds.overflow._asdict().items() if value[row] > 0}
            if full and size + 1 == len(sizes):
                what = ", ".join(f"{value} too many {name}" for name, value in full.items())
                raise DataError(_too_large(event, what), cure=_CURE)
            if full:
                again.append(event)
                continue
            number = int(seeds.number[row])
            found[event] = Found(seeds.hits[row, :number], seeds.badness[row, :number], size, retries)
        if again:
            queue.append((size + 1, again, retries + 1))
    return [found[i] for i in range(len(events))]
