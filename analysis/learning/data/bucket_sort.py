"""Events sorted by their identity without holding all of them in memory.

Identities are hashes: evenly spread numbers of 64 bits. Their highest bits say which bucket an event goes to, one file
each; a bucket fits in memory, is sorted there and appended to the sorted files. Each event is written twice and read
twice, however many there are (an external bucket sort; Knuth, The Art of Computer Programming, vol. 3, section 5.4.9).
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from analysis.errors import StoreError
from analysis.learning.data.layout import Columns

__all__ = ["as_bytes", "count_highest_bits", "sort_into_files"]

BITS = 16


def count_highest_bits(identities: Iterable[np.ndarray]) -> NDArray[np.int64]:
    """Count the events for each value of the identity's highest 16 bits.

    Args:
        identities: (n,) uint64 each.

    Returns:
        (65536,).
    """
    counts = np.zeros(2**BITS, np.int64)
    for identity in identities:
        counts += np.bincount(_highest_bits(identity), minlength=2**BITS)
    return counts


def sort_into_files(
    chunks: Iterable[Mapping[str, np.ndarray]],
    columns: Columns,
    counts: NDArray[np.int64],
    paths: Mapping[str, Path],
    size: int,
) -> tuple[dict[str, str], NDArray[np.uint64]]:
    """Write events in the order of their identity, one ``.npy`` file an array.

    Args:
        chunks: arrays by name, some events each, ``identity`` (uint64) among them.
        columns: type and shape of one event's entry in each array.
        counts: of all events, from :func:`count_highest_bits`.
        paths: of the files to write, by the names of their arrays; their folder exists.
        size: bytes of a bucket; about three times as much memory is used. Only if identities are not evenly spread, a
            bucket may be larger.

    Returns:
        The SHA-256 of each array's content, and the identities that are there more than once, with their repetitions.

    Raises:
        StoreError: there is not enough space.
        OSError: a file cannot be written.
    """
    record = np.dtype([(name, kind, shape) for name, (kind, shape) in columns.items()])
    rows = max(1, size // record.itemsize)
    # events with the same highest bits stay together
    bucket_of = (np.cumsum(counts) - counts) // rows
    sizes = np.bincount(bucket_of, weights=counts).astype(np.int64)
    folder = next(iter(paths.values())).parent
    # buckets are removed as the sorted files grow
    check_space(folder, int(sizes.sum() + sizes.max()) * record.itemsize)
    buckets = [folder / f"bucket{number}" for number in range(len(sizes))]
    for chunk in chunks:
        _distribute(chunk, bucket_of, buckets, record)
    hashes = {name: hashlib.sha256() for name in columns}
    twice = []
    with ExitStack() as stack:
        files = {name: stack.enter_context(open(path, "wb")) for name, path in paths.items()}
        for name, file in files.items():
            _write_header(file, *columns[name], int(sizes.sum()))
        for path, number in zip(buckets, sizes, strict=True):
            if not number:
                continue
            events = np.fromfile(path, record)
            path.unlink()
            order = np.argsort(events["identity"], kind="stable")
            identity = events["identity"][order]
            twice.append(identity[1:][identity[1:] == identity[:-1]])
            for name, file in files.items():
                content = as_bytes(events[name][order])
                hashes[name].update(content)
                file.write(content)
        for file in files.values():
            file.flush()
            os.fsync(file.fileno())
    return {name: state.hexdigest() for name, state in hashes.items()}, np.concatenate(twice)


def check_space(folder: Path, needed: int) -> None:
    """Check that there is space on the device.

    Args:
        folder: that exists.
        needed: bytes.

    Raises:
        StoreError: there is less; the message says how much is needed.
    """
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise StoreError(
            f"{folder} has {free / 1e9:.3g} GB of space left, but {needed / 1e9:.3g} GB are needed to put the "
            "training's events in order",
            cure="free some space, give the training more memory so that the events fit there, or use fewer events",
        )


def _distribute(
    chunk: Mapping[str, np.ndarray], bucket_of: NDArray[np.int64], buckets: list[Path], record: np.dtype
) -> None:
    """Append events to their buckets."""
    bucket = bucket_of[_highest_bits(chunk["identity"])]
    order = np.argsort(bucket, kind="stable")
    events = np.empty(len(order), record)
    for name in record.names or ():
        events[name] = chunk[name][order]
    starts = np.searchsorted(bucket[order], np.arange(len(buckets) + 1))
    for number in np.flatnonzero(np.diff(starts)):
        # not kept open: there may be more buckets than a process may have open files
        with open(buckets[number], "ab") as file:
            file.write(as_bytes(events[starts[number] : starts[number + 1]]))


def _highest_bits(identity: np.ndarray) -> NDArray[np.intp]:
    return (identity >> np.uint64(64 - BITS)).astype(np.intp)


def _write_header(file: BinaryIO, kind: np.dtype, shape: tuple[int, ...], number: int) -> None:
    described = {"descr": np.lib.format.dtype_to_descr(kind), "fortran_order": False, "shape": (number, *shape)}
    np.lib.format.write_array_header_1_0(file, described)


def as_bytes(array: np.ndarray) -> memoryview:
    """An array's content, without a copy if it is contiguous."""
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
