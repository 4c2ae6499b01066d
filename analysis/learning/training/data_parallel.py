"""Devices that share a step's events: each computes the gradient of its part, and all make the same step with the sum.

Everything is on every device, and so is the result; what is divided is only work. A sum of parts is rounded otherwise
than a whole: results depend on the number of devices in their last digits, and in nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jax.sharding import Mesh, NamedSharding, PartitionSpec

__all__ = ["DataParallel"]

_AXIS = "events"
_EVERYWHERE = PartitionSpec()


@dataclass(frozen=True)
class DataParallel:
    """Some devices and what they do together; with one of them, nothing here does anything.

    Args:
        devices: at least one. The number divides that of the events they share.
    """

    devices: tuple[Any, ...]

    @property
    def number(self) -> int:
        """Of the devices."""
        return len(self.devices)

    def place(self, tree: Any) -> Any:
        """The arrays on all devices, each with a copy."""
        return jax.device_put(tree, NamedSharding(self._mesh, _EVERYWHERE))

    def everywhere(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function as each device calls it, with the same arguments; within it, the methods below mean something.

        It has to return the same on all of them.
        """
        if self.number == 1:
            return function
        # one specification for all arguments and results; that results are equal follows from sums over the devices
        return jax.shard_map(function, mesh=self._mesh, in_specs=_EVERYWHERE, out_specs=_EVERYWHERE, check_vma=False)

    def first(self, events: int) -> jax.Array | int:
        """Place, among so many events, of the first one of this device's part."""
        return 0 if self.number == 1 else jax.lax.axis_index(_AXIS) * (events // self.number)

    def part(self, array: jax.Array, axis: int = 0) -> jax.Array:
        """This device's part of an array that has the events on an axis."""
        if self.number == 1:
            return array
        events = array.shape[axis]
        return jax.lax.dynamic_slice_in_dim(array, self.first(events), events // self.number, axis)

    def whole(self, part: jax.Array, axis: int = 0) -> jax.Array:
        """All devices' parts of an array."""
        return part if self.number == 1 else jax.lax.all_gather(part, _AXIS, axis=axis, tiled=True)

    def total(self, tree: Any) -> Any:
        """The sum over the devices, of arrays of one type."""
        if self.number == 1:
            return tree
        # one exchange for all: on a processor, each of them takes as long as a small product of matrices
        flat, restore = ravel_pytree(tree)
        return restore(jax.lax.psum(flat, _AXIS))

    def mean(self, tree: Any) -> Any:
        """The mean over the devices, of arrays of any types; integers stay what they are on each."""
        if self.number == 1:
            return tree
        return jax.tree.map(
            lambda leaf: jax.lax.pmean(leaf, _AXIS) if jnp.issubdtype(leaf.dtype, jnp.floating) else leaf, tree
        )

    @cached_property
    def _mesh(self) -> Mesh:
        return Mesh(np.array(self.devices), (_AXIS,))
