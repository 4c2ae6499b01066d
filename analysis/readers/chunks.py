"""Ranges of a data set's events, from files of any format."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np

from analysis.checking.calling import call
from analysis.checking.importing import load
from analysis.checking.signature import arguments_of
from analysis.datasets import Dataset, Friend
from analysis.errors import DataError, StudyError
from analysis.events.identity import identify
from analysis.provenance.remote.threads import at_once
from analysis.readers.choice import reader_of
from analysis.readers.columns import as_columns
from analysis.readers.data_file import DataFile
from analysis.schema import Schema
from analysis.source_files import SourceFile
from analysis.step import Step

if TYPE_CHECKING:
    from analysis.readers.opening import Access

__all__ = ["Usage", "read_chunk"]

# files of one chunk that are read at the same time where they are
_AT_ONCE = 4


@dataclass
class Usage:
    """Use of the files that a chunk was read from.

    Args:
        bytes_read: how much was read of them.
        size: how much they have.
        files: how many there were.
        contents: what they are known by (:attr:`SourceFile.content`).
    """

    bytes_read: int = 0
    size: int = 0
    files: int = 0
    contents: set[str] = field(default_factory=set)

    def __str__(self) -> str:
        files = f"{self.files} file{'s' * (self.files != 1)}"
        return f"read {self.bytes_read / 1e6:.2f} of {self.size / 1e6:.2f} MB of {files} in place"

    def joined(self, other: Usage | None) -> Usage:
        """This use and another one's together."""
        if other is None:
            return self
        return Usage(
            self.bytes_read + other.bytes_read,
            self.size + other.size,
            self.files + other.files,
            self.contents | other.contents,
        )

    def add(self, file: DataFile, content: str) -> None:
        """Count a file that was read."""
        self.bytes_read += file.bytes_read
        self.size += file.size
        self.files += 1
        self.contents.add(content)


@dataclass(frozen=True)
class _Part:
    """A range of events of one file, with the reader's view of it."""

    file: SourceFile
    path: Path | None
    read: Step
    schema: Schema | None
    start: int
    stop: int


def read_chunk(
    paths: Sequence[Path | None] | None,
    dataset: Dataset,
    start: int,
    stop: int,
    *,
    access: Access | None = None,
    usage: Usage | None = None,
) -> ak.Array:
    """Read a range of a data set's events.

    Args:
        paths: local copies of ``dataset.all_files``, in their order; ``None`` for files that are read where they are.
        dataset: says what the files hold and which columns to read.
        start: number of the first event, counted from 0 over all files.
        stop: number of the event after the last one.
        access: way to files that are read where they are; nothing of it decides a result.
        usage: counts what is read.

    Returns:
        A record array of length ``stop - start``: the columns of the schema in their order and types, those of friends,
        and ``identity`` (uint64). Columns of ``schema.missing`` have an option type.

    Raises:
        DataError: a file is missing, damaged, or not what the catalogue says; a value is not finite; friends have other
            events; the range is not in the data set.
        StudyError: the data set has no schema, and no reader of its own.
        StoreError: a server cannot be reached.
    """
    places = [None] * len(dataset.all_files) if paths is None else list(paths)
    if len(places) != len(dataset.all_files):
        raise DataError(
            f"the data set {dataset.name!r} has {len(dataset.all_files)} files, but {len(places)} were given"
        )
    if not 0 <= start <= stop <= dataset.events:
        raise DataError(f"the data set {dataset.name!r} has {dataset.events} events, not [{start}, {stop})")
    if dataset.schema is None and dataset.read is None:
        raise StudyError(f"the data set {dataset.name!r} has files but no schema", cure="say what is read from them")
    counted = usage or Usage()
    own, rest = places[: len(dataset.files)], places[len(dataset.files) :]
    columns = _read(_parts(dataset.files, own, dataset.reader, dataset.schema, start, stop), access, counted)
    for friend in dataset.friends:
        if friend.files and (found := sum(file.events for file in friend.files)) != dataset.events:
            raise DataError(
                f"the data set {dataset.name!r} has {dataset.events} events, and its friend {friend.files[0].name!r} "
                f"{found}",
                cure="give all files of the friend, or correct the catalogue",
            )
        files, there = (friend.files, rest) if friend.files else (dataset.files, own)
        reader = friend.read or reader_of(files)
        some = there[: len(files)]
        more = _read(_parts(files, some, reader, friend.schema, start, stop), access, counted)
        rest = rest[len(friend.files) :]
        _join_friend(columns, more, friend, dataset, start)
    contents = [array.layout for array in columns.values()]
    contents.append(ak.contents.NumpyArray(identify(dataset.name, start, stop - start)))
    return ak.Array(ak.contents.RecordArray(contents, [*columns, "identity"], length=stop - start))


def _read(parts: Sequence[_Part], access: Access | None, usage: Usage) -> dict[str, ak.Array]:
    """Columns of a range of the events of some files."""

    def one(part: _Part) -> dict[str, ak.Array]:
        return _read_part(part, access, usage)

    if len(parts) > 1 and all(part.path is None for part in parts):
        with at_once(_AT_ONCE) as pool:
            found = list(pool.map(one, parts))
    else:
        found = [one(part) for part in parts]
    for part, columns in zip(parts[1:], found[1:], strict=True):
        for name, array in columns.items():
            if array.type.content != found[0][name].type.content:
                raise DataError(
                    f"{part.file.name}: the column {name!r} is {array.type.content}, and {found[0][name].type.content} "
                    f"in {parts[0].file.name}",
                    cure=f"declare one type for all files: Column({name!r}, 'float64'), or another",
                )
    if len(found) == 1:
        return found[0]
    return {name: ak.concatenate([columns[name] for columns in found]) for name in found[0]}


def _parts(
    files: Sequence[SourceFile],
    places: Sequence[Path | None],
    read: Step,
    schema: Schema | None,
    start: int,
    stop: int,
) -> list[_Part]:
    """Parts of a range of events, one a file."""
    found: list[_Part] = []
    offset = 0
    for file, path in zip(files, places, strict=True):
        first, last = max(start - offset, 0), min(stop - offset, file.events)
        # an empty range still needs the types, which the first file has
        if first < last or (start == stop and not found):
            found.append(_Part(file, path, read, schema, max(min(first, last), 0), max(last, 0)))
        offset += file.events
    return found


def _read_part(part: _Part, access: Access | None, usage: Usage) -> dict[str, ak.Array]:
    with closing(_opened(part, access)) as file:
        given = {"file": file, "schema": part.schema, "start": part.start, "stop": part.stop}
        given |= {"settings": part.read.settings, "events": part.file.events}
        taken = arguments_of(part.read).names
        arguments = {name: given[name] for name in taken if name in given}
        if part.read.module.startswith("analysis.readers."):
            found: Any = load(part.read)(**arguments)
        else:
            found = call(part.read, arguments, stage="read", where=f"file {file.name}")
        file.confirm()
        columns = as_columns(found, part.schema, file.name, part.start, part.stop - part.start)
        usage.add(file, part.file.content)
        return columns


def _opened(part: _Part, access: Access | None) -> DataFile:
    if part.path is not None:
        return DataFile.local(part.path, part.file.name)
    if access is None:
        raise StudyError(
            f"there is no copy of the file {part.file.name!r}", cure="say how it is opened: access=Access()"
        )
    return access.open(part.file)


def _join_friend(
    columns: dict[str, ak.Array], more: dict[str, ak.Array], friend: Friend, dataset: Dataset, start: int
) -> None:
    """Add a friend's columns, after comparing those that must agree."""
    for name in friend.same:
        if lacking := [where for where, there in (("data set", columns), ("friend", more)) if name not in there]:
            raise StudyError(
                f"the data set {dataset.name!r}: {name!r} is to agree with a friend's, and is no column of the "
                f"{lacking[0]}",
                cure="read it from both, or leave it out of same=(...)",
            )
        one, other = columns[name], more[name]
        if one.ndim > 1 or other.ndim > 1:
            raise StudyError(
                f"the data set {dataset.name!r}: lists such as {name!r} are not compared with a friend's",
                cure="compare single values, such as the numbers of run and event",
            )
        equal = ak.fill_none(one == other, False) | (ak.is_none(one) & ak.is_none(other))
        differs = np.flatnonzero(~np.asarray(equal))
        if differs.size:
            raise DataError(
                f"the data set {dataset.name!r} and its friend have other values of {name!r} in event "
                f"{start + differs[0]} (counted from 0), and in {differs.size - 1} more of those read: they are not "
                "the same events in the same order",
                cure="correct the files of the friend, or write its events in the order of the data set's",
            )
    rest = {name: array for name, array in more.items() if name not in friend.same}
    if twice := [name for name in rest if name in columns]:
        raise StudyError(
            f"the data set {dataset.name!r} and its friend both have the column {twice[0]!r}",
            cure=f"give it another name in one of them: Column('other_name', source={twice[0]!r}); or say that they "
            f"agree: same=({twice[0]!r},)",
        )
    columns |= rest
