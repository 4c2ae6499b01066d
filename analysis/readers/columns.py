"""Columns of events, whatever file they come from: names, types, missing values, and no value that is no number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import awkward as ak
import numpy as np

from analysis.checking.names import did_you_mean
from analysis.checking.words import describe
from analysis.errors import DataError
from analysis.schema import Column, Schema

__all__ = ["absent_columns", "as_columns", "check_finite"]


def as_columns(found: Any, schema: Schema | None, where: str, first: int, events: int) -> dict[str, ak.Array]:
    """Turn what a reader returned into columns as they are declared.

    Args:
        found: mapping or record array of columns by their names in the file.
        schema: what is declared; ``None`` for all columns as they are.
        where: the file, for messages.
        first: number of the first event in the file, for messages.
        events: how many there must be.

    Returns:
        Columns by name, in the order of the schema. Lists are of variable length; columns in ``schema.missing`` have an
        option type.

    Raises:
        DataError: it is no such thing; a column is not there, or has another length; a value does not fit its type, is
            not finite, or is missing where none may be.
    """
    columns = _by_name(found, where)
    wanted = schema.columns if schema else tuple(map(Column, columns))
    if lacking := [one.in_file for one in wanted if one.in_file not in columns]:
        raise absent_columns(lacking, columns, where)
    missing = schema.missing if schema else ()
    result = {}
    for column in wanted:
        array = _array(columns[column.in_file], column, where)
        if len(array) != events:
            raise DataError(
                f"{where}: the reader gives {len(array)} events of {column.in_file!r}, not {events} as wanted",
                cure="return the events from start up to stop, counted within the file",
            )
        if column.name in missing:
            assert schema is not None
            array = _with_missing(array, schema.missing_value)
        else:
            array = _without_missing(array, column, where, first)
        if column.type:
            array = _converted(array, column, where)
        check_finite(array, column.in_file, where, first)
        result[column.name] = array
    return result


def absent_columns(lacking: list[str], there: Any, where: str) -> DataError:
    """The error that a file has no such columns; it names those that it has."""
    names = list(map(str, there))
    hint = did_you_mean(lacking[0], names) if len(lacking) == 1 else ""
    return DataError(
        f"{where} has no branch {', '.join(map(repr, lacking))}{hint}; it has: {', '.join(names) or 'none'}",
        cure="correct the schema of the data set, or fetch the right file",
    )


def check_finite(array: ak.Array, name: str, where: str, first: int) -> None:
    """Check that all numbers of a column are finite, at any depth of lists and records.

    Raises:
        DataError: one is not; the message names column and event.
    """
    # the sum of what is not finite is not finite, and is made in one pass; if it overflows, the flags decide
    with np.errstate(over="ignore", invalid="ignore"):
        if all(np.isfinite(one.sum(dtype=np.float64)) or np.isfinite(one).all() for one in _floats(array.layout)):
            return
    for event in range(len(array)):
        wrong = [one[~np.isfinite(one)] for one in _floats(array[event : event + 1].layout)]
        if any(one.size for one in wrong):
            value = next(one[0] for one in wrong if one.size)
            number = sum(int((~np.isfinite(one)).sum()) for one in _floats(array.layout))
            raise DataError(
                f"{where}: the branch {name!r} is {value} in event {first + event} (counted from 0), and not finite in "
                f"{number} places of the events read",
                cure="fetch the data again, or leave the event out of the file",
            )


def _floats(layout: Any) -> Iterator[Any]:
    """All numbers with a point of a layout, flat."""
    if layout.is_record:
        for content in layout.contents:
            yield from _floats(content[: layout.length])
    elif layout.is_numpy:
        if layout.dtype.kind == "f":
            yield np.asarray(layout.data).reshape(-1)
    elif layout.is_union:
        for content in layout.contents:
            yield from _floats(content)
    elif layout.is_option or layout.is_indexed:
        yield from _floats(layout.project())
    elif layout.is_list and layout.parameter("__array__") not in ("string", "bytestring"):
        packed = layout.to_packed()
        yield from _floats(packed.content)


def _by_name(found: Any, where: str) -> Mapping[str, Any]:
    if isinstance(found, Mapping):
        return found
    if isinstance(found, ak.Array) and found.fields:
        return {name: found[name] for name in found.fields}
    raise DataError(
        f"{where}: the reader returns {describe(found)}, not columns by name",
        cure="return a dictionary of arrays, or a record array",
    )


def _array(values: Any, column: Column, where: str) -> ak.Array:
    try:
        array = values if isinstance(values, ak.Array) else ak.from_numpy(_native(values), regulararray=True)
        # what is kept are lists of any length
        return ak.from_regular(array, axis=None) if array.ndim > 1 or array.layout.is_record else array
    except (TypeError, ValueError) as error:
        raise DataError(
            f"{where}: the branch {column.in_file!r} is {describe(values)}, no column of numbers, texts or lists",
            cure="leave it out of the schema, or turn it into some in a reader of your own: read=Step(...)",
        ) from error


def _native(values: Any) -> Any:
    array = np.ma.asarray(values) if isinstance(values, np.ma.MaskedArray) else np.asarray(values)
    if array.dtype.kind in "SU":
        return array.astype(str)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"values of type {array.dtype}")
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _with_missing(array: ak.Array, missing_value: float) -> ak.Array:
    if _leaf(array.layout) == "string":
        return ak.mask(array, ~ak.is_none(array))
    if array.layout.is_numpy:
        # the plain case keeps the values in their places
        present = np.asarray(array.layout.data) != missing_value
        mask = ak.index.Index8(present.view(np.int8))
        return ak.Array(ak.contents.ByteMaskedArray(mask, array.layout, valid_when=True))
    return ak.mask(array, ak.fill_none(array != missing_value, False, axis=None))


def _without_missing(array: ak.Array, column: Column, where: str, first: int) -> ak.Array:
    if not _has_option(array.layout):
        return array
    if _lacks(array.layout):
        event = next(event for event in range(len(array)) if _lacks(array[event : event + 1].layout))
        raise DataError(
            f"{where}: the branch {column.in_file!r} has no value in event {first + event} (counted from 0)",
            cure=f"say missing=({column.name!r},) in the schema of the data set: it is None for your steps",
        )
    return ak.drop_none(array, axis=None)


def _has_option(layout: Any) -> bool:
    if layout.is_option:
        return True
    if layout.is_record or layout.is_union:
        return any(map(_has_option, layout.contents))
    return hasattr(layout, "content") and _has_option(layout.content)


def _lacks(layout: Any) -> bool:
    """Whether a value is missing, at any depth."""
    if layout.is_option:
        return not np.asarray(layout.mask_as_bool(valid_when=True)).all() or _lacks(layout.project())
    if layout.is_record:
        return any(_lacks(content[: layout.length]) for content in layout.contents)
    if layout.is_list:
        return _lacks(layout.to_packed().content)
    return layout.is_indexed and _lacks(layout.project())


def _converted(array: ak.Array, column: Column, where: str) -> ak.Array:
    number = column.number
    depth = column.type.count("*")
    found = array.ndim - 1
    if depth != found:
        raise DataError(
            f"{where}: the branch {column.in_file!r} is {array.type.content}, not {column.type}",
            cure="correct the type of the column in the schema",
        )
    leaf = _leaf(array.layout)
    if number == "string":
        if leaf != "string":
            raise _misfit(array, column, where)
        return array
    if leaf == number:
        return array
    if leaf == "string" or not _fits(array, leaf, number):
        raise _misfit(array, column, where)
    return ak.values_astype(array, number)


def _leaf(layout: Any) -> str:
    if layout.parameter("__array__") in ("string", "bytestring"):
        return "string"
    if layout.is_record or layout.is_union:
        return "record"
    return layout.dtype.name if layout.is_numpy else _leaf(layout.content) if hasattr(layout, "content") else "unknown"


def _fits(array: ak.Array, leaf: str, number: str) -> bool:
    """Whether values keep what they say: whole numbers stay the same, others may be rounded."""
    if leaf == "unknown":
        return True
    if leaf == "record":
        return False
    target = np.dtype(number)
    values = np.asarray(ak.drop_none(ak.flatten(array, axis=None)))
    if target.kind == "f":
        if values.dtype.kind == "f":
            with np.errstate(over="ignore"):
                return bool(np.array_equal(np.isfinite(values.astype(target)), np.isfinite(values)))
        return bool(values.dtype.kind != "b" and np.array_equal(values.astype(target).astype(values.dtype), values))
    if values.dtype.kind == "f" and not np.all(np.isfinite(values) & (values == np.floor(values))):
        return False
    if target.kind == "b":
        return bool(np.isin(values, (0, 1)).all())
    if not values.size:
        return True
    limits = np.iinfo(target)
    return int(values.min()) >= limits.min and int(values.max()) <= limits.max


def _misfit(array: ak.Array, column: Column, where: str) -> DataError:
    return DataError(
        f"{where}: the branch {column.in_file!r} is {array.type.content}, and its values are no {column.type}",
        cure="correct the type of the column in the schema; whole numbers have to fit, others are rounded",
    )
