"""The trainable events of many files, a few at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analysis.errors import DataError
from analysis.learning.data.file_format import opened, tensor
from analysis.learning.data.inputs import TrainingInputs
from analysis.learning.data.layout import Layout, check_compatible, columns_of, row_bytes

__all__ = ["InputFile", "no_trainable_event", "open_input_files", "trainable_arrays"]



@dataclass(frozen=True)
class InputFile:
    """A file of training inputs that has not been read yet.

    Args:
        path: of the file.
        layout: of its events.
        spectators: their names.
        events: number of events n.
    """

    path: Path
    layout: Layout
    spectators: tuple[str, ...]
    events: int

    @classmethod
    def open(cls, path: Path) -> InputFile:
        """Read what a file says of itself.

        Raises:
            DataError: the file is missing, damaged or something else; the message names it.
        """
        with opened(path) as (file, described):
            (events,) = file.get_slice("identity").get_shape()
            return cls(path, Layout.from_json(described["layout"]), tuple(described["spectators"]), events)

    def trainable_identities(self, memory: int) -> Iterator[np.ndarray]:
        """Identities of the trainable events, in parts for which ``memory`` bytes are enough."""
        for start, stop in _ranges(self.events, max(1, memory // 32)):
            # opened again and again: what was read of a mapped file counts as this process's memory until it is closed
            with opened(self.path) as (file, _):
                identity, trainable = (tensor(file, name, start, stop) for name in ("identity", "trainable"))
            yield identity[trainable]

    def slices(self, memory: int) -> Iterator[TrainingInputs]:
        """All events, in parts of at most ``memory`` bytes (but at least one event)."""
        row = row_bytes(columns_of(self.layout)) + 1 + 8 * len(self.spectators)
        for start, stop in _ranges(self.events, max(1, memory // row)):
            yield TrainingInputs.load(self.path, start, stop)


def open_input_files(datasets: Mapping[str, Sequence[Path]]) -> dict[str, list[InputFile]]:
    """The files of each data set, whose events can be put together.

    Raises:
        DataError: there is no file, one is missing or damaged, or layouts or spectators differ.
    """
    files = {name: [InputFile.open(path) for path in paths] for name, paths in datasets.items()}
    for name, some in files.items():
        if not some:
            raise no_trainable_event(name, 0)
    every = [file for some in files.values() for file in some]
    if not every:
        raise DataError("there are no training inputs to put together")
    for file in every[1:]:
        check_compatible((every[0].layout, every[0].spectators), (file.layout, file.spectators))
    return files


def no_trainable_event(dataset: str, events: int) -> DataError:
    """Return the error for a data set of so many events, none of which can be trained on."""
    return DataError(
        f"no event of the data set {dataset!r} passes the training selection ({events} events seen)",
        cure="loosen the study's training selection, or take the data set out of the study",
    )


def trainable_arrays(inputs: TrainingInputs) -> dict[str, np.ndarray]:
    """The arrays of :func:`columns_of`, of the trainable events."""
    arrays, columns = inputs.arrays(), columns_of(inputs.layout)
    everything = bool(inputs.trainable.all())
    return {name: arrays[name] if everything else arrays[name][inputs.trainable] for name in columns}


def _ranges(number: int, size: int) -> Iterator[tuple[int, int]]:
    for start in range(0, number, size):
        yield start, min(start + size, number)
