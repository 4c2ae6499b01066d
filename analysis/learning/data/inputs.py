"""Inputs of a network in training and application: features, labels, targets and weights of events, in one file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from analysis.errors import DataError
from analysis.learning.data.layout import Layout, check_compatible
from analysis.learning.data.features import Block, Features
from analysis.learning.data.file_format import FORMAT, opened, tensor

__all__ = ["TrainingInputs", "concatenate"]

COLUMNS = {
    "label": np.int32,
    "target": np.float32,
    "weight": np.float64,
    "identity": np.uint64,
    "trainable": np.bool_,
}


@dataclass(frozen=True, eq=False)
class TrainingInputs:
    """Events as a network sees them; n events, t targets.

    Args:
        features: blocks of features by name; they are kept in the order of their names.
        label: (n,) int32; index of the event's class, -1 for events that have none, such as measured ones.
        target: (n, t) float32, in the units of the study; what a regression learns, 0 for events without a class.
        weight: (n,) float64; expected events per 1/fb, 1 for measured events; single weights may be negative.
        identity: (n,) uint64; see :mod:`analysis.events.identity`.
        trainable: (n,) bool; the events that networks are trained on and judged by.
        classes: names of the classes, in the order of the labels.
        targets: names of the targets.
        spectators: (n,) float64 by name; nothing is learned from them, they are kept for the evaluation.

    Raises:
        DataError: shapes or types do not agree, a value is not finite (the message names block, feature and event), a
            label has no class, or an event without a class is marked as trainable.
    """

    features: Mapping[str, Features]
    label: np.ndarray
    target: np.ndarray
    weight: np.ndarray
    identity: np.ndarray
    trainable: np.ndarray
    classes: tuple[str, ...]
    targets: tuple[str, ...] = ()
    spectators: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("features", "spectators"):
            object.__setattr__(self, name, dict(sorted(getattr(self, name).items())))
        n = len(self.identity)
        if not self.features:
            raise DataError("training inputs: there is no block of features")
        for name, block in self.features.items():
            if len(block.values) != n:
                raise DataError(f"training inputs: the block {name!r} has {len(block.values)} events, not {n}")
        columns = {name: (getattr(self, name), kind) for name, kind in COLUMNS.items()}
        columns |= {name: (column, np.float64) for name, column in self.spectators.items()}
        for name, (array, kind) in columns.items():
            shape = (n, len(self.targets)) if name == "target" else (n,)
            if array.shape != shape or array.dtype != kind:
                raise DataError(
                    f"training inputs: {name} is {array.dtype} of shape {array.shape}, "
                    f"not {np.dtype(kind)} of shape {shape}"
                )
        self._check_values()

    def __len__(self) -> int:
        """Number of events."""
        return len(self.identity)

    @property
    def layout(self) -> Layout:
        """Layout of a network for these events."""
        return Layout({name: block.block for name, block in self.features.items()}, self.classes, self.targets)

    def select(self, rows: np.ndarray) -> TrainingInputs:
        """Some of the events, by index or by truth value."""
        return self._with({name: np.ascontiguousarray(array[rows]) for name, array in self.arrays().items()})

    def digest(self) -> str:
        """SHA-256 of names, classes and all arrays, in hexadecimal."""
        state = hashlib.sha256(self._metadata().encode())
        for array in self.arrays().values():
            state.update(np.ascontiguousarray(array).data.cast("B") if array.size else b"")
        return state.hexdigest()

    def save(self, path: Path) -> None:
        """Write one safetensors file; the same events give the same bytes."""
        from safetensors.numpy import save_file

        arrays = {name: np.ascontiguousarray(array) for name, array in self.arrays().items()}
        # one key only: safetensors writes several in random order
        save_file(arrays, path, metadata={"inputs": self._metadata()})

    @classmethod
    def load(cls, path: Path, start: int = 0, stop: int | None = None) -> TrainingInputs:
        """Read what :meth:`save` wrote, or some consecutive events of it.

        Args:
            path: of the file.
            start: the first event to read.
            stop: the first one behind those to read; to the end, if not given.

        Raises:
            DataError: the file is missing, damaged or something else; the message names it.
        """
        with opened(path) as (file, described):
            # keys() of the file's handle, which is no mapping
            arrays = {name: tensor(file, name, start, stop) for name in file.keys()}  # noqa: SIM118
            return cls.from_arrays(arrays, Layout.from_json(described["layout"]), described["spectators"])

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, np.ndarray], layout: Layout, spectators: Sequence[str] = ()
    ) -> TrainingInputs:
        """Events from their arrays, named as in a file: ``label``, ``features.NAME.values``, ``spectators.NAME``."""
        return cls(
            **{name: arrays[name] for name in COLUMNS},
            features={
                name: Features(arrays[f"features.{name}.values"], arrays[f"features.{name}.present"], block.names)
                for name, block in layout.features.items()
            },
            classes=layout.classes,
            targets=layout.targets,
            spectators={name: arrays[f"spectators.{name}"] for name in spectators},
        )

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything that has an entry for each event, named as in a file."""
        return {
            **{name: getattr(self, name) for name in COLUMNS},
            **{f"features.{name}.values": block.values for name, block in self.features.items()},
            **{f"features.{name}.present": block.present for name, block in self.features.items()},
            **{f"spectators.{name}": column for name, column in self.spectators.items()},
        }

    def _with(self, arrays: Mapping[str, np.ndarray]) -> TrainingInputs:
        """Other events of the same kind."""
        return self.from_arrays(arrays, self.layout, list(self.spectators))

    def _metadata(self) -> str:
        described = {"format": FORMAT, "layout": self.layout.to_json(), "spectators": list(self.spectators)}
        return json.dumps(described, sort_keys=True)

    def _check_values(self) -> None:
        for name, block in self.features.items():
            block.check_values(name, self.identity)
        targets = {f"target {name!r}": self.target[:, index] for index, name in enumerate(self.targets)}
        spectators = {f"spectator {name!r}": column for name, column in self.spectators.items()}
        for what, column in {"weight": self.weight, **targets, **spectators}.items():
            if not np.isfinite(column).all():
                row = int(np.argmin(np.isfinite(column)))
                raise DataError(f"the {what} of event {row} (identity {self.identity[row]}) is {column[row]}")
        wrong = (self.label < -1) | (self.label >= len(self.classes))
        if wrong.any():
            label = int(self.label[np.argmax(wrong)])
            raise DataError(f"the label {label} has no class; there are {len(self.classes)}: {', '.join(self.classes)}")
        if (self.trainable & (self.label < 0)).any():
            raise DataError("an event without a class (label -1) is marked as trainable")


def concatenate(parts: Sequence[TrainingInputs]) -> TrainingInputs:
    """All events of several parts, in their order.

    Raises:
        DataError: there are no parts, or their features, classes, targets or spectators differ.
    """
    if not parts:
        raise DataError("there are no training inputs to put together")
    first = parts[0]
    for part in parts[1:]:
        check_compatible((first.layout, tuple(first.spectators)), (part.layout, tuple(part.spectators)))
    arrays = [part.arrays() for part in parts]
    return first._with({name: np.concatenate([some[name] for some in arrays]) for name in arrays[0]})
