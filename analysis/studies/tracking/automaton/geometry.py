"""The layers of a detector as the automaton sees them; imports nothing heavy but NumPy."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["NONE", "Geometry", "Layer", "describe_layers"]

NONE = -1
"""Stands for no layer and no space point."""


class Layer(NamedTuple):
    """A layer of pixels.

    Args:
        disk: whether it is a disk of an endcap, else a cylinder of the barrel.
        position: of its middle: r of a cylinder, z of a disk, mm.
        thickness: largest distance of a space point from the middle, mm.
        low: where it begins: z of a cylinder, r of a disk, mm.
        high: where it ends.
        starts: layers of the second hits of tracks that begin in it.
        forward: layers of the next hit towards positive z, the nearest first.
        backward: those towards negative z.
    """

    disk: bool
    position: float
    thickness: float
    low: float
    high: float
    starts: tuple[int, ...] = ()
    forward: tuple[int, ...] = ()
    backward: tuple[int, ...] = ()


class Geometry(NamedTuple):
    """The same as arrays, one entry a layer; ``follow`` is (layer, backward or forward, neighbour)."""

    disk: NDArray[np.bool_]
    position: NDArray[np.float32]
    thickness: NDArray[np.float32]
    low: NDArray[np.float32]
    high: NDArray[np.float32]
    starts: NDArray[np.int32]
    follow: NDArray[np.int32]


def describe_layers(layers: tuple[Layer, ...]) -> Geometry:
    """Arrays of layers, neighbours filled up to the largest number of them."""
    # as many as where seeds begin anywhere, so that programs are compiled once for all passes
    starts = max(max(len(layer.starts), len(layer.forward) + len(layer.backward)) for layer in layers)
    follow = max(max(len(layer.forward), len(layer.backward)) for layer in layers)

    def filled(neighbours: tuple[int, ...], length: int) -> list[int]:
        return [*neighbours, *[NONE] * (length - len(neighbours))]

    numbers = {
        name: np.array([getattr(layer, name) for layer in layers], np.float32)
        for name in ("position", "thickness", "low", "high")
    }
    return Geometry(
        disk=np.array([layer.disk for layer in layers]),
        starts=np.array([filled(layer.starts, starts) for layer in layers], np.int32),
        follow=np.array(
            [[filled(layer.backward, follow), filled(layer.forward, follow)] for layer in layers], np.int32
        ),
        **numbers,
    )
