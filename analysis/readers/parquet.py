"""Events from Parquet files: columns of any depth of lists, those in structs with slashes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import awkward as ak
import pyarrow
import pyarrow.parquet
import pyarrow.types as kinds

from analysis.readers.columns import absent_columns
from analysis.readers.data_file import DataFile
from analysis.readers.description import Description, type_of
from analysis.readers.faults import check_events, check_no_tree, needed, sound, unreadable
from analysis.schema import Schema

__all__ = ["describe", "read"]

_KIND = "a Parquet file"
_READ = (
    kinds.is_boolean,
    kinds.is_integer,
    kinds.is_floating,
    kinds.is_string,
    kinds.is_large_string,
    kinds.is_string_view,
    kinds.is_timestamp,
)
_LISTS = (kinds.is_list, kinds.is_large_list, kinds.is_fixed_size_list)


def read(file: DataFile, schema: Schema | None, start: int, stop: int, events: int) -> dict[str, Any]:
    """Read columns of the row groups that have the events.

    Args:
        file: to read.
        schema: the columns; names of those in structs have slashes, such as ``"muons/pt"``.
        start: first event.
        stop: event after the last one.
        events: how many the catalogue says that the file has.

    Raises:
        DataError: the file is no Parquet file or damaged; it has no such column, or another number of events; a column
            is of a type that is not read.
        StudyError: there is no schema, or it names a tree.
    """
    schema = needed(schema, file)
    check_no_tree(file, schema.tree, _KIND)
    with sound(file, _KIND), pyarrow.parquet.ParquetFile(file) as content:
        check_events(content.metadata.num_rows, events, file.name)
        leaves = _leaves(content.schema_arrow)
        wanted = [column.in_file for column in schema.columns]
        # a struct, and one in lists, is all of its parts
        parts = {one: [name for name in leaves if name == one or name.startswith(f"{one}/")] for one in wanted}
        if absent := [one for one in wanted if not parts[one]]:
            raise absent_columns(absent, leaves, file.name)
        chosen = list(dict.fromkeys(name for one in wanted for name in parts[one]))
        for name in chosen:
            if not any(is_kind(leaves[name][1]) for is_kind in _READ):
                raise unreadable(file.name, name, str(leaves[name][1]), "it is no number, text or time")
        table = _rows(content, file, [leaves[name][0] for name in chosen], start, stop)
        return {name: _part(table, name, file) for name in wanted}


def describe(file: DataFile, tree: str) -> Description:
    """Describe a file: its events, row groups and columns.

    Args:
        file: to look at.
        tree: empty.

    Raises:
        DataError: the file is no Parquet file or damaged.
        StudyError: a tree is named.
    """
    check_no_tree(file, tree, _KIND)
    with sound(file, _KIND), pyarrow.parquet.ParquetFile(file) as content:
        empty = content.schema_arrow.empty_table()
        columns, problems = {}, {}
        for name, (_, kind) in _leaves(content.schema_arrow).items():
            if any(is_kind(kind) for is_kind in _READ):
                columns[name] = type_of(_part(empty, name, file))
            else:
                problems[name] = f"type {kind}: it is no number, text or time"
        return Description(content.metadata.num_rows, columns, list(_groups(content)), problems=problems)


def _leaves(schema: pyarrow.Schema) -> dict[str, tuple[int, pyarrow.DataType]]:
    """Numbers of the file's columns, and types of their values, by their names."""
    found: dict[str, tuple[int, pyarrow.DataType]] = {}

    def walk(name: str, kind: pyarrow.DataType) -> None:
        if kinds.is_struct(kind):
            for field in kind:
                walk(f"{name}/{field.name}", field.type)
        elif kinds.is_map(kind):
            walk(f"{name}/key", kind.key_type)
            walk(f"{name}/value", kind.item_type)
        elif any(is_list(kind) for is_list in _LISTS) or kinds.is_dictionary(kind):
            walk(name, kind.value_type)
        else:
            found[name] = (len(found), kind)

    for field in schema:
        walk(field.name, field.type)
    return found


def _groups(content: pyarrow.parquet.ParquetFile) -> Iterator[int]:
    """First events of the row groups that have some."""
    first = 0
    for number in range(content.metadata.num_row_groups):
        rows = content.metadata.row_group(number).num_rows
        if rows:
            yield first
        first += rows


def _rows(
    content: pyarrow.parquet.ParquetFile, file: DataFile, columns: list[int], start: int, stop: int
) -> pyarrow.Table:
    """Rows of some columns, which are asked for together."""
    facts, first, needed_groups, ranges = content.metadata, 0, [], []
    paths = [facts.schema.column(number).path for number in columns]
    for number in range(facts.num_row_groups):
        group = facts.row_group(number)
        last = first + group.num_rows
        if first < stop and start < last:
            needed_groups.append((number, max(start - first, 0), min(stop, last) - max(start, first)))
            for column in columns:
                chunk = group.column(column)
                begin = min(chunk.data_page_offset, chunk.dictionary_page_offset or chunk.data_page_offset)
                ranges.append((begin, begin + chunk.total_compressed_size))
        first = last
    file.keep(ranges)
    tables = [
        content.read_row_group(number, columns=paths, use_threads=False).slice(skipped, rows)
        for number, skipped, rows in needed_groups
    ]
    return pyarrow.concat_tables(tables) if tables else content.read_row_groups([], columns=paths)


def _part(table: pyarrow.Table, name: str, file: DataFile) -> ak.Array:
    """A column of a table, or a part of one that is a struct or a list of structs."""
    column = next(one for one in table.column_names if name == one or name.startswith(f"{one}/"))
    values = table.column(column).combine_chunks()
    try:
        array = ak.from_arrow(values.cast(_plain(values.type)))
    except pyarrow.ArrowInvalid as error:
        raise unreadable(file.name, name, str(values.type), str(error)) from error
    for field in filter(None, name.removeprefix(column).split("/")):
        array = array[field]
    return array


def _plain(kind: pyarrow.DataType) -> pyarrow.DataType:
    """The type that awkward knows, of the same values."""
    if kinds.is_struct(kind):
        return pyarrow.struct([(field.name, _plain(field.type)) for field in kind])
    if kinds.is_map(kind):
        return pyarrow.list_(_plain(pyarrow.struct([("key", kind.key_type), ("value", kind.item_type)])))
    if any(is_list(kind) for is_list in _LISTS):
        return pyarrow.large_list(_plain(kind.value_type))
    if kinds.is_dictionary(kind):
        return _plain(kind.value_type)
    if kinds.is_timestamp(kind):
        return pyarrow.timestamp("ns")
    return pyarrow.large_string() if kinds.is_string_view(kind) or kinds.is_string(kind) else kind
