"""The evolution: cells are connected to a fourth point, and seeds that share space points compete for them."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from analysis.studies.tracking.automaton.cells import Grown, grow, hits_at, list_trials, point_roads
from analysis.studies.tracking.automaton.compact import expand
from analysis.studies.tracking.automaton.cuts import Cuts
from analysis.studies.tracking.automaton.geometry import NONE, Geometry
from analysis.studies.tracking.automaton.helix import curvature_tolerance
from analysis.studies.tracking.automaton.packing import Points
from analysis.studies.tracking.automaton.sizes import Size

__all__ = ["Chains", "Competition", "compete", "connect"]

_LONE = 100.0
"""Seeds of three hits come after all of four."""


class Chains(NamedTuple):
    """A seed for each cell, if any.

    Args:
        hits: places of its four space points, -1 where there is none, (cells, 4).
        badness: the smaller, the better; infinite where a cell is no seed.
        roads: number of rows that were looked into.
        trials: number of fourth points that were looked at.
        total: number of those that passed alone.
    """

    hits: jax.Array
    badness: jax.Array
    roads: jax.Array
    trials: jax.Array
    total: jax.Array


def connect(
    points: Points,
    begins: jax.Array,
    a: jax.Array,
    b: jax.Array,
    cells: Grown,
    geometry: Geometry,
    cuts: Cuts,
    size: Size,
) -> Chains:
    """Connect each cell with the best one that shares its outer doublet, by slope, curvature and impact.

    A cell without such a neighbour remains a seed of three hits where no layer had to be hit, if it fulfils its cuts.

    Args:
        points: all space points.
        begins: where the cells of the fine grid begin.
        a: places of the first points of cells.
        b: places of the second ones.
        cells: the cells.
        geometry: the layers.
        cuts: tolerances.
        size: the room.
    """
    first, second, third = hits_at(points, a), hits_at(points, b), hits_at(points, cells.c)
    curvature = jnp.abs(cells.fit.curvature)
    tolerance = curvature_tolerance(curvature, cells.fit.outer, second.r - first.r, third.r - second.r, cuts)
    roads = point_roads(second, third, points.layer[cells.c], curvature + tolerance, cells.valid, geometry, cuts, size)
    trials = list_trials(begins, roads, size.sectors, (size.links, size.links))
    grown = grow(points, b, cells.c, trials, cuts, size.links)
    change = jnp.abs(grown.fit.curvature - cells.fit.curvature[grown.pair]) / tolerance[grown.pair]
    badness = jnp.where(grown.valid & (change <= 1.0), grown.deviation + change**2, jnp.inf)
    number = cells.c.shape[0]
    best = jnp.full(number, jnp.inf).at[grown.pair].min(badness, mode="drop")
    is_best = (badness < jnp.inf) & (badness == best[grown.pair])
    fourth = jnp.full(number, NONE).at[jnp.where(is_best, grown.pair, number)].max(grown.c, mode="drop")
    alone = (cells.deviation <= cuts.lone**2) & ~roads.inside[:, 0]
    chained = fourth >= 0
    total = jnp.where(chained, best + cells.deviation, jnp.where(alone, _LONE + cells.deviation, jnp.inf))
    return Chains(
        jnp.stack([a, b, cells.c, fourth], -1),
        jnp.where(cells.valid, total, jnp.inf),
        grown.roads,
        grown.trials,
        grown.total,
    )


class Competition(NamedTuple):
    """Seeds that are left.

    Args:
        hits: indices in the event, -1 where there is none, (seeds, 4).
        badness: of each, infinite where an entry is not in use.
        total: number of seeds.
    """

    hits: jax.Array
    badness: jax.Array
    total: jax.Array


def compete(points: Points, chains: Chains, cuts: Cuts, seeds: int) -> Competition:
    """Keep seeds that have at most ``cuts.shared`` hits in common with better ones."""
    index = jnp.where(chains.hits >= 0, points.place[chains.hits], NONE)
    room = points.x.shape[0]
    of = jnp.where(index >= 0, index, room)
    best = jnp.full(room + 1, jnp.inf).at[of].min(chains.badness[:, None], mode="drop")
    lost = jnp.sum((index >= 0) & (best[of] < chains.badness[:, None]), axis=-1)
    kept = expand(((chains.badness < jnp.inf) & (lost <= cuts.shared)).astype(jnp.int32), seeds)
    return Competition(
        jnp.where(kept.valid[:, None], index[kept.owner], NONE),
        jnp.where(kept.valid, chains.badness[kept.owner], jnp.inf),
        kept.total,
    )
