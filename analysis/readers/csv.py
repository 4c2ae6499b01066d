"""Events from text files with a header and values between commas (CSV) or tabs (TSV), compressed by gzip or not."""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import awkward as ak
import numpy as np
import pyarrow
import pyarrow.compute
import pyarrow.csv

from analysis.errors import DataError, ErumflowError, StudyError
from analysis.readers.columns import absent_columns
from analysis.readers.data_file import DataFile
from analysis.readers.description import Description
from analysis.readers.faults import check_events, check_no_tree, damaged, needed, sound
from analysis.schema import Column, Schema

__all__ = ["describe", "read"]

_KIND = "a text file of columns"
_BLOCK = 1 << 20
_GZIP = b"\x1f\x8b"
# types that a column may have, the narrowest first
_INFERRED = ("bool", "int64", "uint64", "float64", "string")
_WORDS = pyarrow.array(["true", "True", "TRUE", "false", "False", "FALSE"])


def read(file: DataFile, schema: Schema | None, start: int, stop: int, events: int) -> dict[str, Any]:
    """Read columns, from the start of the file up to the last event that is wanted.

    Args:
        file: to read; its first line names the columns. Empty cells are missing values.
        schema: the columns with their types, which text has none of.
        start: first event.
        stop: event after the last one.
        events: how many the catalogue says that the file has; counted where its end is read.

    Raises:
        DataError: the file is damaged or no text in UTF-8; it has no such column, or another number of events; a line
            has too many or too few cells, or a cell is no value of its type: the message has row and column.
        StudyError: there is no schema, it names a tree, or a column has no type, or one of lists.
    """
    schema = needed(schema, file)
    check_no_tree(file, schema.tree, _KIND)
    types = {column.in_file: _declared(column, file) for column in schema.columns}
    header = _header(file)
    if absent := [name for name in types if name not in header]:
        hint = " (its first line names no columns)" if header and all(map(_is_number, header)) else ""
        raise absent_columns(absent, header, f"{file.name}{hint}")
    parts, first = [], 0
    for batch in _batches(file, header, types):
        last = first + len(batch)
        if last > start and first < stop:
            parts.append(batch.slice(max(start - first, 0), min(stop, last) - max(start, first)))
        first = last
        if first >= stop and stop < events:
            break
    else:
        check_events(first, events, file.name)
    empty = pyarrow.schema(list(types.items())).empty_table()
    table = pyarrow.concat_tables([empty, *parts])
    return {name: ak.from_arrow(table.column(name).combine_chunks()) for name in types}


def describe(file: DataFile, tree: str) -> Description:
    """Describe a file: its events, and types that all values of its columns fit.

    Args:
        file: to look at; all of it is read.
        tree: empty.

    Raises:
        DataError: the file is damaged, empty or no text in UTF-8, a line has too many or too few cells, or the first
            one has no names.
        StudyError: a tree is named.
    """
    check_no_tree(file, tree, _KIND)
    header = _header(file)
    _check_header(file, header)
    possible = {name: list(_INFERRED) for name in header}
    filled = dict.fromkeys(header, False)
    events = 0
    for batch in _batches(file, header, dict.fromkeys(header, pyarrow.string())):
        events += len(batch)
        for name in header:
            cells = pyarrow.compute.drop_null(batch.column(name))
            filled[name] = filled[name] or len(cells) > 0
            while not _all_are(cells, possible[name][0]):
                possible[name].pop(0)
    problems = {name: "it has no value" for name in header if not filled[name] and events}
    columns = {name: possible[name][0] if events else "string" for name in header if name not in problems}
    return Description(events, columns, problems=problems)


def _check_header(file: DataFile, header: Sequence[str]) -> None:
    """Refuse what would be read in silence, and wrongly: a first event in place of names, one column of all cells."""
    if all(map(_is_number, header)):
        raise DataError(
            f"{file.name}: its first line has numbers ({', '.join(header)[:80]}), not names of columns: as an "
            "event, it would be lost",
            cure="write names into a first line of their own",
        )
    kinds = {";": "semicolons", "\t": "tabs", ",": "commas"}
    if len(header) == 1 and (wrong := next((kind for kind in kinds if kind in header[0]), "")):
        expected = kinds[_delimiter(file)]
        raise DataError(
            f"{file.name}: its first line has {kinds[wrong]} between names, where {expected} are expected",
            cure=f"divide columns by {expected} (by tabs where the file's name ends with .tsv)",
        )


def _declared(column: Column, file: DataFile) -> pyarrow.DataType:
    if not column.type:
        raise StudyError(
            f"{file.name}: the column {column.name!r} has no type, and a text file has none either",
            cure=f"declare it: Column({column.name!r}, 'float64')",
        )
    if "*" in column.type:
        raise StudyError(
            f"{file.name}: the column {column.name!r} is declared as {column.type}, and cells of a text file hold one "
            "value each",
            cure="declare the type of one value, or read lists with a reader of your own: read=Step(...)",
        )
    return {"bool": pyarrow.bool_()}.get(column.type) or pyarrow.type_for_alias(column.type)


def _header(file: DataFile) -> list[str]:
    """Names of the columns."""
    with _text(file) as text:
        line = text.readline()
    try:
        names = next(csv.reader([line.decode("utf-8-sig")], delimiter=_delimiter(file)), [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise _wrong(file, f"its first line is no text in UTF-8: {error}") from error
    if not names:
        raise damaged(file, _KIND, "it is empty" if not line else "its first line names no columns")
    if twice := [name for name in names if names.count(name) > 1]:
        raise _wrong(file, f"two columns are called {twice[0]!r}")
    return names


def _batches(file: DataFile, header: Sequence[str], types: dict[str, pyarrow.DataType]) -> Iterator[pyarrow.Table]:
    """Rows of some columns, in their order, block by block: no more is read than is taken."""
    convert = pyarrow.csv.ConvertOptions(
        column_types=types,
        include_columns=list(types),
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )
    # a line without anything is a missing value of the only column
    parse = pyarrow.csv.ParseOptions(
        delimiter=_delimiter(file), ignore_empty_lines=len(header) > 1, newlines_in_values=True
    )
    rows = 1
    with _text(file) as text:
        text.readline()
        for lines in _blocks(text):
            how = pyarrow.csv.ReadOptions(use_threads=False, block_size=len(lines) + 1, column_names=list(header))
            with _told(file, header, rows):
                table = pyarrow.csv.read_csv(pyarrow.BufferReader(lines), how, parse, convert)
            rows += len(table)
            yield table


def _blocks(text: Any) -> Iterator[bytes]:
    """Whole lines, about as many as fit into a block; a line may end within quotes and go on."""
    rest = b""
    while new := text.read(_BLOCK):
        rest += new
        cut = rest.rfind(b"\n") + 1
        while cut and rest.count(b'"', 0, cut) % 2:
            cut = rest.rfind(b"\n", 0, cut - 1) + 1
        if cut:
            yield rest[:cut]
        rest = rest[cut:]
    if rest:
        yield rest


@contextmanager
def _text(file: DataFile) -> Iterator[Any]:
    """The text of a file from its start."""
    file.seek(0)
    packed = file.read(2) == _GZIP
    file.seek(0)
    with sound(file, _KIND):
        buffered = io.BufferedReader(_Unclosed(file), _BLOCK)
        yield gzip.GzipFile(fileobj=buffered) if packed else buffered


class _Unclosed(io.RawIOBase):
    """A file that stays open when what reads it is closed."""

    def __init__(self, file: DataFile) -> None:
        super().__init__()
        self._file = file

    def readinto(self, buffer: Any) -> int:
        return self._file.readinto(buffer)

    def readable(self) -> bool:
        return True


@contextmanager
def _told(file: DataFile, header: Sequence[str], before: int) -> Iterator[None]:
    """Say in which row and column what is wrong, after some rows that were read before."""
    try:
        yield
    except pyarrow.ArrowInvalid as error:
        message = " ".join(str(error).replace("\0", " ").split())
        row = re.search(r"Row #(\d+): (.*)", message)
        column = re.search(r"In CSV column #(\d+)", message)
        place = f"row {before + int(row[1])} (the header is row 1)" if row else "a row"
        place += f", column {header[int(column[1])]!r}" if column else ""
        reason = (row[2] if row else message).replace("CSV parse error: ", "")
        reason = re.sub(r"CSV conversion error to (\w+): invalid value (.*)", _in_words, reason)
        raise _wrong(file, f"{place}: {reason[:200]}") from error


def _in_words(found: re.Match[str]) -> str:
    kind = {"double": "float64", "float": "float32"}.get(found[1], found[1])
    return f"{found[2]} is no {kind}"


def _wrong(file: DataFile, problem: str) -> ErumflowError:
    return DataError(f"{file.name}: {problem}", cure="correct the file, or the type of the column in the schema")


def _delimiter(file: DataFile) -> str:
    return "\t" if file.name.lower().endswith((".tsv", ".tsv.gz")) else ","


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _all_are(cells: pyarrow.ChunkedArray, kind: str) -> bool:
    """Whether cells are values of a type."""
    if kind == "string":
        return True
    if kind == "bool":
        return len(cells) == 0 or bool(np.all(pyarrow.compute.is_in(cells, value_set=_WORDS)))
    try:
        pyarrow.compute.utf8_trim_whitespace(cells).cast(pyarrow.type_for_alias(kind))
    except pyarrow.ArrowInvalid:
        return False
    return True
