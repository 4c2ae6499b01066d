"""What a network learns from and is applied to: features, labels and weights of events, in one file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analysis.errors import DataError

__all__ = ["TrainingInputs", "concatenate", "join_datasets"]

FORMAT = "erumflow training inputs 1"
COLUMNS = {
    "features": np.float32,
    "present": np.bool_,
    "label": np.int32,
    "weight": np.float64,
    "identity": np.uint64,
    "trainable": np.bool_,
}


@dataclass(frozen=True, eq=False)
class TrainingInputs:
    """Events as a network sees them; n events, f features.

    Args:
        features: (n, f) float32, in the units of the study; 0 where missing.
        present: (n, f) bool; False where an event has no such quantity (no second jet, say).
        label: (n,) int32; index of the event's class, -1 for measured events.
        weight: (n,) float64; expected events per 1/fb, 1 for measured events; single weights may be negative.
        identity: (n,) uint64; see :mod:`analysis.events.identity`.
        trainable: (n,) bool; the events that networks are trained on and judged by.
        names: names of the features.
        classes: names of the classes, in the order of the labels.

    Raises:
        DataError: shapes or types do not agree, a value is not finite (the message names feature and event), a label
            has no class, or a measured event is marked as trainable.
    """

    features: np.ndarray
    present: np.ndarray
    label: np.ndarray
    weight: np.ndarray
    identity: np.ndarray
    trainable: np.ndarray
    names: tuple[str, ...]
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        n = len(self.identity)
        for column, kind in COLUMNS.items():
            array = getattr(self, column)
            shape = (n, len(self.names)) if column in ("features", "present") else (n,)
            if array.shape != shape or array.dtype != kind:
                raise DataError(
                    f"training inputs: {column} is {array.dtype} of shape {array.shape}, "
                    f"not {np.dtype(kind)} of shape {shape}"
                )
        self._check_values()

    def __len__(self) -> int:
        """Number of events."""
        return len(self.identity)

    def select(self, rows: np.ndarray) -> TrainingInputs:
        """Some of the events, by index or by truth value."""
        columns = {column: np.ascontiguousarray(getattr(self, column)[rows]) for column in COLUMNS}
        return TrainingInputs(**columns, names=self.names, classes=self.classes)

    def digest(self) -> str:
        """SHA-256 of names, classes and all columns, in hexadecimal."""
        state = hashlib.sha256(self._metadata().encode())
        for column in COLUMNS:
            state.update(np.ascontiguousarray(getattr(self, column)).tobytes())
        return state.hexdigest()

    def save(self, path: Path) -> None:
        """Write one safetensors file; the same events give the same bytes."""
        from safetensors.numpy import save_file

        columns = {column: np.ascontiguousarray(getattr(self, column)) for column in COLUMNS}
        # one key only: safetensors writes several in random order
        save_file(columns, path, metadata={"inputs": self._metadata()})

    @classmethod
    def load(cls, path: Path) -> TrainingInputs:
        """Read what :meth:`save` wrote.

        Raises:
            DataError: the file is missing, damaged or something else; the message names it.
        """
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, framework="numpy") as file:
                described = json.loads((file.metadata() or {}).get("inputs", "{}"))
                if described.get("format") != FORMAT:
                    raise DataError(f"{path} holds no training inputs", cure="remove it, so that it is made again")
                columns = {column: file.get_tensor(column) for column in COLUMNS}
        except FileNotFoundError as error:
            raise DataError(f"there is no file {path}") from error
        except (SafetensorError, OSError, ValueError) as error:
            raise DataError(f"{path} is damaged: {error}", cure="remove it, so that it is made again") from error
        return cls(**columns, names=tuple(described["names"]), classes=tuple(described["classes"]))

    def _metadata(self) -> str:
        return json.dumps({"classes": self.classes, "format": FORMAT, "names": self.names}, sort_keys=True)

    def _check_values(self) -> None:
        finite = np.isfinite(self.features)
        if not finite.all():
            row, column = (int(index) for index in np.argwhere(~finite)[0])
            raise DataError(
                f"the feature {self.names[column]!r} of event {row} (identity {self.identity[row]}) is "
                f"{self.features[row, column]}; {int((~finite).sum())} such values in all",
                cure="mark a value that does not exist as not present, or mend the step that computes the feature",
            )
        if (self.features[~self.present] != 0).any():
            column = int(np.argwhere((self.features != 0) & ~self.present)[0, 1])
            raise DataError(f"the feature {self.names[column]!r} has values other than 0 where it is not present")
        if not np.isfinite(self.weight).all():
            row = int(np.argmin(np.isfinite(self.weight)))
            raise DataError(f"the weight of event {row} (identity {self.identity[row]}) is {self.weight[row]}")
        wrong = (self.label < -1) | (self.label >= len(self.classes))
        if wrong.any():
            label = int(self.label[np.argmax(wrong)])
            raise DataError(f"the label {label} has no class; there are {len(self.classes)}: {', '.join(self.classes)}")
        if (self.trainable & (self.label < 0)).any():
            raise DataError("a measured event (label -1) is marked as trainable")


def concatenate(parts: Sequence[TrainingInputs]) -> TrainingInputs:
    """All events of several parts, in their order.

    Raises:
        DataError: there are no parts, or their features or classes differ.
    """
    if not parts:
        raise DataError("there are no training inputs to put together")
    first = parts[0]
    for part in parts[1:]:
        if part.names != first.names or part.classes != first.classes:
            raise DataError(
                "training inputs with different features or classes cannot be put together: "
                f"{first.names}, {first.classes} and {part.names}, {part.classes}"
            )
    columns = {column: np.concatenate([getattr(part, column) for part in parts]) for column in COLUMNS}
    return TrainingInputs(**columns, names=first.names, classes=first.classes)


def join_datasets(parts: Mapping[str, Sequence[TrainingInputs]]) -> TrainingInputs:
    """All events of several data sets, each of which has something to learn from.

    Args:
        parts: the parts of each data set by its name, in the order of the events.

    Raises:
        DataError: a data set has no trainable event, or parts do not fit together.
    """
    joined = {name: concatenate(some) for name, some in parts.items()}
    for name, inputs in joined.items():
        if not inputs.trainable.any():
            raise DataError(
                f"no event of the data set {name!r} passes the training selection ({len(inputs)} events seen)",
                cure="loosen the study's training selection, or take the data set out of the study",
            )
    return concatenate(list(joined.values()))
