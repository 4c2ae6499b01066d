"""Columns of events, whatever file they come from: names, types, missing values, and no value that is no number."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import awkward as ak
import numpy as np

from analysis.checking.names import did_you_mean
from analysis.checking.words import describe
from analysis.errors import DataError
from analysis.readers.layouts import as_array, is_text, is_value, lacks, leaf, masked, numbers, optional, required
from analysis.schema import Column, Schema

__all__ = ["absent_columns", "as_columns", "check_finite"]

_NAN = (
    "if it means that there is no value, name the column in missing=(...) of the schema, with "
    "missing_value=float('nan'); else "
)


def as_columns(found: Any, schema: Schema | None, where: str, first: int, events: int) -> dict[str, ak.Array]:
    """Turn what a reader returned into columns as they are declared.

    Args:
        found: mapping or record array of columns by their names in the file.
        schema: what is declared; ``None`` for all columns as they are.
        where: the file, for messages.
        first: number of the first event in the file, for messages.
        events: how many there must be.

    Returns:
        Columns by name, in the order of the schema. Lists are of variable length; single values of columns in
        ``schema.missing``, alone or in lists, have an option type.

    Raises:
        DataError: it is no such thing; a column is not there, or has another length; a value does not fit its type, is
            not finite, or is missing where none may be.
    """
    columns = _by_name(found, where)
    wanted = schema.columns if schema else tuple(map(Column, columns))
    if "identity" in [column.name for column in wanted]:
        raise DataError(
            f"{where}: the reader returns a column 'identity', which is what this framework calls the number that it "
            "gives to each event",
            cure="give it another name, or leave it out",
        )
    if lacking := [one.in_file for one in wanted if one.in_file not in columns]:
        raise absent_columns(lacking, columns, where)
    missing = schema.missing if schema else ()
    result = {}
    for column in wanted:
        array = _typed(_array(columns[column.in_file], column, where), column, where)
        if len(array) != events:
            raise DataError(
                f"{where}: the reader gives {len(array)} events of {column.in_file!r}, not {events} as wanted",
                cure="return the events from start up to stop, counted within the file",
            )
        if column.name in missing:
            assert schema is not None
            array = _with_lists(_with_missing(array, schema.missing_value), column, where, first)
        else:
            array = _without_missing(array, column, where, first)
        if column.type:
            array = _converted(array, column, where)
        _check_texts(array, column, where, first)
        check_finite(array, column.in_file, where, first)
        result[column.name] = array
    return result


def absent_columns(lacking: list[str], there: Any, where: str, kind: str = "column") -> DataError:
    """The error that a file has no such columns; it names those that it has."""
    names = list(map(str, there))
    hint = did_you_mean(lacking[0], names) if len(lacking) == 1 else ""
    return DataError(
        f"{where} has no {kind} {', '.join(map(repr, lacking))}{hint}; it has: {', '.join(names) or 'none'}",
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
    if number := sum(int((~np.isfinite(one)).sum()) for one in _floats(array.layout)):
        event = _first(array, lambda layout: not all(np.isfinite(one).all() for one in _floats(layout)))
        with np.errstate(invalid="ignore"):
            there = np.concatenate([one.astype(np.float64) for one in _floats(array[event : event + 1].layout)])
        value = there[~np.isfinite(there)][0]
        raise DataError(
            f"{where}: the column {name!r} is {value} in event {first + event} (counted from 0), and not finite in "
            f"{number} places of the events read",
            cure=(_NAN if np.isnan(value) else "") + "leave the event out of the file",
        )


def _first(array: ak.Array, wrong: Callable[[Any], bool]) -> int:
    """Number of the first event with something wrong, of which there is one."""
    low, high = 0, len(array)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if wrong(array[low:middle].layout) else (middle, high)
    return low


def _floats(layout: Any) -> Iterator[Any]:
    return (values for values in numbers(layout) if values.dtype.kind == "f")


def _by_name(found: Any, where: str) -> Mapping[str, Any]:
    if isinstance(found, Mapping):
        return found
    if isinstance(found, ak.Array) and found.fields:
        return {name: found[name] for name in found.fields}
    if isinstance(found, np.ndarray) and found.dtype.names:
        return {name: found[name] for name in found.dtype.names}
    raise DataError(
        f"{where}: the reader returns {describe(found)}, not columns by name",
        cure="return a dictionary of arrays, or a record array",
    )


def _array(values: Any, column: Column, where: str) -> ak.Array:
    # a damaged file may say that lists are where no values are; whatever uses such an array may crash
    if isinstance(values, ak.Array) and ak.validity_error(values):
        raise DataError(
            f"{where}: the column {column.in_file!r} has lists that lie outside of its values: the file is damaged",
            cure="fetch or write the file again; of one with a reader of its own, correct the reader",
        )
    try:
        return as_array(values)
    except (TypeError, ValueError) as error:
        reason = " ".join(str(error).split("\n")[0].split())
        raise DataError(
            f"{where}: the column {column.in_file!r} is {describe(values)}, no column of numbers, texts or lists "
            f"({reason})",
            cure="leave it out of the schema, or turn it into some in a reader of your own: read=Step(...)",
        ) from error


def _typed(array: ak.Array, column: Column, where: str) -> ak.Array:
    """Give lists that are empty everywhere, and columns without events, the type that is declared."""
    if "unknown" not in str(array.type):
        return array
    if not column.type:
        raise DataError(
            f"{where}: the column {column.in_file!r} is empty and of no type",
            cure=f"declare one: Column({column.name!r}, 'float64'), or give the array one in the reader",
        )

    def fill(layout: Any, depth: int, **_: Any) -> Any:
        if not layout.is_unknown:
            return None
        text = column.number == "string"
        content = ak.to_layout([""])[:0] if text else ak.contents.NumpyArray(np.zeros(0, column.number))
        for _level in range(column.type.count("*") + 1 - depth):
            content = ak.contents.ListOffsetArray(ak.index.Index64(np.zeros(1, np.int64)), content)
        return content

    return ak.transform(fill, array)


def _with_missing(array: ak.Array, missing_value: float) -> ak.Array:
    """Make single values missing, alone or in lists, that stand for it."""

    def mask(layout: Any, **_: Any) -> Any:
        if not is_value(layout):
            return None
        if not layout.is_numpy:
            return ak.contents.UnmaskedArray.simplified(layout)
        values = np.asarray(layout.data)
        return masked(~np.isnan(values) if np.isnan(missing_value) else values != missing_value, layout)

    return ak.transform(mask, array)


def _with_lists(array: ak.Array, column: Column, where: str, first: int) -> ak.Array:
    """Check that no whole list is missing, and give lists the type of lists: what may be missing are values."""
    if not optional(array.layout, of_lists=True):
        return array
    if lacks(array.layout, of_lists=True):
        event = _first(array, lambda layout: lacks(layout, of_lists=True))
        raise DataError(
            f"{where}: the column {column.in_file!r} has no list in event {first + event} (counted from 0): single "
            "values may be missing, whole lists may not",
            cure="write an empty list there, or make one in a reader of your own: read=Step(...)",
        )
    return required(array, of_lists=True)


def _without_missing(array: ak.Array, column: Column, where: str, first: int) -> ak.Array:
    if not optional(array.layout):
        return array
    if lacks(array.layout):
        event = first + _first(array, lacks)
        raise DataError(
            f"{where}: the column {column.in_file!r} has no value in event {event} (counted from 0)",
            cure=f"say missing=({column.name!r},) in the schema of the data set: it is None for your steps",
        )
    return required(array)


def _check_texts(array: ak.Array, column: Column, where: str, first: int) -> None:
    if leaf(array.layout) == "string" and not is_text(array.layout):
        event = _first(array, lambda layout: not is_text(layout))
        raise DataError(
            f"{where}: the column {column.in_file!r} has bytes in event {first + event} (counted from 0) that are no "
            "text in UTF-8",
            cure="write the file anew in UTF-8, or leave the column out of the schema",
        )


def _converted(array: ak.Array, column: Column, where: str) -> ak.Array:
    number = column.number
    if column.type.count("*") != array.ndim - 1:
        raise DataError(
            f"{where}: the column {column.in_file!r} is {_shown(array)}, not {column.type}",
            cure="correct the type of the column in the schema",
        )
    found = leaf(array.layout)
    if found == number:
        return array
    if "string" in (found, number) or found == "record" or not all(_fits(one, number) for one in numbers(array.layout)):
        raise DataError(
            f"{where}: the column {column.in_file!r} is {_shown(array)}, and its values are no {column.type}",
            cure="correct the type of the column in the schema; whole numbers have to fit, others are rounded",
        )
    # what stands in the place of a missing value need not fit
    with np.errstate(invalid="ignore", over="ignore"):
        return ak.values_astype(array, number)


def _shown(array: ak.Array) -> str:
    return " ".join(str(array.type.content).split())


def _fits(values: Any, number: str) -> bool:
    """Whether values keep what they say: whole numbers stay the same, others may be rounded."""
    target = np.dtype(number)
    kind = values.dtype.kind
    if target.kind == "f" and kind == "f":
        with np.errstate(over="ignore", invalid="ignore"):
            return bool(np.array_equal(np.isfinite(values.astype(target)), np.isfinite(values)))
    if target.kind == "f":
        rounded = values.astype(target)
        # what is beyond the largest whole number is not made whole again
        inside = kind != "b" and np.all(np.abs(rounded) < 2.0 ** (64 if kind == "u" else 63))
        return bool(inside and np.array_equal(rounded.astype(values.dtype), values))
    if kind == "f" and not np.all(np.isfinite(values) & (values == np.floor(values))):
        return False
    if target.kind == "b":
        return bool(np.isin(values, (0, 1)).all())
    if not values.size:
        return True
    limits = np.iinfo(target)
    return int(values.min()) >= limits.min and int(values.max()) <= limits.max
