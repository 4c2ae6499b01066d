"""Events from NumPy's files: an archive with one array a column (npz), or one array with named fields (npy)."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.lib.format

from analysis.errors import DataError
from analysis.readers.columns import absent_columns
from analysis.readers.data_file import DataFile
from analysis.readers.description import Description, type_of
from analysis.readers.faults import check_events, check_no_tree, damaged, needed, sound, unreadable
from analysis.schema import Schema

__all__ = ["describe", "read"]

_KIND = "a file of NumPy"
# of zip, before names and extra fields; their lengths are its last four bytes
_LOCAL_HEADER = 30


def read(file: DataFile, schema: Schema | None, start: int, stop: int, events: int) -> dict[str, Any]:
    """Read rows of arrays.

    Args:
        file: to read.
        schema: the columns: names of arrays in an archive, or of fields.
        start: first event.
        stop: event after the last one.
        events: how many the catalogue says that the file has.

    Raises:
        DataError: the file is none of NumPy or damaged; it has no such column, or another number of events; a column
            holds objects of Python, which files from others may not make.
        StudyError: there is no schema, or it names a tree.
    """
    schema = needed(schema, file)
    check_no_tree(file, schema.tree, _KIND)
    names = [column.in_file for column in schema.columns]
    with _opened(file, names) as there:
        for name in names:
            if there[name].kind.hasobject:
                raise unreadable(file.name, name, "object", "it is kept as objects of Python, which run code when read")
            check_events(there[name].rows, events, f"{file.name}: the column {name!r}")
        arrays = {there[name].member: there[name] for name in names}
        direct = {member: one.range(start, stop) for member, one in arrays.items() if one.is_plain}
        contents = dict(zip(direct, file.ranges(list(direct.values())), strict=True))
        found = {member: one.rows_of(contents.get(member), start, stop) for member, one in arrays.items()}
        return {name: there[name].field_of(found[there[name].member]) for name in names}


def describe(file: DataFile, tree: str) -> Description:
    """Describe a file: its events and columns.

    Args:
        file: to look at.
        tree: empty.

    Raises:
        DataError: the file is none of NumPy or damaged, or its arrays have different lengths.
        StudyError: a tree is named.
    """
    check_no_tree(file, tree, _KIND)
    with _opened(file) as there:
        lengths = {one.rows for one in there.values()}
        if len(lengths) > 1:
            listed = ", ".join(f"{name} has {one.rows}" for name, one in there.items())
            raise DataError(
                f"{file.name}: its arrays have different numbers of events: {listed}",
                cure="write an array with one value an event for each column, and nothing else",
            )
        columns, problems = {}, {}
        for name, one in there.items():
            try:
                columns[name] = type_of(np.zeros((0, *one.shape[1:]), one.type_of_field))
            except DataError as error:
                problems[name] = error.problem
        return Description(max(lengths, default=0), columns, problems=problems)


@dataclass(frozen=True)
class _Array:
    """An array of a file, or a field of one."""

    file: DataFile
    archive: zipfile.ZipFile | None
    member: str
    field: str
    shape: tuple[int, ...]
    kind: np.dtype
    is_plain: bool
    offset: int

    @property
    def rows(self) -> int:
        return self.shape[0]

    @property
    def type_of_field(self) -> np.dtype:
        return self.kind[self.field] if self.field else self.kind

    def field_of(self, values: Any) -> Any:
        return values[self.field] if self.field else values

    def range(self, start: int, stop: int) -> tuple[int, int]:
        """Find the range of bytes of rows, of an array that is neither packed nor stored by columns."""
        size = self.kind.itemsize * int(np.prod(self.shape[1:], dtype=np.int64))
        return self.offset + start * size, self.offset + stop * size

    def check_end(self) -> None:
        end = self.range(0, self.rows)[1]
        if self.is_plain and end > self.file.size:
            raise damaged(self.file, _KIND, f"it has {self.file.size} bytes, and an array ends at {end}")

    def rows_of(self, content: bytes | None, start: int, stop: int) -> Any:
        if content is None:
            assert self.archive is not None
            with self.archive.open(self.member) as member:
                return numpy.lib.format.read_array(member, allow_pickle=False)[start:stop]
        if start == stop:
            return np.zeros((stop - start, *self.shape[1:]), self.kind)
        return np.frombuffer(content, self.kind).reshape(stop - start, *self.shape[1:])


@contextmanager
def _opened(file: DataFile, wanted: Sequence[str] = ()) -> Iterator[dict[str, _Array]]:
    """The columns of a file by name: all, or those wanted."""
    with sound(file, _KIND):
        file.seek(0)
        if file.read(len(numpy.lib.format.MAGIC_PREFIX)) == numpy.lib.format.MAGIC_PREFIX:
            file.seek(0)
            found = _fields(file)
            _check_there(file, wanted, found)
            yield found
            return
        with zipfile.ZipFile(file) as archive:
            members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            if other := next((info.filename for info in members.values() if not info.filename.endswith(".npy")), None):
                raise damaged(file, _KIND, f"it holds {other}, which is no array")
            _check_there(file, wanted, members)
            found = dict(_members(file, archive, {name: members[name] for name in wanted or members}))
            _check_there(file, wanted, found)
            yield found


def _check_there(file: DataFile, wanted: Sequence[str], there: Mapping[str, Any]) -> None:
    if absent := [name for name in wanted if name not in there]:
        raise absent_columns(absent, there, file.name)


def _members(
    file: DataFile, archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo]
) -> Iterator[tuple[str, _Array]]:
    for name, info in members.items():
        with archive.open(info) as member:
            shape, by_columns, kind = _head(member)
            if not shape:
                # a single number of the file, not of events
                continue
            plain = info.compress_type == zipfile.ZIP_STORED and not by_columns
            before = member.tell()
        if plain:
            file.seek(info.header_offset + _LOCAL_HEADER - 4)
            lengths = file.read(4)
            before += (
                info.header_offset + _LOCAL_HEADER + sum(int.from_bytes(lengths[i : i + 2], "little") for i in (0, 2))
            )
        found = _Array(file, archive, info.filename, "", shape, kind, plain, before)
        found.check_end()
        yield name, found


def _fields(file: DataFile) -> dict[str, _Array]:
    shape, _, kind = _head(file)
    if not kind.names or len(shape) != 1:
        raise DataError(
            f"{file.name} holds an array of {kind} and the shape {shape}, whose columns have no names",
            cure="write an array with named fields, or one array for each column: np.savez(file, pt=..., eta=...)",
        )
    offset = file.tell()
    found = {name: _Array(file, None, "", name, shape, kind, True, offset) for name in kind.names}
    found[kind.names[0]].check_end()
    return found


def _head(member: Any) -> tuple[tuple[int, ...], bool, np.dtype]:
    version = numpy.lib.format.read_magic(member)
    if version == (1, 0):
        return numpy.lib.format.read_array_header_1_0(member)
    shape, by_columns, kind = numpy.lib.format.read_array_header_2_0(member)
    if version == (3, 0) and kind.names:
        # names that the second version has no letters for
        kind.names = tuple(name.encode("latin1").decode() for name in kind.names)
    return shape, by_columns, kind
