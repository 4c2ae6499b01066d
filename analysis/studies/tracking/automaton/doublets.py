"""Doublets: pairs of space points on neighbouring layers, from inside to outside, that point to the beam spot."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from analysis.studies.tracking.automaton.compact import Expansion, expand, table
from analysis.studies.tracking.automaton.cuts import Cuts
from analysis.studies.tracking.automaton.geometry import Geometry
from analysis.studies.tracking.automaton.helix import bend, impact_limit, largest_curvature
from analysis.studies.tracking.automaton.packing import MARGIN, Points
from analysis.studies.tracking.automaton.sizes import Size

__all__ = ["Doublets", "find_doublets", "sector_of"]


class Doublets(NamedTuple):
    """Pairs of space points, places in the order of the fine grid.

    Args:
        a: the inner ones.
        b: the outer ones.
        valid: whether an entry is in use.
        pairs: number of pairs that were looked at.
        total: number of doublets.
    """

    a: jax.Array
    b: jax.Array
    valid: jax.Array
    pairs: jax.Array
    total: jax.Array


def sector_of(phi: jax.Array, sectors: int) -> jax.Array:
    """Sector of the grids that an angle lies in."""
    width = (2.0 * jnp.pi + 2.0 * MARGIN) / sectors
    return jnp.clip(jnp.floor((phi + jnp.pi + MARGIN) / width).astype(jnp.int32), 0, sectors - 1)


def _window(inner: jax.Array, outer: jax.Array, cuts: Cuts) -> jax.Array:
    """Largest difference in phi of two points of a track."""
    curvature = largest_curvature(cuts)
    lever = 1.0 / inner - 1.0 / outer
    return bend(curvature, inner, outer) + impact_limit(curvature, cuts) * lever + 1e-4


def _reach(
    points: Points, start: jax.Array, layer: jax.Array, geometry: Geometry, cuts: Cuts
) -> tuple[jax.Array, jax.Array]:
    """Lowest and highest z or r on a layer of tracks from the beam spot through a point."""
    r, z = points.r[start], points.z[start]
    position, thickness = geometry.position[layer], geometry.thickness[layer]
    ratio = position / r
    spread = cuts.vertex * ((position + thickness) / r - 1.0) + jnp.abs(z) * thickness / r
    side = jnp.sign(position)
    most, least = (z * side + cuts.vertex) / r, (z * side - cuts.vertex) / r
    distance = (position - z) * side
    nearest = r + (distance - thickness) / jnp.maximum(most, 1e-3)
    farthest = jnp.where(least > 1e-3, r + (distance + thickness) / jnp.maximum(least, 1e-3), jnp.inf)
    disk = geometry.disk[layer]
    farthest = jnp.where(most > 1e-3, farthest, -jnp.inf)
    return jnp.where(disk, nearest, z * ratio - spread), jnp.where(disk, farthest, z * ratio + spread)


def _rows(points: Points, begins: jax.Array, geometry: Geometry, cuts: Cuts, size: Size) -> tuple[jax.Array, jax.Array]:
    """First place and number of pairs for each start, layer and row of the coarse grid, in one dimension."""
    start = jnp.maximum(points.starts, 0)[:, None]
    layer = geometry.starts[points.layer[start]][:, 0, :]
    used = (points.starts[:, None] >= 0) & (layer >= 0)
    layer = jnp.maximum(layer, 0)
    lowest, highest = _reach(points, start, layer, geometry, cuts)
    height = (geometry.high - geometry.low)[layer] / size.coarse
    row = jnp.arange(size.coarse, dtype=jnp.int32)
    low = geometry.low[layer][..., None] + row * height[..., None]
    high = low + height[..., None]
    crossed = used[..., None] & (low <= highest[..., None]) & (high >= lowest[..., None])
    disk = geometry.disk[layer][..., None]
    edge = (geometry.position + geometry.thickness)[layer][..., None]
    window = _window(points.r[start][..., None], jnp.where(disk, high, edge), cuts)
    phi = points.phi[start][..., None]
    base = (layer[..., None] * size.coarse + row) * size.sectors
    first = begins[base + sector_of(phi - window, size.sectors)]
    last = begins[base + sector_of(phi + window, size.sectors) + 1]
    return first.reshape(-1), jnp.where(crossed, last - first, 0).reshape(-1)


def find_doublets(points: Points, geometry: Geometry, cuts: Cuts, size: Size) -> Doublets:
    """Find the doublets that tracks begin with.

    Windows in phi follow the smallest momentum and the impact parameter, those in z or r the beam spot. The grid only
    says where to look: each pair is tested with its own coordinates.
    """
    begins = table(jnp.asarray(points.coarse_cell), geometry.position.shape[0] * size.coarse * size.sectors)
    first, counts = _rows(points, begins, geometry, cuts, size)
    pairs = expand(counts, size.pairs)
    start = points.starts[pairs.owner // (geometry.starts.shape[1] * size.coarse)]
    other = points.coarse[first[pairs.owner] + pairs.rank]
    inner, outer, z = points.r[start], points.r[other], points.z[start]
    origin = z - inner * (points.z[other] - z) / (outer - inner)
    window = _window(inner, outer, cuts)
    passed = (
        pairs.valid
        & (outer > inner + 1.0)
        & (jnp.abs(origin) <= cuts.vertex)
        & (jnp.abs(points.phi[other] - points.phi[start]) <= window)
    )
    kept: Expansion = expand(passed.astype(jnp.int32), size.doublets)
    return Doublets(start[kept.owner], other[kept.owner], kept.valid, pairs.total, kept.total)
