"""Events between the steps: Parquet files, the same bytes for the same events."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import awkward as ak
import pyarrow
import pyarrow.parquet

from analysis.errors import DataError

__all__ = ["read_events", "write_events"]


def write_events(events: ak.Array, path: Path) -> None:
    """Write events to a Parquet file.

    Args:
        events: a record array; missing values are kept apart from numbers.
        path: written in place, so give a temporary name and rename it afterwards.
    """
    table = ak.to_arrow_table(events, extensionarray=False)
    # without awkward's notes in the schema the file depends on the events only
    table = table.replace_schema_metadata(None)
    pyarrow.parquet.write_table(
        table,
        path,
        compression="lz4",
        use_dictionary=False,
        write_statistics=False,
        store_schema=False,
    )


def read_events(path: Path, columns: Sequence[str] | None = None) -> ak.Array:
    """Read events from a Parquet file.

    Args:
        path: written by ``write_events``.
        columns: names of the fields to read, in the order wanted; ``None`` for all.

    Returns:
        A record array with the types that were written.

    Raises:
        DataError: the file does not exist, is damaged, or has no such field.
    """
    if not Path(path).is_file():
        raise DataError(f"the file {path} does not exist", cure="run the task that makes it again")
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            names = file.schema_arrow.names
            absent = [name for name in columns or () if name not in names]
            if absent:
                raise DataError(f"{path} has no field {', '.join(map(repr, absent))}; it has: {', '.join(names)}")
            # one process of many: threads would only get into each other's way
            table = file.read(columns=None if columns is None else list(columns), use_threads=False)
    except (pyarrow.ArrowInvalid, OSError) as error:
        raise DataError(
            f"{path} is damaged ({str(error).splitlines()[0]})", cure="delete it and run the task that makes it again"
        ) from error
    if columns is not None:
        table = table.select(list(columns))
    return ak.from_arrow(table)
