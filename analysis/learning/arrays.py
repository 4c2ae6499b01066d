"""Short way from arrays to trained networks: for a script, a notebook, a lecture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from analysis.errors import DataError
from analysis.events.identity import identify
from analysis.learning.data.features import Features
from analysis.learning.data.inputs import TrainingInputs

if TYPE_CHECKING:
    from analysis.learning.application.trained import Trained
    from analysis.learning.settings import TrainingSettings
    from analysis.step import Step

__all__ = ["features", "fit", "training_inputs"]

Columns = ArrayLike | Mapping[str, ArrayLike] | Features


def features(columns: Columns) -> Features:
    """Make a block of features of arrays; what is not a number is missing.

    Args:
        columns: arrays of one shape by name, (n,) or, of n events with s particles each, (n, s): they are standardised,
            and a particle has all of them or none. Or one array (n, ...) without names, such as images (n, h, w, c) or
            traces, which enters the network as it is.

    Raises:
        DataError: shapes differ, or a particle has some of its features only.

    Examples:
        >>> block = features({"mass": [91.2, np.nan], "jets": [0, 2]})
        >>> block.names, block.present.tolist()
        (('mass', 'jets'), [[True, True], [False, True]])
    """
    if isinstance(columns, Features):
        return columns
    if not isinstance(columns, Mapping):
        array = np.asarray(columns)
        values = array if array.dtype == np.float16 else array.astype(np.float32)
        present = ~np.isnan(values)
        return Features(np.where(present, values, 0).astype(values.dtype), present)
    arrays = {name: np.asarray(column, np.float32) for name, column in columns.items()}
    if len({array.shape for array in arrays.values()}) != 1:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise DataError(f"the features have different shapes: {shapes or 'there are none'}")
    values = np.stack(list(arrays.values()), axis=-1)
    present = ~np.isnan(values)
    if values.ndim > 2:
        partly = present.any(axis=-1) & ~present.all(axis=-1)
        if partly.any():
            place = tuple(int(index) for index in np.argwhere(partly)[0])
            raise DataError(
                f"of event {place[0]}, place {place[1:]}, some of the features {', '.join(arrays)} are not numbers",
                cure="give a particle all of its features, or none of them",
            )
        present = present.all(axis=-1)
    return Features(np.nan_to_num(values, nan=0.0), present, tuple(arrays))


def training_inputs(
    blocks: Mapping[str, Columns],
    *,
    label: ArrayLike | None = None,
    classes: Sequence[str] = ("all",),
    targets: Mapping[str, ArrayLike] | None = None,
    weight: ArrayLike | None = None,
    spectators: Mapping[str, ArrayLike] | None = None,
    name: str = "arrays",
) -> TrainingInputs:
    """Make inputs of networks of arrays of n events; all events are trainable.

    Args:
        blocks: see :func:`features`, by the names that networks know them by.
        label: (n,), index of each event's class; all are of the first one, if not given.
        classes: names of the classes.
        targets: (n,) by name, in their units: what a regression learns.
        weight: (n,); 1, if not given.
        spectators: (n,) by name; nothing is learned from them.
        name: of the sample: an event's fold follows from it and the event's place, as do all random choices.

    Raises:
        DataError: shapes do not agree, or a label has no class.

    Examples:
        >>> inputs = training_inputs({"event": {"x": [1.0, 2.0, 3.0]}}, label=[0, 1, 1], classes=("no", "yes"))
        >>> len(inputs), str(inputs.layout.features["event"])
        (3, 'x')
    """
    own = {block: features(columns) for block, columns in blocks.items()}
    n = len(next(iter(own.values())).values) if own else 0
    wanted = {what: np.asarray(column, np.float32) for what, column in (targets or {}).items()}
    return TrainingInputs(
        features=own,
        label=np.zeros(n, np.int32) if label is None else np.asarray(label, np.int32),
        target=np.stack(list(wanted.values()), axis=-1) if wanted else np.zeros((n, 0), np.float32),
        weight=np.ones(n) if weight is None else np.asarray(weight, np.float64),
        identity=identify(name, 0, n),
        trainable=np.ones(n, bool),
        classes=tuple(classes),
        targets=tuple(wanted),
        spectators={what: np.asarray(column, np.float64) for what, column in (spectators or {}).items()},
    )


def fit(inputs: TrainingInputs, network: Step, settings: TrainingSettings, **options: Any) -> Trained:
    """Train the networks of a cross-validation on events in memory, and keep no checkpoint.

    Args:
        inputs: of all events.
        network: what builds it.
        settings: of the training.
        options: further ones of :func:`analysis.learning.training.train.train`, such as ``report``.
    """
    from analysis.learning.training.train import train

    with TemporaryDirectory() as folder:
        return train(inputs, network, settings, checkpoints=Path(folder), **options)
