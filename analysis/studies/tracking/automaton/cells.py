"""Cells: triplets of space points on a helix, grown from pairs; the same step connects cells to a fourth point."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from analysis.studies.tracking.automaton.compact import expand
from analysis.studies.tracking.automaton.cuts import Cuts
from analysis.studies.tracking.automaton.doublets import sector_of
from analysis.studies.tracking.automaton.geometry import Geometry
from analysis.studies.tracking.automaton.helix import (
    Hits,
    Triplet,
    impact_limit,
    largest_curvature,
    phi_tolerance,
    slope_tolerance,
    through,
)
from analysis.studies.tracking.automaton.packing import Points
from analysis.studies.tracking.automaton.sizes import Size

__all__ = ["Grown", "Roads", "Trials", "grow", "hits_at", "list_trials", "point_roads"]


def hits_at(points: Points, place: jax.Array) -> Hits:
    """Coordinates of the space points at places."""
    return Hits(*(values[place] for values in (points.x, points.y, points.z, points.r, points.phi)))


class Roads(NamedTuple):
    """Windows of the grid in which pairs expect their next point, (pair, neighbouring layer).

    Args:
        base: first cell of the layer's first row that is looked at.
        first: sector that the window begins in.
        last: sector that it ends in.
        rows: number of rows.
        inside: whether the next point is certain to be within the layer's sensitive area.
    """

    base: jax.Array
    first: jax.Array
    last: jax.Array
    rows: jax.Array
    inside: jax.Array


def point_roads(
    a: Hits,
    b: Hits,
    layer: jax.Array,
    curvature: jax.Array,
    valid: jax.Array,
    geometry: Geometry,
    cuts: Cuts,
    size: Size,
) -> Roads:
    """Continue pairs to the layers that may follow, straight in r and z and in phi and r.

    Args:
        a: inner points.
        b: outer points.
        layer: of the outer ones.
        curvature: the largest (absolute) that a pair may have, 1/mm.
        valid: whether an entry is in use.
        geometry: the layers.
        cuts: tolerances.
        size: of the grid.
    """
    slope = (b.z - a.z) / (b.r - a.r)
    target = geometry.follow[layer, (slope > 0).astype(jnp.int32)]
    there, target = (target >= 0) & valid[:, None], jnp.maximum(target, 0)
    slope, curvature = slope[:, None], curvature[:, None]
    ar, br, bz = a.r[:, None], b.r[:, None], b.z[:, None]
    disk, position, thickness = geometry.disk[target], geometry.position[target], geometry.thickness[target]
    steep, gap = jnp.abs(slope), jnp.abs(position - bz)
    distance = jnp.maximum(jnp.where(disk, gap / jnp.maximum(steep, 1e-2), position - br), 1.0)
    # the arc is longer than its radius, up to the third order
    tolerance = (
        slope_tolerance(curvature, slope, br - ar, distance, cuts)
        + steep * (curvature * jnp.where(disk, geometry.high[target], position)) ** 2 / 12.0
    )
    nearest = jnp.where(disk, br + (gap - thickness) / (steep + tolerance), position - thickness)
    farthest = jnp.where(disk, br + (gap + thickness) / jnp.maximum(steep - tolerance, 1e-2), position + thickness)
    farthest = jnp.minimum(farthest, jnp.where(disk, geometry.high[target], jnp.inf))
    half = tolerance * (farthest - br) + steep * thickness
    along = bz + slope * (position - br)
    height = (geometry.high - geometry.low)[target] / size.rows
    low = (jnp.where(disk, nearest, along - half) - geometry.low[target]) / height
    high = (jnp.where(disk, farthest, along + half) - geometry.low[target]) / height
    begin = jnp.clip(jnp.floor(low), 0, size.rows - 1).astype(jnp.int32)
    end = jnp.clip(jnp.floor(high), 0, size.rows - 1).astype(jnp.int32)
    crossed = there & (high >= 0.0) & (low <= size.rows) & (farthest > br) & (nearest <= farthest)
    inside = crossed & (low >= 0.0) & (high < size.rows)
    rate = (b.phi - a.phi)[:, None] / (br - ar)
    middle, spread = 0.5 * (nearest + farthest), 0.5 * (farthest - nearest)
    window = phi_tolerance(curvature, ar, br, farthest, cuts) + jnp.abs(rate) * spread
    phi = b.phi[:, None] + rate * (middle - br)
    return Roads(
        (target * size.rows + begin) * size.sectors,
        sector_of(phi - window, size.sectors),
        sector_of(phi + window, size.sectors),
        jnp.where(crossed, end - begin + 1, 0),
        inside,
    )


class Trials(NamedTuple):
    """Third points of pairs that are looked at.

    Args:
        pair: the pair of each.
        c: place of the third point.
        valid: whether an entry is in use.
        roads: number of rows that were looked into.
        total: number of trials.
    """

    pair: jax.Array
    c: jax.Array
    valid: jax.Array
    roads: jax.Array
    total: jax.Array


def list_trials(begins: jax.Array, roads: Roads, sectors: int, room: tuple[int, int]) -> Trials:
    """List the points that lie in roads.

    Args:
        begins: where the cells of the fine grid begin.
        roads: where to look.
        sectors: of the grid.
        room: number of rows and of trials.
    """
    rows = expand(roads.rows.reshape(-1), room[0])
    base = roads.base.reshape(-1)[rows.owner] + rows.rank * sectors
    first = begins[base + roads.first.reshape(-1)[rows.owner]]
    last = begins[base + roads.last.reshape(-1)[rows.owner] + 1]
    trials = expand(jnp.where(rows.valid, last - first, 0), room[1])
    pair = rows.owner[trials.owner] // roads.rows.shape[1]
    return Trials(pair, first[trials.owner] + trials.rank, trials.valid, rows.total, trials.total)


class Grown(NamedTuple):
    """Triplets grown from pairs.

    Args:
        pair: the pair of each.
        c: place of its third point.
        fit: its helix.
        deviation: squares of change of cot(theta) and impact parameter, over what is allowed.
        valid: whether an entry is in use.
        roads: number of rows that were looked into.
        trials: number of triplets that were looked at.
        total: number of triplets.
    """

    pair: jax.Array
    c: jax.Array
    fit: Triplet
    deviation: jax.Array
    valid: jax.Array
    roads: jax.Array
    trials: jax.Array
    total: jax.Array


def grow(points: Points, a: jax.Array, b: jax.Array, trials: Trials, cuts: Cuts, room: int) -> Grown:
    """Keep the triplets whose curvature, impact and slope are a track's.

    Args:
        points: all space points.
        a: places of inner points of pairs.
        b: places of outer points.
        trials: third points.
        cuts: tolerances.
        room: number of triplets.
    """
    pair, c = trials.pair, trials.c
    inner, middle, outer = hits_at(points, a[pair]), hits_at(points, b[pair]), hits_at(points, c)
    fit = through(inner, middle, outer)
    curvature = jnp.abs(fit.curvature)
    allowed = slope_tolerance(curvature, fit.inner, middle.r - inner.r, outer.r - middle.r, cuts)
    slope, impact = jnp.abs(fit.outer - fit.inner) / allowed, fit.impact / impact_limit(curvature, cuts)
    passed = (
        trials.valid
        & (outer.r > middle.r + 1.0)
        & (curvature <= largest_curvature(cuts))
        & (slope <= 1.0)
        & (impact <= 1.0)
    )
    kept = expand(passed.astype(jnp.int32), room)
    fit = Triplet(*(values[kept.owner] for values in fit))
    deviation = (slope**2 + impact**2)[kept.owner]
    return Grown(pair[kept.owner], c[kept.owner], fit, deviation, kept.valid, trials.roads, trials.total, kept.total)
