"""Space points of tracks through four cylinders in a field of 2 T, for the automaton of the study `tracking`."""

from __future__ import annotations

import numpy as np

from analysis.studies.tracking.automaton.events import Event
from analysis.studies.tracking.automaton.geometry import Geometry, Layer, describe_layers

__all__ = ["collide", "describe_barrel"]

RADII = (32.0, 72.0, 116.0, 172.0)
LENGTH = 500.0
# mm a GeV: the radius of a track by its transverse momentum in 2 T
BEND = 1 / 0.6e-3


def describe_barrel() -> Geometry:
    """The cylinders."""
    last = len(RADII) - 1
    following = [(number + 1,) if number < last else () for number in range(len(RADII))]
    layers = [
        Layer(False, radius, 0.5, -LENGTH, LENGTH, (1,) if number == 0 else (), following[number], following[number])
        for number, radius in enumerate(RADII)
    ]
    return describe_layers(tuple(layers))


def collide(tracks: int, seed: int) -> Event:
    """Space points of an event: helices from 0.5 to 5 GeV from a beam of 40 mm, those that leave the cylinders."""
    random = np.random.default_rng(seed)
    phi, z = random.uniform(-np.pi, np.pi, tracks), random.normal(0.0, 40.0, tracks)
    bend = random.choice([-1.0, 1.0], tracks) / (2 * BEND * np.exp(random.uniform(np.log(0.5), np.log(5.0), tracks)))
    slope = np.sinh(random.uniform(-1.5, 1.5, tracks))
    found = []
    for number, radius in enumerate(RADII):
        turn = np.arcsin(radius * bend)
        place = np.stack([radius * np.cos(phi - turn), radius * np.sin(phi - turn), z + slope * turn / bend])
        inside = place[:, np.abs(place[2]) < LENGTH]
        found.append((inside, np.full(inside.shape[1], number, np.int32)))
    x, y, along = np.concatenate([place for place, _ in found], axis=1).astype(np.float32)
    return Event(x, y, along, np.concatenate([layer for _, layer in found]))
