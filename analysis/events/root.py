"""Events from ROOT files, a chunk at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import uproot
from numpy.typing import NDArray

from analysis.errors import DataError, StudyError
from analysis.events.identity import identify
from analysis.study import Dataset, Schema, SourceFile

__all__ = ["read_chunk"]


def read_chunk(paths: Sequence[Path], dataset: Dataset, start: int, stop: int) -> ak.Array:
    """Read a range of a data set's events.

    Args:
        paths: local copies of ``dataset.files``, in the same order.
        dataset: says what the files hold and which branches to read.
        start: number of the first event, counted from 0 over all files.
        stop: number of the event after the last one.

    Returns:
        A record array of length ``stop - start``: the branches of the schema in their order and types, followed by
        ``identity`` (uint64). Fields of ``schema.missing`` have an option type.

    Raises:
        DataError: a file is missing, damaged, or not what the catalogue says; a value is not finite; the range is not
            in the data set.
        StudyError: the data set has no schema.
    """
    if len(paths) != len(dataset.files):
        raise DataError(f"the data set {dataset.name!r} has {len(dataset.files)} files, but {len(paths)} were given")
    if not 0 <= start <= stop <= dataset.events:
        raise DataError(f"the data set {dataset.name!r} has {dataset.events} events, not [{start}, {stop})")
    schema = dataset.schema
    if schema is None:
        raise StudyError(f"the data set {dataset.name!r} has files but no schema", cure="say what is read from them")
    parts: list[dict[str, ak.Array]] = []
    offset = 0
    for path, file in zip(paths, dataset.files, strict=True):
        first, last = max(start - offset, 0), min(stop - offset, file.events)
        # an empty range still needs the types, which the first file has
        if first < last or (start == stop and not parts):
            part = _read(Path(path), file, schema, max(min(first, last), 0), max(last, 0))
            _check_finite(part, path, first)
            parts.append(part)
        offset += file.events
    columns = {name: _join([part[name] for part in parts]) for name in schema.branches}
    contents = [
        _with_missing(columns[name], schema.missing_value) if name in schema.missing else columns[name]
        for name in schema.branches
    ]
    contents.append(ak.contents.NumpyArray(identify(dataset.name, start, stop - start)))
    return ak.Array(ak.contents.RecordArray(contents, [*schema.branches, "identity"], length=stop - start))


def _read(path: Path, file: SourceFile, schema: Schema, start: int, stop: int) -> dict[str, ak.Array]:
    if not path.is_file():
        raise DataError(f"the file {path} does not exist", cure="fetch the data again")
    try:
        with uproot.open(path, object_cache=None, array_cache=None) as content:
            _check_length(content, path)
            tree = _tree(content, path, schema)
            if tree.num_entries != file.events:
                raise DataError(
                    f"{path}: the tree {schema.tree!r} has {tree.num_entries} events, the catalogue says {file.events}",
                    cure="fetch the data again, or correct the catalogue",
                )
            return tree.arrays(
                list(schema.branches), entry_start=start, entry_stop=stop, library="ak", how=dict, array_cache=None
            )
    except (DataError, MemoryError):
        raise
    # uproot has no common class for what a damaged file makes it raise
    except Exception as error:
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        raise DataError(
            f"{path} is not a ROOT file or is damaged ({reason})", cure="delete it and fetch the data again"
        ) from error


def _check_length(content: Any, path: Path) -> None:
    # what is cut off at the end may be nothing that is read, but such a file is not the one that was published
    length, actual = content.file.fEND, path.stat().st_size
    if actual < length:
        raise DataError(
            f"{path} is not a ROOT file or is damaged (it has {actual} bytes, its header says {length})",
            cure="delete it and fetch the data again",
        )


def _tree(content: Any, path: Path, schema: Schema) -> Any:
    names = [name.partition(";")[0] for name in content.keys(recursive=False)]
    if schema.tree not in names:
        raise DataError(f"{path} has no tree {schema.tree!r}; it holds: {', '.join(sorted(set(names))) or 'nothing'}")
    tree = content[schema.tree]
    there = set(tree.keys(recursive=False))
    absent = [name for name in schema.branches if name not in there]
    if absent:
        raise DataError(
            f"{path}: the tree {schema.tree!r} has no branch {', '.join(map(repr, absent))}; "
            f"it has: {', '.join(sorted(there))}",
            cure="correct the schema of the data set, or fetch the right file",
        )
    return tree


def _check_finite(part: dict[str, ak.Array], path: Path, first: int) -> None:
    for name, array in part.items():
        values, offsets = _flat(array)
        if values.dtype.kind != "f":
            continue
        # the sum of what is not finite is not finite, and is made in one pass; if it overflows, the flags decide
        with np.errstate(over="ignore", invalid="ignore"):
            if np.isfinite(values.sum(dtype=np.float64)):
                continue
        wrong = np.flatnonzero(~np.isfinite(values))
        if wrong.size:
            index = int(wrong[0])
            event = first + (index if offsets is None else int(np.searchsorted(offsets, index, side="right")) - 1)
            raise DataError(
                f"{path}: the branch {name!r} is {values[index]} in event {event} (counted from 0), "
                f"and not finite in {wrong.size} places of the events read",
                cure="fetch the data again, or leave the event out of the file",
            )


def _flat(array: ak.Array) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """All values of a branch, and where the events begin among them if it is jagged."""
    if array.ndim == 1:
        return np.asarray(array), None
    layout = ak.to_packed(array).layout
    return np.asarray(layout.content.data), np.asarray(layout.offsets.data)


def _join(parts: list[ak.Array]) -> ak.contents.Content:
    return (parts[0] if len(parts) == 1 else ak.concatenate(parts)).layout


def _with_missing(layout: ak.contents.Content, missing_value: float) -> ak.contents.Content:
    present = np.asarray(layout.data) != missing_value
    return ak.contents.ByteMaskedArray(ak.index.Index8(present.view(np.int8)), layout, valid_when=True)
