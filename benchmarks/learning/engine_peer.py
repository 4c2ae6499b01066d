"""This project's engine as a peer: one network, whose epochs are blocks of steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Trainer"]


@dataclass
class Trainer:
    """Trains one network on events in memory.

    Args:
        build: ``f(rngs) -> nnx.Module``.
        settings: of the training.
        events: with one fold.
        rows: of the training events, step by step (steps, batch size) int32, shuffled anew in each epoch.
        validated: rows of the validation events, (m,) int32.
    """

    build: Callable[[Any], Any]
    settings: Any
    events: Any
    rows: np.ndarray
    validated: np.ndarray

    def __post_init__(self) -> None:
        from analysis.learning.data.batch_order import BatchOrder
        from analysis.learning.data.device_inputs import WeightedRows
        from analysis.learning.training.devices import choose_devices
        from analysis.learning.training.engine import Engine, Member
        from analysis.learning.training.forward import Forward

        self.steps, batch = self.rows.shape
        alone = {name: block[0] for name, block in self.events.own.items()}
        parallel = choose_devices(self.build, {**self.events.shared, **alone}, self.events.present, batch)
        number = self.rows.size
        self.engine = Engine(Forward(self.build, self.settings, parallel), BatchOrder.of(number, batch, number))
        self.state = self.engine.initialise([Member(0, 0)])
        chosen = (
            WeightedRows(some[None], np.ones((1, some.size), np.float32))
            for some in (self.rows.ravel(), self.validated)
        )
        self.arguments = parallel.place((self.events, *chosen))
        self.epoch = self.engine.compile_epoch(self.state, *self.arguments)

    def run(self, _: int) -> None:
        """One epoch, to its end."""
        import jax

        self.state, report = jax.block_until_ready(self.epoch(self.state, *self.arguments))
        if int(report.finite_updates[0]) != self.steps * self.engine.steps.updates:
            raise SystemExit("the training has failed")
