"""Helices through four cylinders and three disks a side, and a search of them with loops in plain Python."""

from __future__ import annotations

import itertools
import math

import numpy as np

from analysis.studies.tracking.automaton.cuts import Cuts
from analysis.studies.tracking.automaton.events import Event, Pass
from analysis.studies.tracking.automaton.geometry import Geometry, Layer, describe_layers
from analysis.studies.tracking.automaton.sizes import Size

RADII, DISKS = (32.0, 72.0, 116.0, 172.0), (600.0, 700.0, 820.0)
SMALL = Size(512, 128, 16, 4, 64, 512, 512, 384, 768, 512, 256, 512, 128)
LARGE = Size(1024, 256, 32, 8, 128, 2048, 8192, 8192, 16384, 8192, 4096, 8192, 1024)


def geometry() -> Geometry:
    layers = [Layer(False, r, 0.5, -500.0, 500.0, (1, 4, 7) if i == 0 else (), *_after(i)) for i, r in enumerate(RADII)]
    for side, first in ((1.0, 4), (-1.0, 7)):
        for i, z in enumerate(DISKS):
            following = tuple(range(first + i + 1, first + 3))[:2]
            ways = (following, ()) if side > 0 else ((), following)
            layers.append(Layer(True, side * z, 0.5, 40.0, 180.0, (), *ways))
    return describe_layers(tuple(layers))


def passes(*cuts: Cuts) -> list[Pass]:
    """Passes with these cuts, else one with those of the automaton."""
    return [Pass(geometry(), one) for one in cuts or (Cuts(),)]


def _after(i: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    return () if i == 3 else (i + 1, 4, 5), () if i == 3 else (i + 1, 7, 8)


def event(tracks: int, noise: int = 0, seed: int = 1) -> tuple[Event, np.ndarray]:
    """Space points of tracks, and the number of the track of each (-1: noise)."""
    rng = np.random.default_rng(seed)
    points: list[tuple[float, float, float, int, int]] = []
    for track in range(tracks):
        phi, z0 = rng.uniform(-math.pi, math.pi), rng.normal(0.0, 40.0)
        radius, charge = rng.uniform(0.6, 5.0) / 6e-4, rng.choice([-1, 1])
        cot = math.sinh(rng.uniform(-2.5, 2.5))

        def at(r: float, phi=phi, radius=radius, charge=charge) -> tuple[float, float, float]:
            turn = math.asin(r / (2 * radius))
            return r * math.cos(phi - charge * turn), r * math.sin(phi - charge * turn), 2 * radius * turn

        for layer, r in enumerate(RADII):
            x, y, path = at(r)
            if abs(z0 + cot * path) < 500.0:
                points.append((x, y, z0 + cot * path, layer, track))
        for i, z in enumerate(DISKS):
            side = 1 if cot > 0 else -1
            path = (side * z - z0) / cot
            r = 2 * radius * math.sin(path / (2 * radius)) if 0 < path < radius else 0.0
            if 40.0 < r < 180.0:
                points.append((*at(r)[:2], side * z, 4 + i + (3 if side < 0 else 0), track))
    for _ in range(noise):
        layer, phi = int(rng.integers(4)), rng.uniform(-math.pi, math.pi)
        r = RADII[layer]
        points.append((r * math.cos(phi), r * math.sin(phi), rng.uniform(-500, 500), layer, -1))
    columns = list(zip(*points, strict=True))
    x, y, z = np.array(columns[:3], np.float32)
    return Event(x, y, z, np.array(columns[3], np.int32)), np.array(columns[4])


def circle(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> tuple[float, float]:
    """Curvature with its sign, and impact parameter, from the centre of the circle in double precision."""
    (ax, ay), (bx, by), (cx, cy) = a[:2], b[:2], c[:2]
    area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    sides = math.hypot(bx - ax, by - ay), math.hypot(cx - bx, cy - by), math.hypot(cx - ax, cy - ay)
    curvature = 2 * area / math.prod(sides)
    d = 2 * (ax * (by - cy) + bx * (cy - ay) + cx * (ay - by))
    a2, b2, c2 = ax * ax + ay * ay, bx * bx + by * by, cx * cx + cy * cy
    ux = (a2 * (by - cy) + b2 * (cy - ay) + c2 * (ay - by)) / d
    uy = (a2 * (cx - bx) + b2 * (ax - cx) + c2 * (bx - ax)) / d
    return curvature, abs(math.hypot(ux, uy) - 1 / abs(curvature))


def fits(a: np.ndarray, b: np.ndarray, c: np.ndarray, cuts: Cuts) -> tuple[bool, float]:
    """Whether three points are a cell, and their curvature."""
    curvature, impact = circle(a, b, c)
    size, momentum = abs(curvature), abs(curvature) / (2.998e-4 * cuts.field)
    first, second = (math.hypot(*(q - p)[:2]) for p, q in ((a, b), (b, c)))
    r1, r2 = math.hypot(*b[:2]) - math.hypot(*a[:2]), math.hypot(*c[:2]) - math.hypot(*b[:2])
    if min(r1, r2) <= 1.0:
        return False, curvature
    slopes = [(q[2] - p[2]) / (d * (1 + (size * d) ** 2 / 24)) for p, q, d in ((a, b, first), (b, c, second))]
    square = 1 + slopes[0] ** 2
    allowed = math.hypot(cuts.slope * (1 / r1 + 1 / r2) * math.sqrt(square), cuts.scattering * momentum * square**0.75)
    good = size <= 2.998e-4 * cuts.field / cuts.momentum and abs(slopes[1] - slopes[0]) <= allowed
    return good and impact <= cuts.impact + cuts.impact_scattering * momentum, curvature


def cells(points: Event, layers: Geometry, cuts: Cuts) -> set[tuple[int, int, int]]:
    """The cells that begin in the first layer, by trying all combinations."""
    xyz, on = _places(points, layers)
    found = set()
    for second in layers.starts[0]:
        for a, b in itertools.product(on[0], on[second]):
            ra, rb = math.hypot(*xyz[a, :2]), math.hypot(*xyz[b, :2])
            slope = (xyz[b, 2] - xyz[a, 2]) / (rb - ra)
            if rb > ra + 1.0 and abs(xyz[a, 2] - ra * slope) <= cuts.vertex:
                found |= {(int(a), int(b), c) for c in _next(a, b, xyz, on, points, layers, cuts)}
    return found


def chained(points: Event, layers: Geometry, cuts: Cuts) -> set[tuple[int, int, int]]:
    """The cells among them that a fourth point continues with about the same curvature."""
    xyz, on = _places(points, layers)
    found = set()
    for a, b, c in cells(points, layers, cuts):
        curvature = fits(xyz[a], xyz[b], xyz[c], cuts)[1]
        ra, rb, rc = (math.hypot(*xyz[i, :2]) for i in (a, b, c))
        slope = (xyz[c, 2] - xyz[b, 2]) / (rc - rb)
        scattered = cuts.scattering * abs(curvature) / (2.998e-4 * cuts.field) * (1 + slope**2) ** 0.25
        allowed = math.hypot(cuts.curvature / ((rb - ra) * (rc - rb)), 2 * scattered / (rc - ra))
        fourths = _next(b, c, xyz, on, points, layers, cuts)
        if any(abs(fits(xyz[b], xyz[c], xyz[d], cuts)[1] - curvature) <= allowed for d in fourths):
            found.add((a, b, c))
    return found


def _places(points: Event, layers: Geometry) -> tuple[np.ndarray, list[np.ndarray]]:
    xyz = np.stack(points[:3], 1).astype(np.float64)
    return xyz, [np.flatnonzero(points.layer == i) for i in range(len(layers.position))]


def _next(a: int, b: int, xyz: np.ndarray, on: list, points: Event, layers: Geometry, cuts: Cuts) -> list[int]:
    towards = layers.follow[points.layer[b], int(xyz[b, 2] > xyz[a, 2])]
    return [int(c) for layer in towards if layer >= 0 for c in on[layer] if fits(xyz[a], xyz[b], xyz[c], cuts)[0]]
