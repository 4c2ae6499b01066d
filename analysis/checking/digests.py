"""Digest values leaf by leaf, so that two can be compared and the parts that differ be named."""

from __future__ import annotations

import dataclasses
import hashlib
import sys
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np

__all__ = ["compare", "digests", "told"]

# of objects within objects
_DEPTH = 12


def digests(value: Any) -> dict[str, str]:
    """Digest all parts of a value.

    Two values have the same digests if they hold the same, bit for bit; how awkward arranges it does not count.

    Args:
        value: arrays, events, JSON, dataclasses, histograms, and what holds them.

    Returns:
        Digest by the part's name, such as ``"jets.pt"``; of a value without parts, the name is empty.

    Examples:
        >>> list(digests({"x": np.zeros(2), "more": {"y": 1, "z": "text"}}))
        ['x', 'more.y', 'more.z']
        >>> digests(np.zeros(2)) == digests(np.zeros(3))
        False
    """
    return {name: _digest(leaf) for name, leaf in _leaves(value)}


def compare(value: Any, other: Any) -> str:
    """Tell how two values differ; an empty text if they do not.

    Args:
        value: what should come back.
        other: what did, or its digests.

    Examples:
        >>> compare({"x": np.array([1.0, 2.0]), "y": 1}, {"x": np.array([1.0, 2.5]), "y": 1})
        "'x' differs (by at most 2e-01, relative)"
    """
    found = other if isinstance(other, _Told) else digests(other)
    expected = digests(value)
    names = [*expected, *(name for name in found if name not in expected)]
    parts = [
        _difference(name, expected, found, value, other) for name in names if expected.get(name) != found.get(name)
    ]
    return "; ".join(parts[:4]) + (f"; and {len(parts) - 4} more" if len(parts) > 4 else "")


class _Told(dict[str, str]):
    """Digests of a value that is not here."""


def told(found: Mapping[str, str]) -> dict[str, str]:
    """Mark digests as such, for :func:`compare` with a value of another process."""
    return _Told(found)


def _difference(name: str, expected: Mapping[str, str], found: Mapping[str, str], value: Any, other: Any) -> str:
    what = repr(name) if name else "the result"
    if name not in found:
        return f"{what} is missing"
    if name not in expected:
        return f"{what} is new"
    if isinstance(other, _Told):
        return f"{what} differs"
    one, two = (dict(_leaves(some))[name] for some in (value, other))
    if hasattr(one, "__len__") and hasattr(two, "__len__") and len(one) != len(two):
        return f"{what} has {len(two)} entries, not {len(one)}"
    return f"{what} differs{_relative(one, two)}"


def _relative(one: Any, two: Any) -> str:
    """Describe the largest relative difference of numbers in words; empty where they cannot be compared."""
    first, second = _flat(one), _flat(two)
    if first is None or second is None or first.shape != second.shape or first.dtype != second.dtype:
        return ""
    if first.dtype.kind not in "iuf":
        return ""
    first, second = first.astype(np.float64), second.astype(np.float64)
    with np.errstate(all="ignore"):
        scale = np.maximum(np.abs(first), np.abs(second))
        apart = np.where(scale > 0, np.abs(first - second) / scale, 0.0)
    return f" (by at most {np.nanmax(apart):.0e}, relative)" if np.isfinite(apart).any() else ""


def _flat(value: Any) -> np.ndarray | None:
    if _is_awkward(value):
        import awkward as ak

        return np.asarray(ak.to_numpy(ak.flatten(value, axis=None)))
    return np.ravel(value) if isinstance(value, np.ndarray | int | float) else None


def _is_awkward(value: Any) -> bool:
    awkward = sys.modules.get("awkward")
    return awkward is not None and isinstance(value, awkward.Array | awkward.Record)


def _leaves(value: Any, name: str = "", within: tuple[int, ...] = ()) -> Iterator[tuple[str, Any]]:
    parts = _parts(value) if id(value) not in within and len(within) < _DEPTH else None
    if parts is None:
        yield name, value
    else:
        for part, content in parts.items():
            yield from _leaves(content, f"{name}.{part}" if name else part, (*within, id(value)))


def _parts(value: Any) -> dict[str, Any] | None:
    if _is_awkward(value):
        return {field: value[field] for field in value.fields} or None
    if isinstance(value, Mapping):
        return {str(key): part for key, part in value.items()} or None
    if isinstance(value, list | tuple) and value:
        return {f"[{number}]": part for number, part in enumerate(value)}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name, None) for field in dataclasses.fields(value)} or None
    if getattr(type(value), "__repr__", None) is object.__repr__ and hasattr(value, "__dict__"):
        # what an object reads only when it is asked for is no part of what it is
        lazy = [name for name, part in vars(type(value)).items() if isinstance(part, cached_property)]
        return {name: part for name, part in vars(value).items() if name not in lazy} or None
    return None


def _digest(value: Any) -> str:
    state = hashlib.sha256()
    if isinstance(value, np.ndarray | np.generic):
        _add_array(state, np.asarray(value))
    elif _is_awkward(value):
        import awkward as ak

        _add_layout(state, ak.to_layout(ak.Array([value]) if isinstance(value, ak.Record) else value))
    elif type(value).__module__.partition(".")[0] == "hist":
        state.update(repr([(axis.name, list(map(str, axis))) for axis in value.axes]).encode())
        _add_array(state, np.asarray(value.view(flow=True)))
    elif hasattr(value, "model_dump_json"):  # corrections
        state.update(value.model_dump_json().encode())
    elif type(value).__module__.partition(".")[0] == "matplotlib":
        state.update(type(value).__name__.encode())  # the same figure is not drawn of the same bytes
    elif hasattr(value, "__array__") and hasattr(value, "dtype"):  # of JAX
        _add_array(state, np.asarray(value))
    else:
        state.update(f"{type(value).__name__} {_text(value)}".encode())
    return state.hexdigest()[:16]


def _text(value: Any) -> str:
    if isinstance(value, set | frozenset):
        return repr(sorted(map(repr, value)))
    text = repr(value)
    # an address in memory says nothing: such an object can only be told by its kind
    return text if " at 0x" not in text else str(getattr(value, "__qualname__", ""))


def _add_array(state: Any, array: np.ndarray) -> None:
    state.update(f"{array.dtype.str if array.dtype.names is None else array.dtype} {array.shape} ".encode())
    if array.dtype.kind == "O":
        state.update(repr(array.tolist()).encode())
    else:
        state.update(np.ascontiguousarray(array).tobytes())


def _add_layout(state: Any, layout: Any) -> None:
    """Content of an awkward array, whatever it is arranged like."""
    if layout.is_option:
        state.update(b"option ")
        _add_array(state, np.asarray(layout.mask_as_bool(valid_when=True))[: layout.length])
        _add_layout(state, layout.project())
    elif layout.is_indexed:
        _add_layout(state, layout.project())
    elif layout.is_list:
        lists = layout.to_ListOffsetArray64(True)
        offsets = np.asarray(lists.offsets.data)
        state.update(b"list ")
        _add_array(state, np.diff(offsets))
        _add_layout(state, lists.content[: offsets[-1]])
    elif layout.is_record:
        for field in layout.fields:
            state.update(f"field {field} ".encode())
            _add_layout(state, layout.content(field))
    elif layout.is_numpy:
        _add_array(state, np.asarray(layout.data))
    else:
        state.update(repr(layout.to_list()).encode())
