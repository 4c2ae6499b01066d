"""Placement of the boxes of a graph: layers, few crossings, straight lines.

The steps are those of K. Sugiyama, S. Tagawa and M. Toda, "Methods for visual understanding of hierarchical system
structures", IEEE Trans. Syst. Man Cybern. 11 (1981) 109: layers by the longest path, long edges through invisible
boxes in the layers between, order within a layer by barycentres, and then places.
"""

from __future__ import annotations

import bisect
import graphlib
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Layout", "Place", "lay_out", "spread"]

_SWEEPS = 24


@dataclass(frozen=True)
class Place:
    """The position of a box.

    Args:
        layer: number of the layer, from 0.
        across: position within the layer, in widths of a box; neighbours are 1 or more apart.
    """

    layer: int
    across: float


@dataclass(frozen=True)
class Layout:
    """A graph that is laid out.

    Args:
        places: of the boxes, by name.
        routes: points that an edge goes through, one a layer, from its first box to its last, by edge.
        layers: number of layers.
        width: of the widest layer, in widths of a box.
    """

    places: Mapping[str, Place]
    routes: Mapping[tuple[str, str], tuple[Place, ...]]
    layers: int
    width: float


def lay_out(names: Sequence[str], edges: Iterable[tuple[str, str]], *, narrow: float = 0.35) -> Layout:
    """Lay out a directed graph.

    Args:
        names: of the boxes; their order decides where the graph leaves a choice.
        edges: pairs of names, from what is needed to what needs it; one that would close a circle is drawn backwards.
        narrow: width of an edge that passes a layer, in widths of a box.

    Examples:
        >>> layout = lay_out(("raw", "events", "fit"), [("raw", "events"), ("events", "fit"), ("raw", "fit")])
        >>> [layout.places[name].layer for name in ("raw", "events", "fit")], layout.layers
        ([0, 1, 2], 3)
        >>> [place.layer for place in layout.routes["raw", "fit"]]
        [0, 1, 2]

    Raises:
        KeyError: an edge names a box that there is not.
    """
    if not names:
        return Layout({}, {}, 0, 0.0)
    order = {name: position for position, name in enumerate(names)}
    drawn = sorted({edge for edge in edges if edge[0] != edge[1]}, key=lambda edge: (order[edge[0]], order[edge[1]]))
    forward = _without_circles(names, drawn)
    layer = _layers(names, forward)
    chains = {edge: _chain(edge, layer) for edge in forward}
    rows: list[list[str]] = [[] for _ in range(max(layer.values()) + 1)]
    for name in names:
        rows[layer[name]].append(name)
    for chain in chains.values():
        for number, name in enumerate(chain[1:-1], start=layer[chain[0]] + 1):
            rows[number].append(name)
    neighbours = _Neighbours.of(rows, (step for chain in chains.values() for step in itertools.pairwise(chain)))
    _order(rows, neighbours)
    width = {name: 1.0 if name in order else narrow for row in rows for name in row}
    across = _positions(rows, neighbours, width)
    layer |= {name: number for number, row in enumerate(rows) for name in row}
    routes = {}
    for first, second in drawn:
        chain = chains.get((first, second)) or chains[second, first][::-1]
        routes[first, second] = tuple(Place(layer[name], across[name]) for name in chain)
    return Layout(
        places={name: Place(layer[name], across[name]) for name in names},
        routes=routes,
        layers=len(rows),
        width=max(across[name] + width[name] / 2 for row in rows for name in row),
    )


def spread(wanted: Sequence[float], gaps: Sequence[float], weights: Sequence[float]) -> list[float]:
    """Positions nearest to the wanted ones (weighted squares) that keep order and gaps.

    With the gaps subtracted, this is isotonic regression, solved by pooling adjacent violators (R. E. Barlow et al.,
    Statistical Inference under Order Restrictions, Wiley 1972).

    Args:
        wanted: n positions.
        gaps: n - 1 distances that neighbours have at least.
        weights: n positive numbers.

    Examples:
        >>> spread([0.0, 0.0, 5.0], [1.0, 1.0], [1.0, 1.0, 1.0])
        [-0.5, 0.5, 5.0]
    """
    offsets = list(itertools.accumulate(gaps, initial=0.0))
    pools: list[tuple[float, float, int]] = []
    for position, offset, weight in zip(wanted, offsets, weights, strict=True):
        mean, total, size = position - offset, weight, 1
        while pools and pools[-1][0] > mean:
            other_mean, other_total, other_size = pools.pop()
            mean = (mean * total + other_mean * other_total) / (total + other_total)
            total += other_total
            size += other_size
        pools.append((mean, total, size))
    level = [mean for mean, _, size in pools for _ in range(size)]
    return [mean + offset for mean, offset in zip(level, offsets, strict=True)]


@dataclass(frozen=True)
class _Neighbours:
    """Connected boxes in the layers before and after."""

    before: Mapping[str, list[str]]
    after: Mapping[str, list[str]]

    @classmethod
    def of(cls, rows: list[list[str]], steps: Iterable[tuple[str, str]]) -> _Neighbours:
        found = cls({name: [] for row in rows for name in row}, {name: [] for row in rows for name in row})
        for first, second in steps:
            found.after[first].append(second)
            found.before[second].append(first)
        return found


def _without_circles(names: Sequence[str], edges: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The edges, with those turned round that close a circle; each one once."""
    after: dict[str, list[str]] = {name: [] for name in names}
    for first, second in edges:
        after[first].append(second)
    state = dict.fromkeys(names, "new")
    turned = set()
    for start in names:
        path = [(start, iter(after[start]))] if state[start] == "new" else []
        state[start] = "open" if path else state[start]
        while path:
            name, rest = path[-1]
            following = next(rest, None)
            if following is None:
                state[name] = "done"
                path.pop()
            elif state[following] == "open":
                turned.add((name, following))
            elif state[following] == "new":
                state[following] = "open"
                path.append((following, iter(after[following])))
    return list(dict.fromkeys((edge[1], edge[0]) if edge in turned else edge for edge in edges))


def _layers(names: Sequence[str], edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Longest path from the beginning; what has fewer inputs than uses moves up to its first use."""
    before: dict[str, set[str]] = {name: set() for name in names}
    after: dict[str, set[str]] = {name: set() for name in names}
    for first, second in edges:
        before[second].add(first)
        after[first].add(second)
    sequence = list(graphlib.TopologicalSorter(before).static_order())
    layer: dict[str, int] = {}
    for name in sequence:
        layer[name] = max((layer[first] + 1 for first in before[name]), default=0)
    for name in reversed(sequence):
        if len(before[name]) < len(after[name]):
            layer[name] = min(layer[second] for second in after[name]) - 1
    return layer


def _chain(edge: tuple[str, str], layer: Mapping[str, int]) -> list[str]:
    """Both ends of an edge, and a name for each of its passages through a layer between."""
    first, second = edge
    return [first, *(f"{first}\0{second}\0{number}" for number in range(layer[first] + 1, layer[second])), second]


def _order(rows: list[list[str]], neighbours: _Neighbours) -> None:
    """Order each row so that few edges cross; sorts the rows in place."""
    best, fewest = [row[:] for row in rows], _crossings(rows, neighbours)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        near = neighbours.before if down else neighbours.after
        numbers = range(1, len(rows)) if down else range(len(rows) - 2, -1, -1)
        for number in numbers:
            position = {name: index for index, name in enumerate(rows[number - 1 if down else number + 1])}
            own = {name: index for index, name in enumerate(rows[number])}
            mean = {name: _mean([position[one] for one in near[name]], own[name]) for name in own}
            rows[number].sort(key=mean.__getitem__)
        crossings = _crossings(rows, neighbours)
        if crossings < fewest:
            best, fewest = [row[:] for row in rows], crossings
    rows[:] = best


def _crossings(rows: list[list[str]], neighbours: _Neighbours) -> int:
    """Count the pairs of edges that cross."""
    number = 0
    for upper, lower in itertools.pairwise(rows):
        position = {name: index for index, name in enumerate(lower)}
        ends: list[int] = []
        for name in upper:
            own = sorted(position[one] for one in neighbours.after[name])
            number += sum(len(ends) - bisect.bisect_right(ends, end) for end in own)
            for end in own:
                bisect.insort(ends, end)
    return number


def _positions(rows: list[list[str]], neighbours: _Neighbours, width: Mapping[str, float]) -> dict[str, float]:
    """Places that make edges straight, in the order of the rows; the first box begins at 0.

    First the weighted squares of all bends are made small, which brings everything near its neighbours, then their
    weighted absolute values, which makes most edges straight and leaves few bends. The weights are those of E. R.
    Gansner et al., "A technique for drawing directed graphs", IEEE Trans. Softw. Eng. 19 (1993) 214, section 4.
    """
    gaps = [[(width[a] + width[b]) / 2 for a, b in itertools.pairwise(row)] for row in rows]
    near = {name: [*neighbours.before[name], *neighbours.after[name]] for row in rows for name in row}
    box = {name: size == 1.0 for name, size in width.items()}
    pulls = {name: [(1.0, 2.0, 8.0)[2 - box[name] - box[one]] for one in others] for name, others in near.items()}
    weights = [[sum(pulls[name]) or 1.0 for name in row] for row in rows]
    across: dict[str, float] = {}
    for row, gap in zip(rows, gaps, strict=True):
        packed = list(itertools.accumulate(gap, initial=0.0))
        across |= {name: place - packed[-1] / 2 for name, place in zip(row, packed, strict=True)}
    best, least = across, float("inf")
    for sweep in range(2 * _SWEEPS):
        towards = _mean_of if sweep < _SWEEPS else _median_of
        for number in range(len(rows)) if sweep % 2 == 0 else range(len(rows) - 1, -1, -1):
            wanted = [towards([across[one] for one in near[n]], pulls[n], across[n]) for n in rows[number]]
            across |= dict(zip(rows[number], spread(wanted, gaps[number], weights[number]), strict=True))
        # the second kind of sweep may also make it worse
        cost = sum(w * abs(across[a] - across[b]) for a in near for b, w in zip(near[a], pulls[a], strict=True))
        if cost < least:
            best, least = across.copy(), cost
    begin = min(best[row[0]] - width[row[0]] / 2 for row in rows)
    return {name: round(place - begin, 6) for name, place in best.items()}


def _mean(values: Sequence[float], default: float) -> float:
    return sum(values) / len(values) if values else default


def _mean_of(values: Sequence[float], weights: Sequence[float], current: float) -> float:
    return sum(v * w for v, w in zip(values, weights, strict=True)) / sum(weights) if values else current


def _median_of(values: Sequence[float], weights: Sequence[float], current: float) -> float:
    """Of all weighted medians, the one that is nearest to where it is now."""
    if not values:
        return current
    pairs = sorted(zip(values, weights, strict=True))
    half, below = sum(weights) / 2, 0.0
    for position, (value, weight) in enumerate(pairs):
        below += weight
        if below > half:
            return value
        if below == half:
            return min(max(current, value), pairs[position + 1][0])
    return pairs[-1][0]
