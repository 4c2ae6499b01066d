"""The programs: from the space points of an event to its seeds, and the same for a batch of events."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

from analysis.studies.tracking.automaton.cells import grow, hits_at, point_roads
from analysis.studies.tracking.automaton.compact import table
from analysis.studies.tracking.automaton.cuts import Cuts
from analysis.studies.tracking.automaton.doublets import find_doublets
from analysis.studies.tracking.automaton.evolution import compete, connect
from analysis.studies.tracking.automaton.geometry import Geometry
from analysis.studies.tracking.automaton.helix import curvature_bound
from analysis.studies.tracking.automaton.packing import Points
from analysis.studies.tracking.automaton.sizes import Size

__all__ = ["Seeds", "Used", "find_seeds", "find_seeds_batch"]


class Used(NamedTuple):
    """How long each list of an event is, whether or not it had room; names as of ``Size``."""

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
        hits: indices of space points from inside to outside, -1 for the fourth of three, (seeds, 4); -1 beyond ``number``.
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


# without it XLA computes what several later steps take once for each of them, which takes twice as long
_once = jax.lax.optimization_barrier


def _find(points: Points, geometry: Geometry, cuts: Cuts, size: Size) -> Seeds:
    geometry = Geometry(*(jnp.asarray(values) for values in geometry))
    points = Points(*(jnp.asarray(values) for values in points))
    doublets = _once(find_doublets(points, geometry, cuts, size))
    begins = _once(table(points.cell, geometry.position.shape[0] * size.rows * size.sectors))
    a, b = hits_at(points, doublets.a), hits_at(points, doublets.b)
    bound = curvature_bound(a, b, cuts)
    roads = _once(point_roads(a, b, points.layer[doublets.b], bound, doublets.valid, geometry, cuts, size))
    room = (size.roads, size.trials, size.cells)
    cells = _once(grow(points, begins, doublets.a, doublets.b, roads, cuts, size.sectors, room))
    first, second = doublets.a[cells.pair], doublets.b[cells.pair]
    chains = _once(connect(points, begins, first, second, cells, geometry, cuts, size))
    seeds = compete(points, chains, cuts, size.seeds)
    links = jnp.maximum(jnp.maximum(chains.roads, chains.trials), chains.total)
    used = Used(doublets.pairs, doublets.total, cells.roads, cells.trials, cells.total, links, seeds.total)
    overflow = Used(*(jnp.maximum(value - getattr(size, name), 0) for name, value in used._asdict().items()))
    return Seeds(seeds.hits, seeds.badness, jnp.minimum(seeds.total, size.seeds), used, overflow)


@partial(jax.jit, static_argnames="size")
def find_seeds(points: Points, geometry: Geometry, cuts: Cuts, size: Size) -> Seeds:
    """Find the seeds of one event.

    Args:
        points: its space points (``pack``).
        geometry: the layers.
        cuts: what tracks fulfil; values, so that others need no new compilation.
        size: the size class, which the program is compiled for.
    """
    return _find(points, geometry, cuts, size)


@partial(jax.jit, static_argnames="size")
def find_seeds_batch(points: Points, geometry: Geometry, cuts: Cuts, size: Size) -> Seeds:
    """Find the seeds of a batch of events, arrays of points with one more dimension in front."""
    return jax.vmap(lambda event: _find(event, geometry, cuts, size))(points)
