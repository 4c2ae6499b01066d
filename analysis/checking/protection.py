"""Lend a step its inputs read-only, without copying any data."""

from __future__ import annotations

import copy
import dataclasses
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["has_arrays", "protect"]


def protect(value: Any) -> Any:
    """Make a read-only view of a value.

    Arrays of NumPy and awkward share their numbers with the original and refuse to be written to. What holds them
    (mappings, lists, tuples, dataclasses, records) is made anew, so that an item or field set in it changes nothing
    elsewhere. Histograms are copied, as they are small. All else is passed as it is.

    Args:
        value: an argument of a step.

    Examples:
        >>> numbers = np.arange(3.0)
        >>> protect({"x": numbers})["x"][0] = 5.0
        Traceback (most recent call last):
        ValueError: assignment destination is read-only
        >>> bool(np.shares_memory(protect(numbers), numbers))
        True
    """
    if isinstance(value, np.ndarray):
        return _read_only(value)
    if isinstance(value, Mapping):
        return {name: protect(part) for name, part in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*map(protect, value))
    if type(value) in (list, tuple):
        return type(value)(map(protect, value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _protected_fields(value)
    if awkward := _awkward_if_used():
        if isinstance(value, awkward.Array):
            return _read_only_events(value)
        if isinstance(value, awkward.Record):
            return _read_only_events(awkward.Array(value.layout.array))[value.layout.at]
    return value.copy() if type(value).__module__.partition(".")[0] == "hist" and hasattr(value, "copy") else value


def has_arrays(value: Any) -> bool:
    """Tell whether there is an array in a value that could be changed in place."""
    if isinstance(value, np.ndarray) or type(value).__module__.partition(".")[0] == "awkward":
        return True
    if isinstance(value, Mapping):
        return any(map(has_arrays, value.values()))
    if isinstance(value, list | tuple):
        return any(map(has_arrays, value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return any(has_arrays(getattr(value, part.name, None)) for part in dataclasses.fields(value))
    return False


def _awkward_if_used() -> Any:
    # whoever has such an array has imported awkward; nobody else has to
    return sys.modules.get("awkward")


def _read_only(array: np.ndarray) -> np.ndarray:
    view = array.view()
    view.flags.writeable = False
    return view


def _read_only_events(events: Any) -> Any:
    awkward = _awkward_if_used()
    form, length, buffers = awkward.to_buffers(events)
    shared = {name: _read_only(buffer) for name, buffer in buffers.items()}
    return awkward.from_buffers(form, length, shared, behavior=events.behavior, attrs=events.attrs)


def _protected_fields(value: Any) -> Any:
    parts = {part.name: getattr(value, part.name) for part in dataclasses.fields(value) if hasattr(value, part.name)}
    changed = {name: new for name, part in parts.items() if (new := protect(part)) is not part}
    if not changed:
        return value
    lent = copy.copy(value)
    for name, new in changed.items():
        # checks of __post_init__ passed once, and may be dear
        object.__setattr__(lent, name, new)
    return lent
