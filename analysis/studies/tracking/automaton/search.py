"""The programs: from the space points of an event to its seeds, and the same for a batch of events."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from analysis.studies.tracking.automaton.cells import Grown, Roads, Trials, grow, hits_at, list_trials, point_roads
from analysis.studies.tracking.automaton.compact import table
from analysis.studies.tracking.automaton.cuts import Cuts
from analysis.studies.tracking.automaton.doublets import (
    Doublets,
    Pairs,
    Windows,
    choose_doublets,
    list_pairs,
    list_windows,
)
from analysis.studies.tracking.automaton.evolution import compete, connect
from analysis.studies.tracking.automaton.geometry import Geometry
from analysis.studies.tracking.automaton.helix import curvature_bound
from analysis.studies.tracking.automaton.packing import Points
from analysis.studies.tracking.automaton.sizes import Size

__all__ = ["Seeds", "Used", "find_seeds", "find_seeds_batch"]


class Used(NamedTuple):
    """Lengths of the lists of an event, with what had no room; names as of ``Size``."""

    windows: jax.Array
    pairs: jax.Array
    doublets: jax.Array
    roads: jax.Array
    trials: jax.Array
    cells: jax.Array
    links: jax.Array
    seeds: jax.Array


class Seeds(NamedTuple):
    """Seeds of an event.

    Args:
        hits: indices of space points from inside to outside, -1 for the fourth of three and beyond ``number``,
            (seeds, 4).
        badness: sum of squared deviations over what is allowed, infinite beyond ``number``.
        number: of seeds.
        used: room that the event needs.
        overflow: entries for which there was no room, by list; lists after the first one that overflows are incomplete.
    """

    hits: jax.Array
    badness: jax.Array
    number: jax.Array
    used: Used
    overflow: Used


def _windows(size: Size, geometry: Geometry, cuts: Cuts, points: Points) -> Windows:
    return list_windows(points, geometry, cuts, size)


def _pairs(size: Size, geometry: Geometry, cuts: Cuts, points: Points, windows: Windows) -> Pairs:
    return list_pairs(points, windows, cuts, size.pairs)


def _doublets(size: Size, geometry: Geometry, cuts: Cuts, pairs: Pairs) -> Doublets:
    return choose_doublets(pairs, size.doublets)


def _begins(size: Size, geometry: Geometry, cuts: Cuts, points: Points) -> jax.Array:
    return table(jnp.asarray(points.cell), geometry.position.shape[0] * size.rows * size.sectors)


def _roads(size: Size, geometry: Geometry, cuts: Cuts, points: Points, doublets: Doublets) -> Roads:
    a, b = hits_at(points, doublets.a), hits_at(points, doublets.b)
    bound = curvature_bound(a, b, cuts)
    return point_roads(a, b, points.layer[doublets.b], bound, doublets.valid, geometry, cuts, size)


def _trials(size: Size, geometry: Geometry, cuts: Cuts, begins: jax.Array, roads: Roads) -> Trials:
    return list_trials(begins, roads, size.sectors, (size.roads, size.trials))


def _cells(size: Size, geometry: Geometry, cuts: Cuts, points: Points, doublets: Doublets, trials: Trials) -> Grown:
    return grow(points, doublets.a, doublets.b, trials, cuts, size.cells)


def _seeds(
    size: Size, geometry: Geometry, cuts: Cuts, points: Points, begins: jax.Array, doublets: Doublets, cells: Grown
) -> Seeds:
    first, second = doublets.a[cells.pair], doublets.b[cells.pair]
    chains = connect(points, begins, first, second, cells, geometry, cuts, size)
    seeds = compete(points, chains, cuts, size.seeds)
    links = jnp.maximum(jnp.maximum(chains.roads, chains.trials), chains.total)
    used = Used(
        doublets.windows, doublets.pairs, doublets.total, cells.roads, cells.trials, cells.total, links, seeds.total
    )
    overflow = Used(*(jnp.maximum(value - getattr(size, name), 0) for name, value in used._asdict().items()))
    return Seeds(seeds.hits, seeds.badness, jnp.minimum(seeds.total, size.seeds), used, overflow)


@cache
def _program(part: Callable[..., Any], batch: bool) -> Callable[..., Any]:
    """A part of the search, compiled for one event or a batch."""

    def mapped(size: Size, geometry: Geometry, cuts: Cuts, *arrays: Any) -> Any:
        return jax.vmap(partial(part, size, geometry, cuts))(*arrays)

    return jax.jit(mapped if batch else part, static_argnums=0)


def _find(points: Points, geometry: Geometry, cuts: Cuts, size: Size, batch: bool) -> Seeds:
    # a program for each part: within one, XLA computes anew for every later part what it takes from earlier ones, and
    # barriers do not hinder it on a processor (2.5 times as long)
    geometry, points = jax.tree.map(jnp.asarray, (geometry, points))

    def run(part: Callable[..., Any], *arrays: Any) -> Any:
        return _program(part, batch)(size, geometry, cuts, *arrays)

    doublets = run(_doublets, run(_pairs, points, run(_windows, points)))
    begins = run(_begins, points)
    trials = run(_trials, begins, run(_roads, points, doublets))
    return run(_seeds, points, begins, doublets, run(_cells, points, doublets, trials))


def find_seeds(points: Points, geometry: Geometry, cuts: Cuts, size: Size) -> Seeds:
    """Find the seeds of one event.

    Args:
        points: its space points (``pack``).
        geometry: the layers.
        cuts: what tracks fulfil; values, so that others need no new compilation.
        size: the size class, which the programs are compiled for.
    """
    return _find(points, geometry, cuts, size, batch=False)


def find_seeds_batch(points: Points, geometry: Geometry, cuts: Cuts, size: Size) -> Seeds:
    """Find the seeds of a batch of events, arrays of points with one more dimension in front."""
    return _find(points, geometry, cuts, size, batch=True)
