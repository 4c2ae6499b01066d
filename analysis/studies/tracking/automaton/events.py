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
        size: index of the size class that had room.
        retries: number of smaller ones that had none.
    """

    hits: NDArray[np.int32]
    badness: NDArray[np.float32]
    size: int
    retries: int


def batches(
    events: Sequence[Event], passes: Sequence[Pass], sizes: Sequence[Size] = SIZES, length: int = 1
) -> list[tuple[int, list[int]]]:
    """Group events into batches of one size class: its index, and which events.

    Raises:
        DataError: if an event has more space points than the largest class has room for.
    """
    members: dict[int, list[int]] = {}
    for i, event in enumerate(events):
        number, starts = needed(event.x, event.y, event.layer, passes[0].geometry)
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
    events: Sequence[Event], passes: Sequence[Pass], sizes: Sequence[Size] = SIZES, length: int = 1
) -> list[Found]:
    """Find the seeds of events; those for which a list overflows are tried again in the next size class.

    Space points of a seed are taken away before the next pass.

    Args:
        events: of any size.
        passes: one search after the other.
        sizes: size classes, rising; one has room for all passes of an event.
        length: of batches; 1 is the fastest on a processor. A batch that is not full is filled with its first event.

    Raises:
        DataError: if the largest class has no room for an event.
    """
    found: dict[int, Found] = {}
    queue = [(size, members, 0) for size, members in batches(events, passes, sizes, length)]
    while queue:
        size, members, retries = queue.pop(0)
        done, full = _search([events[i] for i in members], passes, sizes[size], length)
        if full and size + 1 == len(sizes):
            row, what = next(iter(full.items()))
            raise DataError(_too_large(members[row], what), cure=_CURE)
        for row, (hits, badness) in done.items():
            found[members[row]] = Found(hits, badness, size, retries)
        if full:
            queue.append((size + 1, [members[row] for row in full], retries + 1))
    return [found[i] for i in range(len(events))]


def _search(
    events: Sequence[Event], passes: Sequence[Pass], size: Size, length: int
) -> tuple[dict[int, tuple[NDArray[np.int32], NDArray[np.float32]]], dict[int, str]]:
    """Search a batch in all passes: hits and badness of events by their number, and what others had no room for."""
    left = [np.arange(len(event.x), dtype=np.int32) for event in events]
    parts: list[list[tuple[NDArray[np.int32], NDArray[np.float32]]]] = [[] for _ in events]
    full: dict[int, str] = {}
    for geometry, cuts in passes:
        sparse = [Event._make(values[kept] for values in event) for event, kept in zip(events, left, strict=True)]
        for row, event in enumerate(sparse):
            _, starts = needed(event.x, event.y, event.layer, geometry)
            if starts > size.starts:
                full[row] = f"{starts - size.starts} too many starts"
        rows = [row for row in range(len(events)) if row not in full]
        if not rows:
            break
        seeds = _run([sparse[row] for row in rows], geometry, cuts, size, length)
        for place, row in enumerate(rows):
            over = {name: int(value[place]) for name, value in seeds.overflow._asdict().items() if value[place] > 0}
            if over:
                full[row] = ", ".join(f"{value} too many {name}" for name, value in over.items())
                continue
            number = int(seeds.number[place])
            hits, badness = np.asarray(seeds.hits[place, :number]), np.asarray(seeds.badness[place, :number])
            there = hits >= 0
            parts[row].append((np.where(there, left[row][np.where(there, hits, 0)], NONE), badness))
            left[row] = np.delete(left[row], np.unique(hits[there]))
    done = {}
    for row, part in enumerate(parts):
        if row not in full:
            done[row] = np.concatenate([one for one, _ in part]), np.concatenate([one for _, one in part])
    return done, full


def _run(events: Sequence[Event], geometry: Geometry, cuts: Cuts, size: Size, length: int) -> Seeds:
    """Search a batch once, filled up to its length."""
    packed = [pack(*event, geometry, size) for event in events]
    if length == 1:
        return jax.tree.map(lambda value: np.asarray(value)[None], find_seeds(packed[0], geometry, cuts, size))
    packed += packed[:1] * (length - len(packed))
    together = Points(*(np.stack(values) for values in zip(*packed, strict=True)))
    return jax.tree.map(np.asarray, find_seeds_batch(together, geometry, cuts, size))
