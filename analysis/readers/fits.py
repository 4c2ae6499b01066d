"""Events from binary tables of FITS files, compressed by gzip or not."""

from __future__ import annotations

import gzip
import math
from typing import Any

import numpy as np
from astropy.io.fits import Header

from analysis.readers.columns import absent_columns
from analysis.readers.data_file import DataFile
from analysis.readers.description import Description, type_of
from analysis.readers.faults import absent_tree, check_events, damaged, needed, sound, unreadable
from analysis.readers.fits_table import Table
from analysis.schema import Schema

__all__ = ["describe", "read"]

_KIND = "a FITS file"
_BLOCK = 2880
_GZIP = b"\x1f\x8b"


def read(file: DataFile, schema: Schema | None, start: int, stop: int, events: int) -> dict[str, Any]:
    """Read rows of a table.

    Args:
        file: to read.
        schema: name or number of the table, empty for the first one; and the columns. Numbers that are not
            defined (NaN, those of TNULL) are missing values.
        start: first event.
        stop: event after the last one.
        events: how many the catalogue says that the table has.

    Raises:
        DataError: the file is no FITS file or damaged; it has no such table, no such column, or another number of
            events; a column is of a type that is not read.
        StudyError: there is no schema.
    """
    schema = needed(schema, file)
    with sound(file, _KIND):
        content = _unpacked(file)
        table = _table(content, file, schema.tree)
        where = f"{file.name}: the table {table.name!r}"
        check_events(table.events, events, where)
        there = {column.name: column for column in table.columns()}
        wanted = [column.in_file for column in schema.columns]
        if absent := [name for name in wanted if name not in there]:
            raise absent_columns(absent, there, where)
        for name in wanted:
            if problem := there[name].problem or table.problem:
                raise unreadable(where, name, there[name].format, problem)
        return table.read(content, [there[name] for name in dict.fromkeys(wanted)], start, stop)


def describe(file: DataFile, tree: str) -> Description:
    """Describe a table: its events and columns.

    Args:
        file: to look at.
        tree: name or number of the table; empty for the first one.

    Raises:
        DataError: the file is no FITS file or damaged, or has no such table.
    """
    with sound(file, _KIND):
        content = _unpacked(file)
        table = _table(content, file, tree)
        columns, problems = {}, {}
        for column in table.columns():
            if problem := column.problem or table.problem:
                problems[column.name] = f"type {column.format}: {problem}"
            else:
                rows = np.zeros(0, table.row([column]))
                columns[column.name] = type_of(column.values(rows[column.name]))
        others = tuple(other.name for other in _tables(content, file).values() if other.offset != table.offset)
        return Description(table.events, columns, (), table.name, problems, others)


def _unpacked(file: DataFile) -> DataFile:
    """The file, or what gzip packed in it, which is read as a whole."""
    file.seek(0)
    if file.read(2) != _GZIP:
        return file
    file.seek(0)
    content = gzip.decompress(file.read())
    return DataFile(file.name, len(content), _Memory(content))


class _Memory:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def ranges(self, wanted: Any) -> list[bytes]:
        return [self._content[start:stop] for start, stop in wanted]

    def close(self) -> None:
        pass


def _tables(content: DataFile, file: DataFile) -> dict[int, Table]:
    """The binary tables of a file, by their numbers in it."""
    found: dict[int, Table] = {}
    offset = number = 0
    while offset < content.size:
        content.seek(offset)
        if content.read(8) != (b"XTENSION" if number else b"SIMPLE  "):
            break
        content.seek(offset)
        header = Header.fromfile(content)
        offset = content.tell()
        size = _size(header)
        if offset + size > content.size:
            raise damaged(file, _KIND, f"it has {content.size} bytes, and its part {number} ends at {offset + size}")
        # images may be packed in tables
        if number and header["XTENSION"].strip() == "BINTABLE" and not header.get("ZIMAGE"):
            name = str(header.get("EXTNAME", "")).strip()
            known = [table.name for table in found.values()]
            found[number] = Table(name if name and name not in known else str(number), header, offset)
        offset += math.ceil(size / _BLOCK) * _BLOCK
        number += 1
    if not number:
        raise damaged(file, _KIND, "it does not begin like one" if content.size else "it is empty")
    return found


def _size(header: Header) -> int:
    """Bytes of data that follow a header."""
    axes = [int(header[f"NAXIS{axis}"]) for axis in range(1, int(header["NAXIS"]) + 1)]
    values = int(header.get("PCOUNT", 0)) + (math.prod(axes) if axes else 0)
    return abs(int(header["BITPIX"])) // 8 * int(header.get("GCOUNT", 1)) * values


def _table(content: DataFile, file: DataFile, name: str) -> Table:
    tables = _tables(content, file)
    for number, table in tables.items():
        if name in ("", table.name, str(number)):
            return table
    raise absent_tree(file, name, "table", [table.name for table in tables.values()])
