"""Epochs of a group of networks: on events that are all on the device, or on a stream of windows of them."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

import jax
import numpy as np

from analysis.learning.data.device_inputs import DeviceInputs, WeightedRows
from analysis.learning.data.folded_inputs import FoldedInputs
from analysis.learning.data.prefetching import prefetch
from analysis.learning.training.engine import Engine, Member
from analysis.learning.training.state import Epoch, State

__all__ = ["ResidentLoop", "StreamedLoop", "TrainingLoop"]


class TrainingLoop(ABC):
    """Runs epochs of one group of networks after another; all groups share what is compiled.

    Args:
        engine: of the training.
        folded: its events.
    """

    def __init__(self, engine: Engine, folded: FoldedInputs) -> None:
        self.engine = engine
        self.folded = folded
        self.compile_seconds = 0.0
        self._compiled: dict[str, Callable[..., Any]] = {}

    @abstractmethod
    def begin(self, members: Sequence[Member]) -> None:
        """Turn to a group of networks."""

    @abstractmethod
    def epoch(self, state: State, keep: Callable[[State], None]) -> tuple[State, Epoch]:
        """One epoch of the group; it consumes the state.

        Args:
            state: before it, or between two of its windows.
            keep: is given the state between windows, and may write a checkpoint.
        """

    def _call(self, name: str, *arguments: Any) -> Any:
        """Call one of the engine's compiled functions; it is compiled the first time."""
        if name not in self._compiled:
            start = time.perf_counter()
            self._compiled[name] = getattr(self.engine, f"compile_{name}")(*arguments)
            self.compile_seconds += time.perf_counter() - start
        return jax.block_until_ready(self._compiled[name](*arguments))


class ResidentLoop(TrainingLoop):
    """All events are on the device."""

    def begin(self, members: Sequence[Member]) -> None:  # noqa: D102
        # free those of the group before, if there was one
        self._data: tuple[DeviceInputs, WeightedRows, WeightedRows] | None = None
        folds = list(dict.fromkeys(member.fold for member in members))
        self._data = self.engine.parallel.place(self.folded.whole(folds))

    def epoch(self, state: State, keep: Callable[[State], None]) -> tuple[State, Epoch]:  # noqa: D102
        assert self._data is not None
        return self._call("epoch", state, *self._data)


class StreamedLoop(TrainingLoop):
    """Events come in windows, read by a thread of their own while the device computes; one network at a time."""

    def begin(self, members: Sequence[Member]) -> None:  # noqa: D102
        (member,) = members
        self._fold = member.fold

    def epoch(self, state: State, keep: Callable[[State], None]) -> tuple[State, Epoch]:  # noqa: D102
        batch_order = self.engine.batch_order
        key = self.engine.key_of_epoch(jax.tree.map(lambda leaf: leaf[0], state))
        pieces = np.asarray(batch_order.pieces(key))

        def window(number: int) -> tuple[DeviceInputs, WeightedRows]:
            places = pieces[number][:, None] * batch_order.batch_size + np.arange(batch_order.batch_size)
            return self.engine.parallel.place(self.folded.window(self._fold, places.ravel()))

        with closing(prefetch(window, range(int(state.progress.window[0]), batch_order.windows))) as windows:
            for data in windows:
                state = self._call("window", state, *data)
                keep(state)
        return self._call("conclusion", state, *self._validate(state))

    def _validate(self, state: State) -> tuple[np.ndarray, ...]:
        """Losses, predictions, labels, targets and weights of all validation events, with the one network before."""
        number = self.folded.validation_places
        size = min(number, self.engine.batch_order.window_events)

        def window(first: int) -> tuple[DeviceInputs, WeightedRows]:
            return self.engine.parallel.place(self.folded.validation_window(self._fold, np.arange(first, first + size)))

        found = []
        with closing(prefetch(window, range(0, number, size))) as windows:
            for events, chosen in windows:
                losses, predictions = self._call("evaluation", state, events, chosen)
                kept = (losses[0], predictions[0], events.label, events.target, chosen.weight[0])
                found.append(tuple(np.asarray(array) for array in kept))
        return tuple(np.concatenate(parts)[None, :number] for parts in zip(*found, strict=True))
