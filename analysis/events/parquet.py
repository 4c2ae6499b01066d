"""Events between the steps: Parquet files, the same bytes for the same events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import awkward as ak
import pyarrow
import pyarrow.parquet

from analysis.errors import DataError
from analysis.events.record_types import NOTE, described, restored

__all__ = ["read_events", "write_events"]


def write_events(events: ak.Array, path: Path) -> None:
    """Write events to a Parquet file.

    Whole numbers within lists (traces, histograms) are stored as differences, which takes a third of the space.

    Args:
        events: a record array; missing values are kept apart from numbers. Its fields may be numbers, lists, and lists
            of records to any depth. Records keep their names, and with them the behaviour of vectors. Lists of a fixed
            length are read back as lists of any length.
        path: written in place, so give a temporary name and rename it afterwards.
    """
    # Arrow takes no column of a wider table as it is
    packed = ak.transform(_with_something_to_point_to, ak.to_packed(events))
    table = ak.to_arrow_table(packed, extensionarray=False)
    # without awkward's notes in the schema the file depends on the events only
    table = table.replace_schema_metadata(None)
    with pyarrow.parquet.ParquetWriter(
        path,
        table.schema,
        compression="lz4",
        use_dictionary=False,
        write_statistics=False,
        store_schema=False,
        column_encoding=dict.fromkeys(_nested_integers(table.schema), "DELTA_BINARY_PACKED"),
    ) as file:
        file.write_table(table)
        if (note := described(packed)) is not None:
            file.add_key_value_metadata({NOTE: note})


def read_events(path: Path, columns: Sequence[str] | None = None) -> ak.Array:
    """Read events from a Parquet file.

    Args:
        path: written by ``write_events``.
        columns: names of the fields to read, in the order wanted; ``None`` for all.

    Returns:
        A record array with the types that were written, except that all lists are of variable length.

    Raises:
        DataError: the file does not exist, is damaged, or has no such field.
    """
    with _opened(path) as file:
        names = file.schema_arrow.names
        absent = [name for name in columns or () if name not in names]
        if absent:
            raise DataError(f"{path} has no field {', '.join(map(repr, absent))}; it has: {', '.join(names)}")
        return _read(file, names if columns is None else list(columns))


@contextmanager
def _opened(path: Path) -> Iterator[pyarrow.parquet.ParquetFile]:
    if not Path(path).is_file():
        raise DataError(f"the file {path} does not exist", cure="run the task that makes it again")
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            yield file
    except (pyarrow.ArrowInvalid, OSError) as error:
        raise DataError(
            f"{path} is damaged ({str(error).splitlines()[0]})", cure="delete it and run the task that makes it again"
        ) from error


def _read(file: pyarrow.parquet.ParquetFile, columns: list[str]) -> ak.Array:
    # one process of many: threads would only get into each other's way
    table = file.read(columns=columns, use_threads=False).select(columns)
    note = (file.metadata.metadata or {}).get(NOTE)
    return ak.from_arrow(table) if note is None else restored(ak.from_arrow(table.combine_chunks()), note)


def _with_something_to_point_to(layout: Any, **_: Any) -> Any:
    """Add a value where all are missing: awkward (2.14) points the missing ones to the first, which is not there."""
    if layout.is_option and layout.is_indexed and len(layout) and not len(layout.content):
        one = layout.content.form.length_one_array(highlevel=False)
        return ak.contents.IndexedOptionArray(
            layout.index, ak.transform(_with_something_to_point_to, one, highlevel=False)
        )
    return None


def _nested_integers(schema: pyarrow.Schema) -> list[str]:
    """Columns of a Parquet file that hold whole numbers within lists, by their paths in the file's schema."""
    return [path for field in schema for path in _integers(field.type, field.name, within_list=False)]


def _integers(kind: pyarrow.DataType, path: str, *, within_list: bool) -> list[str]:
    if pyarrow.types.is_struct(kind):
        parts = [(part.type, f"{path}.{part.name}") for part in kind]
        return [found for part, name in parts for found in _integers(part, name, within_list=within_list)]
    if hasattr(kind, "value_type") and not pyarrow.types.is_dictionary(kind):
        return _integers(kind.value_type, f"{path}.list.element", within_list=True)
    return [path] if within_list and pyarrow.types.is_integer(kind) else []
