"""State of a training: what networks carry from one call of compiled code to the next."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["Epoch", "Progress", "State"]


class Progress(NamedTuple):
    """Progress within an epoch; every leaf has the networks as its first axis."""

    window: Any  # windows that are done
    loss: Any  # sum of weighted losses of the training events, as they were seen (with dropout); (q,) of q > 1 turns
    weight: Any  # sum of their weights
    finite_updates: Any  # updates before the first one whose loss or gradient was not finite


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

    loss: Any  # weighted mean over the training events; (q,) of q > 1 turns
    validation_loss: Any
    metrics: Any  # (q,) in the order of the settings
    learning_rate: Any  # at the end of the epoch
    finite_updates: Any  # updates before the first one whose loss or gradient was not finite
