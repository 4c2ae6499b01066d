"""State of a training on the device: events, and the state of networks between two calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

__all__ = ["Chosen", "Epoch", "Events", "Progress", "State"]


class Events(NamedTuple):
    """n events for the networks of g folds."""

    shared: Mapping[str, Any]  # (n, ...) float32 or float16 by block, of blocks that enter as they are
    own: Mapping[str, Any]  # (g, n, ...) float32 by block, standardised as each fold's training events demand
    present: Mapping[str, Any]  # (n, ...) bool by block
    label: Any  # (n,) int32
    target: Any  # (n, t) float32
    scale: Any  # (g, t, 2) float32, mean and standard deviation of each target


class Chosen(NamedTuple):
    """Selection of the events of each fold's networks; padded with weight 0, so that all have the same number."""

    rows: Any  # (g, m) int32
    weight: Any  # (g, m) float32


class Progress(NamedTuple):
    """Progress within an epoch; every leaf has the networks as its first axis."""

    window: Any  # windows that are done
    loss: Any  # sum of weighted losses of the training events, as they were seen (with dropout)
    weight: Any  # sum of their weights
    fine: Any  # steps before the first one whose loss or gradient was not finite


class State(NamedTuple):
    """All that the next step depends on; every leaf has the networks as its first axis."""

    params: Any
    statistics: Any  # what a network learns without gradients, such as running means
    random: Any  # keys and counters of its dropout
    optimizer: Any
    average: Any  # of the parameters; empty without
    key: Any  # for the order of the events
    best: Any  # parameters and statistics of the best epoch
    best_value: Any  # validation value at the best epoch; lower is better
    best_epoch: Any
    waited: Any  # epochs since then
    epoch: Any
    step: Any  # of all epochs
    stopped: Any
    progress: Progress


class Epoch(NamedTuple):
    """Report of one epoch, for each network."""

    loss: Any  # weighted mean over the training events
    validation_loss: Any
    metrics: Any  # (q,) in the order of the settings
    learning_rate: Any  # at the end of the epoch
    fine: Any  # steps before the first one whose loss or gradient was not finite
