"""Events from HDF5 files: data sets of one length in a group, or a table (a data set with named fields)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import awkward as ak
import h5py
import numpy as np

from analysis.readers.columns import absent_columns
from analysis.readers.data_file import DataFile
from analysis.readers.description import Description, type_of
from analysis.readers.faults import absent_tree, check_events, needed, sound, unreadable
from analysis.schema import Schema

__all__ = ["describe", "read"]

_KIND = "an HDF5 file"
# asked for at once, of a file on a server
_MOST_CHUNKS = 100_000


def read(file: DataFile, schema: Schema | None, start: int, stop: int, events: int) -> dict[str, Any]:
    """Read rows of data sets in a group, or of a table's fields.

    Args:
        file: to read.
        schema: the group or table, empty for the only one; and the columns, those in groups of the group with slashes.
        start: first event.
        stop: event after the last one.
        events: how many the catalogue says that each column has.

    Raises:
        DataError: the file is no HDF5 file or damaged; it has no such group or column, or another number of events; a
            column is of a type that is not read, or packed in a way that this machine does not know.
        StudyError: there is no schema.
    """
    schema = needed(schema, file)
    with _opened(file) as content:
        name, tree = _tree(content, file, schema.tree)
        where = f"{file.name}: {name!r}" if name else file.name
        wanted = [column.in_file for column in schema.columns]
        # of a group, only what is wanted is looked at: headers are scattered over the file
        there = {one: tree if isinstance(tree, h5py.Dataset) else tree.get(one) for one in wanted}
        if absent := [one for one in wanted if not _is_column(there[one], one)]:
            raise absent_columns(absent, _columns(tree), where)
        for one in wanted:
            check_events(len(there[one]), events, f"{where}: the column {one!r}")
            if problem := _problem(_kind(there[one], one), there[one]):
                raise unreadable(where, one, str(_kind(there[one], one)), problem)
        sources = list({id(one): one for one in (there[name] for name in wanted)}.values())
        file.keep([place for source in sources for place in _places(source, start, stop)])
        if isinstance(tree, h5py.Dataset):
            rows = tree.fields(wanted)[start:stop]
            return {one: _array(rows[one], rows.dtype[one]) for one in wanted}
        return {one: _array(there[one][start:stop], there[one].dtype) for one in wanted}


def describe(file: DataFile, tree: str) -> Description:
    """Describe a group or a table: its events, chunks and columns.

    Args:
        file: to look at.
        tree: path of the group or table; empty for the only one.

    Raises:
        DataError: the file is no HDF5 file or damaged; it has no such group, or several.
    """
    with _opened(file) as content:
        name, found = _tree(content, file, tree)
        there = _columns(found)
        if not there:
            raise absent_tree(file, tree, "group with columns", _trees(content))
        lengths = [len(one) for one in there.values()]
        # what has another length, such as names of bins, is not of events
        events = max(set(lengths), key=lambda length: (lengths.count(length), length))
        columns, problems = {}, {}
        for one, source in there.items():
            kind = _kind(source, one)
            if problem := _problem(kind, source):
                problems[one] = f"type {kind}: {problem}"
            elif len(source) != events:
                problems[one] = f"it has {len(source)} values, not {events}"
            else:
                rows = source[0:0] if source.dtype.names is None else source.fields([one])[0:0][one]
                columns[one] = type_of(_array(rows, kind))
        others = tuple(other for other in _trees(content) if other != name)
        clusters = _clusters([there[one] for one in columns], events)
        return Description(events, columns, clusters, name, problems, others)


@contextmanager
def _opened(file: DataFile) -> Iterator[h5py.File]:
    with sound(file, _KIND), h5py.File(file, "r") as content:
        yield content


def _trees(content: h5py.File) -> dict[str, Any]:
    """Groups that hold data sets of events, and tables, by their paths; the file itself has an empty one."""
    found: dict[str, Any] = {}

    def look(name: str, node: Any) -> None:
        if isinstance(node, h5py.Dataset) and node.ndim == 1 and node.dtype.names:
            found[name] = node
        elif _is_column(node):
            found.setdefault(name.rpartition("/")[0], node.parent)

    content.visititems(look)
    return found


def _tree(content: h5py.File, file: DataFile, name: str) -> tuple[str, Any]:
    wanted = name.strip("/")
    node = content.get(wanted) if wanted else None
    if isinstance(node, h5py.Group) or (node is not None and node.ndim == 1 and node.dtype.names):
        return wanted, node
    there = _trees(content)
    if wanted in there:
        return wanted, there[wanted]
    if not wanted and len(there) == 1:
        ((found, tree),) = there.items()
        return found, tree
    raise absent_tree(file, wanted, "group", there)


def _is_column(node: Any, field: str = "") -> bool:
    """Whether it holds a column, or one as a field of it."""
    if not isinstance(node, h5py.Dataset) or not node.ndim:
        return False
    return node.dtype.names is None or field in node.dtype.names


def _columns(tree: Any) -> dict[str, h5py.Dataset]:
    """The data sets of columns by their names; of a table, it for all of them."""
    if isinstance(tree, h5py.Dataset):
        return dict.fromkeys(tree.dtype.names or (), tree)
    return {name: node for name, node in tree.items() if _is_column(node)}


def _kind(source: h5py.Dataset, name: str) -> np.dtype:
    return source.dtype if source.dtype.names is None else source.dtype[name]


def _problem(kind: np.dtype, source: h5py.Dataset) -> str:
    """Why a column cannot be read; empty if it can."""
    facts = source.id.get_create_plist()
    for number in range(facts.get_nfilters()):
        code, _, _, name = facts.get_filter(number)
        if not h5py.h5z.filter_avail(code):
            return f"it is packed by {name.decode() or f'filter {code}'}, which this machine has no program for"
    inner = h5py.check_vlen_dtype(kind)
    if inner is not None and inner is not str and (inner.kind not in "biuf" or source.ndim > 1):
        return "lists of variable length are read if they hold numbers"
    if inner is None and kind.hasobject and h5py.check_string_dtype(kind) is None:
        return "references to other places of the file are no values"
    if kind.names or (kind.base.kind not in "biufSO"):
        return "it is no number, text or list of numbers"
    return ""


def _array(values: Any, kind: np.dtype) -> Any:
    """Rows as arrays: lists and texts of variable length come as objects of Python."""
    text, inner = h5py.check_string_dtype(kind), h5py.check_vlen_dtype(kind)
    if text is not None and text.length is None:
        flat = [one if isinstance(one, bytes) else str(one).encode() for one in values.reshape(-1)]
        array = _texts(flat)
        for size in reversed(values.shape[1:]):
            array = ak.unflatten(array, np.full(len(array) // max(size, 1), size))
        return array
    if inner is not None:
        content = np.concatenate([np.zeros(0, inner), *values])
        return ak.unflatten(
            content.astype(inner.newbyteorder("=")), np.fromiter(map(len, values), np.int64, len(values))
        )
    return values


def _texts(values: Sequence[bytes]) -> ak.Array:
    offsets = np.zeros(len(values) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, values), np.int64, len(values)), out=offsets[1:])
    letters = np.frombuffer(b"".join(values), np.uint8)
    content = ak.contents.NumpyArray(letters, parameters={"__array__": "char"})
    return ak.Array(ak.contents.ListOffsetArray(ak.index.Index64(offsets), content, parameters={"__array__": "string"}))


def _places(source: h5py.Dataset, start: int, stop: int) -> list[tuple[int, int]]:
    """Find the ranges of bytes of rows in the file."""
    if start == stop or not source.size:
        return []
    if source.chunks is None:
        offset = source.id.get_offset()
        size = source.dtype.itemsize * int(np.prod(source.shape[1:], dtype=np.int64))
        return [] if offset is None else [(offset + start * size, offset + stop * size)]
    grid = [range(0, size, chunk) for size, chunk in zip(source.shape, source.chunks, strict=True)]
    grid[0] = range(start - start % source.chunks[0], stop, source.chunks[0])
    if int(np.prod([len(one) for one in grid])) > _MOST_CHUNKS:
        return []
    corners = np.stack(np.meshgrid(*grid, indexing="ij"), axis=-1).reshape(-1, source.ndim)
    found = (source.id.get_chunk_info_by_coord(tuple(map(int, corner))) for corner in corners)
    return [(one.byte_offset, one.byte_offset + one.size) for one in found if one.byte_offset is not None]


def _clusters(columns: Sequence[h5py.Dataset], events: int) -> Sequence[int]:
    """First events of the chunks, if most columns have the same ones: those of the widest."""
    sizes = {one.chunks[0] for one in columns if one.chunks}
    return range(0, events, max(sizes)) if sizes and events else ()
