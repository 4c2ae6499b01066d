"""Events as columns: numpy arrays in and out of a record array, without copies where there is nothing to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from analysis.errors import DataError, StudyError

__all__ = ["Column", "check_numbers", "nested_values", "presence", "values", "with_columns"]

Column = NDArray[Any] | tuple[NDArray[Any], NDArray[np.bool_]]


def values(events: ak.Array, name: str) -> NDArray[Any]:
    """The numbers of a flat field, shape (n,); what stands where a value is missing is meaningless.

    Raises:
        StudyError: the events have no such field, or it holds lists or records.

    Examples:
        >>> values(ak.Array([{"x": 1.5}, {"x": 2.5}]), "x")
        array([1.5, 2.5])
    """
    layout = _layout(events, name)
    if layout.is_option:
        # an indexed option points anywhere; the other kinds lie in place
        layout = layout.to_ByteMaskedArray(True).content[: layout.length] if layout.is_indexed else layout.content
    if not isinstance(layout, ak.contents.NumpyArray) or np.ndim(layout.data) != 1:
        raise StudyError(
            f"the field {name!r} is no number an event but {ak.type(layout)}",
            cure="compute one number for each event from it, such as the first or the largest",
        )
    return np.asarray(layout.data)[: len(events)]


def check_numbers(events: ak.Array, rows: NDArray[np.intp], what: str) -> None:
    """Refuse events that have no number where they need one.

    Args:
        events: a record array, with the event's ``identity`` for messages.
        rows: positions of the events that have none.
        what: that is; begins the message.

    Raises:
        DataError: there are some; the message names the first.
    """
    if len(rows):
        identity = values(events, "identity")[rows[0]] if "identity" in events.fields else "unknown"
        more = f", and in {len(rows) - 1} more" if len(rows) > 1 else ""
        raise DataError(
            f"{what} is not a finite number in event {rows[0]} (identity {identity}){more}",
            cure="mend what computes it, make it a missing value (None), or leave such events out by a cut before",
        )


def nested_values(jagged: ak.Array) -> NDArray[Any]:
    """All numbers of a field that is lists, to any depth, in their order: shape (m,).

    Examples:
        >>> nested_values(ak.Array([[[1, 2]], [], [[3], [4, 5]]]))
        array([1, 2, 3, 4, 5])
    """
    return np.asarray(ak.flatten(jagged, axis=None))


def presence(events: ak.Array, name: str) -> NDArray[np.bool_] | None:
    """Return a mask of the values that a flat field has, shape (n,); ``None`` when the field cannot miss values.

    Raises:
        StudyError: the events have no such field.

    Examples:
        >>> presence(ak.Array([{"x": 1.5}, {"x": None}]), "x")
        array([ True, False])
    """
    layout = _layout(events, name)
    return np.asarray(layout.mask_as_bool(valid_when=True))[: len(events)] if layout.is_option else None


def with_columns(events: ak.Array, columns: Mapping[str, Column]) -> ak.Array:
    """The same events with fields added or replaced; a replaced field keeps its place.

    Args:
        events: a record array of length n.
        columns: by name, either the numbers, shape (n,), or a pair of numbers and presence, both of shape (n,).

    Examples:
        >>> events = with_columns(ak.Array([{"x": 1}, {"x": 2}]), {"y": (np.array([3, 4]), np.array([True, False]))})
        >>> events.to_list()
        [{'x': 1, 'y': 3}, {'x': 2, 'y': None}]
    """
    contents = {name: _layout(events, name) for name in events.fields}
    for name, column in columns.items():
        if isinstance(column, tuple):
            numbers, present = column
            contents[name] = ak.contents.ByteMaskedArray(
                ak.index.Index8(present.view(np.int8)), ak.contents.NumpyArray(numbers), valid_when=True
            )
        else:
            contents[name] = ak.contents.NumpyArray(column)
    return ak.Array(ak.contents.RecordArray(list(contents.values()), list(contents), length=len(events)))


def _layout(events: ak.Array, name: str) -> ak.contents.Content:
    if name not in events.fields:
        raise StudyError(f"the events have no field {name!r}", cure="use one of: " + ", ".join(events.fields))
    layout = events[name].layout
    # records that were chosen by their numbers keep the others, too, until somebody looks
    return layout.project() if layout.is_indexed and not layout.is_option else layout
