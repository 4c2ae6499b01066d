"""Numbers of events beside histograms: what histograms themselves cannot tell of the events that they were filled with.

Nominal events are counted, each as one: those that two regions have in common, those that lie outside of a variable's
bins, and the simulated ones that belong to no process. Like histograms, the numbers of chunks add up to those of the
whole, to the last bit.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.histograms.sums import add, split, sum_by_bin

__all__ = ["Counts", "Unassigned", "count_placed", "count_shared", "count_unassigned", "merge_counts"]

Key = tuple[str, ...]
Numbers = Mapping[Key, tuple[int, ...]]


@dataclass(frozen=True)
class Unassigned:
    """Simulated events of a data set that are in any region.

    Args:
        events: all of them.
        lost: those that belong to no process.
        weights: sums of the weights of all and of the lost ones, for 1/fb.
        rests: what float64 could not hold of these sums.
    """

    events: int
    lost: int
    weights: tuple[float, float]
    rests: tuple[float, float] = (0.0, 0.0)

    @property
    def share(self) -> float:
        """Share of the lost ones: that of their weights, or of their number where weights add up to nothing."""
        total, lost = self.weights
        return lost / total if total > 0.0 else self.lost / max(self.events, 1)


@dataclass(frozen=True)
class Counts:
    """Numbers of nominal events of processes; what is not there is zero, or was not counted.

    Args:
        shared: by two regions, in ascending order, and process: the events that both have.
        placed: by variable, region and process: all events, those without a value, those below and those above the
            bins.
        unassigned: by data set.
    """

    shared: Numbers = field(default_factory=dict)
    placed: Numbers = field(default_factory=dict)
    unassigned: Mapping[str, Unassigned] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.shared or self.placed or self.unassigned)

    def between(self, first: str, second: str) -> dict[str, int]:
        """Number of events that two regions have in common, by process; those without any are left out."""
        pair = tuple(sorted((first, second)))
        return {key[2]: number for key, (number,) in self.shared.items() if key[:2] == pair}

    def to_json(self) -> str:
        """The same content gives the same text."""
        unassigned = {
            name: [one.events, one.lost, *one.weights, *one.rests] for name, one in sorted(self.unassigned.items())
        }
        shared, placed = ([[*key, *numbers] for key, numbers in sorted(n.items())] for n in (self.shared, self.placed))
        return json.dumps({"shared": shared, "placed": placed, "unassigned": unassigned}) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Counts:
        """Read what :meth:`to_json` wrote.

        Raises:
            ValueError: it did not.
        """
        found: dict[str, Any] = json.loads(text)
        shared, placed = (
            {tuple(row[:3]): tuple(row[3:]) for row in found.get(name, ())} for name in ("shared", "placed")
        )
        unassigned = {
            name: Unassigned(row[0], row[1], (row[2], row[3]), (row[4], row[5]))
            for name, row in found.get("unassigned", {}).items()
        }
        return cls(shared, placed, unassigned)


def merge_counts(parts: Iterable[Counts]) -> Counts:
    """The sum of counts; their order makes no difference."""
    shared: dict[Key, tuple[int, ...]] = {}
    placed: dict[Key, tuple[int, ...]] = {}
    unassigned: dict[str, Unassigned] = {}
    for part in parts:
        for found, given in ((shared, part.shared), (placed, part.placed)):
            for key, numbers in given.items():
                before = found.get(key, (0,) * len(numbers))
                found[key] = tuple(a + b for a, b in zip(before, numbers, strict=True))
        for name, one in part.unassigned.items():
            unassigned[name] = _added(unassigned[name], one) if name in unassigned else one
    return Counts(shared, placed, unassigned)


def count_shared(
    inside: Mapping[str, NDArray[np.bool_]], labels: NDArray[np.intp], names: Sequence[str]
) -> dict[Key, tuple[int, ...]]:
    """Count the events that two regions have in common.

    Args:
        inside: by region, (n,) each.
        labels: (n,) position of each event's process among the names; negative for none, which are left out.
        names: of the processes.

    Examples:
        >>> inside = {"b": np.array([True, True, False]), "a": np.array([False, True, True])}
        >>> count_shared(inside, np.array([0, 0, 0]), ("zz",))
        {('a', 'b', 'zz'): (1,)}
    """
    found: dict[Key, tuple[int, ...]] = {}
    for number, name in enumerate(names):
        own = labels == number
        # eight events a byte: all pairs of many regions cost less than one more variable
        masks = {region: np.packbits(inside[region] & own) for region in sorted(inside)}
        for first, second in combinations(masks, 2):
            if shared := int(np.bitwise_count(masks[first] & masks[second]).sum(dtype=np.int64)):
                found[first, second, name] = (shared,)
    return found


def count_placed(
    numbers: NDArray[Any], counted: NDArray[np.bool_], edges: Sequence[float], labels: NDArray[np.intp], processes: int
) -> NDArray[np.int64]:
    """Count events by where their values lie.

    Args:
        numbers: (n,) values of a variable.
        counted: (n,) whether an event has one.
        edges: of the variable's bins.
        labels: (n,) each event's process; none negative.
        processes: number p of them.

    Returns:
        (p, 3): events without a value, below and above the bins.
    """
    places = (~counted, counted & (numbers < edges[0]), counted & (numbers >= edges[-1]))
    # mostly few events
    return np.stack([np.bincount(labels[np.flatnonzero(mask)], minlength=processes) for mask in places], axis=1)


def count_unassigned(inside: NDArray[np.bool_], lost: NDArray[np.bool_], weights: NDArray[Any]) -> Unassigned:
    """Count the simulated events of a data set that no process takes.

    Args:
        inside: (n,) whether an event is in any region.
        lost: (n,) whether it belongs to no process.
        weights: (n,) nominal ones.
    """
    rows = np.flatnonzero(inside)
    missed = lost[rows]
    limbs = split(np.nan_to_num(np.asarray(weights, np.float64)[rows], nan=0.0, posinf=0.0, neginf=0.0))
    everything = sum_by_bin(np.zeros(len(rows), np.intp), limbs, 1)
    of_none = sum_by_bin(np.where(missed, 0, 1), limbs, 1)
    sums, rests = ((float(everything[i][0]), float(of_none[i][0])) for i in (0, 1))
    return Unassigned(len(rows), int(np.count_nonzero(missed)), sums, rests)


def _added(first: Unassigned, second: Unassigned) -> Unassigned:
    sums, rests = add(*((np.array(one.weights), np.array(one.rests)) for one in (first, second)))
    return Unassigned(
        first.events + second.events,
        first.lost + second.lost,
        (float(sums[0]), float(sums[1])),
        (float(rests[0]), float(rests[1])),
    )
