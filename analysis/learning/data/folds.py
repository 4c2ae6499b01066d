"""Cross-validation by a hash of the event's identity: the networks that an event trains, stops and tests.

With k folds there are k networks. Network i is tested on fold i, stopped early by fold i + 1 (modulo k) and trained on
the others, so that no network ever judges an event that had a part in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.errors import TrainingError
from analysis.events.identity import fold_of

__all__ = ["Parts", "split"]


@dataclass(frozen=True, eq=False)
class Parts:
    """The trainable events of one network.

    Args:
        network: number of the network.
        training: (a,) rows of the events that it learns from.
        validation: (b,) rows of the events that stop it.
        test: (c,) rows of the events that it is judged by.
    """

    network: int
    training: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def split(identity: np.ndarray, folds: int, *, trainable: np.ndarray | None = None) -> tuple[Parts, ...]:
    """The events of each network.

    Args:
        identity: (n,) uint64.
        folds: number of folds k, at least 3.
        trainable: (n,) bool; other events are in no part. All, if not given.

    Raises:
        TrainingError: there are fewer than three folds.

    Examples:
        >>> parts = split(np.arange(1000, dtype=np.uint64), 5)
        >>> len(parts), sum(len(part.test) for part in parts)
        (5, 1000)
    """
    if folds < 3:
        raise TrainingError(f"{folds} folds do not suffice", cure="use at least 3: to train, to stop early and to test")
    fold = np.asarray(fold_of(identity, folds))
    usable = np.ones(len(identity), bool) if trainable is None else trainable
    parts = []
    for network in range(folds):
        test, validation = fold == network, fold == (network + 1) % folds
        parts.append(
            Parts(
                network=network,
                training=np.flatnonzero(usable & ~test & ~validation),
                validation=np.flatnonzero(usable & validation),
                test=np.flatnonzero(usable & test),
            )
        )
    return tuple(parts)
