"""Tracks through two and three space points: what follows for the next one, and whether they fit."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from analysis.studies.tracking.automaton.cuts import Cuts

__all__ = [
    "Hits",
    "Triplet",
    "bend",
    "curvature_bound",
    "curvature_tolerance",
    "impact_limit",
    "largest_curvature",
    "phi_tolerance",
    "slope_tolerance",
    "through",
]


class Hits(NamedTuple):
    """Coordinates of space points, mm and rad."""

    x: jax.Array
    y: jax.Array
    z: jax.Array
    r: jax.Array
    phi: jax.Array


class Triplet(NamedTuple):
    """A helix through three space points.

    Args:
        curvature: in 1/mm, with the sense of rotation.
        impact: smallest distance from the beam in the transverse plane, mm.
        inner: cot(theta) between the first two.
        outer: cot(theta) between the last two.
    """

    curvature: jax.Array
    impact: jax.Array
    inner: jax.Array
    outer: jax.Array


def largest_curvature(cuts: Cuts) -> jax.Array:
    """Curvature in 1/mm of a track with the smallest momentum."""
    return jnp.asarray(2.998e-4 * cuts.field / cuts.momentum)


def _inverse_momentum(curvature: jax.Array, cuts: Cuts) -> jax.Array:
    return curvature / (2.998e-4 * cuts.field)


def bend(curvature: jax.Array, inner: jax.Array, outer: jax.Array) -> jax.Array:
    """Change of phi between two radii of a track from the beam: the difference of asin(r / 2R), to its third order."""
    low, high = 0.5 * curvature * inner, 0.5 * curvature * outer
    return high - low + (high**3 - low**3) / 5.0


def _impact_lever(inner: jax.Array, middle: jax.Array, outer: jax.Array) -> jax.Array:
    """Distance in rad per mm of impact parameter by which a line in phi(r) through two points misses the third."""
    slope = (outer - middle) / (middle - inner)
    return jnp.abs(1.0 / outer - 1.0 / middle - slope * (1.0 / middle - 1.0 / inner))


def impact_limit(curvature: jax.Array, cuts: Cuts) -> jax.Array:
    """Largest impact parameter in mm of a track with this curvature (absolute)."""
    return cuts.impact + cuts.impact_scattering * _inverse_momentum(curvature, cuts)


def phi_tolerance(curvature: jax.Array, inner: jax.Array, middle: jax.Array, outer: jax.Array, cuts: Cuts) -> jax.Array:
    """Largest distance in phi of the third point from the line in phi(r) through two, for at most this curvature."""
    missed = impact_limit(curvature, cuts) * _impact_lever(inner, middle, outer)
    return missed + (0.5 * curvature * outer) ** 3 + 1e-4


def slope_tolerance(
    curvature: jax.Array, slope: jax.Array, first: jax.Array, second: jax.Array, cuts: Cuts
) -> jax.Array:
    """Largest change of cot(theta) between two doublets, for at most this curvature.

    Args:
        curvature: absolute, 1/mm.
        slope: cot(theta).
        first: distance in r of the first doublet, mm.
        second: that of the second.
        cuts: resolution and scattering.
    """
    square = 1.0 + slope**2
    scattered = cuts.scattering * _inverse_momentum(curvature, cuts) * jnp.sqrt(square * jnp.sqrt(square))
    return jnp.sqrt((cuts.slope * (1.0 / first + 1.0 / second)) ** 2 * square + scattered**2)


def curvature_bound(a: Hits, b: Hits, cuts: Cuts) -> jax.Array:
    """Largest curvature (absolute) of a track through two points, with an impact parameter within its limit."""
    largest = largest_curvature(cuts)
    missed = impact_limit(largest, cuts) * (1.0 / a.r - 1.0 / b.r) + 1e-4
    return jnp.minimum(2.0 * (jnp.abs(b.phi - a.phi) + missed) / (b.r - a.r), largest)


def curvature_tolerance(
    curvature: jax.Array, slope: jax.Array, first: jax.Array, second: jax.Array, cuts: Cuts
) -> jax.Array:
    """Largest change of the curvature to the next triplet, for this one (absolute); lengths as for slopes."""
    scattered = cuts.scattering * _inverse_momentum(curvature, cuts) * jnp.sqrt(jnp.sqrt(1.0 + slope**2))
    return jnp.sqrt((cuts.curvature / (first * second)) ** 2 + (2.0 * scattered / (first + second)) ** 2)


def through(a: Hits, b: Hits, c: Hits) -> Triplet:
    """Helix through three space points, from inside to outside.

    The circle comes from the conformal map around the middle point, in which it is a line (as in ACTS): no difference
    of large numbers, and a straight track is nothing special.
    """
    cosine, sine = b.x / b.r, b.y / b.r

    def mapped(hit: Hits) -> tuple[jax.Array, jax.Array, jax.Array]:
        dx, dy = hit.x - b.x, hit.y - b.y
        square = dx**2 + dy**2
        return (dx * cosine + dy * sine) / square, (dy * cosine - dx * sine) / square, jnp.sqrt(square)

    (u1, v1, first), (u2, v2, second) = mapped(a), mapped(c)
    steep = (v2 - v1) / (u2 - u1)
    offset = v1 - steep * u1
    curvature = 2.0 * offset / jnp.sqrt(1.0 + steep**2)
    impact = jnp.abs((steep - offset * b.r) * b.r) / jnp.sqrt(1.0 + steep**2)
    # from chords to arcs, to the second order
    first, second = (length * (1.0 + (curvature * length) ** 2 / 24.0) for length in (first, second))
    return Triplet(curvature, impact, (b.z - a.z) / first, (c.z - b.z) / second)
