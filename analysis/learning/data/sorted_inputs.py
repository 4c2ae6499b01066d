"""Trainable events in the order of their identity, in memory or, where they are too many, in mapped files.

The order and the bytes are the same, whatever the files, their chunks and the memory. Since the highest bits of the
identity decide on the fold (:func:`analysis.events.identity.fold_of`), the events of each fold are next to each other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.errors import DataError, TrainingError
from analysis.learning.data.mapped_arrays import find_or_write
from analysis.learning.data.bucket_sort import as_bytes, count_highest_bits, sort_into_files
from analysis.learning.data.input_files import open_input_files, trainable_arrays
from analysis.learning.data.layout import columns_of, row_bytes
from analysis.learning.data.inputs import TrainingInputs
from analysis.learning.data.layout import Layout, check_compatible
from analysis.learning.data.input_files import no_trainable_event

__all__ = ["SortedInputs", "sort_inputs", "sort_input_files"]

FORMAT = "erumflow arranged events 1"
# of the memory that may be used: what is read or sorted at once, of which there are a few copies
SHARE = 8


@dataclass(frozen=True, eq=False)
class SortedInputs:
    """n trainable events in the order of their identity.

    Args:
        layout: of the events.
        arrays: ``label`` (n,) int32, ``target`` (n, t) float32, ``weight`` (n,) float64, ``identity`` (n,) uint64
            (ascending, each once), ``features.NAME.values`` and ``features.NAME.present`` of each block; see
            :class:`analysis.learning.data.inputs.TrainingInputs`.
        digest: SHA-256 of layout and content.
        mapped: whether the arrays are files.
    """

    layout: Layout
    arrays: Mapping[str, np.ndarray]
    digest: str
    mapped: bool

    def __len__(self) -> int:
        """Number of events."""
        return len(self.arrays["identity"])

    @property
    def nbytes(self) -> int:
        """Size of all arrays."""
        return sum(array.nbytes for array in self.arrays.values())

    def select(self, rows: np.ndarray | slice) -> TrainingInputs:
        """Some events, in memory and without spectators."""
        arrays = {name: np.array(array[rows]) for name, array in self.arrays.items()}
        arrays["trainable"] = np.ones(len(arrays["identity"]), np.bool_)
        return TrainingInputs.from_arrays(arrays, self.layout)

    def fold_starts(self, folds: int) -> NDArray[np.int64]:
        """Return the start of each of k folds among the events, and the end of the last one: (k + 1,).

        The events of fold f are ``starts[f] : starts[f + 1]``.
        """
        # the smallest identity of each fold f: the smallest h with h k / 2^32 >= f, h the upper half of the identity
        first = [-(-(fold << 32) // folds) << 32 for fold in range(folds)]
        starts = np.searchsorted(self.arrays["identity"], np.array(first, np.uint64))
        return np.append(starts, len(self)).astype(np.int64)


def sort_inputs(parts: Sequence[TrainingInputs]) -> SortedInputs:
    """The trainable events of several parts, in memory.

    Args:
        parts: whose order and sizes change nothing.

    Raises:
        DataError: there are no parts, they do not fit together, or an event is there twice.
        TrainingError: there is no trainable event.
    """
    if not parts:
        raise DataError("there are no training inputs to put together")
    for part in parts[1:]:
        check_compatible((parts[0].layout, tuple(parts[0].spectators)), (part.layout, tuple(part.spectators)))
    return _in_memory(parts[0].layout, (part.identity[part.trainable] for part in parts), parts)


def sort_input_files(datasets: Mapping[str, Sequence[Path]], folder: Path, memory: int) -> SortedInputs:
    """The trainable events of several data sets, in memory if they fit there, else as files in a folder.

    A part of the events is read at a time, so that not much more than the memory given is in use. What has been
    written serves again if the files are the same (their folders' names, names, sizes and times); a process that is
    killed leaves nothing that counts.

    Args:
        datasets: the files of each data set by its name, as :class:`analysis.learning.data.inputs.TrainingInputs` saves
            them.
        folder: for the files; made if needed. It is the caller's to remove.
        memory: bytes.

    Raises:
        DataError: a file is missing or damaged, a data set has no trainable event, files do not fit together, or an
            event is there twice.
        TrainingError: there is no data set.
        StoreError: the folder cannot be written, or has not enough space.
    """
    if not datasets:
        raise TrainingError("there is no trainable event", cure="add data sets")
    files, size = open_input_files(datasets), max(1, memory // SHARE)
    counts = np.zeros(1, np.int64)
    for name, some in files.items():
        own = sum(count_highest_bits(file.trainable_identities(size)) for file in some)
        if not np.any(own):
            raise no_trainable_event(name, sum(file.events for file in some))
        counts = counts + own
    every = list(chain.from_iterable(files.values()))
    layout = every[0].layout
    columns = columns_of(layout)
    parts = chain.from_iterable(file.slices(size) for file in every)
    if int(counts.sum()) * row_bytes(columns) <= memory:
        return _in_memory(layout, chain.from_iterable(file.trainable_identities(size) for file in every), parts)
    chunks = (trainable_arrays(part) for part in parts)
    sources = [file.path for file in every]

    def sort(paths: Mapping[str, Path]) -> dict[str, str]:
        hashes, twice = sort_into_files(chunks, columns, counts, paths, size)
        _check_unique(twice)
        return hashes

    arrays, hashes = find_or_write(folder, sources, tuple(columns), sort)
    return SortedInputs(layout, arrays, _digest(layout, hashes), mapped=True)


def _in_memory(layout: Layout, identities: Iterable[np.ndarray], parts: Iterable[TrainingInputs]) -> SortedInputs:
    """The trainable events of parts that are used one after another, with the identities of the same events."""
    identity = np.concatenate(list(identities))
    if not len(identity):
        raise TrainingError("there is no trainable event", cure="loosen the training selection or add data sets")
    order = np.argsort(identity, kind="stable")
    ordered = identity[order]
    _check_unique(ordered[1:][ordered[1:] == ordered[:-1]])
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    del identity, ordered
    arrays = {name: np.empty((len(order), *shape), kind) for name, (kind, shape) in columns_of(layout).items()}
    start = 0
    for part in parts:
        some = trainable_arrays(part)
        stop = start + len(some["identity"])
        for name, array in arrays.items():
            array[place[start:stop]] = some[name]
        start = stop
        del part, some  # before the next ones are read
    hashes = {name: hashlib.sha256(as_bytes(array)).hexdigest() for name, array in arrays.items()}
    return SortedInputs(layout, arrays, _digest(layout, hashes), mapped=False)


def _check_unique(repeated: np.ndarray) -> None:
    if len(repeated):
        raise DataError(f"{len(repeated)} events are there more than once, the first with identity {repeated[0]}")


def _digest(layout: Layout, hashes: Mapping[str, str]) -> str:
    described = {"arrays": dict(hashes), "format": FORMAT, "layout": layout.to_json()}
    return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()
