"""This project's engine as a peer: networks whose epochs are blocks of steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Trainer"]


@dataclass
class Trainer:
    """Trains one network on events in memory, or one for each fold of them.

    Args:
        build: ``f(rngs) -> nnx.Module``.
        settings: of the training.
        events: with one fold or several.
        rows: of the training events, step by step (steps, batch size) int32, shuffled anew in each epoch.
        validated: rows of the validation events, (m,) int32.
        device: that does it; the project's choice by default.
        state: to begin with; the project's own by default.
    """

    build: Callable[[Any], Any]
    settings: Any
    events: Any
    rows: np.ndarray
    validated: np.ndarray
    device: Any = None
    state: Any = None

    def __post_init__(self) -> None:
        from analysis.learning.data.batch_order import BatchOrder
        from analysis.learning.data.device_inputs import WeightedRows
        from analysis.learning.training.data_parallel import DataParallel
        from analysis.learning.training.devices import choose_devices
        from analysis.learning.training.engine import Engine, Member
        from analysis.learning.training.forward import Forward

        self.steps, batch = self.rows.shape
        alone = {name: block[0] for name, block in self.events.own.items()}
        parallel = (
            DataParallel((self.device,))
            if self.device
            else choose_devices(self.build, {**self.events.shared, **alone}, self.events.present, batch)
        )
        number, folds = self.rows.size, len(self.events.scale)
        self.engine = Engine(Forward(self.build, self.settings, parallel), BatchOrder.of(number, batch, number))
        if self.state is None:
            self.state = self.engine.initialise([Member(0, fold) for fold in range(folds)])
        self.state = parallel.place(self.state)
        chosen = (
            WeightedRows(np.tile(some, (folds, 1)), np.ones((folds, some.size), np.float32))
            for some in (self.rows.ravel(), self.validated)
        )
        self.arguments = parallel.place((self.events, *chosen))
        self.epoch = self.engine.compile_epoch(self.state, *self.arguments)

    def run(self, _: int = 0) -> np.ndarray:
        """One epoch, to its end: its training losses, by network."""
        import jax

        self.state, report = jax.block_until_ready(self.epoch(self.state, *self.arguments))
        if np.any(report.finite_updates != self.steps * self.engine.steps.updates):
            raise SystemExit("the training has failed")
        return np.asarray(report.loss)
