"""Doublets: pairs of space points on neighbouring layers, from inside to outside, that point to the beam spot."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from analysis.studies.tracking.automaton.compact import expand, table
from analysis.studies.tracking.automaton.cuts import Cuts
from analysis.studies.tracking.automaton.geometry import Geometry
from analysis.studies.tracking.automaton.helix import bend, impact_limit, largest_curvature
from analysis.studies.tracking.automaton.packing import MARGIN, Points
from analysis.studies.tracking.automaton.sizes import Size

__all__ = ["Doublets", "Pairs", "Windows", "choose_doublets", "list_pairs", "list_windows", "sector_of"]


class Windows(NamedTuple):
    """Rows of the coarse grid that tracks of a start may come to.

    Args:
        start: place of the start.
        first: place of the first space point in the window, in the order of the coarse grid.
        counts: number of space points in it.
        total: number of windows.
    """

    start: jax.Array
    first: jax.Array
    counts: jax.Array
    total: jax.Array


class Pairs(NamedTuple):
    """Pairs of space points that are looked at, places in the order of the fine grid.

    Args:
        a: the inner ones.
        b: the outer ones.
        passed: whether a pair is a doublet, 0 or 1.
        windows: number of windows.
        total: number of pairs.
    """

    a: jax.Array
    b: jax.Array
    passed: jax.Array
    windows: jax.Array
    total: jax.Array


class Doublets(NamedTuple):
    """Pairs that tracks begin with.

    Args:
        a: the inner space points, places in the order of the fine grid.
        b: the outer ones.
        valid: whether an entry is in use.
        windows: number of windows.
        pairs: number of pairs that were looked at.
        total: number of doublets.
    """

    a: jax.Array
    b: jax.Array
    valid: jax.Array
    windows: jax.Array
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


def list_windows(points: Points, geometry: Geometry, cuts: Cuts, size: Size) -> Windows:
    """List where second space points may lie: in z or r as of the beam spot, in phi as of the smallest momentum."""
    begins = table(jnp.asarray(points.coarse_cell), geometry.position.shape[0] * size.coarse * size.sectors)
    start = jnp.maximum(points.starts, 0)[:, None]
    layer = geometry.starts[points.layer[start]][:, 0, :]
    used = (points.starts[:, None] >= 0) & (layer >= 0)
    layer = jnp.maximum(layer, 0)
    lowest, highest = _reach(points, start, layer, geometry, cuts)
    bottom, height = geometry.low[layer], (geometry.high - geometry.low)[layer] / size.coarse
    low, high = jnp.floor((lowest - bottom) / height), jnp.floor((highest - bottom) / height)
    crossed = used & (high >= 0.0) & (low < size.coarse) & (low <= high)
    begin, end = (jnp.clip(one, 0, size.coarse - 1).astype(jnp.int32) for one in (low, high))
    rows = expand(jnp.where(crossed, end - begin + 1, 0).reshape(-1), size.windows)
    row = begin.reshape(-1)[rows.owner] + rows.rank
    layer, height = layer.reshape(-1)[rows.owner], height.reshape(-1)[rows.owner]
    start = points.starts[rows.owner // geometry.starts.shape[1]]
    edge = jnp.where(
        geometry.disk[layer],
        geometry.low[layer] + (row + 1) * height,
        (geometry.position + geometry.thickness)[layer],
    )
    window, phi = _window(points.r[start], edge, cuts), points.phi[start]
    base = (layer * size.coarse + row) * size.sectors
    first = begins[base + sector_of(phi - window, size.sectors)]
    last = begins[base + sector_of(phi + window, size.sectors) + 1]
    return Windows(start, first, jnp.where(rows.valid, last - first, 0), rows.total)


def list_pairs(points: Points, windows: Windows, cuts: Cuts, room: int) -> Pairs:
    """List the pairs of windows, each tested with its own coordinates: windows only say where to look."""
    pairs = expand(windows.counts, room)
    start = windows.start[pairs.owner]
    other = points.coarse[windows.first[pairs.owner] + pairs.rank]
    inner, outer, z = points.r[start], points.r[other], points.z[start]
    origin = z - inner * (points.z[other] - z) / (outer - inner)
    window = _window(inner, outer, cuts)
    passed = (
        pairs.valid
        & (outer > inner + 1.0)
        & (jnp.abs(origin) <= cuts.vertex)
        & (jnp.abs(points.phi[other] - points.phi[start]) <= window)
    )
    return Pairs(start, other, passed.astype(jnp.int32), windows.total, pairs.total)


def choose_doublets(pairs: Pairs, room: int) -> Doublets:
    """Keep the pairs that passed."""
    kept = expand(pairs.passed, room)
    return Doublets(pairs.a[kept.owner], pairs.b[kept.owner], kept.valid, pairs.windows, pairs.total, kept.total)
