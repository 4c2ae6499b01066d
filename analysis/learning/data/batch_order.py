"""In which order a network sees its training events: the same whether they are all in memory or come in windows."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp

from analysis.learning.data.shuffling import shuffled

__all__ = ["BatchOrder"]


@dataclass(frozen=True)
class BatchOrder:
    """The steps of one epoch.

    A network's training events have *places* 0, 1, 2, ... in the order of their identity, which is itself random. An
    epoch is cut into windows of the same length. One window is all there is for up to ``shuffled_events`` events: any
    order of all places. Of more events, each epoch deals the batches of neighbouring places anew to the windows, and
    then shuffles the places in each window: what a window holds is read in few pieces, and is all that has to be in
    memory.

    Args:
        batch_size: events in a step.
        windows: number of windows.
        steps: number of steps in each window.
    """

    batch_size: int
    windows: int
    steps: int

    @classmethod
    def of(cls, events: int, batch_size: int, shuffled_events: int) -> BatchOrder:
        """The order of batches of a number of training events; the last places may stand for no event.

        Examples:
            >>> BatchOrder.of(1000, 100, 500)
            BatchOrder(batch_size=100, windows=2, steps=5)
            >>> BatchOrder.of(1000, 128, 2000).places
            1024
        """
        batches = -(-events // batch_size)
        windows = -(-batches // max(shuffled_events // batch_size, 1))
        return cls(batch_size, windows, -(-batches // windows))

    @property
    def batches(self) -> int:
        """Steps in an epoch."""
        return self.windows * self.steps

    @property
    def window_events(self) -> int:
        """Places in a window."""
        return self.steps * self.batch_size

    @property
    def places(self) -> int:
        """Places in an epoch."""
        return self.batches * self.batch_size

    def pieces(self, key: jax.Array) -> jax.Array:
        """Assign batches of neighbouring places to the windows: (windows, steps).

        Args:
            key: of the epoch.
        """
        pieces = jnp.arange(self.batches)
        if self.windows > 1:
            pieces = shuffled(jax.random.fold_in(key, 0), self.batches)
        return pieces.reshape(self.windows, self.steps)

    def within(self, key: jax.Array, window: jax.Array | int) -> jax.Array:
        """The order in a window: (steps, batch size), numbers of its places in the order of its pieces.

        Args:
            key: of the epoch.
            window: its number.
        """
        order = shuffled(jax.random.fold_in(key, 1 + window), self.window_events)
        return order.reshape(self.steps, self.batch_size)

    def all(self, key: jax.Array) -> jax.Array:
        """The places of an epoch, step by step: (windows, steps, batch size).

        Args:
            key: of the epoch.
        """
        pieces = self.pieces(key)
        if self.windows == 1:
            return self.within(key, 0)[None]
        within = jax.vmap(lambda window: self.within(key, window))(jnp.arange(self.windows))
        piece = jnp.take_along_axis(pieces, within.reshape(self.windows, -1) // self.batch_size, axis=1)
        return piece.reshape(within.shape) * self.batch_size + within % self.batch_size
