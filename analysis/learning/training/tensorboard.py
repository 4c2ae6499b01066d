"""A training's history as TensorBoard shows it: one event file, one point a value and epoch.

The bytes depend on the history alone: times are those of the history, counted from the beginning of the training, and
neither the file's name nor its content says where it was written.
"""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from analysis.errors import StoreError

__all__ = ["EventFile", "write_events"]

VERSION = "brain.Event:2"  # what every event file begins with
# numbers of an entry that are no measurements
NAMES = ("epoch", "epochs", "group", "groups", "devices", "fold", "seed", "best_epoch")


class EventFile:
    """An event file that grows with the training; also a context that closes it.

    Values of a network stand under its fold, ``fold 0/validation_loss``, and under its seed as well where there may be
    several, ``fold 0, seed 1/validation_loss``; other values under their own name. A network that has stopped has no
    more values.

    Args:
        path: of the file, replaced if it is there; its folder is made if needed. TensorBoard looks for names that hold
            ``tfevents`` only.

    Raises:
        ValueError: the name does not hold ``tfevents``.
        StoreError: the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        if "tfevents" not in path.name:
            raise ValueError(f"TensorBoard takes no file called {path.name!r}: the name has to hold 'tfevents'")
        from tensorboardX.proto.event_pb2 import Event

        self.path = path
        self._seconds = 0.0
        self._stopped: set[tuple[int, int]] = set()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # unbuffered: a training is watched while it goes on
            self._file = path.open("wb", buffering=0)
        except OSError as error:
            raise self._failure(error) from error
        self._write(Event(wall_time=0.0, file_version=VERSION))

    def add(self, entry: Mapping[str, Any]) -> None:
        """Write an epoch.

        Args:
            entry: of the history, as :func:`analysis.learning.training.train.train` reports it: its numbers, those in
                ``networks`` and those in their ``losses`` and ``metrics`` are shown.

        Raises:
            StoreError: the file cannot be written.
        """
        from tensorboardX.proto.event_pb2 import Event
        from tensorboardX.proto.summary_pb2 import Summary

        self._seconds += entry["seconds"]
        values = [Summary.Value(tag=name, simple_value=value) for name, value in self._values(entry)]
        self._write(Event(wall_time=self._seconds, step=entry["epoch"], summary=Summary(value=values)))

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> EventFile:
        """The file itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close the file."""
        self.close()

    def _values(self, entry: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
        yield from _numbers(entry)
        networks = entry["networks"]
        # groups of networks that are trained one after another do not know of each other's seeds
        several = len({network["seed"] for network in networks}) > 1 or entry.get("groups", 1) > 1
        for network in networks:
            fold, seed = member = network["fold"], network["seed"]
            if member in self._stopped:
                continue
            where = f"fold {fold}, seed {seed}" if several else f"fold {fold}"
            losses = {f"{turn}_loss": value for turn, value in network.get("losses", {}).items()}
            for name, value in (*_numbers(network), *_numbers(losses), *_numbers(network["metrics"])):
                yield f"{where}/{name}", value
            if network["stopped"]:
                self._stopped.add(member)

    def _write(self, event: Any) -> None:
        """Append a record: length, checksum of the length, content, checksum of the content (TFRecord format)."""
        from tensorboardX.record_writer import masked_crc32c

        content = event.SerializeToString()
        length = struct.pack("<Q", len(content))
        checksums = [struct.pack("<I", masked_crc32c(part)) for part in (length, content)]
        record = length + checksums[0] + content + checksums[1]
        try:
            if self._file.write(record) != len(record):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            self._file.close()
            raise self._failure(error) from error

    def _failure(self, error: OSError) -> StoreError:
        return StoreError(
            f"the event file {self.path} cannot be written: {error.strerror}",
            cure="free some space or mend the permissions, then run the same command again",
        )


def write_events(history: Iterable[Mapping[str, Any]], path: Path) -> None:
    """Write the event file of a whole history; the same history gives the same bytes.

    Args:
        history: one entry for each epoch.
        path: of the file; its name has to hold ``tfevents``.

    Raises:
        ValueError: the name does not hold ``tfevents``.
        StoreError: the file cannot be written.
    """
    with EventFile(path) as file:
        for entry in history:
            file.add(entry)


def _numbers(values: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for name, value in values.items():
        if name not in NAMES and isinstance(value, int | float) and not isinstance(value, bool):
            yield name, value
